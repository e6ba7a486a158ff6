package dev.sluice.training.quantise;

import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.training.calibrate.ParallelSamples;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Mean of every channel of a network's tensors over samples and positions. */
final class ChannelMeans {
  private ChannelMeans() {}

  /**
   * Runs the samples.
   *
   * @param shape of the network's one input without the batch dimension
   * @param tensors of shapes {@code [N, channels, ...]}
   * @param engine computes on the calling thread; stays the caller's
   * @return one mean per channel and tensor, the same for any number of threads
   */
  static Map<String, double[]> of(
      OnnxGraph graph,
      int[] shape,
      List<String> tensors,
      OnnxEngine engine,
      RangeObserver.Inputs inputs,
      int samples,
      int threads)
      throws IOException {
    if (tensors.isEmpty()) {
      return Map.of();
    }
    double[][][] sums = new double[samples][tensors.size()][];
    long[] batched = RangeObserver.batchOfOne(shape);
    try (OnnxEngine.Session session =
        engine.load(graph.extract(graph.inputs(), tensors), graph.name())) {
      ParallelSamples.run(
          samples,
          threads,
          sample -> {
            float[] input = inputs.input(sample);
            FloatBuffer direct = OnnxEngine.allocate(input.length).put(input).flip();
            try (OnnxEngine.Tensors in = engine.wrap(List.of(direct), List.of(batched));
                OnnxEngine.Tensors out = session.run(in)) {
              for (int t = 0; t < tensors.size(); t++) {
                sums[sample][t] = means(out.floats(t), Math.toIntExact(out.shape(t)[1]));
              }
            }
          },
          done -> {});
    }
    Map<String, double[]> means = new HashMap<>();
    for (int t = 0; t < tensors.size(); t++) {
      double[] mean = new double[sums[0][t].length];
      for (double[][] sample : sums) {
        for (int c = 0; c < mean.length; c++) {
          mean[c] += sample[t][c] / samples;
        }
      }
      means.put(tensors.get(t), mean);
    }
    return means;
  }

  private static double[] means(FloatBuffer values, int channels) {
    double[] means = new double[channels];
    int positions = values.remaining() / channels;
    for (int c = 0; c < channels; c++) {
      double sum = 0;
      for (int i = 0; i < positions; i++) {
        sum += values.get();
      }
      means[c] = sum / positions;
    }
    return means;
  }
}
