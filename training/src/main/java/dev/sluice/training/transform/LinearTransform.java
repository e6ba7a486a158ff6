package dev.sluice.training.transform;

import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.export.OnnxPieces.ValueRange;
import java.util.Optional;

/**
 * A transform of a cut's feature map: channels, then blocks of positions. What it makes is a map of
 * {@code [frequencies × components, height / side, width / side]}, component by component for each
 * frequency, of which those rows are sent that are worth it. Immutable.
 *
 * @param klt over the channels
 * @param components how many of its components are computed, at least 1
 * @param dct over the positions
 * @param height of the map, a multiple of the block's side
 * @param width likewise
 */
public record LinearTransform(ChannelKlt klt, int components, BlockDct dct, int height, int width) {
  public LinearTransform {
    if (components < 1 || components > klt.channels()) {
      throw new IllegalArgumentException(components + " of " + klt.channels() + " components");
    }
    if (height % dct.side() != 0 || width % dct.side() != 0) {
      throw new IllegalArgumentException(
          "blocks of " + dct.side() + " do not divide " + height + "x" + width);
    }
  }

  /** Returns the shape of all that it makes, without batch. */
  public int[] shape() {
    return new int[] {components * dct.frequencies(), height / dct.side(), width / dct.side()};
  }

  /** Returns the multiply-accumulates of the sender for one sample. */
  public long encoderMacs() {
    long coefficients = (long) components * height * width;
    return coefficients * (klt.channels() + (dct.side() == 1 ? 0 : dct.frequencies()));
  }

  /**
   * Returns how many components a sender can afford.
   *
   * @param mostMacs what its transform may cost
   */
  static int affordable(ChannelKlt klt, BlockDct dct, int height, int width, long mostMacs) {
    long each = new LinearTransform(klt, 1, dct, height, width).encoderMacs();
    return (int) Math.max(1, Math.min(klt.channels(), mostMacs / each));
  }

  /** Returns the sender's graph that makes everything, in steps of one. */
  byte[] wholeEncoder(OnnxPieces pieces) {
    return pieces.blockEncoder(
        klt.channels(),
        components,
        height,
        width,
        klt.encoderWeight(components, 1),
        klt.encoderBias(components, 1),
        dct.side(),
        dct.matrix(),
        Optional.empty());
  }

  /**
   * Returns the graphs of both sides.
   *
   * @param step by which coefficients are divided
   * @param rows of {@link #shape} that are sent, in the order in which they are
   * @param range what the cut's values can be, which the receiver clips to
   */
  Transform graphs(OnnxPieces pieces, double step, int[] rows, Optional<ValueRange> range) {
    byte[] encoder =
        pieces.blockEncoder(
            klt.channels(),
            components,
            height,
            width,
            klt.encoderWeight(components, step),
            klt.encoderBias(components, step),
            dct.side(),
            dct.matrix(),
            Optional.of(rows));
    byte[] decoder =
        pieces.blockDecoder(
            components,
            klt.channels(),
            height,
            width,
            klt.decoderWeight(components, step),
            klt.decoderBias(),
            dct.side(),
            dct.matrix(),
            rows,
            range);
    int[] whole = shape();
    return new Transform(
        encoder, decoder, new int[] {rows.length, whole[1], whole[2]}, encoderMacs());
  }
}
