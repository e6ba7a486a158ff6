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
   * @param hollow whether it is not to be compared with the others, and so drawn as an outline
   */
  public record Point(double x, double y, double low, double high, String label, boolean hollow) {
    public Point {
      Objects.requireNonNull(label, "label");
      if (!Double.isFinite(x)) {
        throw new IllegalArgumentException("x must be finite: " + x);
      }
    }

    /** Without an interval. */
    public static Point of(double x, double y) {
      return new Point(x, y, y, y, "", false);
    }

    /** With an interval. */
    public static Point of(double x, double y, double low, double high) {
      return new Point(x, y, low, high, "", false);
    }

    /** The same point with words about it. */
    public Point labelled(String words) {
      return new Point(x, y, low, high, words, hollow);
    }

    /** The same point as one that is not to be compared, with the reason in words. */
    public Point hollow(String reason) {
      return new Point(x, y, low, high, reason, true);
    }
  }

  public Series {
    Objects.requireNonNull(name, "name");
    points = List.copyOf(points);
  }
}
