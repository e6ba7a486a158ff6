package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One exit on the device; what it is unsure of goes all the way through the cloud. Never changed.
 *
 * <p>Teerapittayanon, McDanel and Kung, "Distributed Deep Neural Networks over the Cloud, the Edge
 * and End Devices" (DDNN), ICDCS 2017: a sample leaves at the device's exit if the entropy of its
 * probabilities, divided by the logarithm of the number of classes, is at most a threshold in [0,
 * 1]; otherwise the features at that exit's place are sent and the cloud's exit answers. Where the
 * network is parted is fixed; the threshold comes from a sweep on validation data.
 *
 * <p>Like DDNN, not DDNN: one device instead of several whose scores are aggregated, so no scores
 * are sent beside the features; no exit at an edge between device and cloud; features are those of
 * the bundle's cut with one of its codecs, not binary ones trained for the link; the entropy is
 * that of calibrated probabilities.
 *
 * <p>The plan's threshold means nothing: whoever runs or replays it applies {@link #criterion}.
 */
public final class Ddnn implements Planner {
  private static final int STEPS = 20;

  private final ExitCriterion criterion;
  private final Forced forced;

  /**
   * A place to part the network, a codec and a threshold.
   *
   * @param exit the device's early exit
   * @param codec codec at the exit's cut
   * @param threshold largest normalised entropy that leaves, in [0, 1]
   */
  public record Setting(int exit, String codec, double threshold) {
    public Setting {
      if (!(threshold >= 0 && threshold <= 1)) {
        throw new IllegalArgumentException("threshold must be in [0, 1]: " + threshold);
      }
    }
  }

  /**
   * Plans with a setting.
   *
   * @throws IllegalArgumentException if the exit is no early one or the codec is unknown at its cut
   */
  public Ddnn(BundleFacts facts, Setting setting) {
    this(facts, setting.exit(), setting.codec(), criterion(facts, setting));
  }

  /**
   * Plans with a rule in another form, which whoever runs the plan applies.
   *
   * @param exit the device's early exit
   * @param codec codec at the exit's cut
   */
  public Ddnn(BundleFacts facts, int exit, String codec, ExitCriterion criterion) {
    this.criterion = criterion;
    forced =
        new Forced(
            facts,
            plan(facts, exit, codec),
            "leaves at exit " + exit + " or goes all the way",
            Optional.of(criterion));
  }

  /**
   * Plans with the setting that sends the fewest bytes per sample within a bound on the accuracy
   * lost; of equal ones that with the least device compute. Exits, the coding's codecs at their
   * cuts and thresholds in steps of 0.05 are swept on the SELECT table.
   *
   * @param mostLoss accuracy that may be lost against the uncut network, as a share in [0, 1]
   * @param conditions prices the device's time
   * @throws IllegalArgumentException if no setting stays within the bound
   */
  public static Ddnn swept(
      BundleFacts facts, Coding coding, double mostLoss, Estimates conditions) {
    if (!(mostLoss >= 0 && mostLoss <= 1)) {
      throw new IllegalArgumentException("mostLoss must be in [0, 1]: " + mostLoss);
    }
    Optional<Setting> best = Optional.empty();
    double fewestBytes = Double.POSITIVE_INFINITY;
    double leastNanos = Double.POSITIVE_INFINITY;
    for (Setting setting : settings(facts, coding)) {
      Prediction prediction =
          new Predictor(
                  facts,
                  List.of(plan(facts, setting.exit(), setting.codec())),
                  0,
                  0,
                  Optional.of(criterion(facts, setting)))
              .predict(0, conditions);
      double bytes = prediction.uplinkBytes();
      double nanos = prediction.deviceComputeNanos();
      boolean better = bytes < fewestBytes || (bytes == fewestBytes && nanos < leastNanos);
      if (prediction.accuracy() >= prediction.finalAccuracy() - mostLoss && better) {
        best = Optional.of(setting);
        fewestBytes = bytes;
        leastNanos = nanos;
      }
    }
    return new Ddnn(
        facts,
        best.orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no exit and codec of the bundle lose at most " + mostLoss)));
  }

  private static List<Setting> settings(BundleFacts facts, Coding coding) {
    List<Setting> settings = new ArrayList<>();
    for (CodecFact codec : coding.offered(facts)) {
      for (int exit = 0; exit < facts.finalExit(); exit++) {
        for (int step = 0; step <= STEPS && facts.exitCut(exit) == codec.cut(); step++) {
          settings.add(new Setting(exit, codec.codec(), (double) step / STEPS));
        }
      }
    }
    return settings;
  }

  private static Plan plan(BundleFacts facts, int exit, String codec) {
    requireEarly(facts, exit);
    return new Plan(facts.exitCut(exit), codec, List.of(new ExitThreshold(exit, 1)));
  }

  private static void requireEarly(BundleFacts facts, int exit) {
    if (exit < 0 || exit >= facts.finalExit()) {
      throw new IllegalArgumentException("not an early exit of this bundle: " + exit);
    }
  }

  private static EntropyBelow criterion(BundleFacts facts, Setting setting) {
    requireEarly(facts, setting.exit());
    double[] nats = new double[facts.finalExit()];
    /* At most the threshold, in the float32 that tables hold: below the next larger one. */
    nats[setting.exit()] =
        Math.nextUp((float) (setting.threshold() * Math.log(facts.select().classes())));
    return new EntropyBelow(nats);
  }

  /** Returns the plan in use. */
  public Plan plan() {
    return forced.plan();
  }

  /** Returns when the exit stops. */
  public ExitCriterion criterion() {
    return criterion;
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    return forced.decide(estimates, current, nowNanos);
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return forced.wouldKeep(current, imagined);
  }
}
