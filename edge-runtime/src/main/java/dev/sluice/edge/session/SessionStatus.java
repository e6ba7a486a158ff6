package dev.sluice.edge.session;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.PlanDecision;

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
 */
public record SessionStatus(
    long nowNanos,
    Estimates estimates,
    boolean uplinkMeasured,
    PlanDecision decision,
    int outstanding,
    long overruns,
    SessionCounters counters) {}
