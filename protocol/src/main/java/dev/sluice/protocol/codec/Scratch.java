package dev.sluice.protocol.codec;

import java.util.Arrays;

/**
 * Work arrays of one thread, grown to the largest tensor seen and used again. Contents are
 * meaningless between calls.
 */
final class Scratch {
  private static final ThreadLocal<Scratch> MINE = ThreadLocal.withInitial(Scratch::new);

  private float[] floats = {};
  private byte[] encoded = {};
  private byte[] first = {};
  private byte[] second = {};
  private int[] ints = {};
  private final float[] table = new float[256];
  private final Layout.Plan plan = new Layout.Plan();

  private Scratch() {}

  static Scratch ofThisThread() {
    return MINE.get();
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
