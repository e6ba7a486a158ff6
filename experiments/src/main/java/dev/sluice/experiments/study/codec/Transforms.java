package dev.sluice.experiments.study.codec;

import dev.sluice.model.graph.CutPoint;
import dev.sluice.training.calibrate.ParallelSamples;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.transform.ChannelKlt;
import dev.sluice.training.transform.ChannelStatistics;
import dev.sluice.training.transform.CutCodec;
import dev.sluice.training.transform.KltCodecs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Fits the transforms that bundles can have at the cuts of a subject. */
final class Transforms {
  private static final double MOST_ENCODER_SHARE = 0.05;
  private static final int SAMPLES = 256;
  private static final int QUICK_SAMPLES = 64;
  private static final int POSITIONS = 80;
  private static final List<Double> STEPS = List.of(0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0);
  private static final List<Double> QUICK_STEPS = List.of(0.5, 1.0, 2.0);

  private final Subject subject;
  private final Replay replay;
  private final boolean quick;

  Transforms(Subject subject, Replay replay, boolean quick) {
    this.subject = subject;
    this.replay = replay;
    this.quick = quick;
  }

  /**
   * A fitted codec.
   *
   * @param family what it differs from only in its step
   */
  record Fitted(CutCodec codec, String family) {}

  List<Fitted> fit(List<Integer> cuts, int threads, long seed) throws IOException {
    List<CutPoint> points = subject.network().cuts();
    List<Integer> maps =
        cuts.stream()
            .filter(cut -> points.get(cut).tensors().size() == 1)
            .filter(cut -> points.get(cut).shapes().get(0).length == 3)
            .toList();
    List<ChannelStatistics> statistics = new ArrayList<>();
    List<SplittableRandom> positions = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(seed);
    for (int cut : maps) {
      statistics.add(new ChannelStatistics(points.get(cut).shapes().get(0)[0]));
      positions.add(random.split());
    }
    LabelledImages some = subject.train().sample(quick ? QUICK_SAMPLES : SAMPLES, seed);
    // The network runs on all threads, the sums are made in order so that they repeat.
    int block = 4 * threads;
    for (int from = 0; from < some.size(); from += block) {
      int base = from;
      Replay.Lossless[] ahead = new Replay.Lossless[Math.min(block, some.size() - from)];
      ParallelSamples.run(
          ahead.length, threads, i -> ahead[i] = replay.run(some.picture(base + i)), done -> {});
      ParallelSamples.run(
          maps.size(),
          threads,
          m -> {
            int[] shape = points.get(maps.get(m)).shapes().get(0);
            for (Replay.Lossless sample : ahead) {
              statistics
                  .get(m)
                  .add(
                      sample.live().get(maps.get(m)).get(0).floats(),
                      shape[1] * shape[2],
                      POSITIONS,
                      positions.get(m));
            }
          },
          done -> {});
    }
    byte[] backbone = subject.network().backbone().toBytes();
    KltCodecs writer =
        new KltCodecs(
            OnnxPieces.forBackbone(backbone),
            (long) (MOST_ENCODER_SHARE * subject.network().backbone().totalMacs()));
    List<Fitted> fitted = new ArrayList<>();
    for (int m = 0; m < maps.size(); m++) {
      CutPoint point = points.get(maps.get(m));
      int[] shape = point.shapes().get(0);
      for (CutCodec codec :
          writer.at(
              maps.get(m),
              ChannelKlt.of(statistics.get(m)),
              shape[1],
              shape[2],
              quick ? QUICK_STEPS : STEPS,
              OnnxPieces.rangeOf(backbone, point.tensors().get(0)))) {
        fitted.add(new Fitted(codec, "klt"));
      }
    }
    return fitted;
  }
}
