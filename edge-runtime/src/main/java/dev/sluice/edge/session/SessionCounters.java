package dev.sluice.edge.session;

/**
 * What has happened since a session began. Every submitted frame is answered once: {@code submitted
 * = answered + outstanding}, and dropped ones are among the answered.
 *
 * @param submitted frames handed in
 * @param answered frames answered
 * @param fromCloud answers computed by the cloud
 * @param degraded answers given with less than the plan wanted
 * @param dropped answers without a prediction
 * @param sent requests to the cloud
 * @param refused requests that the worker refused
 * @param lost requests lost with the link
 * @param cancelled requests cancelled because their frame had been answered here
 * @param lateReplies replies ignored because their frame had been answered, second replies included
 * @param hedgedSteps stages computed beyond the plan's own while a reply was out or after trouble
 * @param planChanges plans swapped in
 * @param probes padded pings sent
 * @param failures computations that the engine refused
 */
public record SessionCounters(
    long submitted,
    long answered,
    long fromCloud,
    long degraded,
    long dropped,
    long sent,
    long refused,
    long lost,
    long cancelled,
    long lateReplies,
    long hedgedSteps,
    long planChanges,
    long probes,
    long failures) {}
