package dev.sluice.training.head;

/**
 * A row of features in a byte each, so that the feature maps of a whole training set fit into
 * memory: 256 even steps between the least and the largest value, far finer than what tells classes
 * apart. Immutable.
 */
public final class PackedRow {
  private static final int STEPS = 255;

  private final float least;
  private final float step;
  private final byte[] codes;

  private PackedRow(float least, float step, byte[] codes) {
    this.least = least;
    this.step = step;
    this.codes = codes;
  }

  /** Packs values; what is not finite is lost. */
  public static PackedRow of(float[] values) {
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    float step = (most - least) / STEPS;
    byte[] codes = new byte[values.length];
    for (int i = 0; i < codes.length && step > 0; i++) {
      codes[i] = (byte) Math.round((values[i] - least) / step);
    }
    return new PackedRow(least, step, codes);
  }

  int length() {
    return codes.length;
  }

  float get(int index) {
    return least + step * (codes[index] & 0xff);
  }

  void unpack(float[] out, int at) {
    for (int i = 0; i < codes.length; i++) {
      out[at + i] = get(i);
    }
  }
}
