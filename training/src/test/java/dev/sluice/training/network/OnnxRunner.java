package dev.sluice.training.network;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;

/** Runs an ONNX file once, by the runtime itself. */
final class OnnxRunner {
  private OnnxRunner() {}

  /** The runtime's environment, of which a process has one; DJL insists on creating it. */
  private static OrtEnvironment environment() {
    OnnxEngine.start(EngineOptions.singleThread());
    return OrtEnvironment.getEnvironment();
  }

  /** The first output, flat. */
  static float[] run(byte[] onnx, String input, float[] values, long[] shape) throws OrtException {
    OrtEnvironment environment = environment();
    try (OrtSession session = environment.createSession(onnx, new OrtSession.SessionOptions());
        OnnxTensor tensor = OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape);
        OrtSession.Result result = session.run(Map.of(input, tensor))) {
      FloatBuffer out = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] copy = new float[out.remaining()];
      out.get(copy);
      return copy;
    }
  }

  static List<String> outputs(byte[] onnx) throws OrtException {
    OrtEnvironment environment = environment();
    try (OrtSession session = environment.createSession(onnx, new OrtSession.SessionOptions())) {
      return List.copyOf(session.getOutputNames());
    }
  }
}
