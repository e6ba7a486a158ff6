package dev.sluice.experiments.study.codec;

import dev.sluice.model.graph.CutPoint;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.LiveTensor;
import dev.sluice.training.calibrate.ParallelSamples;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.data.LabelledImages;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What training samples leave at the cuts, thinned so that all of it fits into memory. For the
 * rival's quantisers; immutable by convention.
 *
 * @param values per cut and sample
 */
record Calibration(List<List<FloatBuffer>> values) {
  private static final int SAMPLES = 128;

  /** Values kept per sample and cut; those between them are left out evenly. */
  private static final int KEPT = 8_192;

  static Calibration of(
      ExitNetwork network, Replay replay, LabelledImages train, int threads, long seed)
      throws IOException {
    LabelledImages some = train.sample(SAMPLES, seed);
    FloatBuffer[][] kept = new FloatBuffer[network.cuts().size()][some.size()];
    ParallelSamples.run(
        some.size(),
        threads,
        sample -> {
          Replay.Lossless lossless = replay.run(some.picture(sample));
          for (int cut = 0; cut < kept.length; cut++) {
            List<LiveTensor> live = lossless.live().get(cut);
            kept[cut][sample] =
                live.size() == 1 && live.get(0).isFloat()
                    ? thinned(live.get(0).floats(), sample)
                    : FloatBuffer.allocate(0);
          }
        },
        done -> {});
    List<List<FloatBuffer>> values = new ArrayList<>();
    for (FloatBuffer[] cut : kept) {
      values.add(List.of(cut));
    }
    return new Calibration(values);
  }

  private static FloatBuffer thinned(FloatBuffer values, int sample) {
    int step = Math.max(1, values.remaining() / KEPT);
    FloatBuffer some = FloatBuffer.allocate((values.remaining() + step - 1) / step);
    // Another start for each sample: a stride that divides a channel sees the same places only.
    for (int i = sample % step; i < values.remaining(); i += step) {
      some.put(values.get(values.position() + i));
    }
    return some.flip();
  }

  /** Returns whether a cut is one float tensor. */
  static boolean isOneTensor(CutPoint cut) {
    return cut.tensors().size() == 1;
  }
}
