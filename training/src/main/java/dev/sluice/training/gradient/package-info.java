/**
 * How much the answer feels a change at a cut: gradients through a network that is read from ONNX.
 * Start at {@link dev.sluice.training.gradient.TaskGradients}.
 */
@NullMarked
package dev.sluice.training.gradient;

import org.jspecify.annotations.NullMarked;
