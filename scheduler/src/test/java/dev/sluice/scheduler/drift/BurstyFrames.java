package dev.sluice.scheduler.drift;

import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A camera whose frames come in scenes: all frames of one share most of their difficulty. Three
 * early exits and a final one see the same difficulty. Scenes have random lengths; the calibration
 * tables are drives cut from such a stream, so that scenes are cut by their ends.
 */
final class BurstyFrames {
  static final int EXITS = 4;
  private static final double[] EVIDENCE = {0.9, 1.6, 2.2, 3};
  private static final SyntheticFacts.Shape SHAPE =
      new SyntheticFacts.Shape(4, List.of(1, 2, 3), 1, 10, 6_000_000, true);

  private final RandomGenerator random;
  private final double sceneFrames;
  private double scene;
  private boolean begun;

  /** Confidences of the exits on the present frame, and whether each agrees with the final one. */
  final double[] confidence = new double[EXITS];

  final boolean[] agrees = new boolean[EXITS];

  /** Factor on what makes exits sure, in [0, 1]: a slowdown attack brings it near 0. */
  double sureness = 1;

  /**
   * A camera.
   *
   * @param sceneFrames mean length of a scene, at least 1
   */
  BurstyFrames(RandomGenerator random, double sceneFrames) {
    this.random = random;
    this.sceneFrames = sceneFrames;
  }

  /** Goes to the next frame. */
  void next() {
    if (!begun || random.nextDouble() < 1 / sceneFrames) {
      scene = random.nextGaussian();
      begun = true;
    }
    double difficulty = 0.8 * scene + 0.6 * random.nextGaussian();
    boolean finallyRight = true;
    for (int exit = EXITS - 1; exit >= 0; exit--) {
      double strength = EVIDENCE[exit] - 1.6 * difficulty + 0.5 * random.nextGaussian();
      confidence[exit] = 1 / (1 + Math.exp(-sureness * Math.abs(strength)));
      finallyRight = exit == EXITS - 1 ? strength > 0 : finallyRight;
      agrees[exit] = (strength > 0) == finallyRight;
    }
  }

  /** Returns the exit at which the frame stops under a plan. */
  int stop(Plan plan) {
    for (ExitThreshold exit : plan.exits()) {
      if (exit.stops(confidence[exit.exit()])) {
        return exit.exit();
      }
    }
    return EXITS - 1;
  }

  /** Shows frames to a watch and returns after how many a flag is raised, {@code most} if none. */
  int framesToFlag(DriftWatch watch, Plan plan, int most) {
    for (int frame = 1; frame <= most; frame++) {
      next();
      int exit = stop(plan);
      watch.observe(plan, exit, confidence[exit], frame);
      if (watch.state().drifted()) {
        return frame;
      }
    }
    return most;
  }

  /**
   * Returns the facts of a bundle calibrated on such frames, two tables of so many drives each.
   *
   * @param numbered whether the tables know which frames belong to one drive
   */
  static BundleFacts facts(
      RandomGenerator random, double sceneFrames, int drives, int driveFrames, boolean numbered) {
    BundleFacts like = SyntheticFacts.of(SHAPE, 1);
    return new BundleFacts(
        like.lastCut(),
        like.exits(),
        like.cuts(),
        like.codecs(),
        like.profile(),
        table(Role.SELECT, random, sceneFrames, drives, driveFrames, numbered),
        table(Role.CERTIFY, random, sceneFrames, drives, driveFrames, numbered));
  }

  private static CalibrationTable table(
      Role role,
      RandomGenerator random,
      double sceneFrames,
      int drives,
      int driveFrames,
      boolean numbered) {
    CalibrationTable.Builder table =
        CalibrationTable.builder(role, 10, drives * driveFrames, new int[] {1, 2, 3, 4}, List.of());
    for (int drive = 0; drive < drives; drive++) {
      BurstyFrames frames = new BurstyFrames(random, sceneFrames);
      for (int i = 0; i < driveFrames; i++) {
        int row = drive * driveFrames + i;
        frames.next();
        table.sample(row, 0, numbered ? drive : -1);
        for (int exit = 0; exit < EXITS; exit++) {
          table.outcome(row, exit, frames.agrees[exit] ? 0 : 1, frames.confidence[exit], 0, 0);
        }
      }
    }
    return table.build();
  }
}
