package dev.sluice.training.transform;

import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.protocol.codec.ActivationCodec;
import dev.sluice.protocol.codec.CodecTables;
import dev.sluice.protocol.codec.FittingOptions;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.export.OnnxPieces.ValueRange;
import dev.sluice.training.transform.LinearTransform.Correction;
import dev.sluice.training.transform.LinearTransform.Sending;
import java.nio.ByteBuffer;
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

  private static final String WIRE = "step+rans";

  /** Values from which a receiver's correction is found. */
  private static final int CORRECTION_VALUES = 3_000_000;

  private static final int MOST_CORRECTION_SAMPLES = 64;

  private final String family;
  private final LinearTransform transform;
  private final OnnxEngine engine;
  private final OnnxPieces pieces;
  private final List<float[]> samples;
  private final List<float[]> coefficients;

  /**
   * Prepares to fit.
   *
   * @param family what the codecs' names begin with
   * @param engine stays the caller's
   * @param samples of the cut's tensor; not modified
   * @param coefficients what {@link LinearTransform#wholeEncoder} makes of each sample; not
   *     modified
   */
  TransformFitting(
      String family,
      LinearTransform transform,
      OnnxEngine engine,
      OnnxPieces pieces,
      List<float[]> samples,
      List<float[]> coefficients) {
    this.family = family;
    this.transform = transform;
    this.engine = engine;
    this.pieces = pieces;
    this.samples = List.copyOf(samples);
    this.coefficients = List.copyOf(coefficients);
  }

  /** Returns what the codecs' names begin with. */
  public String family() {
    return family;
  }

  /**
   * How to quantise and read.
   *
   * @param step as a multiple of σ̄, positive
   * @param lambda squared steps that a bit is worth, in {@code [0, 2]}
   * @param gain what the receiver multiplies its values by, positive
   */
  public record Setting(double step, double lambda, double gain) {
    public Setting {
      if (!(step > 0 && step < Double.POSITIVE_INFINITY)
          || !(gain > 0 && gain < Double.POSITIVE_INFINITY)
          || !(lambda >= 0 && lambda <= 2)) {
        throw new IllegalArgumentException(
            "step " + step + ", lambda " + lambda + ", gain " + gain + ": out of range");
      }
    }

    /** Returns the setting whose step alone sets the rate. */
    public static Setting of(double step) {
      return new Setting(step, HIGH_RATE_LAMBDA, 1);
    }

    /** Returns it with another gain. */
    public Setting withGain(double other) {
      return new Setting(step, lambda, other);
    }
  }

  /**
   * Returns the codec of a setting.
   *
   * @param range what the cut's values can be
   * @return empty where nothing is ever worth sending at that step
   */
  public Optional<CutCodec> codec(int cut, Setting setting, Optional<ValueRange> range) {
    return codecs(cut, setting, List.of(setting.gain()), range).stream().findFirst();
  }

  /** Returns the codecs of a setting with other gains, which costs little more than one of them. */
  public List<CutCodec> codecs(
      int cut, Setting setting, List<Double> gains, Optional<ValueRange> range) {
    double step = setting.step() * transform.meanDeviation();
    if (!(step > 0)) {
      return List.of();
    }
    int[] live = liveRows(step);
    if (live.length == 0) {
      return List.of();
    }
    Sending sending = transform.sending(live);
    int[] whole = transform.shape();
    int[] sent = {live.length, whole[1], whole[2]};
    CodecTables tables = tables(setting.lambda(), sent, live, step);
    ReceivedMaps received = received(sending, ActivationCodec.of(WIRE, tables), sent, live, step);
    List<CutCodec> codecs = new ArrayList<>();
    for (double gain : gains) {
      Correction correction = new Correction(gain, received.biases(gain, range));
      Transform graphs =
          sending.transform().graphs(pieces, step, sending.rows(), correction, range);
      codecs.add(
          new CutCodec(
              cut, name(setting.withGain(gain)), WIRE, Optional.of(graphs), Optional.of(tables)));
    }
    return codecs;
  }

  private String name(Setting setting) {
    String lambda =
        setting.lambda() == HIGH_RATE_LAMBDA
            ? ""
            : String.format(Locale.ROOT, "-l%.2f", setting.lambda());
    String gain = setting.gain() == 1 ? "" : String.format(Locale.ROOT, "-g%.2f", setting.gain());
    return String.format(Locale.ROOT, "%s-s%.2f%s%s", family, setting.step(), lambda, gain);
  }

  /** Runs some samples both ways, up to what the receiver has before it corrects and clips. */
  private ReceivedMaps received(
      Sending sending, ActivationCodec codec, int[] sent, int[] live, double step) {
    int channels = transform.mean().length;
    int area = transform.height() * transform.width();
    int count = Math.max(1, CORRECTION_VALUES / (channels * area));
    int stride = Math.max(1, samples.size() / Math.min(count, MOST_CORRECTION_SAMPLES));
    ReceivedMaps received = new ReceivedMaps(channels, area);
    byte[] graph =
        sending
            .transform()
            .decoder(pieces, step, sending.rows(), Correction.none(channels), Optional.empty());
    float[] inSteps = new float[live.length * sent[1] * sent[2]];
    long[] batched = {1, sent[0], sent[1], sent[2]};
    try (OnnxEngine.Session decoder = engine.load(graph, "transform")) {
      for (int s = 0; s < samples.size(); s += stride) {
        fill(inSteps, coefficients.get(s), live, step);
        byte[] written = codec.encode(FloatBuffer.wrap(inSteps), sent);
        codec.decode(ByteBuffer.wrap(written), sent, FloatBuffer.wrap(inSteps));
        try (var in = engine.wrap(List.of(FloatBuffer.wrap(inSteps)), List.of(batched));
            var out = decoder.run(in)) {
          float[] map = new float[channels * area];
          out.floats(0).get(map);
          received.add(samples.get(s), map);
        }
      }
    } catch (ProtocolException e) {
      throw new IllegalStateException("a codec does not read what it wrote", e);
    }
    return received;
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

  private CodecTables tables(double lambda, int[] shape, int[] rows, double step) {
    CodecTables.Fitting fitting =
        CodecTables.fitting(WIRE, shape, FittingOptions.defaults().withLambda(lambda));
    float[] inSteps = new float[rows.length * shape[1] * shape[2]];
    int stride = stride(inSteps.length);
    for (int s = 0; s < coefficients.size(); s += stride) {
      fill(inSteps, coefficients.get(s), rows, step);
      fitting.add(FloatBuffer.wrap(inSteps));
    }
    return fitting.build();
  }

  private void fill(float[] inSteps, float[] sample, int[] rows, double step) {
    int area = inSteps.length / rows.length;
    float scale = (float) (1 / step);
    for (int i = 0; i < rows.length; i++) {
      int from = rows[i] * area;
      for (int at = 0; at < area; at++) {
        inSteps[i * area + at] = sample[from + at] * scale;
      }
    }
  }

  /** How many samples to go on by, so that enough are taken and evenly spread. */
  private int stride(int valuesEach) {
    int samples = coefficients.size();
    int enough = (int) Math.max(LEAST_SAMPLES, TABLE_VALUES / valuesEach);
    return Math.max(1, samples / Math.min(samples, enough));
  }
}
