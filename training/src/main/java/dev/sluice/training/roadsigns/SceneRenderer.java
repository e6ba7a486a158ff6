package dev.sluice.training.roadsigns;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.util.SplittableRandom;

/** Draws a scene as a perfect camera would see it: packed {@code 0xRRGGBB} pixels, row by row. */
final class SceneRenderer {
  private static final int SIDE = RoadSigns.SIDE;

  /** Distance of the camera from the plate in plate radii, as far as perspective is concerned. */
  private static final double VIEWPOINT = 4;

  private final Scene scene;
  private final Graphics2D graphics;

  private SceneRenderer(Scene scene, Graphics2D graphics) {
    this.scene = scene;
    this.graphics = graphics;
  }

  /**
   * Draws one frame.
   *
   * @param fill share of the frame's width that the plate takes
   * @param nearness share of the approach already driven, in [0, 1]
   * @param random jitter of this frame alone
   */
  static int[] render(Scene scene, double fill, double nearness, SplittableRandom random) {
    var image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      graphics.setRenderingHint(
          RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
      new SceneRenderer(scene, graphics).draw(fill, nearness, random);
    } finally {
      graphics.dispose();
    }
    return ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
  }

  private void draw(double fill, double nearness, SplittableRandom random) {
    double approach = 1 + 0.6 * nearness;
    drawBackground(approach);
    double radius = fill * SIDE / 2;
    double room = Math.max(0, SIDE / 2.0 - radius * 0.9);
    double x = SIDE / 2.0 + clamp(scene.offsetX() * SIDE + Scene.triangular(random) * 2, room);
    double y = SIDE / 2.0 + clamp(scene.offsetY() * SIDE + Scene.triangular(random) * 2, room);
    var view = new View(scene, x, y, radius);
    drawPost(x, y, radius);
    drawSign(view);
    drawOccluder(x, y, radius, nearness);
  }

  private static double clamp(double value, double bound) {
    return Math.max(-bound, Math.min(bound, value));
  }

  private void drawBackground(double approach) {
    int sky = scene.skyRgb();
    if (scene.light() == Scene.Light.BACK_LIGHT) {
      sky = blend(sky, 0xffffff, 0.75);
    }
    int horizon = (int) (scene.horizon() * SIDE);
    int bands = 4;
    for (int i = 0; i < bands; i++) {
      graphics.setColor(new Color(blend(sky, 0xffffff, 0.4 * i / bands)));
      graphics.fillRect(0, horizon * i / bands, SIDE, horizon / bands + 1);
    }
    graphics.setColor(new Color(shade(scene.groundRgb(), ambient())));
    graphics.fillRect(0, horizon, SIDE, SIDE - horizon);
    for (Scene.Clutter thing : scene.clutter()) {
      draw(thing, approach);
    }
  }

  /** In back light everything that faces the camera is in its own shadow. */
  private double ambient() {
    return scene.light() == Scene.Light.BACK_LIGHT ? 0.5 : 1;
  }

