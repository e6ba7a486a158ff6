package dev.sluice.model.graph;

import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs a standalone model once. */
public final class Pieces {
  private Pieces() {}

  /** Returns the outputs by name, in the model's order. */
  public static Map<String, float[]> run(
      byte[] onnx, List<float[]> values, List<int[]> shapes, int batch) throws OnnxFormatException {
    List<String> names = OnnxGraph.of(onnx, "piece").outputs();
    List<FloatBuffer> buffers = values.stream().map(FloatBuffer::wrap).toList();
    List<long[]> batched = new ArrayList<>();
    for (int[] shape : shapes) {
      long[] full = new long[shape.length + 1];
      full[0] = batch;
      for (int i = 0; i < shape.length; i++) {
        full[i + 1] = shape[i];
      }
      batched.add(full);
    }
    Map<String, float[]> result = new LinkedHashMap<>();
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        OnnxEngine.Session session = engine.load(onnx, "piece");
        OnnxEngine.Tensors in = engine.wrap(buffers, batched);
        OnnxEngine.Tensors out = session.run(in)) {
      for (int i = 0; i < names.size(); i++) {
        FloatBuffer view = out.floats(i);
        float[] copy = new float[view.remaining()];
        view.get(copy);
        result.put(names.get(i), copy);
      }
    }
    return result;
  }
}
