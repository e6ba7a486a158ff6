package dev.sluice.training.roadsigns;

import java.util.SplittableRandom;

/** What a real camera adds: exposure, glare, lens blur, motion blur and sensor noise. */
final class CameraEffects {
  private static final int SIDE = RoadSigns.SIDE;
  private static final int PIXELS = SIDE * SIDE;

  private CameraEffects() {}

  /**
   * Takes the picture.
   *
   * @param pixels packed {@code 0xRRGGBB}
   * @return interleaved 8-bit RGB
   */
  static byte[] expose(int[] pixels, Scene scene, SplittableRandom random) {
    double defocus = scene.defocus() * (0.7 + 0.6 * random.nextDouble());
    double motion = scene.shake() * random.nextDouble();
    double direction = Math.PI * random.nextDouble();
    double noise = scene.noise();
    long noiseSeed = random.nextLong();
    float[] gain = {
      (float) (scene.exposure() * (1 + 0.12 * scene.warmth())),
      (float) scene.exposure(),
      (float) (scene.exposure() * (1 - 0.12 * scene.warmth()))
    };
    boolean glare = scene.light() == Scene.Light.BACK_LIGHT;
    double glareX = SIDE * (scene.offsetX() + 0.5);
    double glareStrength = glare ? 30 + 60 * scene.dirt() : 0;
    byte[] rgb = new byte[RoadSigns.FRAME_BYTES];
    float[] plane = new float[PIXELS];
    float[] scratch = new float[PIXELS];
    for (int c = 0; c < 3; c++) {
      int shift = 16 - 8 * c;
      for (int i = 0; i < PIXELS; i++) {
        plane[i] = (pixels[i] >> shift & 255) * gain[c];
      }
      if (glare) {
        addGlare(plane, glareX, glareStrength);
      }
      if (defocus > 0.1) {
        blur(plane, scratch, (float) defocus);
      }
      if (motion > 0.5) {
        smear(plane, scratch, motion, direction);
      }
      addNoise(plane, (float) noise, noiseSeed + c * 0x9e3779b97f4a7c15L);
      for (int i = 0; i < PIXELS; i++) {
        rgb[3 * i + c] = (byte) Math.max(0, Math.min(255, (int) (plane[i] + 0.5f)));
      }
    }
    return rgb;
  }

  /** Veiling glare from a low sun above the frame: strongest at the top, flattening contrast. */
  private static void addGlare(float[] plane, double x, double strength) {
    for (int row = 0; row < SIDE; row++) {
      float vertical = (float) (strength * (1 - 0.7 * row / SIDE));
      for (int col = 0; col < SIDE; col++) {
        float d = (float) ((col - x) / SIDE);
        plane[row * SIDE + col] += vertical / (1 + 2 * d * d);
      }
    }
  }

  /**
   * Two passes of a three-tap-equivalent box of fractional half width, horizontally and vertically:
   * close enough to a Gaussian of the given radius, at a cost that hardly grows with it.
   */
  private static void blur(float[] plane, float[] scratch, float radius) {
    for (int pass = 0; pass < 2; pass++) {
      box(plane, scratch, radius, 1, SIDE);
      box(scratch, plane, radius, SIDE, 1);
    }
  }

  /** A box of half width {@code radius} along {@code step}, edges repeated. */
  private static void box(float[] from, float[] to, float radius, int step, int lineStep) {
    int whole = (int) radius;
    float rest = radius - whole;
    float scale = 1 / (1 + 2 * radius);
    for (int line = 0; line < SIDE; line++) {
      int base = line * lineStep;
      for (int i = 0; i < SIDE; i++) {
        float sum = from[base + i * step];
        for (int k = 1; k <= whole; k++) {
          sum += at(from, base, step, i - k) + at(from, base, step, i + k);
        }
        sum += rest * (at(from, base, step, i - whole - 1) + at(from, base, step, i + whole + 1));
        to[base + i * step] = sum * scale;
      }
    }
  }

  private static float at(float[] values, int base, int step, int i) {
    return values[base + Math.max(0, Math.min(SIDE - 1, i)) * step];
  }

  /** Averages a few shifted copies along one direction: the camera moved while it exposed. */
  private static void smear(float[] plane, float[] scratch, double length, double direction) {
    System.arraycopy(plane, 0, scratch, 0, PIXELS);
    int taps = 2 * (int) Math.ceil(length / 2) + 1;
    int half = taps / 2;
    int[] dx = new int[taps];
    int[] dy = new int[taps];
    for (int t = 0; t < taps; t++) {
      double along = length * (t - half) / Math.max(1, taps - 1);
      dx[t] = (int) Math.round(along * Math.cos(direction));
      dy[t] = (int) Math.round(along * Math.sin(direction));
    }
    float scale = 1f / taps;
    for (int row = 0; row < SIDE; row++) {
      for (int col = 0; col < SIDE; col++) {
        float sum = 0;
        for (int t = 0; t < taps; t++) {
          int r = Math.max(0, Math.min(SIDE - 1, row + dy[t]));
          int c = Math.max(0, Math.min(SIDE - 1, col + dx[t]));
          sum += scratch[r * SIDE + c];
        }
        plane[row * SIDE + col] = sum * scale;
      }
    }
  }

  /** Nearly Gaussian noise: the sum of four bytes of a 64-bit mix per pixel. */
  private static void addNoise(float[] plane, float deviation, long seed) {
    // Four uniform bytes have a standard deviation of 2 × 73.9.
    float scale = deviation / 147.8f;
    long state = seed;
    for (int i = 0; i < PIXELS; i += 2) {
      state += 0x9e3779b97f4a7c15L;
      long z = (state ^ (state >>> 30)) * 0xbf58476d1ce4e5b9L;
      z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
      z ^= z >>> 31;
      plane[i] += scale * (bytes(z) - 510);
      plane[i + 1] += scale * (bytes(z >>> 32) - 510);
    }
  }

  private static int bytes(long z) {
    return (int) ((z & 255) + (z >>> 8 & 255) + (z >>> 16 & 255) + (z >>> 24 & 255));
  }
}
