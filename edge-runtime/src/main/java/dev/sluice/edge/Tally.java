package dev.sluice.edge;

import dev.sluice.edge.session.SessionCounters;

/** Counts what happens in a session; confined to the loop. */
final class Tally {
  long submitted;
  long answered;
  long fromCloud;
  long degraded;
  long dropped;
  long sent;
  long refused;
  long lost;
  long cancelled;
  long lateReplies;
  long hedgedSteps;
  long planChanges;
  long probes;
  long failures;

  SessionCounters snapshot() {
    return new SessionCounters(
        submitted,
        answered,
        fromCloud,
        degraded,
        dropped,
        sent,
        refused,
        lost,
        cancelled,
        lateReplies,
        hedgedSteps,
        planChanges,
        probes,
        failures);
  }
}
