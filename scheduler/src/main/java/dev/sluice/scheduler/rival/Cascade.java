package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Sends;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A small network whole on the device; what it is not sure of goes as a picture to a bigger network
 * in the cloud. Never changed.
 *
 * <p>Park et al., "Big/LITTLE Deep Neural Network for Ultra Low Power Inference", CODES+ISSS 2015:
 * the little network runs first, a success check on its scores decides whether the big one runs.
 * Between device and cloud it is what practitioners have: joint inference of KubeEdge Sedna (a
 * threshold mines the hard examples, "inference then mining") and the escalation of Groundlight's
 * edge endpoint.
 *
 * <p>Deviations: the check is a threshold on the calibrated top-1 probability, where Big/LITTLE has
 * the margin of the two best scores (Sedna offers both kinds); the threshold comes from the SELECT
 * table. As in Sedna the device's own answer stands where the cloud does not answer.
 */
public final class Cascade implements Planner {
  private static final int STEPS = 100;

  private final Forced plan;

  /**
   * Plans with a threshold.
   *
   * @param codec picture codec, such as {@code jpeg-75}
   * @param threshold confidence from which the small network's answer is taken, in [0, 1]; 0 sends
   *     nothing
   * @throws IllegalArgumentException if the bundle has no companion, or its tables do not know the
   *     codec
   */
  public Cascade(BundleFacts facts, String codec, double threshold) {
    if (!(threshold >= 0 && threshold <= 1)) {
      throw new IllegalArgumentException("a cascade's threshold must be in [0, 1]: " + threshold);
    }
    plan = new Forced(facts, plan(facts, codec, threshold), "small network, then the companion");
  }

  /**
   * Plans with the threshold in steps of 0.01 that sends least among those whose accuracy on the
   * SELECT table is within a loss of the most accurate one's.
   *
   * @param mostLoss accuracy that may be lost, as a share in [0, 1]
   * @throws IllegalArgumentException as above
   */
  public static Cascade tuned(BundleFacts facts, String codec, double mostLoss) {
    if (!(mostLoss >= 0 && mostLoss <= 1)) {
      throw new IllegalArgumentException("mostLoss must be in [0, 1]: " + mostLoss);
    }
    List<Plan> plans = new ArrayList<>();
    for (int step = 0; step <= STEPS; step++) {
      plans.add(plan(facts, codec, (double) step / STEPS));
    }
    Predictor predictor = new Predictor(facts, plans, 0, 0);
    double most = 0;
    for (int i = 0; i < predictor.size(); i++) {
      most = Math.max(most, predictor.accuracy(i));
    }
    /* A higher threshold never sends less. */
    int least = 0;
    while (predictor.accuracy(least) < most - mostLoss) {
      least++;
    }
    return new Cascade(facts, codec, (double) least / STEPS);
  }

  private static Plan plan(BundleFacts facts, String codec, double threshold) {
    if (facts.companion().isEmpty()) {
      throw new IllegalArgumentException(
          "the bundle has no companion to send pictures to; ./sluice model companion names one");
    }
    if (!facts.companion().get().knows(codec)) {
      throw new IllegalArgumentException(
          "the companion's tables have no codec "
              + codec
              + " for pictures, only "
              + String.join(", ", codecs(facts)));
    }
    return new Plan(
        facts.lastCut(),
        codec,
        List.of(new ExitThreshold(facts.finalExit(), threshold)),
        Sends.COMPANION);
  }

  private static List<String> codecs(BundleFacts facts) {
    return facts.codecs().stream()
        .filter(codec -> codec.cut() == 0)
        .map(CodecFact::codec)
        .filter(codec -> facts.companion().orElseThrow().knows(codec))
        .toList();
  }

  /** Returns the plan in use. */
  public Plan plan() {
    return plan.plan();
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    return plan.decide(estimates, current, nowNanos);
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return plan.wouldKeep(current, imagined);
  }
}
