package dev.sluice.protocol.message;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What an {@link Infer} says before its payloads, which follow in data frames. Fields as there.
 *
 * @param requestId the number of the request on its connection; greater than any before
 * @param deadlineRemainingNanos time left at {@code sent}
 * @param sent when the first byte was handed to the socket
 * @param payloadBytes size of each payload, in order; 1 to 64, none negative
 */
public record InferHeader(
    long requestId,
    String modelDigest,
    int cut,
    String codec,
    ExitRule exits,
    long deadlineRemainingNanos,
    int priority,
    boolean partials,
    SendStamp sent,
    List<Integer> payloadBytes) {
  public InferHeader {
    if (cut < 0 || cut > Infer.MAX_CUT) {
      throw new IllegalArgumentException("cut not in [0, 65535]: " + cut);
    }
    if (deadlineRemainingNanos < 0) {
      throw new IllegalArgumentException(
          "deadlineRemainingNanos must not be negative: " + deadlineRemainingNanos);
    }
    payloadBytes = List.copyOf(payloadBytes);
    if (payloadBytes.isEmpty() || payloadBytes.size() > Infer.MAX_PAYLOADS) {
      throw new IllegalArgumentException("payloads not in [1, 64]: " + payloadBytes.size());
    }
    for (int bytes : payloadBytes) {
      if (bytes < 0) {
        throw new IllegalArgumentException("payload size must not be negative: " + bytes);
      }
    }
  }

  /**
   * Returns the header of a request.
   *
   * @param requestId its number on the connection
   * @param deadlineRemainingNanos time left by now, which is less than at the request's making
   * @param sent the time of now
   */
  public static InferHeader of(
      Infer infer, long requestId, long deadlineRemainingNanos, SendStamp sent) {
    List<Integer> sizes = new ArrayList<>();
    for (ByteBuffer payload : infer.payloads()) {
      sizes.add(payload.remaining());
    }
    return new InferHeader(
        requestId,
        infer.modelDigest(),
        infer.cut(),
        infer.codec(),
        infer.exits(),
        deadlineRemainingNanos,
        infer.priority(),
        infer.partials(),
        sent,
        sizes);
  }

  /** Returns the sum of the payloads' sizes, which may exceed any limit. */
  public long totalBytes() {
    long total = 0;
    for (int bytes : payloadBytes) {
      total += bytes;
    }
    return total;
  }

  /**
   * Returns the whole request.
   *
   * @param data the payloads one after the other, {@link #totalBytes} in all from the start of the
   *     array
   */
  public Infer withPayloads(byte[] data) {
    List<ByteBuffer> payloads = new ArrayList<>(payloadBytes.size());
    int at = 0;
    for (int bytes : payloadBytes) {
      payloads.add(ByteBuffer.wrap(data, at, bytes).slice());
      at += bytes;
    }
    return new Infer(
        requestId,
        modelDigest,
        cut,
        codec,
        exits,
        deadlineRemainingNanos,
        priority,
        partials,
        payloads);
  }
}
