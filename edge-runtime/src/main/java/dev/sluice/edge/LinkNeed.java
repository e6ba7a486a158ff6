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
 * <p>A planner is asked about the best link that there could be. That it would keep its plan there
 * does not prove that it would on every other: on a worse link a third plan may be the best, better
 * than the one in use by just enough. Such plans are rare, and as good as they are little missed.
 */
final class LinkNeed {
  /** An answer holds for so long where conditions are alike: exits and the worker change slowly. */
  private static final long HOLDS_NANOS = 2_000_000_000L;

  /** A link that was not needed for so long may rest; one that comes and goes costs more. */
  private static final long FIRST_PATIENCE_NANOS = 5_000_000_000L;

  private static final long MOST_PATIENCE_NANOS = 60_000_000_000L;

  /** A link at rest takes a moment to come back, which a device that slows down has not. */
  private static final double SLOWER_DEVICE = 1.1;

  /** A planner is not asked more often because estimates wander. */
  private static final long LEAST_GAP_NANOS = 500_000_000L;

  /** Times that differ by less, as a share, are alike. */
  private static final double ALIKE = 0.25;

  private @Nullable Plan plan;
  private @Nullable Estimates asked;
  private Answer answer = new Answer(true, true);
  private long askedNanos;
  private long patienceNanos = FIRST_PATIENCE_NANOS;
  private Optional<Long> idleSince = Optional.empty();
  private Optional<Long> restedAt = Optional.empty();

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
      Estimates slower =
          perfect.withScales(perfect.deviceScale() * SLOWER_DEVICE, perfect.workerScale());
      boolean link =
          plan.usesCloud() || !planner.wouldKeep(plan, perfect) || !planner.wouldKeep(plan, slower);
      return new Answer(link && !planner.wouldKeep(plan, now.withEndlessUplink()), link);
    }
  }

  /** What was answered so far is of other conditions. */
  void forget() {
    plan = null;
  }

  /** Whether a planner has to be asked: about another plan, under other conditions, or anew. */
  boolean unknown(Plan current, Estimates e, long now) {
    Estimates before = asked;
    if (before == null || !current.equals(plan) || before.link() != e.link()) {
      return true;
    }
    long age = now - askedNanos;
    return age >= HOLDS_NANOS || (age >= LEAST_GAP_NANOS && !alike(before, e));
  }

  private static boolean alike(Estimates one, Estimates other) {
    return alike((double) one.roundTripNanos(), (double) other.roundTripNanos())
        && alike((double) one.framePeriodNanos(), (double) other.framePeriodNanos())
        && alike(one.deviceScale(), other.deviceScale());
  }

  private static boolean alike(double one, double other) {
    return Math.abs(one - other) <= ALIKE * Math.max(one, other);
  }

  /** Whether a better uplink than believed could change the plan, as far as is known. */
  boolean uplinkMatters(Plan current, Estimates e, long now) {
    return !unknown(current, e, now) && answer.uplink();
  }

  void learn(Plan about, Estimates under, Answer told, long now) {
    plan = about;
    asked = under;
    answer = told;
    askedNanos = now;
    if (!told.link()) {
      idleSince = Optional.of(idleSince.orElse(now));
      return;
    }
    idleSince = Optional.empty();
    restedAt.ifPresent(
        rested ->
            patienceNanos =
                now - rested < MOST_PATIENCE_NANOS
                    ? Math.min(MOST_PATIENCE_NANOS, 2 * patienceNanos)
                    : FIRST_PATIENCE_NANOS);
    restedAt = Optional.empty();
  }

  /** How long it is until the link may rest; 0 if it may, empty while it is needed. */
  Optional<Long> nanosToRest(long now) {
    return idleSince.map(since -> Math.max(0, since + patienceNanos - now));
  }

  /** The link was given up. */
  void rested(long now) {
    restedAt = Optional.of(now);
  }
}
