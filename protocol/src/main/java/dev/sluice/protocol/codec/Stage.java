package dev.sluice.protocol.codec;

/** The lossless stage: the last part of a codec's text. */
enum Stage {
  NONE(""),
  LZ4("lz4"),
  ZSTD("zstd"),
  /** Asymmetric numeral system with probabilities from tables. */
  RANS("rans"),
  /** Adaptive binary range coder, without tables; of nearest integers alone. */
  RANGE("range");

  private final String text;

  Stage(String text) {
    this.text = text;
  }

  /** Returns the part of the codec's text; empty for none. */
  String text() {
    return text;
  }

  /** Returns whether it codes integers by their probabilities rather than bytes. */
  boolean codesIntegers() {
    return this == RANS || this == RANGE;
  }
}
