package dev.sluice.training.roadsigns;

import java.awt.BasicStroke;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Arc2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.PathIterator;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;

/**
 * The geometry of plates and pictograms in the sign's plane: x to the right, y down, the plate
 * within [-1, 1] in both. Curves are flattened once, so that a perspective only has to map points.
 */
final class Pictograms {
  /** What a layer is painted with; the scene decides how faded and lit it is. */
  enum Ink {
    RED,
    BLUE,
    WHITE,
    BLACK,
    YELLOW
  }

  /**
   * A filled outline.
   *
   * @param evenOdd whether crossings are counted by parity (plates with holes) or by winding
   * @param contours closed polygons, each {@code x0, y0, x1, y1, ...}
   */
  record Layer(Ink ink, boolean evenOdd, List<float[]> contours) {}

  private static final double FLATNESS = 0.012;
  private static final double RING = 0.2;

  private Pictograms() {}

  // Plates.

  static List<Layer> ringed(List<Layer> content) {
    List<Layer> layers = new ArrayList<>();
    layers.add(layer(Ink.RED, disc(0, 0, 1)));
    layers.add(layer(Ink.WHITE, disc(0, 0, 1 - RING)));
    layers.addAll(content);
    return layers;
  }

  static List<Layer> ringedAndBarred(List<Layer> content) {
    List<Layer> layers = ringed(content);
    layers.add(layer(Ink.RED, stroke(line(-0.6, -0.6, 0.6, 0.6), 0.15)));
    return layers;
  }

  static List<Layer> warning(List<Layer> content) {
    List<Layer> layers = new ArrayList<>();
    layers.add(layer(Ink.RED, roundedTriangle(1.0)));
    layers.add(layer(Ink.WHITE, roundedTriangle(0.7)));
    layers.addAll(content);
    return layers;
  }

  static List<Layer> blueDisc(List<Layer> content) {
    List<Layer> layers = new ArrayList<>();
    layers.add(layer(Ink.WHITE, disc(0, 0, 1)));
    layers.add(layer(Ink.BLUE, disc(0, 0, 0.94)));
    layers.addAll(content);
    return layers;
  }

  static List<Layer> noEntry() {
    return List.of(
        layer(Ink.WHITE, disc(0, 0, 1)),
        layer(Ink.RED, disc(0, 0, 0.95)),
        layer(Ink.WHITE, new Rectangle2D.Double(-0.68, -0.17, 1.36, 0.34)));
  }

  static List<Layer> giveWay() {
    var flip = AffineTransform.getScaleInstance(1, -1);
    return List.of(
        layer(Ink.RED, flip.createTransformedShape(roundedTriangle(1.0))),
        layer(Ink.WHITE, flip.createTransformedShape(roundedTriangle(0.62))));
  }

  static List<Layer> priority(boolean ended) {
    List<Layer> layers = new ArrayList<>();
    layers.add(layer(Ink.WHITE, regular(4, 1, 0)));
    layers.add(layer(Ink.YELLOW, regular(4, 0.68, 0)));
    if (ended) {
      layers.add(layer(Ink.BLACK, stroke(line(-0.48, 0.48, 0.48, -0.48), 0.14)));
    }
    return layers;
  }

  static List<Layer> stop() {
    Path2D letters = new Path2D.Double();
    letters.append(polyline(-0.42, -0.22, -0.66, -0.22, -0.66, 0, -0.42, 0, -0.42, 0.22), false);
    letters.append(line(-0.42, 0.22, -0.66, 0.22), false);
    letters.append(polyline(-0.34, -0.22, -0.06, -0.22), false);
    letters.append(line(-0.2, -0.22, -0.2, 0.27), false);
    letters.append(polyline(0.05, -0.22, 0.27, -0.22, 0.27, 0.22, 0.05, 0.22, 0.05, -0.22), false);
    letters.append(polyline(0.42, 0.27, 0.42, -0.22, 0.64, -0.22, 0.64, 0.02, 0.42, 0.02), false);
    return List.of(
        layer(Ink.WHITE, regular(8, 1, Math.PI / 8)),
        layer(Ink.RED, regular(8, 0.93, Math.PI / 8)),
        layer(Ink.WHITE, stroke(letters, 0.11)));
  }

  // Pictograms.

  /** A number of two or three digits, drawn with strokes. */
  static List<Layer> number(String digits) {
    double width = digits.length() == 2 ? 0.42 : 0.3;
    double gap = digits.length() == 2 ? 0.17 : 0.13;
    double left = -(digits.length() * width + (digits.length() - 1) * gap) / 2;
    double height = digits.length() == 2 ? 0.74 : 0.62;
    Path2D path = new Path2D.Double();
    for (int i = 0; i < digits.length(); i++) {
      var place = new AffineTransform();
      place.translate(left + i * (width + gap), -height / 2);
      place.scale(width, height);
      path.append(place.createTransformedShape(digit(digits.charAt(i))), false);
    }
    return List.of(layer(Ink.BLACK, stroke(path, digits.length() == 2 ? 0.15 : 0.12)));
  }

