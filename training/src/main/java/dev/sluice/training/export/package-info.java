/** ONNX graphs of what was trained. Start at {@link dev.sluice.training.export.OnnxPieces}. */
@NullMarked
package dev.sluice.training.export;

import org.jspecify.annotations.NullMarked;
