package dev.sluice.training.transform;

import dev.sluice.protocol.codec.ActivationCodec;
import dev.sluice.protocol.codec.CodecTables;
import java.util.Optional;

/**
 * A codec at a cut, with what it brings.
 *
 * @param cut cut it writes; 0 is the picture
 * @param name its name in the bundle
 * @param wire the protocol's text
 * @param transform graphs for both sides, if any
 * @param tables what the text needs beside it, if anything
 */
public record CutCodec(
    int cut,
    String name,
    String wire,
    Optional<Transform> transform,
    Optional<CodecTables> tables) {
  /** Every value as it is. */
  public static final String FLOAT = "f32";

  /** Eight bits per value over the tensor's range, bits shuffled, LZ4: SPINN's codec. */
  public static final String EIGHT_BIT = "q8";

  private static final String EIGHT_BIT_WIRE = "q8+bitshuffle+lz4";

  /** The lossless codec that every cut has. */
  public static CutCodec float32(int cut) {
    return new CutCodec(cut, FLOAT, FLOAT, Optional.empty(), Optional.empty());
  }

  /** The reference codec that every cut has. */
  public static CutCodec eightBit(int cut) {
    return new CutCodec(cut, EIGHT_BIT, EIGHT_BIT_WIRE, Optional.empty(), Optional.empty());
  }

  /** A picture codec, named as the protocol does: {@code raw}, {@code jpeg-75}. */
  public static CutCodec picture(String name) {
    return new CutCodec(0, name, name, Optional.empty(), Optional.empty());
  }

  /**
   * Returns what writes its tensors. Making it takes up to a millisecond where there are tables.
   *
   * @throws IllegalStateException if it writes pictures
   */
  public ActivationCodec activations() {
    if (cut == 0) {
      throw new IllegalStateException(name + " writes pictures");
    }
    return tables.isPresent() ? ActivationCodec.of(wire, tables.get()) : ActivationCodec.of(wire);
  }

  /** Returns whether decoding gives back the very same values. */
  public boolean isLossless() {
    return name.equals(FLOAT) || name.equals("raw");
  }
}