  /** A digit in the unit square. */
  private static Path2D digit(char c) {
    Path2D p = new Path2D.Double();
    switch (c) {
      case '0' -> p.append(new Ellipse2D.Double(0, 0, 1, 1), false);
      case '1' -> p.append(polyline(0.1, 0.25, 0.6, 0, 0.6, 1), false);
      case '2' -> {
        p.moveTo(0.02, 0.27);
        p.curveTo(0.1, -0.1, 0.95, -0.1, 0.96, 0.28);
        p.curveTo(0.96, 0.55, 0.2, 0.7, 0.02, 1);
        p.lineTo(1, 1);
      }
      case '3' -> {
        p.moveTo(0.02, 0.16);
        p.curveTo(0.2, -0.06, 0.92, -0.1, 0.92, 0.24);
        p.curveTo(0.92, 0.44, 0.6, 0.48, 0.38, 0.48);
        p.curveTo(0.7, 0.48, 1, 0.54, 1, 0.74);
        p.curveTo(1, 1.08, 0.2, 1.08, 0, 0.82);
      }
      case '5' -> {
        p.moveTo(0.92, 0);
        p.lineTo(0.14, 0);
        p.lineTo(0.06, 0.46);
        p.curveTo(0.4, 0.3, 1, 0.36, 1, 0.68);
        p.curveTo(1, 1.06, 0.25, 1.1, 0, 0.84);
      }
      case '6' -> {
        p.moveTo(0.9, 0.1);
        p.curveTo(0.4, -0.15, 0, 0.2, 0, 0.68);
        p.append(new Ellipse2D.Double(0, 0.38, 1, 0.62), false);
      }
      case '8' -> {
        p.append(new Ellipse2D.Double(0.08, 0, 0.84, 0.46), false);
        p.append(new Ellipse2D.Double(0, 0.46, 1, 0.54), false);
      }
      case '9' -> {
        p.moveTo(0.1, 0.9);
        p.curveTo(0.6, 1.15, 1, 0.8, 1, 0.32);
        p.append(new Ellipse2D.Double(0, 0, 1, 0.62), false);
      }
      default -> throw new IllegalArgumentException("no strokes for digit " + c);
    }
    return p;
  }

  static List<Layer> twoCars() {
    return List.of(layer(Ink.RED, car(-0.36, 0.06)), layer(Ink.BLACK, car(0.36, 0.06)));
  }

  static List<Layer> truckAndCar() {
    Path2D truck = new Path2D.Double();
    truck.append(new Rectangle2D.Double(-0.64, -0.36, 0.52, 0.5), false);
    truck.append(new Rectangle2D.Double(-0.58, 0.14, 0.4, 0.1), false);
    truck.append(new Rectangle2D.Double(-0.62, 0.22, 0.14, 0.14), false);
    truck.append(new Rectangle2D.Double(-0.28, 0.22, 0.14, 0.14), false);
    return List.of(layer(Ink.RED, truck), layer(Ink.BLACK, car(0.36, 0.06)));
  }

  private static Shape car(double x, double y) {
    Path2D p = polyline(x - 0.26, y, x - 0.15, y - 0.26, x + 0.15, y - 0.26, x + 0.26, y);
    p.lineTo(x + 0.28, y + 0.2);
    p.lineTo(x - 0.28, y + 0.2);
    p.closePath();
    p.append(new Rectangle2D.Double(x - 0.26, y + 0.16, 0.14, 0.16), false);
    p.append(new Rectangle2D.Double(x + 0.12, y + 0.16, 0.14, 0.16), false);
    return p;
  }

  static List<Layer> turnArrow(boolean right) {
    Path2D shaft = polyline(-0.2, 0.5, -0.2, -0.02);
    shaft.quadTo(-0.2, -0.2, 0, -0.2);
    shaft.lineTo(0.22, -0.2);
    return mirroredUnless(
        right,
        List.of(
            layer(Ink.BLACK, stroke(shaft, 0.16)),
            layer(Ink.BLACK, head(0.5, -0.2, 90, 0.24, 0.32))));
  }

  static List<Layer> turnBack() {
    Path2D shaft = polyline(0.28, 0.5, 0.28, -0.15);
    shaft.append(new Arc2D.Double(-0.28, -0.43, 0.56, 0.56, 0, 180, Arc2D.OPEN), true);
    shaft.lineTo(-0.28, 0.15);
    return List.of(
        layer(Ink.BLACK, stroke(shaft, 0.16)),
        layer(Ink.BLACK, head(-0.28, 0.46, 180, 0.24, 0.34)));
  }

