package dev.sluice.protocol.message;

/**
 * The sender leaves in good order.
 *
 * <p>With {@code drainNanos} of 0 nothing follows and the connection closes. Otherwise the sender
 * finishes what is under way and takes nothing new: a device sends no further request, a worker
 * refuses those after {@code lastRequestId} with {@link ErrorCode#DRAINING}, and the connection
 * closes when all are answered or the time is over.
 *
 * @param reason for people; cut at 1,024 UTF-8 bytes
 * @param lastRequestId last request that the sender has accepted, 0 if none; later ones have not
 *     been looked at and may be sent elsewhere
 * @param drainNanos time that what is under way still has, at least 0
 */
public record Goodbye(String reason, long lastRequestId, long drainNanos) implements Message {
  public Goodbye {
    reason = Texts.fit(reason, Texts.MAX_EXPLANATION_BYTES);
    if (lastRequestId < 0) {
      throw new IllegalArgumentException("lastRequestId must not be negative: " + lastRequestId);
    }
    if (drainNanos < 0) {
      throw new IllegalArgumentException("drainNanos must not be negative: " + drainNanos);
    }
  }

  /** Returns a goodbye that nothing follows. */
  public Goodbye(String reason) {
    this(reason, 0, 0);
  }

  @Override
  public MessageType type() {
    return MessageType.GOODBYE;
  }
}
