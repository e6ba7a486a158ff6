package dev.sluice.model.graph;

import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A plain ONNX network, run up to any of its tensors: for features before there is a bundle.
 * Thread-safe. Keeps a session per list of tensors asked for, until closed.
 */
public final class OnnxNetwork implements AutoCloseable {
  private final OnnxGraph graph;
  private final OnnxEngine engine;
  private final Map<List<String>, OnnxEngine.Session> sessions = new HashMap<>();

  private OnnxNetwork(OnnxGraph graph, EngineOptions options) {
    this.graph = graph;
    this.engine = OnnxEngine.start(options);
  }

  /**
   * Opens a network.
   *
   * @throws OnnxFormatException if the file is no ONNX network
   */
  public static OnnxNetwork open(Path file, EngineOptions options) throws OnnxFormatException {
    return of(OnnxGraph.read(file), options);
  }

  /** Opens a network that was read before. */
  public static OnnxNetwork of(OnnxGraph graph, EngineOptions options) {
    if (graph.inputs().size() != 1) {
      throw new IllegalArgumentException(
          graph.name() + ": one input is wanted, it has " + graph.inputs());
    }
    return new OnnxNetwork(graph, options);
  }

  /** Returns the network's graph. */
  public OnnxGraph graph() {
    return graph;
  }

  /**
   * Runs the network for a batch and returns its own outputs.
   *
   * @param nchwBatch inputs one after another, {@code [batch, ...]}, row-major
   * @param batch samples, at least 1
   */
  public Map<String, float[]> run(float[] nchwBatch, int batch) {
    return run(nchwBatch, batch, graph.outputs());
  }

  /**
   * Runs the network for a batch, as far as the tensors need.
   *
   * @param nchwBatch inputs one after another, {@code [batch, ...]}, row-major
   * @param batch samples, at least 1
   * @param tensors names of intermediate tensors or outputs
   * @return the values of each tensor, {@code [batch, ...]}, row-major, in the order asked for
   * @throws IllegalArgumentException if there is no such tensor, or the batch has the wrong size
   * @throws IllegalStateException if closed
   */
  public Map<String, float[]> run(float[] nchwBatch, int batch, List<String> tensors) {
    int[] one = graph.shape(graph.inputs().get(0));
    long[] shape = new long[one.length + 1];
    shape[0] = batch;
    long elements = batch;
    for (int i = 0; i < one.length; i++) {
      shape[i + 1] = one[i];
      elements *= one[i];
    }
    if (batch < 1 || elements != nchwBatch.length) {
      throw new IllegalArgumentException(
          nchwBatch.length + " floats are no batch of " + batch + ", which has " + elements);
    }
    OnnxEngine.Session session = session(List.copyOf(tensors));
    FloatBuffer direct = OnnxEngine.allocate(nchwBatch.length).put(nchwBatch).flip();
    try (OnnxEngine.Tensors in = engine.wrap(List.of(direct), List.of(shape));
        OnnxEngine.Tensors out = session.run(in)) {
      List<float[]> values = new ArrayList<>();
      for (int i = 0; i < tensors.size(); i++) {
        FloatBuffer view = out.floats(i);
        float[] copy = new float[view.remaining()];
        view.get(copy);
        values.add(copy);
      }
      Map<String, float[]> result = new LinkedHashMap<>();
      for (int i = 0; i < tensors.size(); i++) {
        result.put(tensors.get(i), values.get(i));
      }
      return result;
    }
  }

  private synchronized OnnxEngine.Session session(List<String> tensors) {
    OnnxEngine.Session session = sessions.get(tensors);
    if (session == null) {
      session = engine.load(graph.extract(graph.inputs(), tensors), graph.name());
      sessions.put(tensors, session);
    }
    return session;
  }

  @Override
  public void close() {
    engine.close();
  }
}
