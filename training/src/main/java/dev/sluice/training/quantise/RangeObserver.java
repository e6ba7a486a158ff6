package dev.sluice.training.quantise;

import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.training.calibrate.ParallelSamples;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Watches what values a network's tensors take on calibration inputs: once for the ends, once more
 * for what lies between. The result does not depend on the number of threads.
 */
public final class RangeObserver {
  private RangeObserver() {}

  /** Makes the input of one sample, row-major; on any thread, the same every time. */
  @FunctionalInterface
  public interface Inputs {
    float[] input(int sample) throws IOException;
  }

  /**
   * What was seen. Immutable.
   *
   * @param histograms per tensor
   */
  public record Seen(Map<String, Histogram> histograms) {
    public Seen {
      histograms = Map.copyOf(histograms);
    }

    /** Returns the grids that a method makes of it. */
    public Map<String, Grid> grids(RangeMethod method) {
      Map<String, Grid> grids = new LinkedHashMap<>();
      histograms.forEach((tensor, seen) -> grids.put(tensor, method.grid(seen)));
      return grids;
    }
  }

  /**
   * Runs the samples.
   *
   * @param graph with one input
   * @param shape of its input without the batch dimension
   * @param tensors to watch; inputs and outputs of nodes
   * @param engine computes on the calling thread; stays the caller's
   * @param samples number of samples, at least 1
   * @param onDone hears how many of {@code 2 * samples} runs are done
   * @throws QuantisationException if a tensor takes values that are not finite
   */
  public static Seen watch(
      OnnxGraph graph,
      int[] shape,
      List<String> tensors,
      OnnxEngine engine,
      Inputs inputs,
      int samples,
      int threads,
      IntConsumer onDone)
      throws IOException {
    if (samples < 1) {
      throw new IllegalArgumentException("at least one sample is needed: " + samples);
    }
    if (tensors.isEmpty()) {
      return new Seen(Map.of());
    }
    long[] batched = batchOfOne(shape);
    float[] least = new float[tensors.size()];
    float[] most = new float[tensors.size()];
    Arrays.fill(least, Float.POSITIVE_INFINITY);
    Arrays.fill(most, Float.NEGATIVE_INFINITY);
    try (OnnxEngine.Session session =
        engine.load(graph.extract(graph.inputs(), tensors), graph.name())) {
      Pass pass = new Pass(engine, session, inputs, batched);
      ParallelSamples.run(
          samples,
          threads,
          sample -> pass.run(sample, (t, values) -> widen(least, most, t, values)),
          onDone);
      List<Histogram> histograms = new ArrayList<>();
      for (int t = 0; t < tensors.size(); t++) {
        if (!Float.isFinite(least[t]) || !Float.isFinite(most[t])) {
          throw new QuantisationException(
              graph.name(),
              "tensor '" + tensors.get(t) + "' takes values that are not finite",
              "check the network and how pictures become its inputs");
        }
        histograms.add(new Histogram(least[t], most[t]));
      }
      ParallelSamples.run(
          samples,
          threads,
          sample -> pass.run(sample, (t, values) -> histograms.get(t).add(values, values.length)),
          done -> onDone.accept(samples + done));
      Map<String, Histogram> seen = new LinkedHashMap<>();
      for (int t = 0; t < tensors.size(); t++) {
        seen.put(tensors.get(t), histograms.get(t));
      }
      return new Seen(seen);
    }
  }

  static long[] batchOfOne(int[] shape) {
    long[] batched = new long[shape.length + 1];
    batched[0] = 1;
    for (int i = 0; i < shape.length; i++) {
      batched[i + 1] = shape[i];
    }
    return batched;
  }

  private static void widen(float[] least, float[] most, int tensor, float[] values) {
    float from = Float.POSITIVE_INFINITY;
    float to = Float.NEGATIVE_INFINITY;
    boolean finite = true;
    for (float value : values) {
      from = Math.min(from, value);
      to = Math.max(to, value);
      finite &= Float.isFinite(value);
    }
    synchronized (least) {
      least[tensor] = finite ? Math.min(least[tensor], from) : Float.NaN;
      most[tensor] = finite ? Math.max(most[tensor], to) : Float.NaN;
    }
  }

  private interface Sink {
    void take(int tensor, float[] values);
  }

  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Pass(OnnxEngine engine, OnnxEngine.Session session, Inputs inputs, long[] shape) {
    void run(int sample, Sink sink) throws IOException {
      float[] input = inputs.input(sample);
      FloatBuffer direct = OnnxEngine.allocate(input.length).put(input).flip();
      try (OnnxEngine.Tensors in = engine.wrap(List.of(direct), List.of(shape));
          OnnxEngine.Tensors out = session.run(in)) {
        for (int t = 0; t < out.size(); t++) {
          FloatBuffer view = out.floats(t);
          float[] values = new float[view.remaining()];
          view.get(values);
          sink.take(t, values);
        }
      }
    }
  }
}
