package dev.sluice.protocol.fuzz;

import java.util.Arrays;
import java.util.Random;

/** Damages bytes: bits, interesting numbers, insertions, ends. Not thread-safe. */
public final class ByteMutator {
  private static final long[] INTERESTING = {
    0,
    1,
    2,
    63,
    64,
    65,
    127,
    128,
    255,
    256,
    1023,
    1024,
    4096,
    8191,
    8192,
    8193,
    65535,
    65536,
    Integer.MAX_VALUE - 1L,
    Integer.MAX_VALUE,
    Integer.MAX_VALUE + 1L,
    0xFFFFFFFFL,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -1,
    -2
  };
  private static final int MOST_BYTES = 40;

  private final Random random;

  public ByteMutator(Random random) {
    this.random = random;
  }

  /** Returns a number at which programs tend to err. */
  public long interesting() {
    return INTERESTING[random.nextInt(INTERESTING.length)];
  }

  /** Returns bytes that differ from the given ones in one way. */
  public byte[] damage(byte[] body) {
    if (body.length == 0) {
      return insert(body, 0, noise());
    }
    int at = random.nextInt(body.length);
    byte[] changed = body.clone();
    switch (random.nextInt(8)) {
      case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> changed[at] = (byte) random.nextInt(256);
      case 2 -> changed[at] = (byte) interesting();
      case 3 -> {
        byte[] number = number();
        int length = Math.min(number.length, body.length - at);
        System.arraycopy(number, 0, changed, at, length);
      }
      case 4 -> changed = insert(body, at, random.nextBoolean() ? number() : varint());
      case 5 -> changed = insert(body, at, noise());
      case 6 -> changed = Arrays.copyOf(body, at);
      default -> {
        int length = Math.min(1 + random.nextInt(MOST_BYTES), body.length - at);
        changed = concat(body, at, new byte[0], body, at + length);
      }
    }
    return changed;
  }

  /** Returns the beginning of one and the end of the other. */
  public byte[] splice(byte[] head, byte[] tail) {
    int kept = random.nextInt(head.length + 1);
    int from = random.nextInt(tail.length + 1);
    return concat(head, kept, new byte[0], tail, from);
  }

  private static byte[] concat(byte[] head, int kept, byte[] middle, byte[] tail, int from) {
    byte[] whole = Arrays.copyOf(head, kept + middle.length + tail.length - from);
    System.arraycopy(middle, 0, whole, kept, middle.length);
    System.arraycopy(tail, from, whole, kept + middle.length, tail.length - from);
    return whole;
  }

  private static byte[] insert(byte[] body, int at, byte[] what) {
    return concat(body, at, what, body, at);
  }

  private byte[] noise() {
    byte[] noise = new byte[1 + random.nextInt(MOST_BYTES)];
    random.nextBytes(noise);
    return noise;
  }

  /** An interesting number in 1, 2, 4 or 8 bytes, little-endian. */
  private byte[] number() {
    long value = interesting();
    byte[] bytes = new byte[1 << random.nextInt(4)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (value >> 8 * i);
    }
    return bytes;
  }

  private byte[] varint() {
    long value = interesting();
    byte[] bytes = new byte[10];
    int length = 0;
    while ((value & ~0x7FL) != 0) {
      bytes[length++] = (byte) (value | 0x80);
      value >>>= 7;
    }
    bytes[length++] = (byte) value;
    return Arrays.copyOf(bytes, length);
  }
}
