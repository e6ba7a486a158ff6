package dev.sluice.scheduler.rival;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.distribution.TDistribution;

/**
 * Tells when the level of a series changed. Not thread-safe.
 *
 * <p>Adams and MacKay, "Bayesian Online Changepoint Detection", arXiv 0710.3742, 2007, algorithm 1:
 * the posterior of the run length, that is of how many values have come since the last change, for
 * values that are normal within a run with unknown mean and variance (normal-inverse-gamma prior,
 * so that the next value has a Student t distribution), and a constant hazard.
 *
 * <p>Deviation: run lengths of posterior below {@value #NEGLIGIBLE} are dropped, and no more than
 * {@value #MOST_RUNS} are kept.
 */
final class ChangePoints {
  static final double NEGLIGIBLE = 1e-8;
  static final int MOST_RUNS = 500;

  private final Prior prior;
  private List<Run> runs;
  private long values;
  private long start;

  /**
   * What is believed before any value.
   *
   * @param mean expected level
   * @param meanWeight how many values the mean is worth, positive
   * @param shape of the variance's inverse gamma, positive
   * @param scale of the same, positive
   * @param hazard chance of a change after a value, in (0, 1)
   */
  record Prior(double mean, double meanWeight, double shape, double scale, double hazard) {
    Prior {
      for (double value : new double[] {meanWeight, shape, scale}) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
          throw new IllegalArgumentException("must be positive and finite: " + value);
        }
      }
      if (!(hazard > 0 && hazard < 1) || !Double.isFinite(mean)) {
        throw new IllegalArgumentException("no prior: mean " + mean + ", hazard " + hazard);
      }
    }

    private Level level() {
      return new Level(mean, meanWeight, shape, scale);
    }
  }

  /** What is believed of a run after its values. */
  private record Level(double mean, double meanWeight, double shape, double scale) {
    double logDensity(double value) {
      double spread = Math.sqrt(scale * (meanWeight + 1) / (shape * meanWeight));
      TDistribution student = new TDistribution(null, 2 * shape);
      return student.logDensity((value - mean) / spread) - Math.log(spread);
    }

    Level after(double value) {
      double weight = meanWeight + 1;
      double off = value - mean;
      return new Level(
          mean + off / weight, weight, shape + 0.5, scale + meanWeight * off * off / (2 * weight));
    }
  }

  private record Run(int length, double logShare, Level level) {}

  ChangePoints(Prior prior) {
    this.prior = prior;
    runs = List.of(new Run(0, 0, prior.level()));
  }

  /**
   * Takes the next value.
   *
   * @param value finite
   * @return whether the likeliest begin of the present run is now another one
   */
  boolean add(double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("a value must be finite: " + value);
    }
    List<Run> next = new ArrayList<>();
    double[] ended = new double[runs.size()];
    for (int i = 0; i < ended.length; i++) {
      Run run = runs.get(i);
      double seen = run.logShare + run.level.logDensity(value);
      ended[i] = seen + Math.log(prior.hazard());
      next.add(new Run(run.length + 1, seen + Math.log1p(-prior.hazard()), run.level.after(value)));
    }
    next.add(0, new Run(0, logSum(ended), prior.level()));
    double evidence = logSum(next.stream().mapToDouble(Run::logShare).toArray());
    runs =
        next.stream()
            .map(run -> new Run(run.length, run.logShare - evidence, run.level))
            .filter(run -> run.logShare > Math.log(NEGLIGIBLE))
            .sorted((a, b) -> Double.compare(b.logShare, a.logShare))
            .limit(MOST_RUNS)
            .toList();
    values++;
    long before = start;
    start = values - likeliest().length;
    return start != before;
  }

  /** Returns the mean of the likeliest run, the prior's weighed in. */
  double mean() {
    return likeliest().level.mean;
  }

  /** Returns the likeliest number of values since the last change. */
  int runLength() {
    return likeliest().length;
  }

  /** Returns the posterior of a run length. */
  double share(int length) {
    return runs.stream()
        .filter(run -> run.length == length)
        .mapToDouble(run -> Math.exp(run.logShare))
        .sum();
  }

  private Run likeliest() {
    return runs.get(0);
  }

  private static double logSum(double[] logs) {
    double most = Double.NEGATIVE_INFINITY;
    for (double log : logs) {
      most = Math.max(most, log);
    }
    double sum = 0;
    for (double log : logs) {
      sum += Math.exp(log - most);
    }
    return most + Math.log(sum);
  }
}
