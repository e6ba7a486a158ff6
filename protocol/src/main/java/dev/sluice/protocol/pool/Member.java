package dev.sluice.protocol.pool;

import dev.sluice.protocol.channel.LinkState;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A worker and what the pool knows of it. Confined to the pool's loop. */
final class Member {
  final WorkerAddress address;
  final WorkerTarget from;
  final long rank;
  final Backoff backoff;

  /** Requests that it has. */
  final Map<Long, Pending> inFlight = new LinkedHashMap<>();

  /** Learnt anew with each connection: who answers at an address may be another worker. */
  ExpectedWait wait = new ExpectedWait();

  @Nullable Link link;

  /** Events of an earlier connection carry another number. */
  int connection;

  LinkState state = LinkState.DOWN;

  /** Whether an attempt to connect has failed, so that it is known to be down. */
  boolean tried;

  boolean draining;

  /** Whether its name does not lead to it any more. */
  boolean leaving;

  long upSinceNanos;
  long callAgainNanos;
  long restUntilNanos;
  String detail;

  Member(WorkerAddress address, WorkerTarget from, long rank, Backoff backoff, long nowNanos) {
    this.address = address;
    this.from = from;
    this.rank = rank;
    this.backoff = backoff;
    callAgainNanos = nowNanos;
    restUntilNanos = nowNanos;
    detail = "not connected to " + address;
  }

  boolean isUp() {
    return state == LinkState.UP;
  }

  /** Whether new requests may go there. */
  boolean takesRequests() {
    return isUp() && !draining && !leaving;
  }

  long ageNanos(long nowNanos) {
    return nowNanos - upSinceNanos;
  }

  /**
   * Returns the share of its requests that it may get: rises from a tenth to 1.
   *
   * @param slowStartNanos the age with which it gets them all
   */
  double weight(long nowNanos, long slowStartNanos) {
    return slowStartNanos <= 0
        ? 1
        : Math.min(1, Math.max(0.1, ageNanos(nowNanos) / (double) slowStartNanos));
  }

  WorkerStatus status() {
    return new WorkerStatus(
        address.toString(), state, draining, inFlight.size(), wait.queued(), wait.roundTripNanos());
  }
}
