package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * How many rows of the SELECT table are replayed for the percentiles of an objective, and which
 * percentiles so many rows can tell.
 *
 * <p>Ten rows shall lie beyond a percentile; so {@code p99} takes a thousand rows where the table
 * has them, and a decision that much longer. More than {@value #MOST_ROWS} are never taken. Of n
 * frames drawn at random the slowest is beyond percentile p with probability {@code 1 - p^n}
 * (Wilks, "Determination of Sample Sizes for Setting Tolerance Limits", Annals of Mathematical
 * Statistics 12, 1941); where that is less than 95 %, even the maximum of the replay says too
 * little, and the objective is refused: {@code p95} needs 59 rows, {@code p99} 299. Frames of one
 * sequence are alike, so this is the least that is needed, and may not be enough.
 */
public final class TailRows {
  /** Most rows replayed, whatever the percentile. */
  public static final int MOST_ROWS = 1200;

  private static final int BEYOND = 10;
  private static final double CONFIDENCE = 0.95;

  private TailRows() {}

  /** Returns how many rows to replay for an objective, if the table has them. */
  public static int wanted(Objective objective) {
    double most = percents(objective).max().orElse(0);
    /* A percentile such as 99 is no round number in binary. */
    double rows = Math.ceil(BEYOND / (1 - most / 100) - 1e-6);
    return (int) Math.min(MOST_ROWS, Math.max(Predictor.MOST_ROWS, rows));
  }

  /**
   * Refuses an objective with a percentile that a replay of the bundle's rows cannot tell.
   *
   * @throws UnresolvedPercentileException naming the percentile, and the largest one that it can
   */
  public static void requireResolved(Objective objective, BundleFacts facts) {
    int rows = Predictor.rows(facts.select(), wanted(objective)).length;
    double most = mostPercent(rows);
    percents(objective)
        .filter(percent -> percent > most)
        .max()
        .ifPresent(
            percent -> {
              throw new UnresolvedPercentileException(percent, most, rows);
            });
  }

  /** Returns the largest percentile that so many rows can tell. */
  static double mostPercent(int rows) {
    return 100 * Math.pow(1 - CONFIDENCE, 1.0 / rows);
  }

  /** The percentiles of the latency that are bounded, and those that are targets. */
  private static DoubleStream percents(Objective objective) {
    Stream<Metric> bounded =
        objective.constraints().stream()
            .map(Constraint::latencyBound)
            .flatMap(Optional::stream)
            .map(Constraint::metric);
    return Stream.concat(bounded, objective.targets().stream().map(Target::metric))
        .filter(metric -> metric.kind() == Metric.Kind.LATENCY_PERCENTILE)
        .mapToDouble(Metric::percent);
  }
}
