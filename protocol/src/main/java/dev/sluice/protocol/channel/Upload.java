package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.Partial;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way, from its submission to its outcome. All but the final fields belong to the
 * event loop.
 */
final class Upload {
  /** Sizes this many bits apart count as equal, so that the deadline decides among them. */
  private static final int SIZE_CLASS_BITS = 3;

  /**
   * Who goes first: the higher priority, then the one with eight times less to send, which delays
   * the other by an eighth at most, then the earlier deadline, then the one that is done sooner.
   */
  static final Comparator<Upload> ORDER =
      (a, b) -> {
        int order = Integer.compare(b.request.priority(), a.request.priority());
        if (order == 0) {
          order = Integer.compare(sizeClass(a.remainingBytes), sizeClass(b.remainingBytes));
        }
        if (order == 0) {
          order = Boolean.compare(b.hasDeadline, a.hasDeadline);
        }
        if (order == 0) {
          order = Long.signum(a.deadlineNanos - b.deadlineNanos);
        }
        if (order == 0) {
          order = Integer.compare(a.remainingBytes, b.remainingBytes);
        }
        return order != 0 ? order : Long.compare(a.sequence, b.sequence);
      };

  final Infer request;
  final Consumer<CloudOutcome> done;
  final Consumer<Partial> partials;
  final long submittedNanos;
  final int payloadBytes;
  final boolean hasDeadline;

  /** On the device's clock, 0 where there is none. */
  final long deadlineNanos;

  long sequence;
  int remainingBytes;
  List<ByteBuffer> remaining;
  @Nullable ClientConnection sentOn;
  long wireId;
  long firstWriteNanos;
  int bytesSent;
  long endsAtByte;

  Upload(
      Infer request, Consumer<CloudOutcome> done, Consumer<Partial> partials, long submittedNanos) {
    this.request = request;
    this.done = done;
    this.partials = partials;
    this.submittedNanos = submittedNanos;
    payloadBytes = request.payloadBytes();
    hasDeadline = request.deadlineRemainingNanos() > 0;
    deadlineNanos = hasDeadline ? submittedNanos + request.deadlineRemainingNanos() : 0;
    remaining = List.of();
    remainingBytes = payloadBytes;
  }

  /** Starts to be sent on a connection. */
  void beginOn(ClientConnection connection, long id, long nowNanos) {
    sentOn = connection;
    wireId = id;
    firstWriteNanos = nowNanos;
    remaining = request.payloads();
    remainingBytes = payloadBytes;
    bytesSent = 0;
  }

  /** Has not been sent after all. */
  void rewind() {
    sentOn = null;
    remaining = List.of();
    remainingBytes = payloadBytes;
  }

  boolean hasExpired(long nowNanos) {
    return hasDeadline && nowNanos - deadlineNanos > 0;
  }

  private static int sizeClass(int bytes) {
    return (Integer.SIZE - Integer.numberOfLeadingZeros(bytes >>> 9)) / SIZE_CLASS_BITS;
  }
}
