package dev.sluice.protocol.codec;

/** How finely each value is kept: the first part of a codec's text. */
enum Precision {
  /** The float's own 32 bits. */
  F32("f32", 32, Kind.FLOAT),
  /** IEEE 754 half precision. */
  F16("f16", 16, Kind.FLOAT),
  /** 8 bit between the tensor's minimum and maximum, which the payload carries. */
  Q8("q8", 8, Kind.MEASURED),
  /** 8 bit over one calibrated range. */
  Q8T("q8t", 8, Kind.CALIBRATED),
  /** 8 bit over a calibrated range per channel; those that follow have fewer bits. */
  Q8C("q8c", 8, Kind.CALIBRATED),
  Q6C("q6c", 6, Kind.CALIBRATED),
  Q4C("q4c", 4, Kind.CALIBRATED),
  Q3C("q3c", 3, Kind.CALIBRATED),
  Q2C("q2c", 2, Kind.CALIBRATED),
  /** Integers by calibrated thresholds: a transform has divided by the step already. */
  STEP("step", 8, Kind.COEFFICIENTS),
  /** Nearest integers, in layouts of their own; see the {@code Rounded} codings. */
  ROUND_I8("round-i8", 8, Kind.ROUNDED);

  /** What a precision makes of floats and where its ranges come from. */
  enum Kind {
    FLOAT,
    MEASURED,
    CALIBRATED,
    COEFFICIENTS,
    ROUNDED
  }

  private final String text;
  private final int bits;
  private final Kind kind;

  Precision(String text, int bits, Kind kind) {
    this.text = text;
    this.bits = bits;
    this.kind = kind;
  }

  String text() {
    return text;
  }

  /** Returns the bits of a value's word before the lossless stage. */
  int bits() {
    return bits;
  }

  Kind kind() {
    return kind;
  }

  /** Returns whether the tables of a bundle hold its ranges or thresholds. */
  boolean needsTables() {
    return kind == Kind.CALIBRATED || kind == Kind.COEFFICIENTS;
  }

  /** Returns whether each channel has a range of its own. */
  boolean perChannel() {
    return kind == Kind.CALIBRATED && this != Q8T;
  }
}
