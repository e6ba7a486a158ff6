package dev.sluice.protocol.codec;

import java.util.Arrays;

/**
 * Work arrays of one thread, grown to the largest tensor seen and used again; what a tensor of more
 * than {@link #RETAINED_ELEMENTS} elements needed is let go after it. Contents are meaningless
 * between calls.
 */
final class Scratch {
  /** 4 MiB of float32; a thread keeps some 40 bytes for each at most. */
  static final int RETAINED_ELEMENTS = 1 << 20;

  private static final ThreadLocal<Scratch> MINE = ThreadLocal.withInitial(Scratch::new);

  private float[] floats = {};
  private byte[] encoded = {};
  private byte[] first = {};
  private byte[] second = {};
  private int[] ints = {};
  private CoefficientEncoder encoder = new CoefficientEncoder();
  private CoefficientDecoder decoder = new CoefficientDecoder();
  private final float[] table = new float[256];
  private final Layout.Plan plan = new Layout.Plan();

  private Scratch() {}

  static Scratch ofThisThread() {
    return MINE.get();
  }

  /** Ends the use for a tensor. */
  void release(int elements) {
    if (elements > RETAINED_ELEMENTS) {
      floats = new float[0];
      encoded = new byte[0];
      first = new byte[0];
      second = new byte[0];
      ints = new int[0];
      encoder = new CoefficientEncoder();
      decoder = new CoefficientDecoder();
    }
  }

  CoefficientEncoder encoder() {
    return encoder;
  }

  CoefficientDecoder decoder() {
    return decoder;
  }

  float[] floats(int size) {
    if (floats.length < size) {
      floats = new float[size];
    }
    return floats;
  }

  byte[] encoded(int size) {
    if (encoded.length < size) {
      encoded = new byte[size];
    }
    return encoded;
  }

  byte[] encoded() {
    return encoded;
  }

  byte[] first(int size) {
    if (first.length < size) {
      first = new byte[size];
    }
    return first;
  }

  byte[] second(int size) {
    if (second.length < size) {
      second = new byte[size];
    }
    return second;
  }

  /** Returns room for so many words and the multiple of 8 from there on. */
  byte[] words(int words, int bits) {
    return first(((words + 7) & -8) * ((bits + 7) / 8));
  }

  byte[] block(int size) {
    return second(size);
  }

  /** Returns 256 floats. */
  float[] table() {
    return table;
  }

  Layout.Plan plan() {
    return plan;
  }

  int[] ints(int size) {
    if (ints.length < size) {
      ints = new int[size];
    }
    return ints;
  }

  /** Returns {@link #second} of at least the size, its used part set to zero. */
  byte[] clearedSecond(int size) {
    byte[] array = second(size);
    Arrays.fill(array, 0, size, (byte) 0);
    return array;
  }
}
