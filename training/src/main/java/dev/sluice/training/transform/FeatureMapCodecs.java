package dev.sluice.training.transform;

import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.training.export.OnnxPieces;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * The transforms of a feature map, fitted to samples of it: the channel KLT, as it is and as the
 * answer feels it, each alone and followed by a DCT of blocks of positions. Not thread-safe.
 */
public final class FeatureMapCodecs {
  /** Positions from which a covariance is estimated. */
  private static final int VECTORS = 40_000;

  private final OnnxEngine engine;
  private final OnnxPieces pieces;
  private final long mostEncoderMacs;
  private final long seed;

  /**
   * Makes a fitter.
   *
   * @param engine stays the caller's; should compute on the calling thread
   * @param mostEncoderMacs what a sender's transform may cost; components beyond it are left out
   * @param seed chooses positions
   */
  public FeatureMapCodecs(OnnxEngine engine, OnnxPieces pieces, long mostEncoderMacs, long seed) {
    this.engine = engine;
    this.pieces = pieces;
    this.mostEncoderMacs = mostEncoderMacs;
    this.seed = seed;
  }

  /**
   * Fits the transforms.
   *
   * @param samples the cut's tensor for each of at least two samples, {@code [channels, height,
   *     width]}
   * @param metric how much the answer feels each direction, see {@link ChannelKlt}
   * @return the plain ones first; empty where the map never changes
   */
  public List<TransformFitting> fit(
      List<float[]> samples, int[] shape, Optional<double[][]> metric) {
    int area = shape[1] * shape[2];
    ChannelStatistics statistics = new ChannelStatistics(shape[0]);
    int each = Math.max(1, (VECTORS + samples.size() - 1) / samples.size());
    SplittableRandom random = new SplittableRandom(seed);
    samples.forEach(sample -> statistics.add(FloatBuffer.wrap(sample), area, each, random));
    List<TransformFitting> fittings = new ArrayList<>();
    ChannelKlt plain = ChannelKlt.of(statistics);
    if (!(plain.meanDeviation() > 0)) {
      return fittings;
    }
    add(fittings, "klt", plain, samples, shape);
    metric
        .map(felt -> ChannelKlt.of(statistics, felt))
        .ifPresent(klt -> add(fittings, "tklt", klt, samples, shape));
    return fittings;
  }

  private void add(
      List<TransformFitting> fittings,
      String name,
      ChannelKlt klt,
      List<float[]> samples,
      int[] shape) {
    fittings.add(fitting(name, klt, new BlockDct(1), samples, shape));
    BlockDct dct = affordable(klt, shape);
    if (dct.side() > 1) {
      fittings.add(fitting(name + "-dct" + dct.side(), klt, dct, samples, shape));
    }
  }

  /** The largest blocks whose transform leaves nearly everything to the channels'. */
  private BlockDct affordable(ChannelKlt klt, int[] shape) {
    int side = BlockDct.MOST_SIDE + 1;
    BlockDct dct;
    do {
      dct = BlockDct.dividing(shape[1], shape[2], --side);
      side = dct.side();
    } while (side > 1 && costsComponents(klt, dct, shape));
    return dct;
  }

  private boolean costsComponents(ChannelKlt klt, BlockDct dct, int[] shape) {
    int alone =
        LinearTransform.affordable(klt, new BlockDct(1), shape[1], shape[2], mostEncoderMacs);
    int with = LinearTransform.affordable(klt, dct, shape[1], shape[2], mostEncoderMacs);
    return with < 0.8 * alone
        || new LinearTransform(klt, 1, dct, shape[1], shape[2]).encoderMacs() > mostEncoderMacs;
  }

  private TransformFitting fitting(
      String name, ChannelKlt klt, BlockDct dct, List<float[]> samples, int[] shape) {
    int components = LinearTransform.affordable(klt, dct, shape[1], shape[2], mostEncoderMacs);
    LinearTransform transform = new LinearTransform(klt, components, dct, shape[1], shape[2]);
    List<float[]> coefficients = new ArrayList<>();
    long[] batched = {1, shape[0], shape[1], shape[2]};
    try (OnnxEngine.Session encoder = engine.load(transform.wholeEncoder(pieces), name)) {
      for (float[] sample : samples) {
        try (var in = engine.wrap(List.of(FloatBuffer.wrap(sample)), List.of(batched));
            var out = encoder.run(in)) {
          FloatBuffer made = out.floats(0);
          float[] copy = new float[made.remaining()];
          made.get(copy);
          coefficients.add(copy);
        }
      }
    }
    return new TransformFitting(name, transform, coefficients);
  }
}
