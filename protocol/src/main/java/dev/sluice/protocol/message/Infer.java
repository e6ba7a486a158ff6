package dev.sluice.protocol.message;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A sample to finish in the cloud.
 *
 * <p>The payloads are read-only views; neither side may change the bytes behind them while the
 * request lives.
 *
 * @param requestId chosen by the device, at least 1, never used twice on a connection
 * @param modelDigest digest of the bundle
 * @param cut cut point from which the worker goes on; 0 sends the input
 * @param codec the bundle's name of the codec that wrote the payloads; at most 255 UTF-8 bytes
 * @param exits when the worker's own exits stop
 * @param deadlineRemainingNanos time left when the request was submitted, 0 when there is no
 *     deadline; the worker may refuse what it cannot answer in that time
 * @param priority larger is more urgent, in {@code [0, 255]}
 * @param partials whether exits that are not sure enough are to be told on the way
 * @param payloads one per live tensor at the cut in the manifest's order, or one picture; 1 to 64
 */
public record Infer(
    long requestId,
    String modelDigest,
    int cut,
    String codec,
    ExitRule exits,
    long deadlineRemainingNanos,
    int priority,
    boolean partials,
    List<ByteBuffer> payloads)
    implements Message {
  static final int MAX_PAYLOADS = 64;
  static final int MAX_CUT = 0xFFFF;

  public Infer {
    if (requestId < 1) {
      throw new IllegalArgumentException("requestId must be positive: " + requestId);
    }
    Texts.check("modelDigest", modelDigest, Texts.MAX_NAME_BYTES);
    Texts.check("codec", codec, Texts.MAX_NAME_BYTES);
    if (cut < 0 || cut > MAX_CUT) {
      throw new IllegalArgumentException("cut not in [0, 65535]: " + cut);
    }
    if (deadlineRemainingNanos < 0) {
      throw new IllegalArgumentException(
          "deadlineRemainingNanos must not be negative: " + deadlineRemainingNanos);
    }
    if (priority < 0 || priority > 255) {
      throw new IllegalArgumentException("priority not in [0, 255]: " + priority);
    }
    if (payloads.isEmpty() || payloads.size() > MAX_PAYLOADS) {
      throw new IllegalArgumentException("payloads not in [1, 64]: " + payloads.size());
    }
    List<ByteBuffer> views = new ArrayList<>(payloads.size());
    long bytes = 0;
    for (ByteBuffer payload : payloads) {
      views.add(payload.asReadOnlyBuffer());
      bytes += payload.remaining();
    }
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("payloads larger than 2 GiB: " + bytes);
    }
    payloads = List.copyOf(views);
  }

  /** Returns a request that wants its answer only. */
  public Infer(
      long requestId,
      String modelDigest,
      int cut,
      String codec,
      ExitRule exits,
      long deadlineRemainingNanos,
      int priority,
      List<ByteBuffer> payloads) {
    this(
        requestId,
        modelDigest,
        cut,
        codec,
        exits,
        deadlineRemainingNanos,
        priority,
        false,
        payloads);
  }

  /** Returns the same request that wants to hear of exits on the way, too. */
  public Infer withPartials() {
    return new Infer(
        requestId,
        modelDigest,
        cut,
        codec,
        exits,
        deadlineRemainingNanos,
        priority,
        true,
        payloads);
  }

  /**
   * Returns the payloads as fresh read-only views, so that reading one moves nobody else's
   * position.
   */
  @Override
  public List<ByteBuffer> payloads() {
    List<ByteBuffer> views = new ArrayList<>(payloads.size());
    for (ByteBuffer payload : payloads) {
      views.add(payload.duplicate());
    }
    return views;
  }

  /** Returns the sum of the payloads' sizes. */
  public int payloadBytes() {
    int bytes = 0;
    for (ByteBuffer payload : payloads) {
      bytes += payload.remaining();
    }
    return bytes;
  }

  @Override
  public MessageType type() {
    return MessageType.INFER;
  }
}
