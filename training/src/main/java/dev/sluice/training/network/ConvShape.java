package dev.sluice.training.network;

/**
 * The geometry of a square convolution with "same" padding of half its kernel.
 *
 * @param kernel height and width of the window, odd
 * @param inSize height and width of the input
 * @param groups 1, or {@code inChannels} for a depthwise convolution
 */
record ConvShape(int inChannels, int outChannels, int kernel, int stride, int groups, int inSize) {
  ConvShape {
    if (inChannels % groups != 0 || outChannels % groups != 0) {
      throw new IllegalArgumentException("groups must divide the channels: " + groups);
    }
  }

  static ConvShape dense(int in, int out, int kernel, int stride, int inSize) {
    return new ConvShape(in, out, kernel, stride, 1, inSize);
  }

  static ConvShape depthwise(int channels, int kernel, int stride, int inSize) {
    return new ConvShape(channels, channels, kernel, stride, channels, inSize);
  }

  int outSize() {
    return (inSize + 2 * (kernel / 2) - kernel) / stride + 1;
  }

  long weights() {
    return (long) outChannels * (inChannels / groups) * kernel * kernel;
  }

  /** Multiply-accumulate operations for one sample. */
  long macs() {
    return weights() * outSize() * outSize();
  }
}
