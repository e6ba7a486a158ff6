package dev.sluice.protocol.message;

/**
 * What a worker accepts on one connection; granted in the {@link Welcome}, enforced by the worker,
 * respected by the device.
 *
 * <p>The last two are credit: a request takes of it when its Infer is sent and gives it back with
 * its answer, refusal or cancellation.
 *
 * @param maxFrameBytes largest body of a frame, in {@code [1024, 1 << 24)}
 * @param maxPayloadBytes largest sum of the payloads of one request, at least 1
 * @param maxInFlight requests sent and not yet answered, at least 1
 * @param maxBytesInFlight payload bytes of these requests together, at least {@code
 *     maxPayloadBytes}
 */
public record Limits(
    int maxFrameBytes, int maxPayloadBytes, int maxInFlight, long maxBytesInFlight) {
  /** 64 KiB frames, 16 MiB per request, 64 requests and 32 MiB in flight. */
  public static final Limits DEFAULT = new Limits(1 << 16, 1 << 24, 64);

  public Limits {
    if (maxFrameBytes < 1024 || maxFrameBytes >= 1 << 24) {
      throw new IllegalArgumentException("maxFrameBytes not in [1024, 16777216): " + maxFrameBytes);
    }
    if (maxPayloadBytes < 1) {
      throw new IllegalArgumentException("maxPayloadBytes must be positive: " + maxPayloadBytes);
    }
    if (maxInFlight < 1) {
      throw new IllegalArgumentException("maxInFlight must be positive: " + maxInFlight);
    }
    if (maxBytesInFlight < maxPayloadBytes) {
      throw new IllegalArgumentException(
          "maxBytesInFlight below maxPayloadBytes: " + maxBytesInFlight);
    }
  }

  /** Returns limits with credit for twice the largest request. */
  public Limits(int maxFrameBytes, int maxPayloadBytes, int maxInFlight) {
    this(maxFrameBytes, maxPayloadBytes, maxInFlight, 2L * maxPayloadBytes);
  }
}
