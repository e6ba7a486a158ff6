package dev.sluice.experiments.study.overhead;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Map;

/** The uncut network as the engine's own tutorial runs it; only the threads are set. */
final class BareSession implements AutoCloseable {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private final String inputName;

  BareSession(Subject subject, int threads) throws OrtException, IOException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      session = environment.createSession(subject.network(), options);
    }
    inputName = subject.bundle().manifest().cuts().get(0).tensors().get(0);
  }

  float[] run(FloatBuffer input, long[] shape) throws OrtException {
    try (OnnxTensor tensor = OnnxTensor.createTensor(environment, input.duplicate(), shape);
        OrtSession.Result result = session.run(Map.of(inputName, tensor))) {
      FloatBuffer output = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] logits = new float[output.remaining()];
      output.get(logits);
      return logits;
    }
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
