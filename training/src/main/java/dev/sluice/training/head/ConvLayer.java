package dev.sluice.training.head;

import java.util.Arrays;

/**
 * A square convolution with padding of half its kernel, and a ReLU behind it.
 *
 * @param inputs channels in, at least 1
 * @param outputs channels out, at least 1
 * @param kernel side of the kernel, odd
 * @param stride at least 1
 * @param side of the square map that it reads, at least 1
 * @param weight {@code [outputs, inputs, kernel, kernel]}, row-major
 * @param bias {@code [outputs]}
 */
@SuppressWarnings("ArrayRecordComponent") // Copied and compared by content.
public record ConvLayer(
    int inputs, int outputs, int kernel, int stride, int side, float[] weight, float[] bias) {
  public ConvLayer {
    if (inputs < 1
        || outputs < 1
        || kernel % 2 != 1
        || stride < 1
        || side < 1
        || weight.length != inputs * outputs * kernel * kernel
        || bias.length != outputs) {
      throw new IllegalArgumentException(
          "%d weights and %d biases for %d to %d channels, kernel %d, stride %d"
              .formatted(weight.length, bias.length, inputs, outputs, kernel, stride));
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

  /** Returns the side of the map that it writes. */
  public int outSide() {
    return (side - 1) / stride + 1;
  }

  /** Returns the multiply-accumulates for one sample. */
  public long macs() {
    return (long) weight.length * outSide() * outSide();
  }

  /**
   * Returns the layer that takes raw channels where this one takes {@code (x - mean) / sd}. Only
   * for a kernel of 1, since padding is zero before and after.
   */
  ConvLayer takingRaw(float[] mean, float[] sd) {
    if (kernel != 1) {
      throw new IllegalStateException("a padded convolution cannot take raw values");
    }
    DenseLayer raw = new DenseLayer(inputs, outputs, weight, bias).takingRaw(mean, sd);
    return new ConvLayer(inputs, outputs, 1, stride, side, raw.weight(), raw.bias());
  }

  /** Returns the ReLU of the convolution of a map {@code [inputs, side, side]}. */
  float[] apply(float[] x) {
    int out = outSide();
    int half = kernel / 2;
    float[] y = new float[outputs * out * out];
    for (int o = 0; o < outputs; o++) {
      for (int r = 0; r < out; r++) {
        for (int c = 0; c < out; c++) {
          float sum = bias[o];
          for (int i = 0; i < inputs; i++) {
            for (int k = 0; k < kernel * kernel; k++) {
              int row = r * stride + k / kernel - half;
              int column = c * stride + k % kernel - half;
              if (row >= 0 && row < side && column >= 0 && column < side) {
                sum +=
                    weight[(o * inputs + i) * kernel * kernel + k]
                        * x[(i * side + row) * side + column];
              }
            }
          }
          y[(o * out + r) * out + c] = Math.max(0, sum);
        }
      }
    }
    return y;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ConvLayer that
        && inputs == that.inputs
        && kernel == that.kernel
        && stride == that.stride
        && side == that.side
        && Arrays.equals(weight, that.weight)
        && Arrays.equals(bias, that.bias);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(weight) + Arrays.hashCode(bias);
  }

  @Override
  public String toString() {
    return "ConvLayer[%d to %d channels, kernel %d, stride %d]"
        .formatted(inputs, outputs, kernel, stride);
  }
}
