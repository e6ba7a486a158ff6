/**
 * What tensors are made of, for whoever handles them. Start at {@link
 * dev.sluice.model.tensor.TensorType}.
 */
@NullMarked
package dev.sluice.model.tensor;

import org.jspecify.annotations.NullMarked;
