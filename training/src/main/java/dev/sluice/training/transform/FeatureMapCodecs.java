package dev.sluice.training.transform;

import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.training.export.OnnxPieces;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * The transforms of a feature map, fitted to samples of it: the channel KLT, as the answer feels it
 * where that is known, alone and after a DCT of blocks of positions. Immutable, for any thread.
 */
public final class FeatureMapCodecs {
  /** Positions from which a covariance is estimated. */
  private static final int VECTORS = 40_000;

  /** What the blocks may take of what the sender can afford. */
  private static final double MOST_FOR_BLOCKS = 0.6;

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

  /** Returns the blocks worth trying with a map: single positions, and the largest affordable. */
  public List<BlockDct> blocks(int[] shape) {
    BlockDct largest = affordable(shape);
    return largest.side() > 1 ? List.of(new BlockDct(1), largest) : List.of(largest);
  }

  /** The largest blocks whose transform leaves something to the channels'. */
  private BlockDct affordable(int[] shape) {
    long values = (long) shape[0] * shape[1] * shape[2];
    int side = BlockDct.MOST_SIDE;
    BlockDct dct = BlockDct.dividing(shape[1], shape[2], side);
    while (dct.side() > 1 && values * dct.frequencies() > MOST_FOR_BLOCKS * mostEncoderMacs) {
      dct = BlockDct.dividing(shape[1], shape[2], dct.side() - 1);
    }
    return dct;
  }

  private static double[] mean(List<float[]> samples, int[] shape) {
    int area = shape[1] * shape[2];
    double[] mean = new double[shape[0]];
    for (float[] sample : samples) {
      for (int i = 0; i < sample.length; i++) {
        mean[i / area] += sample[i] / (double) area / samples.size();
      }
    }
    return mean;
  }

  /** Gathers each band's vectors. */
  private List<ChannelStatistics> statistics(
      List<float[]> samples, double[] mean, int[] shape, BlockDct dct) {
    int area = shape[1] * shape[2];
    int blocks = area / dct.frequencies();
    List<Integer> bands = dct.bands();
    List<ChannelStatistics> statistics = new ArrayList<>();
    for (int b = 0; b < bands.size(); b++) {
      statistics.add(new ChannelStatistics(shape[0]));
    }
    int each = Math.max(1, (VECTORS + samples.size() - 1) / samples.size());
    SplittableRandom random = new SplittableRandom(seed);
    for (float[] sample : samples) {
      float[] centred = sample.clone();
      for (int i = 0; i < centred.length; i++) {
        centred[i] -= (float) mean[i / area];
      }
      FloatBuffer values = FloatBuffer.wrap(dct.forward(centred, shape[0], shape[1], shape[2]));
      int from = 0;
      for (int b = 0; b < bands.size(); b++) {
        int to = from + bands.get(b) * blocks;
        statistics.get(b).add(values, area, from, to, each, random);
        from = to;
      }
    }
    return statistics;
  }

  /**
   * Fits a transform.
   *
   * @param samples the cut's tensor for each of at least two samples, {@code [channels, height,
   *     width]}; not modified, and kept by what is returned
   * @param metric how much the answer feels each direction
   * @return empty where the map never changes
   */
  public Optional<TransformFitting> fit(
      List<float[]> samples, int[] shape, BlockDct dct, Optional<ChannelMetric> metric) {
    double[] mean = mean(samples, shape);
    List<ChannelStatistics> bands = statistics(samples, mean, shape, dct);
    ChannelStatistics all = ChannelStatistics.ofAll(bands);
    List<ChannelKlt> klts = new ArrayList<>();
    for (ChannelStatistics band : bands) {
      klts.add(ChannelKlt.of(band, all, metric));
    }
    LinearTransform transform =
        LinearTransform.affordable(klts, mean, dct, shape[1], shape[2], mostEncoderMacs);
    if (!(transform.meanDeviation() > 0)) {
      return Optional.empty();
    }
    String name =
        (metric.isPresent() ? "tklt" : "klt") + (dct.side() > 1 ? "-dct" + dct.side() : "");
    return Optional.of(
        new TransformFitting(
            name, transform, engine, pieces, samples, coefficients(transform, samples, shape)));
  }

  private List<float[]> coefficients(
      LinearTransform transform, List<float[]> samples, int[] shape) {
    List<float[]> coefficients = new ArrayList<>();
    long[] batched = {1, shape[0], shape[1], shape[2]};
    try (OnnxEngine.Session encoder = engine.load(transform.wholeEncoder(pieces), "transform")) {
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
    return coefficients;
  }
}
