package dev.sluice.training.head;

import java.util.Arrays;

/**
 * A fully connected layer, {@code y = W x + b}.
 *
 * @param inputs values in, at least 1
 * @param outputs values out, at least 1
 * @param weight {@code [outputs, inputs]}, row-major
 * @param bias {@code [outputs]}
 */
@SuppressWarnings("ArrayRecordComponent") // Copied and compared by content.
public record DenseLayer(int inputs, int outputs, float[] weight, float[] bias) {
  public DenseLayer {
    if (inputs < 1 || outputs < 1 || weight.length != inputs * outputs || bias.length != outputs) {
      throw new IllegalArgumentException(
          "%d weights and %d biases for %d inputs and %d outputs"
              .formatted(weight.length, bias.length, inputs, outputs));
    }
    weight = weight.clone();
    bias = bias.clone();
  }

  @Override
  public float[] weight() {
    return weight.clone();
  }

  @Override
  public float[] bias() {
    return bias.clone();
  }

  /** Returns the layer that takes raw values where this one takes {@code (x - mean) / sd}. */
  DenseLayer takingRaw(float[] mean, float[] sd) {
    float[] folded = new float[weight.length];
    float[] shifted = new float[outputs];
    for (int o = 0; o < outputs; o++) {
      double shift = bias[o];
      for (int i = 0; i < inputs; i++) {
        double w = weight[o * inputs + i] / sd[i];
        folded[o * inputs + i] = (float) w;
        shift -= w * mean[i];
      }
      shifted[o] = (float) shift;
    }
    return new DenseLayer(inputs, outputs, folded, shifted);
  }

  /** Returns {@code W x + b}. */
  float[] apply(float[] x) {
    float[] y = new float[outputs];
    for (int o = 0; o < outputs; o++) {
      float sum = bias[o];
      for (int i = 0; i < inputs; i++) {
        sum += weight[o * inputs + i] * x[i];
      }
      y[o] = sum;
    }
    return y;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DenseLayer that
        && inputs == that.inputs
        && Arrays.equals(weight, that.weight)
        && Arrays.equals(bias, that.bias);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(weight) + Arrays.hashCode(bias);
  }

  @Override
  public String toString() {
    return "DenseLayer[" + inputs + " to " + outputs + "]";
  }
}
