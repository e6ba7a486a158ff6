package dev.sluice.training.transform;

import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.export.OnnxPieces.ValueRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Writes codecs from a {@link ChannelKlt}: the step is folded into the sender's weights, so that
 * rounding to integers is all that is left for the wire.
 */
public final class KltCodecs {
  private final OnnxPieces pieces;
  private final long mostEncoderMacs;

  /**
   * Makes a writer.
   *
   * @param mostEncoderMacs what an encoder may cost; components beyond it are left out
   */
  public KltCodecs(OnnxPieces pieces, long mostEncoderMacs) {
    this.pieces = pieces;
    this.mostEncoderMacs = mostEncoderMacs;
  }

  /**
   * Returns a codec per step.
   *
   * @param height positions of the cut's tensor
   * @param steps multiples of σ̄, positive
   * @param range what the cut's values can be, which the receiver clips to
   */
  public List<CutCodec> at(
      int cut,
      ChannelKlt klt,
      int height,
      int width,
      List<Double> steps,
      Optional<ValueRange> range) {
    List<CutCodec> codecs = new ArrayList<>();
    double deviation = klt.meanDeviation();
    if (!(deviation > 0)) {
      return codecs;
    }
    int channels = klt.channels();
    long macsPerComponent = (long) channels * height * width;
    int affordable = (int) Math.max(1, Math.min(channels, mostEncoderMacs / macsPerComponent));
    for (double factor : steps) {
      double step = factor * deviation;
      int count = klt.worthwhile(step, affordable);
      byte[] encoder =
          pieces.pointwise(
              channels,
              count,
              height,
              width,
              klt.encoderWeight(count, step),
              klt.encoderBias(count, step),
              Optional.empty());
      byte[] decoder =
          pieces.pointwise(
              count,
              channels,
              height,
              width,
              klt.decoderWeight(count, step),
              klt.decoderBias(),
              range);
      codecs.add(
          new CutCodec(
              cut,
              String.format(Locale.ROOT, "klt-s%.1f", factor),
              CutCodec.RANGE_CODED,
              Optional.of(
                  new Transform(
                      encoder,
                      decoder,
                      new int[] {count, height, width},
                      macsPerComponent * count))));
    }
    return codecs;
  }
}
