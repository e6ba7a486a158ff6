package dev.sluice.scheduler.estimate;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * The rate of a link as the slope of transfer time over size, by least squares over recent
 * transfers. Needs no round trip, which is the intercept, but sizes that differ.
 *
 * <p>After the method of Jacobson's pathchar (1997), which finds a link's rate as the inverse slope
 * of round trips over packet sizes; there of the smallest times per size, here of all, since there
 * are few. Not thread-safe.
 */
final class SizeSlope {
  private static final int REMEMBERED = 12;
  private static final int LEAST = 4;
  private static final long REMEMBERED_NANOS = 10_000_000_000L;

  /** Sizes closer than this say more of the noise than of the link. */
  private static final double LEAST_SPREAD = 0.3;

  /** A slope more uncertain than this says nothing. */
  private static final double MOST_RELATIVE_SD = 0.5;

  private record Point(int bytes, long nanos, long nowNanos) {}

  private final Deque<Point> points = new ArrayDeque<>();

  /**
   * What the slope says.
   *
   * @param bytesPerNano the rate, positive
   * @param relativeSd its standard error as a share of it
   */
  record Fit(double bytesPerNano, double relativeSd) {}

  /** A transfer of so many bytes took so long, the worker's own time taken off. */
  void observe(int bytes, long nanos, long nowNanos) {
    points.addLast(new Point(bytes, nanos, nowNanos));
    if (points.size() > REMEMBERED) {
      points.removeFirst();
    }
  }

  /** Returns what the last transfers say, empty where they are too few, too alike or too noisy. */
  Optional<Fit> fit(long nowNanos) {
    while (!points.isEmpty() && nowNanos - points.element().nowNanos() > REMEMBERED_NANOS) {
      points.remove();
    }
    int n = points.size();
    if (n < LEAST) {
      return Optional.empty();
    }
    double meanBytes = points.stream().mapToDouble(Point::bytes).average().orElseThrow();
    double meanNanos = points.stream().mapToDouble(Point::nanos).average().orElseThrow();
    double squares = 0;
    double products = 0;
    for (Point point : points) {
      double bytes = point.bytes() - meanBytes;
      squares += bytes * bytes;
      products += bytes * (point.nanos() - meanNanos);
    }
    if (Math.sqrt(squares / n) < LEAST_SPREAD * meanBytes || products <= 0) {
      return Optional.empty();
    }
    double slope = products / squares;
    double residuals = 0;
    for (Point point : points) {
      double expected = meanNanos + slope * (point.bytes() - meanBytes);
      residuals += (point.nanos() - expected) * (point.nanos() - expected);
    }
    double relativeSd = Math.sqrt(residuals / (n - 2) / squares) / slope;
    return relativeSd < MOST_RELATIVE_SD
        ? Optional.of(new Fit(1 / slope, Math.max(0.05, relativeSd)))
        : Optional.empty();
  }
}
