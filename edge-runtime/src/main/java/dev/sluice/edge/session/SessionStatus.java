package dev.sluice.edge.session;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.PlanDecision;
import java.util.Optional;

/**
 * What a session does at the moment.
 *
 * @param nowNanos when, on the session's clock
 * @param estimates conditions as estimated
 * @param uplinkMeasured whether the uplink's rate was measured; otherwise it is a guess
 * @param decision the decision behind the plan in use
 * @param outstanding frames without answer
 * @param overruns times that real compute took longer than the emulated device allows
 * @param counters what has happened since the session began
 * @param openedNanos when the session began, on the same clock
 * @param uplink what was sent since then
 * @param exits what is known of the exits, if they are watched
 * @param energy what the answers took, if there is a model to price it
 */
public record SessionStatus(
    long nowNanos,
    Estimates estimates,
    boolean uplinkMeasured,
    PlanDecision decision,
    int outstanding,
    long overruns,
    SessionCounters counters,
    long openedNanos,
    UplinkAccount uplink,
    Optional<ExitReport> exits,
    Optional<EnergyReport> energy) {

  /**
   * Returns what would be sent in a month of {@value Metric#DAYS_PER_MONTH} days at the rate since
   * the session began, in bytes; 0 at its very beginning.
   */
  public double uplinkBytesPerMonth() {
    long elapsed = nowNanos - openedNanos;
    return elapsed <= 0 ? 0 : Metric.bytesPerMonth(uplink.total() * 1e9 / elapsed);
  }
}