  static List<Layer> curve(boolean right) {
    Path2D shaft = polyline(-0.14, 0.46, -0.14, 0.2);
    shaft.quadTo(-0.14, 0, 0.06, -0.1);
    return mirroredUnless(
        right,
        List.of(
            layer(Ink.BLACK, stroke(shaft, 0.14)),
            layer(Ink.BLACK, head(0.26, -0.2, 62, 0.2, 0.26))));
  }

  static List<Layer> doubleCurve(boolean rightFirst) {
    Path2D shaft = polyline(-0.13, 0.48, -0.13, 0.34);
    shaft.curveTo(-0.13, 0.16, 0.13, 0.24, 0.13, 0.08);
    shaft.curveTo(0.13, -0.02, 0.0, -0.04, -0.03, -0.1);
    return mirroredUnless(
        rightFirst,
        List.of(
            layer(Ink.BLACK, stroke(shaft, 0.13)),
            layer(Ink.BLACK, head(-0.12, -0.34, -20, 0.17, 0.24))));
  }

  static List<Layer> crossroads() {
    Path2D cross = polyline(0, -0.2, 0, 0.48);
    cross.append(line(-0.36, 0.16, 0.36, 0.16), false);
    return List.of(layer(Ink.BLACK, stroke(cross, 0.15)));
  }

  static List<Layer> sideRoad(boolean right) {
    return mirroredUnless(
        right,
        List.of(
            layer(Ink.BLACK, stroke(line(0, -0.24, 0, 0.48), 0.16)),
            layer(Ink.BLACK, stroke(line(0, 0.18, 0.34, 0.18), 0.12))));
  }

  static List<Layer> narrows(boolean right) {
    Path2D bent = polyline(0.24, 0.48, 0.24, 0.24, 0.06, 0.04, 0.06, -0.2);
    return mirroredUnless(
        right,
        List.of(
            layer(Ink.BLACK, stroke(line(-0.16, -0.2, -0.16, 0.48), 0.12)),
            layer(Ink.BLACK, stroke(bent, 0.12))));
  }

  static List<Layer> walker() {
    Path2D limbs = polyline(0, -0.1, 0, 0.16, -0.16, 0.48);
    limbs.append(polyline(0, 0.16, 0.14, 0.3, 0.18, 0.48), false);
    limbs.append(polyline(-0.18, 0.1, 0, -0.06, 0.2, 0.08), false);
    return List.of(layer(Ink.BLACK, stroke(limbs, 0.1)), layer(Ink.BLACK, disc(0.02, -0.24, 0.1)));
  }

  static List<Layer> digger() {
    Path2D limbs = polyline(-0.12, -0.08, -0.2, 0.18, -0.32, 0.48);
    limbs.append(polyline(-0.2, 0.18, -0.06, 0.3, -0.08, 0.48), false);
    limbs.append(polyline(-0.12, -0.06, 0.06, 0.08, 0.2, 0.3), false);
    Path2D heap = polyline(0.1, 0.5, 0.28, 0.26, 0.46, 0.5);
    heap.closePath();
    return List.of(
        layer(Ink.BLACK, stroke(limbs, 0.1)),
        layer(Ink.BLACK, disc(-0.06, -0.22, 0.1)),
        layer(Ink.BLACK, heap));
  }

  static List<Layer> exclamation() {
    Path2D bar = polyline(-0.09, -0.34, 0.09, -0.34, 0.05, 0.2, -0.05, 0.2);
    bar.closePath();
    return List.of(layer(Ink.BLACK, bar), layer(Ink.BLACK, disc(0, 0.38, 0.09)));
  }

  /** A straight arrow through the centre; 0 degrees points up, 90 to the right. */
  static List<Layer> arrow(double degrees) {
    var turn = AffineTransform.getRotateInstance(Math.toRadians(degrees));
    Shape shaft = turn.createTransformedShape(stroke(line(0, 0.66, 0, -0.24), 0.2));
    Shape tip = turn.createTransformedShape(head(0, -0.68, 0, 0.36, 0.46));
    return List.of(layer(Ink.WHITE, shaft), layer(Ink.WHITE, tip));
  }

  static List<Layer> forkedArrow(boolean right) {
    Path2D branch = polyline(-0.12, 0.34, -0.12, 0.28);
    branch.quadTo(-0.12, 0.14, 0.04, 0.14);
    branch.lineTo(0.22, 0.14);
    return mirroredUnless(
        right,
        List.of(
            layer(Ink.WHITE, stroke(line(-0.12, 0.66, -0.12, -0.34), 0.17)),
            layer(Ink.WHITE, head(-0.12, -0.7, 0, 0.28, 0.38)),
            layer(Ink.WHITE, stroke(branch, 0.17)),
            layer(Ink.WHITE, head(0.58, 0.14, 90, 0.28, 0.38))));
  }

