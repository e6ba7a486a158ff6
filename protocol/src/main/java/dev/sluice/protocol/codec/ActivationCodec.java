package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How a float tensor is written for the link: precision, layout and lossless stage, named by a text
 * that both sides know from the bundle.
 *
 * <p>A text is a precision, then perhaps a layout, then perhaps a lossless stage, joined by "+":
 *
 * <table>
 * <caption>Precision</caption>
 * <tr><td>{@code f32}</td><td>the float's bits</td></tr>
 * <tr><td>{@code f16}</td><td>IEEE 754 half precision</td></tr>
 * <tr><td>{@code q8}</td><td>8 bit between the tensor's minimum and maximum</td></tr>
 * <tr><td>{@code q8t}</td><td>8 bit over a calibrated range</td></tr>
 * <tr><td>{@code q8c q6c q4c q3c q2c}</td><td>8 to 2 bit over a calibrated range per channel</td></tr>
 * <tr><td>{@code step}</td><td>integers by calibrated thresholds, for coefficients that the stage's transform has
 * divided by their steps</td></tr>
 * </table>
 *
 * <table>
 * <caption>Layout</caption>
 * <tr><td></td><td>as is, packed</td></tr>
 * <tr><td>{@code byteshuffle}</td><td>first bytes, second bytes …</td></tr>
 * <tr><td>{@code bitshuffle}</td><td>a plane for each bit</td></tr>
 * <tr><td>{@code delta}</td><td>differences of neighbours within a channel</td></tr>
 * <tr><td>{@code zeromap}</td><td>a map of zeros, then the others</td></tr>
 * </table>
 *
 * <table>
 * <caption>Lossless stage</caption>
 * <tr><td></td><td>none</td></tr>
 * <tr><td>{@code lz4}</td><td>LZ4</td></tr>
 * <tr><td>{@code zstd}</td><td>Zstandard</td></tr>
 * <tr><td>{@code rans}</td><td>asymmetric numeral system with calibrated probabilities</td></tr>
 * </table>
 *
 * <p>So {@code q8+bitshuffle+lz4} is the codec of Laskaridis et al., "SPINN", MobiCom 2020, section
 * 4.3. Combinations without sense are refused. Precisions with calibrated parts need {@link
 * CodecTables}. Beside these there are three without tables, with layouts of their own: {@code
 * round-i8+zstd}, {@code round-i8+lz4} and {@code round-i8+range} expect coefficients in steps;
 * they are exact for integers in {@code [-32767, 32767]}, round others to the nearest and saturate
 * beyond; NaN becomes 0.
 *
 * <p>The payload holds neither shape nor codec: both are agreed, and the decoded size follows from
 * the shape, so that no claim in a payload ever decides how much is allocated. Immutable and
 * thread-safe; scratch memory is kept per thread.
 */
public final class ActivationCodec {
  private final String wire;
  private final TensorCoding coding;
  private final Optional<CodecTables> tables;

  private ActivationCodec(String wire, TensorCoding coding, Optional<CodecTables> tables) {
    this.wire = wire;
    this.coding = coding;
    this.tables = tables;
  }

  /**
   * Returns a codec that needs no tables.
   *
   * @throws UnknownCodecException if there is none of that name; the message says what there is
   * @throws IllegalArgumentException if the codec needs tables
   */
  public static ActivationCodec of(String wire) {
    CodecName name = CodecName.parse(wire);
    if (name.needsTables()) {
      throw new IllegalArgumentException(
          "codec '" + wire + "' needs the tables that the bundle holds for it");
    }
    TensorCoding coding =
        switch (name.precision().kind()) {
          case FLOAT -> staged(new FloatQuantizer(name.precision().bits()), name);
          case MEASURED -> staged(new MeasuredQuantizer(), name);
          case ROUNDED ->
              switch (name.stage()) {
                case LZ4 -> new RoundedLz4Coding();
                case ZSTD -> new RoundedZstdCoding();
                case RANGE -> new RoundedRangeCoding();
                case NONE, RANS -> throw new AssertionError(wire);
              };
          case CALIBRATED, COEFFICIENTS -> throw new AssertionError(wire);
        };
    return new ActivationCodec(wire, coding, Optional.empty());
  }

  private static TensorCoding staged(Quantizer quantizer, CodecName name) {
    return new StagedCoding(quantizer, name.layout(), name.stage());
  }

  /**
   * Returns a codec with its tables. It takes tensors of the tables' shape alone.
   *
   * @throws UnknownCodecException if there is none of that name
   * @throws IllegalArgumentException if the tables are another codec's
   */
  public static ActivationCodec of(String wire, CodecTables tables) {
    CodecName name = CodecName.parse(wire);
    if (!name.equals(tables.name())) {
      throw new IllegalArgumentException("codec '" + wire + "' cannot use " + tables);
    }
    return new ActivationCodec(wire, tables.coding(), Optional.of(tables));
  }

  /**
   * Returns whether a codec needs tables.
   *
   * @throws UnknownCodecException if there is none of that name
   */
  public static boolean needsTables(String wire) {
    return CodecName.parse(wire).needsTables();
  }

  /** Returns the names of all codecs, those of one precision together. */
  public static List<String> names() {
    return CodecName.ALL.stream().map(CodecName::wire).toList();
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
    try {
      int bytes = encodeToScratch(values, shape, scratch);
      out.put(scratch.encoded(), 0, bytes);
      return bytes;
    } finally {
      scratch.release(values.remaining());
    }
  }

  /**
   * Writes a tensor into an array of its own; see {@link #encode(FloatBuffer, int[], ByteBuffer)}.
   */
  public byte[] encode(FloatBuffer values, int[] shape) {
    Scratch scratch = Scratch.ofThisThread();
    try {
      int bytes = encodeToScratch(values, shape, scratch);
      return Arrays.copyOf(scratch.encoded(), bytes);
    } finally {
      scratch.release(values.remaining());
    }
  }

  private int elements(int[] shape) {
    if (tables.isPresent() && !tables.get().isFor(shape)) {
      throw new IllegalArgumentException(tables.get() + " got " + Arrays.toString(shape));
    }
    return Shapes.elements(shape);
  }

  private int encodeToScratch(FloatBuffer values, int[] shape, Scratch scratch) {
    int elements = elements(shape);
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
    values.get(values.position(), floats, 0, elements);
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
    int elements = elements(shape);
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
    try {
      int bytes = encoded.remaining();
      byte[] in = scratch.encoded(bytes);
      encoded.get(encoded.position(), in, 0, bytes);
      float[] floats = scratch.floats(elements);
      coding.decode(in, bytes, floats, shape, scratch);
      out.put(floats, 0, elements);
    } finally {
      scratch.release(elements);
    }
  }

  @Override
  public String toString() {
    return wire;
  }
}
