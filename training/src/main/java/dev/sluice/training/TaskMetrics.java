package dev.sluice.training;

import ai.djl.engine.EngineException;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.gradient.NotDifferentiableException;
import dev.sluice.training.gradient.TaskGradients;
import dev.sluice.training.head.HeadTrainer;
import dev.sluice.training.head.TorchMissingException;
import dev.sluice.training.transform.ChannelStatistics;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * How much the answer feels the channels of each cut: second moments of gradients, summed over
 * positions and samples. Immutable.
 *
 * @param byCut per cut of a single feature map its metric, {@code [channels, channels]}; empty
 *     where none can be had
 * @param why what keeps it from being had, for people; empty if nothing does
 */
record TaskMetrics(Map<Integer, double[][]> byCut, Optional<String> why) {
  private static final int BATCH = 8;

  TaskMetrics {
    byCut = Map.copyOf(byCut);
  }

  /**
   * Computes the gradients of some samples.
   *
   * @param samples what to run; labels are not looked at
   * @param seed draws the classes whose gradients are taken
   */
  static TaskMetrics of(ExitNetwork network, LabelledImages samples, long seed, Progress progress)
      throws IOException {
    Map<String, Integer> cuts = new HashMap<>();
    for (int cut = 1; cut < network.lastCut(); cut++) {
      CutPoint point = network.cuts().get(cut);
      if (CodecSearch.isFeatureMap(point)) {
        cuts.put(point.tensors().get(0), cut);
      }
    }
    try {
      HeadTrainer.requireEngine();
      return of(network, cuts, samples, seed, progress);
    } catch (TorchMissingException
        | NotDifferentiableException
        | EngineException
        | IllegalArgumentException
        | IllegalStateException e) {
      // Whatever keeps gradients from being had, the other transforms do without.
      return new TaskMetrics(Map.of(), Optional.of(String.valueOf(e.getMessage())));
    }
  }

  private static TaskMetrics of(
      ExitNetwork network,
      Map<String, Integer> cuts,
      LabelledImages samples,
      long seed,
      Progress progress)
      throws IOException, NotDifferentiableException {
    Map<String, Sums> sums = new HashMap<>();
    cuts.forEach(
        (tensor, cut) -> {
          int[] shape = network.cuts().get(cut).shapes().get(0);
          sums.put(tensor, new Sums(cut, shape[1] * shape[2], new ChannelStatistics(shape[0])));
        });
    SplittableRandom random = new SplittableRandom(seed);
    int[] input = network.cuts().get(0).shapes().get(0);
    try (TaskGradients gradients =
        TaskGradients.of(network.backbone().toBytes(), List.copyOf(cuts.keySet()))) {
      for (int from = 0; from < samples.size(); from += BATCH) {
        List<float[]> inputs = new ArrayList<>();
        for (int s = from; s < Math.min(samples.size(), from + BATCH); s++) {
          Picture picture = samples.picture(s);
          inputs.add(
              network.preprocessing().apply(picture.rgb(), picture.width(), picture.height()));
        }
        Map<String, float[]> found = gradients.of(inputs, input, random);
        sums.forEach(
            (tensor, sum) -> sum.add(Objects.requireNonNull(found.get(tensor)), inputs.size()));
        progress.done(Math.min(samples.size(), from + BATCH));
      }
    }
    Map<Integer, double[][]> metrics = new HashMap<>();
    for (Sums sum : sums.values()) {
      double[][] moments = sum.statistics().secondMoments();
      if (isPositive(moments)) {
        metrics.put(sum.cut(), moments);
      }
    }
    return new TaskMetrics(metrics, Optional.empty());
  }

  /** Products of a cut's gradients, being added up. */
  private record Sums(int cut, int area, ChannelStatistics statistics) {
    /** Adds gradients of several samples, one after another. */
    void add(float[] values, int samples) {
      FloatBuffer all = FloatBuffer.wrap(values);
      SplittableRandom unused = new SplittableRandom(0);
      for (int s = 0; s < samples; s++) {
        all.position(s * statistics.channels() * area);
        statistics.add(all, area, area, unused);
      }
    }
  }

  /** A cut whose gradient vanishes everywhere has none; nor has one whose gradient overflows. */
  private static boolean isPositive(double[][] moments) {
    double trace = 0;
    for (int c = 0; c < moments.length; c++) {
      trace += moments[c][c];
    }
    return trace > 0 && !Double.isInfinite(trace);
  }
}
