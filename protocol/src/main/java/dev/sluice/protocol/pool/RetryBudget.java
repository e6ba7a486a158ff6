package dev.sluice.protocol.pool;

/**
 * Bounds the retries of all requests together, so that workers with too much to do do not get still
 * more. Not thread-safe.
 *
 * <p>A bucket: each request puts a share of a retry in, each retry takes a whole one out. It holds
 * no more than the burst and what fifty requests bring, so that a long quiet time does not pay for
 * a storm: among any n requests at most {@code share * (n + 50) + burst} are sent again.
 */
final class RetryBudget {
  private static final int REQUESTS_REMEMBERED = 50;

  private final double share;
  private final double most;
  private double retries;

  RetryBudget(double share, int burst) {
    this.share = share;
    most = burst + share * REQUESTS_REMEMBERED;
    retries = burst;
  }

  void onRequest() {
    retries = Math.min(most, retries + share);
  }

  /** Takes a retry if there is one. */
  boolean take() {
    // Sums of shares are not exact: five fifths may be a little less than one.
    if (retries < 1 - 1e-9) {
      return false;
    }
    retries = Math.max(0, retries - 1);
    return true;
  }
}