  static List<Layer> roundabout() {
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      var turn = AffineTransform.getRotateInstance(Math.toRadians(120.0 * i));
      Shape arc = new Arc2D.Double(-0.5, -0.5, 1, 1, 30, 75, Arc2D.OPEN);
      layers.add(layer(Ink.WHITE, turn.createTransformedShape(stroke(arc, 0.17))));
      Shape tip = head(0.56, -0.03, 165, 0.22, 0.3);
      layers.add(layer(Ink.WHITE, turn.createTransformedShape(tip)));
    }
    return layers;
  }

  // Shapes.

  /** An arrow head whose tip is at (x, y); 0 degrees points up, 90 to the right. */
  private static Shape head(double x, double y, double degrees, double halfWidth, double length) {
    Path2D p = polyline(0, 0, halfWidth, length, -halfWidth, length);
    p.closePath();
    var place = AffineTransform.getTranslateInstance(x, y);
    place.rotate(Math.toRadians(degrees));
    return place.createTransformedShape(p);
  }

  private static List<Layer> mirroredUnless(boolean asDrawn, List<Layer> layers) {
    if (asDrawn) {
      return layers;
    }
    List<Layer> mirrored = new ArrayList<>();
    for (Layer l : layers) {
      List<float[]> contours = new ArrayList<>();
      for (float[] contour : l.contours()) {
        float[] m = contour.clone();
        for (int i = 0; i < m.length; i += 2) {
          m[i] = -m[i];
        }
        contours.add(m);
      }
      mirrored.add(new Layer(l.ink(), l.evenOdd(), contours));
    }
    return mirrored;
  }

  private static Shape disc(double x, double y, double r) {
    return new Ellipse2D.Double(x - r, y - r, 2 * r, 2 * r);
  }

  private static Shape regular(int corners, double r, double phase) {
    Path2D p = new Path2D.Double();
    for (int i = 0; i < corners; i++) {
      double a = phase + 2 * Math.PI * i / corners;
      if (i == 0) {
        p.moveTo(r * Math.sin(a), -r * Math.cos(a));
      } else {
        p.lineTo(r * Math.sin(a), -r * Math.cos(a));
      }
    }
    p.closePath();
    return p;
  }

  /** A warning triangle about the point (0, 0.2), so that a smaller one leaves an even border. */
  private static Shape roundedTriangle(double scale) {
    double cy = 0.22;
    double[] x = {0, 1, -1};
    double[] y = {-0.92, 0.78, 0.78};
    Path2D p = new Path2D.Double();
    double cut = 0.09;
    for (int i = 0; i < 3; i++) {
      int next = (i + 1) % 3;
      int before = (i + 2) % 3;
      double px = scale * x[i];
      double py = cy + scale * (y[i] - cy);
      double ax = px + cut * scale * (x[before] - x[i]);
      double ay = py + cut * scale * (y[before] - y[i]);
      double bx = px + cut * scale * (x[next] - x[i]);
      double by = py + cut * scale * (y[next] - y[i]);
      if (i == 0) {
        p.moveTo(ax, ay);
      } else {
        p.lineTo(ax, ay);
      }
      p.quadTo(px, py, bx, by);
    }
    p.closePath();
    return p;
  }

  private static Path2D line(double x0, double y0, double x1, double y1) {
    return polyline(x0, y0, x1, y1);
  }

  private static Path2D polyline(double... xy) {
    Path2D p = new Path2D.Double();
    p.moveTo(xy[0], xy[1]);
    for (int i = 2; i < xy.length; i += 2) {
      p.lineTo(xy[i], xy[i + 1]);
    }
    return p;
  }

  private static Shape stroke(Shape path, double width) {
    return new BasicStroke((float) width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 4)
        .createStrokedShape(path);
  }

  private static Layer layer(Ink ink, Shape shape) {
    PathIterator it = shape.getPathIterator(null, FLATNESS);
    boolean evenOdd = it.getWindingRule() == PathIterator.WIND_EVEN_ODD;
    List<float[]> contours = new ArrayList<>();
    List<Float> current = new ArrayList<>();
    float[] point = new float[6];
    for (; !it.isDone(); it.next()) {
      int type = it.currentSegment(point);
      if (type == PathIterator.SEG_MOVETO) {
        addContour(contours, current);
        current.clear();
      }
      if (type != PathIterator.SEG_CLOSE) {
        current.add(point[0]);
        current.add(point[1]);
      }
    }
    addContour(contours, current);
    return new Layer(ink, evenOdd, List.copyOf(contours));
  }

  private static void addContour(List<float[]> contours, List<Float> points) {
    if (points.size() >= 6) {
      float[] contour = new float[points.size()];
      for (int i = 0; i < contour.length; i++) {
        contour[i] = points.get(i);
      }
      contours.add(contour);
    }
  }
}
