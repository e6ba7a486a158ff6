package dev.sluice.edge.session;

import dev.sluice.scheduler.estimate.Estimates;
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
    Optional<ExitReport> exits,
    Optional<EnergyReport> energy) {}
