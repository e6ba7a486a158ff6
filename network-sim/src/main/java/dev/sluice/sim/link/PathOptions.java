package dev.sluice.sim.link;

/**
 * What one direction of a link does to packets beyond its trace. Immutable.
 *
 * @param jitterNanos most random delay added to a packet's one-way delay, uniform, at least 0;
 *     packets never overtake each other
 * @param loss which packets are lost
 * @param buffer where packets wait for the transmitter
 */
public record PathOptions(long jitterNanos, Loss loss, Buffer buffer) {
  /** Neither jitter nor loss nor a queue. */
  public static final PathOptions CLEAN = new PathOptions(0, Loss.NONE, Buffer.none());

  /** Checks the ranges. */
  public PathOptions {
    if (jitterNanos < 0) {
      throw new IllegalArgumentException("jitterNanos out of range: " + jitterNanos);
    }
  }

  /** Returns these options with another jitter. */
  public PathOptions withJitter(long nanos) {
    return new PathOptions(nanos, loss, buffer);
  }

  /** Returns these options with another loss. */
  public PathOptions withLoss(Loss other) {
    return new PathOptions(jitterNanos, other, buffer);
  }

  /** Returns these options with another buffer. */
  public PathOptions withBuffer(Buffer other) {
    return new PathOptions(jitterNanos, loss, other);
  }
}