  private void draw(Scene.Clutter thing, double approach) {
    double w = thing.width() * SIDE * approach;
    double h = thing.height() * SIDE * approach;
    double cx = SIDE * (0.5 + (thing.x() - 0.5) * approach);
    double cy = SIDE * (0.5 + (thing.y() - 0.5) * approach);
    var random = new SplittableRandom(thing.seed());
    int rgb = shade(thing.rgb(), ambient());
    graphics.setColor(new Color(rgb));
    switch (thing.kind()) {
      case HOUSE -> {
        graphics.fill(new Rectangle2D.Double(cx - w / 2, cy - h / 2, w, h));
        graphics.setColor(new Color(shade(rgb, 0.5 + 0.9 * random.nextDouble())));
        int columns = 2 + random.nextInt(2);
        int rows = 2 + random.nextInt(2);
        for (int i = 0; i < columns * rows; i++) {
          int row = i / columns;
          double x = cx - w / 2 + w * (i - row * columns + 0.3) / columns;
          double y = cy - h / 2 + h * (row + 0.3) / rows;
          graphics.fill(new Rectangle2D.Double(x, y, 0.4 * w / columns, 0.5 * h / rows));
        }
      }
      case TREE -> {
        for (int i = 0; i < 6; i++) {
          graphics.setColor(new Color(shade(rgb, 0.7 + 0.6 * random.nextDouble())));
          double x = cx + w * 0.4 * Scene.triangular(random);
          double y = cy + h * 0.4 * Scene.triangular(random);
          double r = w * (0.15 + 0.2 * random.nextDouble());
          graphics.fill(new Ellipse2D.Double(x - r, y - r, 2 * r, 2 * r));
        }
      }
      case POST -> graphics.fill(new Rectangle2D.Double(cx, 0, Math.max(1, w * 0.12), SIDE));
      case BOARD -> {
        graphics.fill(new Rectangle2D.Double(cx - w / 2, cy - h / 2, w, h));
        for (int i = 0; i < 4; i++) {
          graphics.setColor(new Color(shade(random.nextInt(1 << 24), ambient())));
          double x = cx - w / 2 + w * 0.8 * random.nextDouble();
          double y = cy - h / 2 + h * 0.8 * random.nextDouble();
          graphics.fill(new Rectangle2D.Double(x, y, w * 0.4 * random.nextDouble(), h * 0.2));
        }
      }
      case DISC -> {
        graphics.fill(new Ellipse2D.Double(cx - w / 2, cy - w / 2, w, w));
        graphics.setColor(new Color(shade(random.nextInt(1 << 24), ambient())));
        double r = w * (0.2 + 0.2 * random.nextDouble());
        graphics.fill(new Ellipse2D.Double(cx - r, cy - r, 2 * r, 2 * r));
      }
      case TRIANGLE -> {
        fillTriangle(cx, cy, w);
        graphics.setColor(new Color(shade(random.nextInt(1 << 24), ambient())));
        fillTriangle(cx, cy + w * 0.08, w * 0.6);
      }
      case STRIPES -> {
        for (int i = 0; i < 5; i++) {
          graphics.setColor(new Color(shade(rgb, i % 2 == 0 ? 1.2 : 0.5)));
          graphics.fill(new Rectangle2D.Double(cx - w / 2 + i * w / 5, cy - h / 2, w / 5, h));
        }
      }
      case CAR -> {
        graphics.fill(new Rectangle2D.Double(cx - w / 2, cy, w, w * 0.4));
        graphics.fill(new Rectangle2D.Double(cx - w * 0.35, cy - w * 0.25, w * 0.7, w * 0.3));
        graphics.setColor(new Color(0x303038));
        graphics.fill(new Rectangle2D.Double(cx - w * 0.3, cy - w * 0.2, w * 0.6, w * 0.18));
        graphics.setColor(new Color(shade(0xd02020, 1.1)));
        graphics.fill(new Rectangle2D.Double(cx - w * 0.45, cy + w * 0.08, w * 0.15, w * 0.1));
        graphics.fill(new Rectangle2D.Double(cx + w * 0.3, cy + w * 0.08, w * 0.15, w * 0.1));
      }
    }
  }

  private void fillTriangle(double cx, double cy, double width) {
    Path2D p = new Path2D.Double();
    p.moveTo(cx, cy - width / 2);
    p.lineTo(cx + width / 2, cy + width * 0.4);
    p.lineTo(cx - width / 2, cy + width * 0.4);
    p.closePath();
    graphics.fill(p);
  }

  private void drawPost(double x, double y, double radius) {
    graphics.setColor(new Color(shade(0x9a9a9a, ambient() * 0.9)));
    double width = Math.max(1.5, radius * 0.14);
    graphics.fill(new Rectangle2D.Double(x - width / 2, y, width, SIDE));
  }

  private void drawSign(View view) {
    for (Pictograms.Layer layer : scene.sign().layers()) {
      Path2D path =
          new Path2D.Double(layer.evenOdd() ? Path2D.WIND_EVEN_ODD : Path2D.WIND_NON_ZERO);
      for (float[] contour : layer.contours()) {
        view.append(path, contour);
      }
      graphics.setColor(new Color(ink(layer.ink())));
      graphics.fill(path);
    }
    var dirt = new SplittableRandom(scene.backgroundSeed());
    int spots = (int) (scene.dirt() * scene.dirt() * 7);
    graphics.setColor(new Color(70, 60, 50, 110));
    for (int i = 0; i < spots; i++) {
      double px = view.x + view.radius * 0.8 * Scene.triangular(dirt);
      double py = view.y + view.radius * 0.8 * Scene.triangular(dirt);
      double r = view.radius * (0.05 + 0.15 * dirt.nextDouble());
      graphics.fill(new Ellipse2D.Double(px - r, py - r, 2 * r, 1.4 * r));
    }
  }

