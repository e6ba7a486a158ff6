/**
 * The only place that touches the inference engine: sessions and tensors of ONNX Runtime through
 * DJL. Start at {@link dev.sluice.model.engine.OnnxEngine}.
 */
@NullMarked
package dev.sluice.model.engine;

import org.jspecify.annotations.NullMarked;
