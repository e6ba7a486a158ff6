package dev.sluice.model.bundle;

/**
 * A codec of a bundle at one cut: a transform pair compiled into the stages on both sides, and how
 * its output is written.
 *
 * @param cut cut it works on
 * @param name its name in plans and on the wire, such as {@code klt-s1.0}
 * @param wire the protocol's text for precision, layout and lossless stage, such as {@code
 *     round-i8+zstd}
 * @param encoder path of the encoder's ONNX file in the bundle; empty if there is no transform
 * @param decoder path of the decoder's; empty if and only if {@code encoder} is
 * @param encoderMacs multiply-accumulates of the encoder for one sample
 * @param tables path of what the protocol's text needs beside it, such as the entropy coder's
 *     probabilities; empty if it needs nothing
 */
public record CodecInfo(
    int cut,
    String name,
    String wire,
    String encoder,
    String decoder,
    long encoderMacs,
    String tables) {
  public CodecInfo {
    if (cut < 0 || encoderMacs < 0 || name.isBlank()) {
      throw new IllegalArgumentException("codec '" + name + "' at cut " + cut);
    }
    if (encoder.isEmpty() != decoder.isEmpty()) {
      throw new IllegalArgumentException("codec '" + name + "' has only half of its transform");
    }
    if (!encoder.isEmpty()) {
      BundlePaths.check(encoder);
      BundlePaths.check(decoder);
    }
    if (!tables.isEmpty()) {
      BundlePaths.check(tables);
    }
  }

  /** Makes a codec whose text needs no tables. */
  public CodecInfo(
      int cut, String name, String wire, String encoder, String decoder, long encoderMacs) {
    this(cut, name, wire, encoder, decoder, encoderMacs, "");
  }

  /** Returns whether a transform belongs to it. */
  public boolean hasTransform() {
    return !encoder.isEmpty();
  }

  /** Returns whether tables belong to it. */
  public boolean hasTables() {
    return !tables.isEmpty();
  }
}
