/**
 * The progressive network: an ONNX graph that can be cut, left early and finished elsewhere. Start
 * at {@link dev.sluice.model.ProgressiveModel}.
 */
@NullMarked
package dev.sluice.model;

import org.jspecify.annotations.NullMarked;
