package dev.sluice.experiments.study.wire;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * The bytes of a request to a rival: the first four say how many zeros to answer with, or {@link
 * #ECHO}; the others are noise.
 */
final class Payload {
  /** Asks for the payload itself. */
  static final int ECHO = -1;

  private Payload() {}

  static byte[] of(int bytes, int replyBytes, long seed) {
    byte[] payload = new byte[bytes];
    new SplittableRandom(seed).nextBytes(payload);
    ByteBuffer.wrap(payload).putInt(0, replyBytes);
    return payload;
  }

  /** What a worker answers to a payload that it has as an array. */
  static byte[] reply(byte[] payload) {
    int wanted = ByteBuffer.wrap(payload).getInt(0);
    return wanted == ECHO ? payload : new byte[wanted];
  }
}
