package dev.sluice.edge;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether what nobody knows of the link could change the plan in use. If not, measuring it is bytes
 * and battery for nothing: no probe is sent, and a link that a local plan never uses may rest.
 * Mutable, confined to the loop.
 *
 * <p>A faster uplink makes no plan worse, and those that send more gain more by it. So a plan that
 * would be kept on an endless one is kept on any that is faster than believed, and one that is
 * slower shows in the transfers of the plan itself.
 */
final class LinkNeed {
  /** An answer holds for so long: device, exits and frames change slowly. */
  private static final long HOLDS_NANOS = 2_000_000_000L;

  /** A link that was not needed for so long may rest; one that comes and goes costs more. */
  private static final long REST_AFTER_NANOS = 5_000_000_000L;

  /** A link at rest takes a moment to come back, which a device that slows down has not. */
  private static final double SLOWER_DEVICE = 1.1;

  private @Nullable Plan plan;
  private Answer answer = new Answer(true, true);
  private long askedNanos;
  private Optional<Long> idleSince = Optional.empty();

  /**
   * What could change a plan.
   *
   * @param uplink a rate other than believed, if it is better
   * @param link anything about the link and the worker behind it
   */
  record Answer(boolean uplink, boolean link) {

    /** Asks a planner, on its thread. */
    static Answer of(Planner planner, Plan plan, Estimates now) {
      Estimates perfect = now.withPerfectLink();
      boolean link =
          plan.usesCloud()
              || !planner.wouldKeep(plan, perfect)
              || !planner.wouldKeep(plan, perfect.withScales(now.deviceScale() * SLOWER_DEVICE, 1));
      return new Answer(link && !planner.wouldKeep(plan, now.withEndlessUplink()), link);
    }
  }

  /** Whether a planner has to be asked: about another plan, or because it was long ago. */
  boolean unknown(Plan current, long now) {
    return !current.equals(plan) || now - askedNanos >= HOLDS_NANOS;
  }

  /** Whether a better uplink than believed could change the plan, as far as is known. */
  boolean uplinkMatters(Plan current, long now) {
    return !unknown(current, now) && answer.uplink();
  }

  void learn(Plan about, Answer told, long now) {
    if (told.link() || !about.equals(plan)) {
      idleSince = Optional.empty();
    }
    if (!told.link() && idleSince.isEmpty()) {
      idleSince = Optional.of(now);
    }
    plan = about;
    answer = told;
    askedNanos = now;
  }

  /** Whether nothing could come of the link, for long enough. */
  boolean mayRest(long now) {
    return idleSince.map(since -> now - since >= REST_AFTER_NANOS).orElse(false);
  }
}
