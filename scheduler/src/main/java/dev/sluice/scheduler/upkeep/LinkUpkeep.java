package dev.sluice.scheduler.upkeep;

import dev.sluice.scheduler.energy.IdlePings;

/**
 * How a device keeps a link up and known, and what that sends beside requests: pings, and probes of
 * the uplink's rate. Immutable.
 *
 * <p>Where somebody has bounded what may be sent, idle pings may take {@value #PING_SHARE} of that
 * and probes {@value #PROBE_SHARE}: pings get rarer, down to one in {@link
 * IdlePings#SPARING_NANOS}, below which a worker would ask for a sign of life; probes get as rare
 * as it takes. What the link needs even so is {@link #leastBytesPerSecond}, which may be more than
 * the bound. Handshakes are not counted.
 *
 * @param leastPingNanos least distance of pings on a connection that no request is under way on, at
 *     least 0; 0 = they are not counted
 * @param probeGapNanos least distance of two probes of a link whose rate was measured, at least 0
 * @param budgetBytesPerSecond what all that is sent may come to, at least 0; infinite = bounded by
 *     nothing
 * @param connections how many workers are kept in touch with, at least 1
 */
public record LinkUpkeep(
    long leastPingNanos, long probeGapNanos, double budgetBytesPerSecond, int connections) {
  /** Size of a ping or its pong, with headers of TLS, TCP and IP. */
  public static final int PING_BYTES = 100;

  /** Of what may be sent, what pings without a request may take. */
  public static final double PING_SHARE = 0.05;

  /** Of what may be sent, what probes may take. */
  public static final double PROBE_SHARE = 0.05;

  /** Nothing is counted, and nothing spared. */
  public static final LinkUpkeep NONE = new LinkUpkeep(0, 0, Double.POSITIVE_INFINITY, 1);

  /** Of a device that has nothing to spare. */
  public static final LinkUpkeep USUAL =
      new LinkUpkeep(IdlePings.USUAL_NANOS, 0, Double.POSITIVE_INFINITY, 1);

  /** Of a device whose radio should sleep when it can. */
  public static final LinkUpkeep SPARING =
      new LinkUpkeep(IdlePings.SPARING_NANOS, IdlePings.SPARING_NANOS, Double.POSITIVE_INFINITY, 1);

  /** Checks the ranges. */
  public LinkUpkeep {
    if (leastPingNanos < 0 || probeGapNanos < 0) {
      throw new IllegalArgumentException(
          "distances are negative: " + leastPingNanos + ", " + probeGapNanos);
    }
    if (!(budgetBytesPerSecond >= 0)) {
      throw new IllegalArgumentException("budget must be at least 0: " + budgetBytesPerSecond);
    }
    if (connections < 1) {
      throw new IllegalArgumentException("connections must be positive: " + connections);
    }
  }

  /** Returns the same where all that is sent, requests included, may come to so much. */
  public LinkUpkeep within(double bytesPerSecond) {
    return new LinkUpkeep(leastPingNanos, probeGapNanos, bytesPerSecond, connections);
  }

  /** Returns the same over so many connections. */
  public LinkUpkeep over(int newConnections) {
    return new LinkUpkeep(leastPingNanos, probeGapNanos, budgetBytesPerSecond, newConnections);
  }

  /** Returns whether somebody has bounded what may be sent. */
  public boolean isBounded() {
    return budgetBytesPerSecond < Double.POSITIVE_INFINITY;
  }

  /**
   * Returns the distance of pings on each connection while no request is under way on it, in
   * nanoseconds; 0 where they are not counted.
   */
  public long idlePingNanos() {
    if (leastPingNanos == 0 || !isBounded()) {
      return leastPingNanos;
    }
    double nanos = connections * PING_BYTES * 1e9 / (PING_SHARE * budgetBytesPerSecond);
    long most = Math.max(leastPingNanos, IdlePings.SPARING_NANOS);
    return Math.max(leastPingNanos, (long) Math.ceil(Math.min((double) most, nanos)));
  }

  /** Returns what probes may send in the long run; infinite where nothing bounds it. */
  public double probeBytesPerSecond() {
    return PROBE_SHARE * budgetBytesPerSecond;
  }

  /**
   * Returns what a link takes that is kept and sends no request: pings, and all that probes may;
   * infinite where nothing bounds these.
   */
  public double leastBytesPerSecond() {
    return bytesPerSecond(0, 0);
  }

  /** Returns whether the link takes more than may be sent before any request is. */
  public boolean exceedsBudget() {
    return isBounded() && leastBytesPerSecond() > budgetBytesPerSecond;
  }

  /**
   * Returns what pings take, and all that probes may, beside requests; infinite where nothing
   * bounds probes. Where idle pings are rarer than usual each request that follows a pause has one
   * before it, and while one is under way they come as usual. More requests, and longer ones, never
   * take less.
   *
   * @param requestsPerSecond at least 0
   * @param busyShare share of the time in which a request is under way, in [0, 1]
   */
  public double bytesPerSecond(double requestsPerSecond, double busyShare) {
    if (!(requestsPerSecond >= 0) || !(busyShare >= 0 && busyShare <= 1)) {
      throw new IllegalArgumentException(
          "not a use of a link: " + requestsPerSecond + ", " + busyShare);
    }
    if (leastPingNanos == 0) {
      return probeBytesPerSecond();
    }
    double idle = 1e9 / idlePingNanos();
    double usual = Math.max(idle, 1e9 / IdlePings.USUAL_NANOS);
    double between = Math.min(usual, idle + requestsPerSecond);
    double used = between + busyShare * (usual - between);
    return PING_BYTES * (used + (connections - 1) * idle) + probeBytesPerSecond();
  }
}
