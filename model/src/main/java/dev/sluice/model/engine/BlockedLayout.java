package dev.sluice.model.engine;

import java.nio.FloatBuffer;

/**
 * The order in which ONNX Runtime's convolutions keep a picture's elements: channels in blocks as
 * wide as a vector register, {@code [batch, channels / block, height, width, block]}, the last
 * block filled up with zeros. Its shape still reads {@code [batch, channels, height, width]}.
 *
 * @param channels true number of channels
 */
record BlockedLayout(int channels) {
  /** Returns the shape of the plain tensor. */
  long[] plainShape(long[] blocked) {
    return new long[] {blocked[0], channels, blocked[2], blocked[3]};
  }

  /** Returns the shape that the engine gives the blocked tensor. */
  long[] blockedShape(long[] plain, int block) {
    long padded = (channels + block - 1L) / block * block;
    return new long[] {plain[0], padded, plain[2], plain[3]};
  }

  /** Copies elements into row-major order. */
  void toPlain(FloatBuffer blocked, long[] blockedShape, int block, FloatBuffer plain) {
    move(blocked, plain, blockedShape, block, true);
  }

  /** Copies elements from row-major order; what fills the last block is set to zero. */
  void toBlocked(FloatBuffer plain, long[] blockedShape, int block, FloatBuffer blocked) {
    for (int i = 0; i < blocked.capacity(); i++) {
      blocked.put(i, 0);
    }
    move(blocked, plain, blockedShape, block, false);
  }

  private void move(
      FloatBuffer blocked, FloatBuffer plain, long[] shape, int block, boolean fromBlocked) {
    int batch = Math.toIntExact(shape[0]);
    int padded = Math.toIntExact(shape[1]);
    int pixels = Math.toIntExact(shape[2] * shape[3]);
    for (int n = 0; n < batch; n++) {
      for (int c = 0; c < channels; c++) {
        int b = (n * padded + c / block * block) * pixels + c % block;
        int p = (n * channels + c) * pixels;
        for (int i = 0; i < pixels; i++, b += block, p++) {
          if (fromBlocked) {
            plain.put(p, blocked.get(b));
          } else {
            blocked.put(b, plain.get(p));
          }
        }
      }
    }
  }
}
