package dev.sluice.protocol.pool;

import dev.sluice.protocol.channel.CloudOutcome;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.Partial;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A request of a pool, until it has its outcome. What changes belongs to the pool's loop. */
final class Pending {
  final Infer request;
  final Consumer<CloudOutcome> done;
  final Consumer<Partial> partials;
  final long submittedNanos;
  final long payloadBytes;

  /** Who has it now; null while it waits. */
  @Nullable Member at;

  /** Who had it, whoever has it now included. */
  final List<Member> triedAt = new ArrayList<>(1);

  Pending(
      Infer request, Consumer<CloudOutcome> done, Consumer<Partial> partials, long submittedNanos) {
    this.request = request;
    this.done = done;
    this.partials = partials;
    this.submittedNanos = submittedNanos;
    payloadBytes = request.payloads().stream().mapToLong(ByteBuffer::remaining).sum();
  }

  long id() {
    return request.requestId();
  }

  int retries() {
    return Math.max(0, triedAt.size() - 1);
  }

  /** Returns the time until its deadline, at most 0 when it has passed. */
  long leftNanos(long nowNanos) {
    return request.deadlineRemainingNanos() == 0
        ? Long.MAX_VALUE
        : request.deadlineRemainingNanos() - (nowNanos - submittedNanos);
  }

  /** Returns the request with the time that is left. */
  Infer asOf(long nowNanos) {
    long left = leftNanos(nowNanos);
    return left == Long.MAX_VALUE
        ? request
        : new Infer(
            request.requestId(),
            request.modelDigest(),
            request.cut(),
            request.codec(),
            request.exits(),
            Math.max(1, left),
            request.priority(),
            request.partials(),
            request.payloads());
  }
}
