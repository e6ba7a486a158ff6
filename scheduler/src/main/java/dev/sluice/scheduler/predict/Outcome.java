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

  private Outcome(byte[] exit, int[] bytes, boolean[] right) {
    this.exit = exit;
    this.bytes = bytes;
    this.right = right;
  }

  static Outcome of(
      BundleFacts facts, CalibrationTable table, Plan plan, Optional<ExitCriterion> criterion) {
    int finalExit = facts.finalExit();
    int firstCloudExit = 0;
    while (firstCloudExit <= finalExit && facts.exitCut(firstCloudExit) <= plan.split()) {
      firstCloudExit++;
    }
    CalibrationTable far = plan.usesCompanion() ? facts.companion().orElseThrow().on(table) : table;
    int variant = LOSSLESS;
    int knownBytes = 0;
    if (plan.usesCloud()) {
      variant = far.variant(plan.sentCut(), plan.codec()).orElse(LOSSLESS);
      if (variant == LOSSLESS) {
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
    int asked = plan.usesCompanion() ? firstCloudExit : finalExit + 1;
    double[] thresholds = CostModel.thresholds(facts, plan);
    byte[] stops =
        criterion.isPresent()
            ? byCriterion(table, thresholds, criterion.get(), variant, firstCloudExit, asked)
            : byThresholds(table, thresholds, variant, firstCloudExit, asked);
    if (plan.usesCompanion()) {
      return withCompanion(facts, table, far, variant, stops, firstCloudExit);
    }
    int firstSent = variant == LOSSLESS ? finalExit + 1 : firstCloudExit;
    boolean[] right = table.correct(stops, firstSent, variant);
    int[] bytes = new int[stops.length];
    for (int s = 0; s < stops.length; s++) {
      bytes[s] =
          stops[s] < firstCloudExit
              ? -1
              : variant == LOSSLESS ? knownBytes : table.bytes(variant, s);
    }
    return new Outcome(stops, bytes, right);
  }

  private static Outcome withCompanion(
      BundleFacts facts,
      CalibrationTable table,
      CalibrationTable companion,
      int variant,
      byte[] stops,
      int firstCloudExit) {
    int[] bytes = new int[stops.length];
    boolean[] right = new boolean[stops.length];
    for (int s = 0; s < stops.length; s++) {
      if (stops[s] < firstCloudExit) {
        bytes[s] = -1;
        right[s] = table.correct(s, stops[s]);
      } else {
        stops[s] = (byte) facts.companionExit();
        bytes[s] = companion.bytes(variant, s);
        right[s] = companion.correct(variant, s, 0);
      }
    }
    return new Outcome(stops, bytes, right);
  }

  /**
   * By sample the exit that stops it, the device's asked about the picture as it is, the others
   * about what a variant leaves of it.
   *
   * @param asked first exit that is not asked any more
   */
  private static byte[] byThresholds(
      CalibrationTable table, double[] thresholds, int variant, int firstCloudExit, int asked) {
    byte[] stops = table.firstStops(thresholds, 0, firstCloudExit);
    if (firstCloudExit < asked) {
      byte[] beyond =
          variant == LOSSLESS
              ? table.firstStops(thresholds, firstCloudExit, asked)
              : table.firstStops(variant, thresholds, firstCloudExit, asked);
      for (int s = 0; s < stops.length; s++) {
        stops[s] = stops[s] < firstCloudExit ? stops[s] : beyond[s];
      }
    }
    return stops;
  }

  private static byte[] byCriterion(
      CalibrationTable table,
      double[] thresholds,
      ExitCriterion criterion,
      int variant,
      int firstCloudExit,
      int asked) {
    Gate gate = new Gate(table, thresholds, criterion);
    byte[] stops = new byte[table.samples()];
    for (int s = 0; s < stops.length; s++) {
      gate.next(s);
      int exit = 0;
      while (exit < asked && !gate.stops(exit < firstCloudExit ? LOSSLESS : variant, exit)) {
        exit++;
      }
      stops[s] = (byte) exit;
    }
    return stops;
  }

  /** Asks exits about one sample after another. Not thread-safe. */
  private static final class Gate {
    private final CalibrationTable table;
    private final double[] thresholds;
    private final ExitCriterion criterion;
    private int sample;
    private int predicted;
    private int unchanged;

    Gate(CalibrationTable table, double[] thresholds, ExitCriterion criterion) {
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
      if (exit == table.exits() - 1) {
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
      return criterion.stops(
          exit,
          says,
          plain ? table.confidence(sample, exit) : table.confidence(variant, sample, exit),
          plain ? table.margin(sample, exit) : table.margin(variant, sample, exit),
          plain ? table.entropyNats(sample, exit) : table.entropyNats(variant, sample, exit),
          unchanged);
    }
  }
}
