/**
 * Compiled pieces of the network and the tensors between them. Start at {@link
 * dev.sluice.model.stage.StageRequest}.
 */
@NullMarked
package dev.sluice.model.stage;

import org.jspecify.annotations.NullMarked;