  private int ink(Pictograms.Ink ink) {
    int pure =
        switch (ink) {
          case RED -> 0xc8141e;
          case BLUE -> 0x1450aa;
          case WHITE -> 0xf0f0ee;
          case BLACK -> 0x16161a;
          case YELLOW -> 0xf5be14;
        };
    int faded = blend(pure, 0xa8a8a4, 0.6 * scene.fading());
    return shade(faded, scene.light() == Scene.Light.BACK_LIGHT ? 0.42 : 1);
  }

  private void drawOccluder(double x, double y, double radius, double nearness) {
    if (scene.occluder() == Scene.Occluder.NONE) {
      return;
    }
    double dx = Math.cos(scene.occluderAngle());
    double dy = Math.sin(scene.occluderAngle());
    // Seen from nearer, what stands before the sign moves off it.
    double reach = scene.occluderDepth() * (1.15 - 0.5 * nearness);
    double edge = 1 - reach;
    var random = new SplittableRandom(scene.backgroundSeed() + 1);
    AffineTransform before = graphics.getTransform();
    graphics.translate(x, y);
    graphics.rotate(Math.atan2(dy, dx));
    graphics.scale(radius, radius);
    switch (scene.occluder()) {
      case NONE -> throw new AssertionError();
      case BRANCH -> {
        int green = shade(0x3c6428, ambient() * (0.7 + 0.6 * random.nextDouble()));
        for (int i = 0; i < 16; i++) {
          graphics.setColor(new Color(shade(green, 0.7 + 0.6 * random.nextDouble())));
          double r = 0.08 + 0.12 * random.nextDouble();
          double px = edge + r + 1.1 * random.nextDouble();
          double py = 1.1 * Scene.triangular(random);
          graphics.fill(new Ellipse2D.Double(px - r, py - r * 0.7, 2 * r, 1.4 * r));
        }
      }
      case POLE -> {
        graphics.setColor(new Color(shade(0x6e6e70, ambient())));
        graphics.fill(new Rectangle2D.Double(edge - 0.25, -4, 0.24, 8));
      }
      case PLATE -> {
        graphics.setColor(new Color(shade(random.nextInt(1 << 24), ambient())));
        graphics.fill(new Rectangle2D.Double(edge + 0.1, -2, 3, 4));
      }
    }
    graphics.setTransform(before);
  }

  static int blend(int a, int b, double share) {
    int r = (int) ((a >> 16 & 255) * (1 - share) + (b >> 16 & 255) * share);
    int g = (int) ((a >> 8 & 255) * (1 - share) + (b >> 8 & 255) * share);
    int bl = (int) ((a & 255) * (1 - share) + (b & 255) * share);
    return r << 16 | g << 8 | bl;
  }

  static int shade(int rgb, double factor) {
    int r = Math.min(255, (int) ((rgb >> 16 & 255) * factor));
    int g = Math.min(255, (int) ((rgb >> 8 & 255) * factor));
    int b = Math.min(255, (int) ((rgb & 255) * factor));
    return r << 16 | g << 8 | b;
  }

  /** The perspective from the plate's plane to pixels. */
  private static final class View {
    final double x;
    final double y;
    final double radius;
    private final double cosYaw;
    private final double sinYaw;
    private final double cosPitch;
    private final double sinPitch;
    private final double cosRoll;
    private final double sinRoll;

    View(Scene scene, double x, double y, double radius) {
      this.x = x;
      this.y = y;
      this.radius = radius;
      cosYaw = Math.cos(scene.yaw());
      sinYaw = Math.sin(scene.yaw());
      cosPitch = Math.cos(scene.pitch());
      sinPitch = Math.sin(scene.pitch());
      cosRoll = Math.cos(scene.roll());
      sinRoll = Math.sin(scene.roll());
    }

    void append(Path2D path, float[] contour) {
      for (int i = 0; i < contour.length; i += 2) {
        double u = contour[i] * cosRoll - contour[i + 1] * sinRoll;
        double v = contour[i] * sinRoll + contour[i + 1] * cosRoll;
        double depth = u * sinYaw + v * sinPitch;
        double scale = radius * VIEWPOINT / (VIEWPOINT + depth);
        double px = x + scale * u * cosYaw;
        double py = y + scale * v * cosPitch;
        if (i == 0) {
          path.moveTo(px, py);
        } else {
          path.lineTo(px, py);
        }
      }
      path.closePath();
    }
  }
}
