package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;

/**
 * Where each sample of a table stops under a plan, and whether rightly. Does not depend on the
 * link.
 */
final class Outcome {
  /** By sample: the exit that answers. */
  final byte[] exit;

  /** By sample: bytes sent; -1 where the device answers. */
  final int[] bytes;

  /** By sample: whether the answer is right. */
  final boolean[] right;

  private Outcome(int samples) {
    exit = new byte[samples];
    bytes = new int[samples];
    right = new boolean[samples];
  }

  static Outcome of(BundleFacts facts, CalibrationTable table, Plan plan) {
    double[] thresholds = CostModel.thresholds(facts, plan);
    int finalExit = facts.finalExit();
    int firstCloudExit = 0;
    while (firstCloudExit <= finalExit && facts.exitCut(firstCloudExit) <= plan.split()) {
      firstCloudExit++;
    }
    int variant = -1;
    int knownBytes = 0;
    if (plan.usesCloud()) {
      variant = table.variant(plan.split(), plan.codec()).orElse(-1);
      if (variant < 0) {
        if (!Codecs.lossless(plan.codec())) {
          throw new IllegalArgumentException(
              "the calibration table lacks codec " + plan.codec() + " at cut " + plan.split());
        }
        knownBytes =
            facts.profile().codec(plan.split(), plan.codec()).stream()
                .mapToInt(codec -> (int) Math.ceil(codec.meanBytes()))
                .findFirst()
                .orElseThrow();
      }
    } else if (plan.split() != facts.lastCut() && plan.lastResort().isEmpty()) {
      throw new IllegalArgumentException("a local plan must always answer: " + plan);
    }
    Outcome outcome = new Outcome(table.samples());
    for (int s = 0; s < table.samples(); s++) {
      int exit = 0;
      while (exit < firstCloudExit && !(table.confidence(s, exit) >= thresholds[exit])) {
        exit++;
      }
      if (exit < firstCloudExit) {
        outcome.bytes[s] = -1;
        outcome.right[s] = table.correct(s, exit);
      } else if (variant < 0) {
        while (!(table.confidence(s, exit) >= thresholds[exit])) {
          exit++;
        }
        outcome.bytes[s] = knownBytes;
        outcome.right[s] = table.correct(s, exit);
      } else {
        while (!(table.confidence(variant, s, exit) >= thresholds[exit])) {
          exit++;
        }
        outcome.bytes[s] = table.bytes(variant, s);
        outcome.right[s] = table.correct(variant, s, exit);
      }
      outcome.exit[s] = (byte) exit;
    }
    return outcome;
  }
}
