package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import java.util.List;
import java.util.Optional;

/** Every picture to the cloud, the whole network there, no exits. */
public final class CloudOnly implements Planner {
  private final Forced plan;

  /**
   * Plans for a bundle.
   *
   * @param codec picture codec at cut 0: {@code raw} for pixels, {@code png}, {@code jpeg-75} for
   *     JPEG at quality 0.75, or any other that the bundle has
   * @throws IllegalArgumentException if the bundle's profile or tables do not know the codec
   */
  public CloudOnly(BundleFacts facts, String codec) {
    List<String> known =
        facts.codecs().stream().filter(c -> c.cut() == 0).map(CodecFact::codec).toList();
    if (!known.contains(codec)) {
      throw new IllegalArgumentException(
          "the bundle has no codec " + codec + " for pictures, only " + String.join(", ", known));
    }
    plan = new Forced(facts, new Plan(0, codec, List.of()), "always in the cloud");
  }

  /** Sends pixels. */
  public static CloudOnly raw(BundleFacts facts) {
    return new CloudOnly(facts, "raw");
  }

  /** Sends PNG files. */
  public static CloudOnly png(BundleFacts facts) {
    return new CloudOnly(facts, "png");
  }

  /**
   * Sends JPEG files.
   *
   * @param percent quality, in [1, 100]
   */
  public static CloudOnly jpeg(BundleFacts facts, int percent) {
    if (percent < 1 || percent > 100) {
      throw new IllegalArgumentException("a JPEG's quality must be in [1, 100]: " + percent);
    }
    return new CloudOnly(facts, "jpeg-" + percent);
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
