package dev.sluice.sim.link;

import dev.sluice.sim.trace.LinkTrace.Step;
import org.jspecify.annotations.Nullable;

/**
 * Something that is done to an {@link EmulatedLink} while it runs. Immutable.
 *
 * <p>Workers are counted from 1 in the order of the link's routes; {@link #EVERY_WORKER} stands for
 * all of them.
 */
public sealed interface LinkChange {
  /** Instead of a worker's number. */
  int EVERY_WORKER = 0;

  /**
   * Sets the rates; null leaves one to the trace again.
   *
   * @param uplinkBytesPerSecond finite, at least 0
   * @param downlinkBytesPerSecond finite, at least 0
   */
  record Rates(@Nullable Double uplinkBytesPerSecond, @Nullable Double downlinkBytesPerSecond)
      implements LinkChange {
    /** Checks the ranges. */
    public Rates {
      new Step(
          0,
          uplinkBytesPerSecond == null ? 0 : uplinkBytesPerSecond,
          downlinkBytesPerSecond == null ? 0 : downlinkBytesPerSecond,
          0,
          false);
    }
  }

  /**
   * Sets the round trip; null leaves it to the trace again. What is under way keeps its time.
   *
   * @param nanos in [0, {@link Step#MAX_ROUND_TRIP_NANOS}]
   */
  record RoundTrip(@Nullable Long nanos) implements LinkChange {
    /** Checks the range. */
    public RoundTrip {
      new Step(0, 0, 0, nanos == null ? 0 : nanos, false);
    }
  }

  /** Begins an outage, keeps one away, or (null) leaves that to the trace again. */
  record Outage(@Nullable Boolean on) implements LinkChange {}

  /** Sets what happens to packets of a direction that start from now on. */
  record Path(Direction direction, PathOptions options) implements LinkChange {}

  /**
   * Sets how much longer the handshakes of new connections take.
   *
   * @param nanos at least 0
   */
  record HandshakeDelay(long nanos) implements LinkChange {
    /** Checks the range. */
    public HandshakeDelay {
      if (nanos < 0) {
        throw new IllegalArgumentException("a handshake cannot take less: " + nanos + " ns");
      }
    }
  }

  /** Resets the connections to a worker, both ends; new ones are served as before. */
  record Reset(int worker) implements LinkChange {}

  /**
   * Lets a worker vanish, as a machine that loses power: its connections stay open and silent
   * (half-open), and nobody answers new ones.
   */
  record Vanish(int worker) implements LinkChange {}

  /**
   * Lets a worker's program die: its connections are reset, and so is every new one at once, until
   * {@link Restore}.
   */
  record Refuse(int worker) implements LinkChange {}

  /** Brings a worker back. What was half-open is reset, as a machine does that has forgotten. */
  record Restore(int worker) implements LinkChange {}
}
