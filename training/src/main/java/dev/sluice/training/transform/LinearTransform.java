package dev.sluice.training.transform;

import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.export.OnnxPieces.ChannelMatrix;
import dev.sluice.training.export.OnnxPieces.ValueRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A transform of a cut's feature map: blocks of positions to frequencies, then channels to
 * components, with axes of its own for each band of frequencies. Fine structure needs few
 * components, so that a sender who cannot afford all of them at every frequency can afford nearly
 * all that matter.
 *
 * <p>What it makes is a map of {@code [rows, height / side, width / side]}: band after band, each
 * component after component, those at each frequency of the band. Of these rows some are sent.
 * Immutable.
 *
 * @param bands for all frequencies together, low ones first
 * @param mean per channel, which is taken away first, so that the lowest frequency has none either
 * @param dct over the positions
 * @param height of the map, a multiple of the block's side
 * @param width likewise
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record LinearTransform(
    List<Band> bands, double[] mean, BlockDct dct, int height, int width) {
  /**
   * Frequencies that share axes.
   *
   * @param klt over the channels
   * @param frequencies how many, at least 1
   * @param components how many of the components are computed, at least 1
   */
  public record Band(ChannelKlt klt, int frequencies, int components) {
    public Band {
      if (components < 1 || components > klt.channels() || frequencies < 1) {
        throw new IllegalArgumentException(components + " of " + klt.channels() + " components");
      }
    }

    int rows() {
      return components * frequencies;
    }

    Band with(int fewer) {
      return new Band(klt, frequencies, fewer);
    }
  }

  public LinearTransform {
    bands = List.copyOf(bands);
    if (height % dct.side() != 0 || width % dct.side() != 0) {
      throw new IllegalArgumentException(
          "blocks of " + dct.side() + " do not divide " + height + "x" + width);
    }
    if (bands.stream().mapToInt(Band::frequencies).sum() != dct.frequencies()) {
      throw new IllegalArgumentException("bands do not have " + dct.frequencies() + " frequencies");
    }
  }

  /**
   * Returns the transform with the components of most variance that a sender can afford, and one of
   * each band whatever it costs.
   *
   * @param klts of the bands of {@code dct}
   * @param mostMacs what the sender's transform may cost
   */
  static LinearTransform affordable(
      List<ChannelKlt> klts, double[] mean, BlockDct dct, int height, int width, long mostMacs) {
    record Component(int band, int number, double variance) {}

    List<Integer> frequencies = dct.bands();
    List<Component> all = new ArrayList<>();
    List<Band> least = new ArrayList<>();
    for (int b = 0; b < klts.size(); b++) {
      least.add(new Band(klts.get(b), frequencies.get(b), 1));
      for (int k = 1; k < klts.get(b).channels(); k++) {
        all.add(new Component(b, k, klts.get(b).variance(k)));
      }
    }
    all.sort(Comparator.comparingDouble(Component::variance).reversed());
    int[] components = new int[klts.size()];
    Arrays.fill(components, 1);
    long macs = new LinearTransform(least, mean, dct, height, width).encoderMacs();
    int blocks = height * width / dct.frequencies();
    for (Component next : all) {
      int b = next.band();
      macs += (long) klts.get(b).channels() * frequencies.get(b) * blocks;
      if (macs > mostMacs) {
        break;
      }
      components[b]++;
    }
    List<Band> bands = new ArrayList<>();
    for (int b = 0; b < components.length; b++) {
      bands.add(least.get(b).with(components[b]));
    }
    return new LinearTransform(bands, mean, dct, height, width);
  }

  private int channels() {
    return mean.length;
  }

  /** Returns the shape of all that it makes, without batch. */
  public int[] shape() {
    return new int[] {
      bands.stream().mapToInt(Band::rows).sum(), height / dct.side(), width / dct.side()
    };
  }

  /** Returns the multiply-accumulates of the sender for one sample. */
  public long encoderMacs() {
    long values = (long) channels() * height * width;
    long blocks = (long) height * width / dct.frequencies();
    long macs = dct.side() == 1 ? 0 : values * dct.frequencies();
    for (Band band : bands) {
      macs += (long) channels() * band.rows() * blocks;
    }
    return macs;
  }

  /** Returns σ̄, the root of the mean variance per coefficient, components left out included. */
  public double meanDeviation() {
    double sum = 0;
    for (Band band : bands) {
      sum += band.frequencies() * band.klt().meanVariance();
    }
    return Math.sqrt(sum / dct.frequencies());
  }

  /** Returns the sender's graph that makes everything, in steps of one. */
  byte[] wholeEncoder(OnnxPieces pieces) {
    return encoder(pieces, 1, Optional.empty());
  }

  /**
   * What the receiver does to its channels beside going back: {@code gain × x + bias}. Rounding
   * takes energy away, and what is clipped behind it has another mean, which networks mind more
   * than the error itself.
   *
   * @param gain of all channels; the mean of what was gathered is not kept by it
   * @param bias per channel
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  record Correction(double gain, double[] bias) {
    static Correction none(int channels) {
      return new Correction(1, new double[channels]);
    }
  }

  /** A transform with the rows that are sent. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  record Sending(LinearTransform transform, int[] rows) {}

  /**
   * Leaves out components of which nothing is sent.
   *
   * @param rows of {@link #shape} that are sent, in the order in which they are
   */
  Sending sending(int[] rows) {
    int[] last = new int[bands.size()];
    for (int row : rows) {
      int band = bandOf(row);
      last[band] = Math.max(last[band], (row - firstRow(band)) / bands.get(band).frequencies());
    }
    List<Band> fewer = new ArrayList<>();
    for (int b = 0; b < last.length; b++) {
      fewer.add(bands.get(b).with(last[b] + 1));
    }
    LinearTransform smaller = new LinearTransform(fewer, mean, dct, height, width);
    int[] renumbered = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      int band = bandOf(rows[i]);
      renumbered[i] = rows[i] - firstRow(band) + smaller.firstRow(band);
    }
    return new Sending(smaller, renumbered);
  }

  private int firstRow(int band) {
    int first = 0;
    for (int b = 0; b < band; b++) {
      first += bands.get(b).rows();
    }
    return first;
  }

  private int bandOf(int row) {
    int band = 0;
    int end = bands.get(0).rows();
    while (row >= end) {
      end += bands.get(++band).rows();
    }
    return band;
  }

  /**
   * Returns the graphs of both sides.
   *
   * @param step by which coefficients are divided
   * @param rows of {@link #shape} that are sent, in the order in which they are
   * @param correction of what is received
   * @param range what the cut's values can be, which the receiver clips to
   */
  Transform graphs(
      OnnxPieces pieces,
      double step,
      int[] rows,
      Correction correction,
      Optional<ValueRange> range) {
    int[] whole = shape();
    return new Transform(
        encoder(pieces, step, Optional.of(rows)),
        decoder(pieces, step, rows, correction, range),
        new int[] {rows.length, whole[1], whole[2]},
        encoderMacs());
  }

  private byte[] encoder(OnnxPieces pieces, double step, Optional<int[]> rows) {
    List<ChannelMatrix> matrices = new ArrayList<>();
    for (Band band : bands) {
      int components = band.components();
      float[] weight = band.klt().encoderWeight(components, step);
      float[] bias = new float[band.rows()];
      for (int f = 0; f < band.frequencies(); f++) {
        double[] moved = meanAt(band, f, matrices.isEmpty());
        for (int k = 0; k < components; k++) {
          bias[k * band.frequencies() + f] = (float) -dot(weight, k * channels(), moved);
        }
      }
      matrices.add(new ChannelMatrix(band.frequencies(), components, weight, bias));
    }
    return pieces.blockEncoder(channels(), height, width, dct.side(), dct.matrix(), matrices, rows);
  }

  /** What a frequency of a band has on average: the channels' means, at the lowest of all. */
  private double[] meanAt(Band band, int frequency, boolean isLowest) {
    double[] moved = band.klt().mean();
    if (isLowest && frequency == 0) {
      for (int c = 0; c < moved.length; c++) {
        moved[c] += dct.side() * mean[c];
      }
    }
    return moved;
  }

  private static double dot(float[] weight, int from, double[] values) {
    double sum = 0;
    for (int c = 0; c < values.length; c++) {
      sum += weight[from + c] * values[c];
    }
    return sum;
  }

  /** Returns the receiver's graph. */
  byte[] decoder(
      OnnxPieces pieces,
      double step,
      int[] rows,
      Correction correction,
      Optional<ValueRange> range) {
    List<ChannelMatrix> matrices = new ArrayList<>();
    for (Band band : bands) {
      boolean isLowest = matrices.isEmpty();
      int frequencies = band.frequencies();
      float[] offset = new float[channels() * frequencies];
      for (int f = 0; f < frequencies; f++) {
        double[] moved = meanAt(band, f, isLowest);
        for (int c = 0; c < moved.length; c++) {
          // What every value of a block has more, its lowest frequency has the side's times more.
          double bias = isLowest && f == 0 ? dct.side() * correction.bias()[c] : 0;
          offset[c * frequencies + f] = (float) (correction.gain() * moved[c] + bias);
        }
      }
      matrices.add(
          new ChannelMatrix(
              frequencies,
              band.components(),
              band.klt().decoderWeight(band.components(), correction.gain() * step),
              offset));
    }
    return pieces.blockDecoder(
        channels(), height, width, dct.side(), dct.matrix(), matrices, rows, range);
  }
}
