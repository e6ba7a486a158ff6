package dev.sluice.experiments.study.codec.rival;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The lightweight codec of R. A. Cohen, H. Choi and I. V. Bajić: "Lightweight Compression of Neural
 * Network Feature Tensors for Collaborative Intelligence", ICME 2020, and "Lightweight Compression
 * of Intermediate Neural Network Features for Collaborative Intelligence", IEEE Open Journal of
 * Circuits and Systems 2, 2021. A tensor is clipped, quantised to few levels, uniform ones or such
 * of an entropy-constrained design, written in truncated unary, and its bins are coded by
 * context-adaptive binary arithmetic coding with one context per bin index. They report 0.6 to 0.8
 * bits per value at less than 1 % loss. Immutable and thread-safe.
 *
 * <p>Written from the method as published, not from the authors' code. Deviations, all in the
 * rival's favour:
 *
 * <ul>
 *   <li>nothing but the bins is sent: the papers' side information of about a dozen bytes (range,
 *       levels, size) is known from calibration;
 *   <li>contexts start at the shares that the levels have on the calibration samples, and adapt at
 *       two speeds as in H.266 instead of one as in H.265;
 *   <li>the range of least error is also searched on the calibration samples, beside the papers'
 *       model; and where values can be negative that search moves both ends;
 *   <li>the model is fitted on the calibration samples of each cut and applies to plain rectifiers,
 *       whose slope below 0 is 0, and not to leaky ones, which none of the networks here has.
 * </ul>
 */
public final class ClippedTensorCodec {
  private final String design;
  private final int levels;
  private final Quantiser quantiser;
  private final BinCoder coder;

  private ClippedTensorCodec(
      String design, int levels, Quantiser quantiser, LevelHistogram histogram) {
    this.design = design;
    this.levels = levels;
    this.quantiser = quantiser;
    this.coder = new BinCoder(quantiser.shares(histogram));
  }

  /**
   * Designs codecs for one cut.
   *
   * @param calibration the cut's tensor for some training samples
   * @param levels how many levels, for each a few codecs
   * @param exchanges error that a bit is worth in the entropy-constrained designs; see {@link
   *     Quantiser#entropyConstrained}
   */
  public static List<ClippedTensorCodec> design(
      List<FloatBuffer> calibration, List<Integer> levels, List<Double> exchanges) {
    LevelHistogram histogram = new LevelHistogram(calibration);
    List<ClippedTensorCodec> codecs = new ArrayList<>();
    if (!(histogram.largest() > histogram.least())) {
      return codecs;
    }
    for (int n : levels) {
      ClippingRange measured = ClippingRange.measured(histogram, n);
      codecs.add(new ClippedTensorCodec("measured", n, Quantiser.uniform(measured, n), histogram));
      if (histogram.least() >= 0) {
        codecs.add(
            new ClippedTensorCodec(
                "model", n, Quantiser.uniform(ClippingRange.modelled(histogram, n), n), histogram));
      }
      for (double exchange : exchanges) {
        codecs.add(
            new ClippedTensorCodec(
                "ecq" + exchange,
                n,
                Quantiser.entropyConstrained(histogram, measured, n, exchange),
                histogram));
      }
    }
    return codecs;
  }

  /** Returns a name that says levels and design. */
  public String name() {
    return "clip-n" + levels + "-" + design;
  }

  /** Returns what it shares with codecs of other numbers of levels. */
  public String design() {
    return "clip-" + design;
  }

  /** Writes a tensor; the buffer's position stays. */
  public byte[] encode(FloatBuffer values) {
    return coder.encode(levels(values));
  }

  private byte[] levels(FloatBuffer values) {
    byte[] levels = new byte[values.remaining()];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (byte) quantiser.level(values.get(values.position() + i));
    }
    return levels;
  }

  /** Reads a tensor of so many values. */
  public float[] decode(byte[] payload, int count) {
    return values(coder.decode(payload, count));
  }

  /** Returns what {@link #decode} gives back of {@link #encode}, without writing anything. */
  public float[] reconstruct(FloatBuffer values) {
    return values(levels(values));
  }

  private float[] values(byte[] levels) {
    float[] values = new float[levels.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = quantiser.value(levels[i]);
    }
    return values;
  }
}
