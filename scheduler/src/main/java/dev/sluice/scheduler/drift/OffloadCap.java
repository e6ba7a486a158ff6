package dev.sluice.scheduler.drift;

/**
 * Caps the share of samples that are sent: a token bucket that is filled by samples, not by time.
 * Not thread-safe.
 *
 * <p>Over any run of n samples at most {@code share * n + burst} are sent. A device whose exits no
 * longer stop anything thus keeps to its part of the link and the worker; what it may not send it
 * answers by itself, marked degraded.
 */
public final class OffloadCap {
  private final double burst;
  private double share;
  private double tokens;

  /**
   * Starts with a full bucket.
   *
   * @param share of samples that may be sent, in [0, 1]
   * @param burst samples that may be sent at once after a pause, at least 1
   */
  public OffloadCap(double share, double burst) {
    if (!(burst >= 1 && burst < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("burst must be at least 1: " + burst);
    }
    this.burst = burst;
    share(share);
    tokens = burst;
  }

  /** Changes the share, in [0, 1]; tokens are kept. */
  public void share(double newShare) {
    if (!(newShare >= 0 && newShare <= 1)) {
      throw new IllegalArgumentException("share must be in [0, 1]: " + newShare);
    }
    share = newShare;
  }

  /** Returns the share of samples that may be sent. */
  public double share() {
    return share;
  }

  /** A sample came, whether or not it will be sent. */
  public void onSample() {
    tokens = Math.min(burst, tokens + share);
  }

  /** Takes a token if there is one: returns whether one more sample may be sent now. */
  public boolean trySend() {
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }
}
