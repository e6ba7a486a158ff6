package dev.sluice.sim.link;

import java.time.Duration;

/**
 * What a link does beyond its trace. Immutable; begin with {@link #DEFAULT} or {@link #IDEAL}.
 *
 * @param segmentBytes most payload per packet, in [64, 65536]; a packet arrives as a whole
 * @param initialWindowBytes what a connection may have under way when it is new or was idle, at
 *     least {@code segmentBytes}
 * @param maxWindowBytes the most it may ever have under way, at least {@code initialWindowBytes}
 * @param idleFloorNanos a connection counts as idle when it sent nothing for a round trip and this
 *     long, at least 0
 * @param handshake whether a new connection first spends a round trip on its handshake
 * @param radioIdleNanos after this long without a packet either way the radio sleeps, above 0
 * @param radioWakeUpNanos what waking it takes, at least 0; 0 for a radio that never sleeps
 * @param jitterNanos most random delay added to a packet's one-way delay, uniform, at least 0;
 *     packets never overtake each other
 * @param seed of that randomness
 * @param queueFloorBytes a connection may always have this much waiting to be sent, each way, at
 *     least 16 KiB
 * @param queueNanos and beyond it as much as the present rate sends in this time, at least 0
 */
public record LinkOptions(
    int segmentBytes,
    int initialWindowBytes,
    int maxWindowBytes,
    long idleFloorNanos,
    boolean handshake,
    long radioIdleNanos,
    long radioWakeUpNanos,
    long jitterNanos,
    long seed,
    int queueFloorBytes,
    long queueNanos) {
  private static final int MAX_QUEUE_BYTES = 8 << 20;

  /**
   * Ordinary TCP over a path with a shallow queue: packets of 1448 bytes, first window of ten
   * packets (RFC 6928), at most 4 MiB under way, idle after a round trip and 200 ms (the floor of
   * Linux's retransmission timeout), no radio sleep, no jitter, a queue of 250 ms or 16 KiB.
   */
  public static final LinkOptions DEFAULT =
      new LinkOptions(
          1448,
          14_480,
          4 << 20,
          200_000_000L,
          true,
          10_000_000_000L,
          0,
          0,
          0,
          16 << 10,
          250_000_000L);

  /** Rate and delay of the trace alone: no handshake, no slow start, no idle restart. */
  public static final LinkOptions IDEAL =
      new LinkOptions(
          1448,
          Integer.MAX_VALUE,
          Integer.MAX_VALUE,
          0,
          false,
          10_000_000_000L,
          0,
          0,
          0,
          16 << 10,
          250_000_000L);

  /** Checks the ranges. */
  public LinkOptions {
    check(segmentBytes >= 64 && segmentBytes <= 65_536, "segmentBytes", segmentBytes);
    check(initialWindowBytes >= segmentBytes, "initialWindowBytes", initialWindowBytes);
    check(maxWindowBytes >= initialWindowBytes, "maxWindowBytes", maxWindowBytes);
    check(idleFloorNanos >= 0, "idleFloorNanos", idleFloorNanos);
    check(radioIdleNanos > 0, "radioIdleNanos", radioIdleNanos);
    check(radioWakeUpNanos >= 0, "radioWakeUpNanos", radioWakeUpNanos);
    check(jitterNanos >= 0, "jitterNanos", jitterNanos);
    check(
        queueFloorBytes >= 16 << 10 && queueFloorBytes <= MAX_QUEUE_BYTES,
        "queueFloorBytes",
        queueFloorBytes);
    check(queueNanos >= 0, "queueNanos", queueNanos);
  }

  /** Returns these options with a radio that sleeps. */
  public LinkOptions withRadio(Duration idle, Duration wakeUp) {
    return new LinkOptions(
        segmentBytes,
        initialWindowBytes,
        maxWindowBytes,
        idleFloorNanos,
        handshake,
        idle.toNanos(),
        wakeUp.toNanos(),
        jitterNanos,
        seed,
        queueFloorBytes,
        queueNanos);
  }

  /** Returns these options with random delay. */
  public LinkOptions withJitter(Duration most, long newSeed) {
    return new LinkOptions(
        segmentBytes,
        initialWindowBytes,
        maxWindowBytes,
        idleFloorNanos,
        handshake,
        radioIdleNanos,
        radioWakeUpNanos,
        most.toNanos(),
        newSeed,
        queueFloorBytes,
        queueNanos);
  }

  /** Returns these options with another bound on the queue. */
  public LinkOptions withQueue(int floorBytes, Duration length) {
    return new LinkOptions(
        segmentBytes,
        initialWindowBytes,
        maxWindowBytes,
        idleFloorNanos,
        handshake,
        radioIdleNanos,
        radioWakeUpNanos,
        jitterNanos,
        seed,
        floorBytes,
        length.toNanos());
  }

  /**
   * Returns how much may wait to be sent.
   *
   * @param bytesPerSecond the present rate, at least 0
   */
  public int queueBytes(double bytesPerSecond) {
    double wanted = bytesPerSecond * queueNanos / 1e9;
    return (int) Math.min(MAX_QUEUE_BYTES, Math.max(queueFloorBytes, wanted));
  }

  private static void check(boolean holds, String name, long value) {
    if (!holds) {
      throw new IllegalArgumentException(name + " out of range: " + value);
    }
  }
}
