package dev.sluice.training.network;

import dev.sluice.training.roadsigns.RoadSigns;

/**
 * How the network is trained. Immutable.
 *
 * @param dataSeed the world the frames come from
 * @param networkSeed initial weights and the order of samples
 * @param poolFrames distinct training frames, held in memory at 27,648 bytes each
 * @param epochs passes over the pool, each with other shifts and brightness
 * @param batch samples per step
 * @param peakLearningRate of the one-cycle schedule
 * @param selectFrames frames of the select set on which the result is measured
 * @param threads that draw frames; the engine computes on one
 */
public record TrainingOptions(
    long dataSeed,
    int networkSeed,
    int poolFrames,
    int epochs,
    int batch,
    double peakLearningRate,
    int selectFrames,
    int threads) {
  public TrainingOptions {
    check(poolFrames >= batch, "poolFrames must hold at least a batch", poolFrames);
    check(epochs >= 1, "epochs must be positive", epochs);
    check(batch >= 2, "batch must be at least 2", batch);
    check(peakLearningRate > 0, "peakLearningRate must be positive", peakLearningRate);
    check(selectFrames >= 1, "selectFrames must be positive", selectFrames);
    check(threads >= 1, "threads must be positive", threads);
  }

  private static void check(boolean holds, String what, Object value) {
    if (!holds) {
      throw new IllegalArgumentException(what + ": " + value);
    }
  }

  /**
   * Returns what the published network was trained with: about ten minutes on two quiet cores, with
   * 1.5 GB of heap for the frames.
   */
  public static TrainingOptions published() {
    return new TrainingOptions(RoadSigns.DEFAULT_SEED, 7, 48_000, 5, 64, 0.003, 5_000, 2);
  }
}
