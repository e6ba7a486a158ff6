package dev.sluice.training.transform;

import dev.sluice.protocol.codec.CodecTables;
import dev.sluice.protocol.codec.FittingOptions;
import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.export.OnnxPieces.ValueRange;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Codecs of one transform at a cut, fitted to what the transform makes of calibration samples: at
 * any step, with thresholds and probabilities to match. Immutable; the samples are shared, not
 * copied.
 */
public final class TransformFitting {
  /** Coefficients that hardly ever reach a threshold are not sent. In steps. */
  private static final double LIVE = 0.6;

  /** How often a row must be live among the samples; less is chance. */
  private static final int LEAST_LIVE = 2;

  /** Values from which tables are fitted; twice as many change bytes by a few per mille. */
  private static final long TABLE_VALUES = 1_500_000;

  private static final int LEAST_SAMPLES = 48;

  private static final double HIGH_RATE_LAMBDA = FittingOptions.HIGH_RATE_LAMBDA;

  private final String family;
  private final LinearTransform transform;
  private final List<float[]> coefficients;

  /**
   * Prepares to fit.
   *
   * @param family what the codecs' names begin with
   * @param coefficients what {@link LinearTransform#wholeEncoder} makes of each sample; not
   *     modified
   */
  TransformFitting(String family, LinearTransform transform, List<float[]> coefficients) {
    this.family = family;
    this.transform = transform;
    this.coefficients = List.copyOf(coefficients);
  }

  /** Returns what the codecs' names begin with. */
  public String family() {
    return family;
  }

  /**
   * How to quantise and write.
   *
   * @param step as a multiple of σ̄, positive
   * @param lambda squared steps that a bit is worth, in {@code [0, 2]}
   * @param stage entropy coder: {@code rans} or {@code range}
   */
  public record Setting(double step, double lambda, String stage) {
    public Setting {
      if (!(step > 0)) {
        throw new IllegalArgumentException("step must be positive: " + step);
      }
    }

    /** Returns the setting whose step alone sets the rate. */
    public static Setting of(double step) {
      return new Setting(step, HIGH_RATE_LAMBDA, "rans");
    }

    /** Returns it with another entropy coder. */
    public Setting with(String otherStage) {
      return new Setting(step, lambda, otherStage);
    }
  }

  /**
   * Returns the codec of a setting.
   *
   * @param range what the cut's values can be
   * @return empty where nothing is ever worth sending at that step
   */
  public Optional<CutCodec> codec(
      int cut, Setting setting, OnnxPieces pieces, Optional<ValueRange> range) {
    double step = setting.step() * transform.klt().meanDeviation();
    if (!(step > 0)) {
      return Optional.empty();
    }
    int[] rows = liveRows(step);
    if (rows.length == 0) {
      return Optional.empty();
    }
    Transform graphs = transform.graphs(pieces, step, rows, range);
    String wire = "step+" + setting.stage();
    return Optional.of(
        new CutCodec(
            cut,
            name(setting),
            wire,
            Optional.of(graphs),
            Optional.of(tables(wire, setting.lambda(), graphs.sentShape(), rows, step))));
  }

  private String name(Setting setting) {
    String lambda =
        setting.lambda() == HIGH_RATE_LAMBDA
            ? ""
            : String.format(Locale.ROOT, "-l%.2f", setting.lambda());
    return String.format(Locale.ROOT, "%s-s%.2f%s", family, setting.step(), lambda);
  }

  /** Rows that are sent, those of most energy first. */
  private int[] liveRows(double step) {
    int[] shape = transform.shape();
    int area = shape[1] * shape[2];
    double least = LIVE * step;
    double[] energy = new double[shape[0]];
    int[] live = new int[shape[0]];
    for (float[] sample : coefficients) {
      for (int row = 0; row < shape[0]; row++) {
        for (int i = row * area; i < (row + 1) * area; i++) {
          energy[row] += (double) sample[i] * sample[i];
          live[row] += Math.abs(sample[i]) > least ? 1 : 0;
        }
      }
    }
    List<Integer> rows = new ArrayList<>();
    for (int row = 0; row < shape[0]; row++) {
      if (live[row] >= LEAST_LIVE) {
        rows.add(row);
      }
    }
    rows.sort(Comparator.comparingDouble((Integer row) -> -energy[row]).thenComparingInt(r -> r));
    return rows.stream().mapToInt(Integer::intValue).toArray();
  }

  private CodecTables tables(String wire, double lambda, int[] shape, int[] rows, double step) {
    CodecTables.Fitting fitting =
        CodecTables.fitting(wire, shape, FittingOptions.defaults().withLambda(lambda));
    int area = shape[1] * shape[2];
    float[] inSteps = new float[rows.length * area];
    float scale = (float) (1 / step);
    int stride = stride(inSteps.length);
    for (int s = 0; s < coefficients.size(); s += stride) {
      float[] sample = coefficients.get(s);
      for (int i = 0; i < rows.length; i++) {
        int from = rows[i] * area;
        for (int at = 0; at < area; at++) {
          inSteps[i * area + at] = sample[from + at] * scale;
        }
      }
      fitting.add(FloatBuffer.wrap(inSteps));
    }
    return fitting.build();
  }

  /** How many samples to go on by, so that enough are taken and evenly spread. */
  private int stride(int valuesEach) {
    int samples = coefficients.size();
    int enough = (int) Math.max(LEAST_SAMPLES, TABLE_VALUES / valuesEach);
    return Math.max(1, samples / Math.min(samples, enough));
  }
}
