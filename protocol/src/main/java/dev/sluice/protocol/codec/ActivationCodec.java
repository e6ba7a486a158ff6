package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.TreeMap;

/**
 * How a float tensor is written for the link: precision, layout and lossless stage, named by a text
 * that both sides know from the bundle.
 *
 * <table>
 * <caption>Known codecs</caption>
 * <tr><td>{@code f32}</td><td>the floats, little-endian</td></tr>
 * <tr><td>{@code q8+bitshuffle+lz4}</td><td>8 bit between the tensor's minimum and maximum, bit planes, LZ4: the codec of
 * Laskaridis et al., "SPINN", MobiCom 2020, section 4.3</td></tr>
 * <tr><td>{@code round-i8+zstd}</td><td>nearest integers, zigzag bytes with an escape, Zstandard</td></tr>
 * <tr><td>{@code round-i8+lz4}</td><td>nearest integers, two bits each with the rest aside, LZ4</td></tr>
 * <tr><td>{@code round-i8+range}</td><td>nearest integers, adaptive binary range coder with neighbours as context</td></tr>
 * </table>
 *
 * <p>The {@code round} codecs expect coefficients that the stage's transform has already divided by
 * their steps; they are exact for integers in {@code [-32767, 32767]}, round others to the nearest
 * and saturate beyond; NaN becomes 0.
 *
 * <p>The payload holds neither shape nor codec: both are agreed, and the decoded size follows from
 * the shape, so that no claim in a payload ever decides how much is allocated. Immutable and
 * thread-safe; scratch memory is kept per thread.
 */
public final class ActivationCodec {
  private static final TreeMap<String, TensorCoding> KNOWN = new TreeMap<>();

  static {
    KNOWN.put("f32", new Float32Coding());
    KNOWN.put("q8+bitshuffle+lz4", new Affine8Coding());
    KNOWN.put("round-i8+zstd", new RoundedZstdCoding());
    KNOWN.put("round-i8+lz4", new RoundedLz4Coding());
    KNOWN.put("round-i8+range", new RoundedRangeCoding());
  }

  private final String wire;
  private final TensorCoding coding;

  private ActivationCodec(String wire, TensorCoding coding) {
    this.wire = wire;
    this.coding = coding;
  }

  /**
   * Returns the codec with a name.
   *
   * @throws UnknownCodecException if there is none; the message lists those there are
   */
  public static ActivationCodec of(String wire) {
    TensorCoding coding = KNOWN.get(wire);
    if (coding == null) {
      throw new UnknownCodecException(
          "unknown activation codec '" + wire + "'; known are " + KNOWN.keySet());
    }
    return new ActivationCodec(wire, coding);
  }

  /** Returns the codec's name. */
  public String wire() {
    return wire;
  }

  /** Returns the most bytes that a tensor of this shape (without batch) can take. */
  public int maxEncodedBytes(int[] shape) {
    return coding.maxEncodedBytes(Shapes.elements(shape));
  }

  /**
   * Writes a tensor.
   *
   * @param values row-major elements from the position on; the position is left alone
   * @param shape sizes without the batch
   * @param out takes the payload at its position, which is advanced; {@link #maxEncodedBytes}
   *     always suffice
   * @return the bytes written
   * @throws java.nio.BufferOverflowException if {@code out} has too little room
   */
  public int encode(FloatBuffer values, int[] shape, ByteBuffer out) {
    Scratch scratch = Scratch.ofThisThread();
    int bytes = encodeToScratch(values, shape, scratch);
    out.put(scratch.encoded(), 0, bytes);
    return bytes;
  }

  /**
   * Writes a tensor into an array of its own; see {@link #encode(FloatBuffer, int[], ByteBuffer)}.
   */
  public byte[] encode(FloatBuffer values, int[] shape) {
    Scratch scratch = Scratch.ofThisThread();
    int bytes = encodeToScratch(values, shape, scratch);
    return Arrays.copyOf(scratch.encoded(), bytes);
  }

  private int encodeToScratch(FloatBuffer values, int[] shape, Scratch scratch) {
    int elements = Shapes.elements(shape);
    if (values.remaining() != elements) {
      throw new IllegalArgumentException(
          "shape "
              + Arrays.toString(shape)
              + " has "
              + elements
              + " elements, got "
              + values.remaining());
    }
    float[] floats = scratch.floats(elements);
    values.duplicate().get(floats, 0, elements);
    scratch.encoded(coding.maxEncodedBytes(elements));
    return coding.encode(floats, shape, scratch);
  }

  /**
   * Reads a tensor.
   *
   * @param encoded the payload, all that remains; its position is left alone
   * @param shape sizes without the batch, as agreed
   * @param out takes the elements at its position, which is advanced
   * @throws ProtocolException with scope REQUEST if the payload is not one of this codec and shape
   * @throws java.nio.BufferOverflowException if {@code out} has too little room
   */
  public void decode(ByteBuffer encoded, int[] shape, FloatBuffer out) throws ProtocolException {
    int elements = Shapes.elements(shape);
    if (encoded.remaining() > coding.maxEncodedBytes(elements)) {
      throw ProtocolException.malformedRequest(
          wire
              + " payload of "
              + encoded.remaining()
              + " bytes is too long for shape "
              + Arrays.toString(shape)
              + "; do both sides use the same bundle?");
    }
    Scratch scratch = Scratch.ofThisThread();
    int bytes = encoded.remaining();
    byte[] in = scratch.encoded(bytes);
    encoded.duplicate().get(in, 0, bytes);
    float[] floats = scratch.floats(elements);
    coding.decode(in, bytes, floats, shape, scratch);
    out.put(floats, 0, elements);
  }

  @Override
  public String toString() {
    return wire;
  }
}
