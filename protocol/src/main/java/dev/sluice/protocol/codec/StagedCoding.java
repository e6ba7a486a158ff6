package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;

/**
 * A precision, a layout and a lossless stage one after the other; every codec but those of entropy
 * coders over integers is one. Immutable.
 *
 * <pre>
 * +------------------+---------------------+----------------------------------------------+
 * | side bytes of    | zero map alone:     | the lossless stage's block of the laid-out   |
 * | the precision    | words kept, varint  | words, or these when that is not shorter     |
 * +------------------+---------------------+----------------------------------------------+
 * </pre>
 */
final class StagedCoding implements TensorCoding {
  private final Quantizer quantizer;
  private final Layout layout;
  private final Stage stage;
  private final boolean bytewise;

  StagedCoding(Quantizer quantizer, Layout layout, Stage stage) {
    this.quantizer = quantizer;
    this.layout = layout;
    this.stage = stage;
    bytewise = stage == Stage.ZSTD;
  }

  @Override
  public int maxEncodedBytes(int elements) {
    return quantizer.maxSideBytes(elements)
        + (layout == Layout.ZERO_MAP ? Rounding.varintBytes(elements) : 0)
        + layout.maxBlockBytes(elements, quantizer.bits(), bytewise);
  }

  @Override
  public int encode(float[] values, int[] shape, Scratch scratch) {
    int elements = Shapes.elements(shape);
    byte[] out = scratch.encoded();
    if (layout == Layout.BIT_SHUFFLE) {
      int planesBytes = layout.maxBlockBytes(elements, quantizer.bits(), bytewise);
      byte[] planes = scratch.block(planesBytes);
      if (quantizer.encodePlanes(values, elements, planes, out, scratch)) {
        int side = quantizer.maxSideBytes(elements);
        if (stage != Stage.LZ4 || !quantizer.leavesNoise()) {
          return side + Lossless.pack(stage, planes, planesBytes, out, side);
        }
        int noisy = scratch.levels().noisyPlanes(quantizer.bits());
        int noise = noisy * (planesBytes / quantizer.bits());
        return side + Lossless.lz4(planes, noise, planesBytes, out, side);
      }
    }
    byte[] words = scratch.words(elements, quantizer.bits());
    int at = quantizer.encode(values, elements, words, out);
    Layout.Plan plan = plan(elements, shape, scratch);
    byte[] block = scratch.block(layout.maxBlockBytes(elements, quantizer.bits(), bytewise));
    int blockBytes = layout.pack(words, plan, block);
    if (layout == Layout.ZERO_MAP) {
      at = Rounding.putVarint(out, at, plan.nonZeros);
    }
    return at + Lossless.pack(stage, block, blockBytes, out, at);
  }

  private Layout.Plan plan(int elements, int[] shape, Scratch scratch) {
    Layout.Plan plan = scratch.plan();
    plan.elements = elements;
    plan.bits = quantizer.bits();
    plan.bytewise = bytewise;
    plan.columns = shape.length < 2 ? 1 : shape[shape.length - 1];
    plan.plane = shape.length < 3 ? plan.columns : plan.columns * shape[shape.length - 2];
    plan.zeros = quantizer.zeros();
    return plan;
  }

  @Override
  public void decode(byte[] in, int bytes, float[] values, int[] shape, Scratch scratch)
      throws ProtocolException {
    int elements = Shapes.elements(shape);
    int at = quantizer.sideBytes(in, bytes, elements);
    int blockBytes;
    int nonZeros = 0;
    if (layout == Layout.ZERO_MAP) {
      nonZeros = Rounding.getVarint(in, at, bytes);
      if (nonZeros > elements) {
        throw ProtocolException.malformedRequest(
            nonZeros + " values are announced, the shape has " + elements);
      }
      at += Rounding.varintBytes(nonZeros);
      blockBytes = (elements + 7) / 8 + Layout.packedBytes(nonZeros, quantizer.bits(), bytewise);
    } else {
      blockBytes = layout.maxBlockBytes(elements, quantizer.bits(), bytewise);
    }
    byte[] block = scratch.block(blockBytes);
    Lossless.unpack(stage, in, at, bytes - at, block, blockBytes);
    if (layout == Layout.BIT_SHUFFLE
        && quantizer.decodePlanes(block, elements, in, values, scratch)) {
      return;
    }
    byte[] words = scratch.words(elements, quantizer.bits());
    layout.unpack(block, nonZeros, plan(elements, shape, scratch), words);
    quantizer.decode(words, elements, in, values, scratch);
  }
}
