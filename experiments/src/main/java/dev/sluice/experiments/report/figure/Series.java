package dev.sluice.experiments.report.figure;

import java.util.List;
import java.util.Objects;

/**
 * Points under one name. Immutable.
 *
 * @param name as the legend shows it
 * @param points in the order in which they are joined
 */
public record Series(String name, List<Point> points) {
  /**
   * A point with the interval of its height.
   *
   * @param x finite
   * @param y may be NaN, which leaves a gap
   * @param low lower end of the interval; {@code y} where there is none
   * @param high upper end of the interval; {@code y} where there is none
   * @param label what else is to be said about it, may be empty
   */
  public record Point(double x, double y, double low, double high, String label) {
    public Point {
      Objects.requireNonNull(label, "label");
      if (!Double.isFinite(x)) {
        throw new IllegalArgumentException("x must be finite: " + x);
      }
    }

    /** Without an interval. */
    public static Point of(double x, double y) {
      return new Point(x, y, y, y, "");
    }

    /** With an interval. */
    public static Point of(double x, double y, double low, double high) {
      return new Point(x, y, low, high, "");
    }

    /** The same point with words about it. */
    public Point labelled(String words) {
      return new Point(x, y, low, high, words);
    }
  }

  public Series {
    Objects.requireNonNull(name, "name");
    points = List.copyOf(points);
  }
}
