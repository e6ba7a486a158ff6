package dev.sluice.training.roadsigns;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What stays the same while a car drives up to one sign: the sign and how it stands, the place, the
 * light and the camera. Lengths are in frame widths unless said otherwise; angles in radians.
 *
 * @param yaw turn of the plate about the vertical; {@code pitch} about the horizontal, {@code roll}
 *     in its plane
 * @param offsetX where the sign's centre is drawn when it is far, from the frame's centre
 * @param fading how much the colours of the plate have washed out, in [0, 1]
 * @param horizon height of the horizon, from the top
 * @param occluder what stands between camera and sign
 * @param occluderAngle from which side of the sign it reaches in
 * @param occluderDepth how far it reaches over the plate when near, in plate radii
 * @param defocus standard radius of the lens blur, in pixels
 * @param shake scale of the motion blur, in pixels
 * @param noise standard deviation of the sensor noise, in grey levels
 * @param backgroundSeed seeds details that need no name
 */
record Scene(
    SignClass sign,
    double yaw,
    double pitch,
    double roll,
    double offsetX,
    double offsetY,
    double fading,
    double dirt,
    Light light,
    double exposure,
    double warmth,
    double horizon,
    int skyRgb,
    int groundRgb,
    List<Clutter> clutter,
    Occluder occluder,
    double occluderAngle,
    double occluderDepth,
    double defocus,
    double shake,
    double noise,
    long backgroundSeed) {

  enum Light {
    DAY,
    DUSK,
    BACK_LIGHT
  }

  enum Occluder {
    NONE,
    BRANCH,
    POLE,
    PLATE
  }

  /** A thing in the background: place and size in frame widths, as seen from the first frame. */
  record Clutter(Kind kind, double x, double y, double width, double height, int rgb, long seed) {
    enum Kind {
      HOUSE,
      TREE,
      POST,
      BOARD,
      DISC,
      TRIANGLE,
      STRIPES,
      CAR
    }
  }

  Scene {
    clutter = List.copyOf(clutter);
  }

  static Scene sample(SplittableRandom random) {
    SignClass[] signs = SignClass.values();
    SignClass sign = signs[random.nextInt(signs.length)];
    double tone = random.nextDouble();
    Light light = tone < 0.6 ? Light.DAY : tone < 0.82 ? Light.DUSK : Light.BACK_LIGHT;
    double exposure =
        switch (light) {
          case DAY -> uniform(random, 0.8, 1.15);
          case DUSK -> uniform(random, 0.4, 0.65);
          case BACK_LIGHT -> uniform(random, 0.8, 1.15);
        };
    double noise = uniform(random, 1, 6) + (light == Light.DUSK ? uniform(random, 1, 5) : 0);
    List<Clutter> clutter = new ArrayList<>();
    int things = 4 + random.nextInt(9);
    Clutter.Kind[] kinds = Clutter.Kind.values();
    for (int i = 0; i < things; i++) {
      Clutter.Kind kind = kinds[random.nextInt(kinds.length)];
      boolean large = kind == Clutter.Kind.HOUSE || kind == Clutter.Kind.TREE;
      double size = large ? uniform(random, 0.2, 0.6) : uniform(random, 0.06, 0.3);
      clutter.add(
          new Clutter(
              kind,
              uniform(random, -0.1, 1.1),
              uniform(random, 0.05, 0.95),
              size,
              size * uniform(random, 0.6, 1.6),
              colour(random, kind == Clutter.Kind.TREE),
              random.nextLong()));
    }
    double hidden = random.nextDouble();
    Occluder occluder =
        hidden < 0.75
            ? Occluder.NONE
            : hidden < 0.8 ? Occluder.BRANCH : hidden < 0.94 ? Occluder.POLE : Occluder.PLATE;
    return new Scene(
        sign,
        triangular(random) * 0.7,
        triangular(random) * 0.3,
        triangular(random) * 0.2,
        triangular(random) * 0.18,
        triangular(random) * 0.18,
        random.nextDouble() * random.nextDouble(),
        random.nextDouble(),
        light,
        exposure,
        uniform(random, -1, 1),
        uniform(random, 0.4, 0.95),
        sky(random, light),
        colour(random, random.nextInt(3) == 0),
        clutter,
        occluder,
        uniform(random, 0, 2 * Math.PI),
        uniform(random, 0.15, 0.6),
        random.nextDouble() * random.nextDouble() * 1.4,
        random.nextDouble() * random.nextDouble() * 3.5,
        noise,
        random.nextLong());
  }

  private static int sky(SplittableRandom random, Light light) {
    double cloud = random.nextDouble();
    int r = (int) (110 + 110 * cloud);
    int g = (int) (150 + 75 * cloud);
    int b = (int) (215 + 20 * cloud);
    if (light == Light.DUSK && random.nextBoolean()) {
      r = 190;
      g = (int) (110 + 50 * cloud);
      b = (int) (100 + 90 * cloud);
    }
    return r << 16 | g << 8 | b;
  }

  private static int colour(SplittableRandom random, boolean leafy) {
    if (leafy) {
      int g = 60 + random.nextInt(90);
      return (g * (40 + random.nextInt(50)) / 100) << 16 | g << 8 | g * random.nextInt(60) / 100;
    }
    if (random.nextInt(4) == 0) {
      return random.nextInt(1 << 24);
    }
    int grey = 50 + random.nextInt(160);
    return ((grey + random.nextInt(30)) << 16) | ((grey + random.nextInt(20)) << 8) | grey;
  }

  static double uniform(SplittableRandom random, double from, double to) {
    return from + (to - from) * random.nextDouble();
  }

  /** Symmetric in [-1, 1] with its peak at 0. */
  static double triangular(SplittableRandom random) {
    double first = random.nextDouble();
    return first - random.nextDouble();
  }
}
