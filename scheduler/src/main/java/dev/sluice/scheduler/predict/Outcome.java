package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.Optional;

/**
 * Where each sample of a table stops under a plan, and whether rightly. Does not depend on the
 * link.
 */
final class Outcome {
  private static final int LOSSLESS = -1;

  /** By sample: the exit that answers; {@link BundleFacts#companionExit} for the companion. */
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

  static Outcome of(
      BundleFacts facts, CalibrationTable table, Plan plan, Optional<ExitCriterion> criterion) {
    Gate gate = new Gate(table, CostModel.thresholds(facts, plan), criterion);
    int finalExit = facts.finalExit();
    int firstCloudExit = 0;
    while (firstCloudExit <= finalExit && facts.exitCut(firstCloudExit) <= plan.split()) {
      firstCloudExit++;
    }
    CalibrationTable far = plan.usesCompanion() ? facts.companion().orElseThrow().on(table) : table;
    int variant = -1;
    int knownBytes = 0;
    if (plan.usesCloud()) {
      variant = far.variant(plan.sentCut(), plan.codec()).orElse(-1);
      if (variant < 0) {
        if (plan.usesCompanion() || !Codecs.lossless(plan.codec())) {
          throw new IllegalArgumentException(
              "the calibration table lacks codec " + plan.codec() + " at cut " + plan.sentCut());
        }
        knownBytes =
            facts.profile().codec(plan.sentCut(), plan.codec()).stream()
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
      gate.next(s);
      while (exit < firstCloudExit && !gate.stops(LOSSLESS, exit)) {
        exit++;
      }
      if (exit < firstCloudExit) {
        outcome.bytes[s] = -1;
        outcome.right[s] = table.correct(s, exit);
      } else if (plan.usesCompanion()) {
        exit = facts.companionExit();
        outcome.bytes[s] = far.bytes(variant, s);
        outcome.right[s] = far.correct(variant, s, 0);
      } else if (variant < 0) {
        while (!gate.stops(LOSSLESS, exit)) {
          exit++;
        }
        outcome.bytes[s] = knownBytes;
        outcome.right[s] = table.correct(s, exit);
      } else {
        while (!gate.stops(variant, exit)) {
          exit++;
        }
        outcome.bytes[s] = table.bytes(variant, s);
        outcome.right[s] = table.correct(variant, s, exit);
      }
      outcome.exit[s] = (byte) exit;
    }
    return outcome;
  }

  /** Asks exits about one sample after another. Not thread-safe. */
  private static final class Gate {
    private final CalibrationTable table;
    private final double[] thresholds;
    private final Optional<ExitCriterion> criterion;
    private int sample;
    private int predicted;
    private int unchanged;

    Gate(CalibrationTable table, double[] thresholds, Optional<ExitCriterion> criterion) {
      this.table = table;
      this.thresholds = thresholds;
      this.criterion = criterion;
    }

    void next(int newSample) {
      sample = newSample;
      predicted = -1;
      unchanged = 0;
    }

    /**
     * Whether the sample stops; each exit is asked once, in order. Policies are for early exits: at
     * the final exit only the threshold counts.
     */
    boolean stops(int variant, int exit) {
      boolean plain = variant == LOSSLESS;
      if (criterion.isEmpty() || exit == table.exits() - 1) {
        float confidence =
            plain ? table.confidence(sample, exit) : table.confidence(variant, sample, exit);
        return confidence >= thresholds[exit];
      }
      if (thresholds[exit] == 0 || !CostModel.active(thresholds, exit)) {
        return thresholds[exit] == 0;
      }
      int says = plain ? table.predicted(sample, exit) : table.predicted(variant, sample, exit);
      unchanged = says == predicted ? unchanged + 1 : 0;
      predicted = says;
      return criterion
          .get()
          .stops(
              exit,
              says,
              plain ? table.confidence(sample, exit) : table.confidence(variant, sample, exit),
              plain ? table.margin(sample, exit) : table.margin(variant, sample, exit),
              plain ? table.entropyNats(sample, exit) : table.entropyNats(variant, sample, exit),
              unchanged);
    }
  }
}
