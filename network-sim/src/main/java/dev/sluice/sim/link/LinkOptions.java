package dev.sluice.sim.link;

import java.time.Duration;
import java.util.function.UnaryOperator;

/**
 * What a link does beyond its trace. Immutable; begin with {@link #DEFAULT} or {@link #IDEAL}.
 *
 * @param tcp how connections behave
 * @param radioIdleNanos after this long without a packet either way the radio sleeps, above 0
 * @param radioWakeUpNanos what waking it takes, at least 0; 0 for a radio that never sleeps
 * @param uplink what happens to packets towards the worker
 * @param downlink what happens to packets towards the device
 * @param seed of all randomness
 * @param queueFloorBytes a connection may always have this much waiting to be sent, each way, at
 *     least 16 KiB
 * @param queueNanos and beyond it as much as the present rate sends in this time, at least 0
 */
public record LinkOptions(
    TcpOptions tcp,
    long radioIdleNanos,
    long radioWakeUpNanos,
    PathOptions uplink,
    PathOptions downlink,
    long seed,
    int queueFloorBytes,
    long queueNanos) {
  private static final int MAX_QUEUE_BYTES = 8 << 20;

  /**
   * Ordinary TCP ({@link TcpOptions#DEFAULT}) over a clean path, no radio sleep, 250 ms or 16 KiB
   * waiting at the sender.
   */
  public static final LinkOptions DEFAULT =
      new LinkOptions(
          TcpOptions.DEFAULT,
          10_000_000_000L,
          0,
          PathOptions.CLEAN,
          PathOptions.CLEAN,
          0,
          16 << 10,
          250_000_000L);

  /** Rate and delay of the trace alone: no handshake, no slow start, no idle restart. */
  public static final LinkOptions IDEAL = DEFAULT.withTcp(TcpOptions.IDEAL);

  /** Checks the ranges. */
  public LinkOptions {
    check(radioIdleNanos > 0, "radioIdleNanos", radioIdleNanos);
    check(radioWakeUpNanos >= 0, "radioWakeUpNanos", radioWakeUpNanos);
    check(
        queueFloorBytes >= 16 << 10 && queueFloorBytes <= MAX_QUEUE_BYTES,
        "queueFloorBytes",
        queueFloorBytes);
    check(queueNanos >= 0, "queueNanos", queueNanos);
  }

  /** Returns these options with another TCP. */
  public LinkOptions withTcp(TcpOptions other) {
    return new LinkOptions(
        other,
        radioIdleNanos,
        radioWakeUpNanos,
        uplink,
        downlink,
        seed,
        queueFloorBytes,
        queueNanos);
  }

  /** Returns these options with a radio that sleeps. */
  public LinkOptions withRadio(Duration idle, Duration wakeUp) {
    return new LinkOptions(
        tcp, idle.toNanos(), wakeUp.toNanos(), uplink, downlink, seed, queueFloorBytes, queueNanos);
  }

  /** Returns these options with random delay both ways. */
  public LinkOptions withJitter(Duration most, long newSeed) {
    return withSeed(newSeed)
        .withPath(Direction.UPLINK, path -> path.withJitter(most.toNanos()))
        .withPath(Direction.DOWNLINK, path -> path.withJitter(most.toNanos()));
  }

  /** Returns these options with another seed. */
  public LinkOptions withSeed(long newSeed) {
    return new LinkOptions(
        tcp,
        radioIdleNanos,
        radioWakeUpNanos,
        uplink,
        downlink,
        newSeed,
        queueFloorBytes,
        queueNanos);
  }

  /** Returns these options with one direction changed. */
  public LinkOptions withPath(Direction direction, UnaryOperator<PathOptions> change) {
    boolean up = direction == Direction.UPLINK;
    return new LinkOptions(
        tcp,
        radioIdleNanos,
        radioWakeUpNanos,
        up ? change.apply(uplink) : uplink,
        up ? downlink : change.apply(downlink),
        seed,
        queueFloorBytes,
        queueNanos);
  }

  /** Returns these options with another bound on what waits at a sender. */
  public LinkOptions withQueue(int floorBytes, Duration length) {
    return new LinkOptions(
        tcp,
        radioIdleNanos,
        radioWakeUpNanos,
        uplink,
        downlink,
        seed,
        floorBytes,
        length.toNanos());
  }

  /** Returns what happens to packets of a direction. */
  public PathOptions path(Direction direction) {
    return direction == Direction.UPLINK ? uplink : downlink;
  }

  /**
   * Returns how much may wait at a sender.
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
