package dev.sluice.scheduler.budget;

import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.commons.math3.analysis.solvers.BrentSolver;

/**
 * Exits and thresholds that get the most right answers out of a budget of time. Not thread-safe.
 *
 * <p>Two of the modes of Laskaridis, Kouris and Lane, "Adaptive Inference through Early-Exit
 * Networks: Design, Challenges and Directions", EMDL 2021: {@linkplain #subnet one exit} for all
 * frames, and a budget for a batch or a stream ({@link #msdnet}, {@link #joint}). The third, an
 * answer at any time, is {@link AnytimeCurve}.
 *
 * <p>Thresholds are of the calibrated top-1 probability and are chosen on the rows of one table, so
 * accuracy there is a little flattered; an accuracy floor needs its own proof. On frames like the
 * table's the budget holds as {@link TimeBudget#deviations} says.
 */
public final class BudgetedThresholds {
  private static final double NEVER = Double.POSITIVE_INFINITY;

  /** Thresholds of an exit that are tried in pairs; all of them where it has no more. */
  private static final int MOST_LEVELS = 64;

  /** Shared thresholds that the search starts from. */
  private static final double[] SHARED = {0.99, 0.97, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4};

  /** Starting points whose neighbourhood of pairs is searched. */
  private static final int FINALISTS = 3;

  private static final double LARGEST_LOG_RATIO = 50;
  private static final double SOLVER_ACCURACY = 1e-12;
  private static final int MOST_EVALUATIONS = 1000;

  private final ExitCosts costs;
  private final int samples;
  private final int exits;
  private final int finalExit;

  /** By exit and sample. */
  private final float[][] confidence;

  private final boolean[][] right;

  /** By early exit: samples, the surest first. */
  private final int[][] order;

  private final int[] reaching;
  private final double[] goOnNanos;
  private final boolean[] goOnRight;

  /**
   * Prepares a search.
   *
   * @param table rows to choose on
   * @param costs of the same exits
   */
  public BudgetedThresholds(CalibrationTable table, ExitCosts costs) {
    if (costs.exits() != table.exits()) {
      throw new IllegalArgumentException(
          "costs of " + costs.exits() + " exits, a table of " + table.exits());
    }
    this.costs = costs;
    samples = table.samples();
    exits = table.exits();
    finalExit = exits - 1;
    confidence = new float[exits][samples];
    right = new boolean[exits][samples];
    order = new int[finalExit][];
    for (int exit = 0; exit < exits; exit++) {
      for (int s = 0; s < samples; s++) {
        confidence[exit][s] = table.confidence(s, exit);
        right[exit][s] = table.correct(s, exit);
      }
    }
    for (int exit = 0; exit < finalExit; exit++) {
      float[] here = confidence[exit];
      order[exit] =
          IntStream.range(0, samples)
              .boxed()
              .sorted(Comparator.comparingDouble((Integer s) -> -here[s]))
              .mapToInt(Integer::intValue)
              .toArray();
    }
    reaching = new int[samples];
    goOnNanos = new double[samples];
    goOnRight = new boolean[samples];
  }

  /**
   * Returns the shares of samples that leave at each of some exits: {@code p_k = z (1 - q)^(k-1)
   * q}, where z makes them sum to 1.
   *
   * <p>Huang et al., "Multi-Scale Dense Networks for Resource Efficient Image Classification", ICLR
   * 2018, section 5. There q is a probability; a negative q, which lets more samples leave later
   * than earlier, is how their published code spends budgets above the mean of the exits' costs.
   *
   * @param q at most 1, finite; with 0 all shares are equal
   * @param exits at least 1
   */
  public static double[] exitShares(double q, int exits) {
    if (!(q <= 1 && q > Double.NEGATIVE_INFINITY)) {
      throw new IllegalArgumentException("q must be at most 1 and finite: " + q);
    }
    if (exits < 1) {
      throw new IllegalArgumentException("exits must be at least 1: " + exits);
    }
    return sharesOfRatio(Math.log(1 - q), exits);
  }

  /**
   * Returns MSDNet's thresholds for a budget: the shares of {@link #exitShares} whose cost is the
   * budget, then for each exit the threshold at which that share of the table's samples leaves
   * there, of those that earlier exits left over.
   *
   * <p>Huang et al., ICLR 2018, section 5. It looks at how sure exits are and not at whether they
   * are right. The cost of an exit contains the heads before it, as every sample passes them;
   * {@link TimeBudget#deviations} is not looked at. Samples that are equally sure leave together,
   * so the budget is met as closely as the table allows and can be exceeded.
   */
  public BudgetedExits msdnet(TimeBudget budget) {
    return describe(msdnetThresholds(budget.nanosPerFrame()), budget);
  }

  /**
   * Returns the single exit, without a look at any other, that is right most often within the
   * budget; the one nearest to the budget where none is within it.
   */
  public BudgetedExits subnet(TimeBudget budget) {
    double[] best = only(finalExit);
    Score bestScore = score(best, budget);
    for (int exit = 0; exit < finalExit; exit++) {
      double[] alone = only(exit);
      Score score = score(alone, budget);
      if (score.beats(bestScore)) {
        best = alone;
        bestScore = score;
      }
    }
    return describe(best, budget);
  }

  /**
   * Returns thresholds that get the most right answers within the budget by the joint behaviour of
   * all exits on the table; never fewer than {@link #msdnet} or {@link #subnet} where those hold
   * the budget. Where nothing holds it, what comes nearest.
   *
   * <p>A search of our own: from MSDNet's thresholds, single exits and shared thresholds it climbs
   * by the best threshold of one exit, the others fixed, which a sweep over its sorted samples
   * finds exactly; then, from the best few, by changes of two exits at a time. So it is optimal on
   * the table for up to two early exits with at most {@value #MOST_LEVELS} distinct confidences,
   * and a local optimum otherwise. Exits that do not pay for their heads are left out.
   *
   * <p>It pays where exits are sure without reason or heads are dear. On frames that it has not
   * seen, where confidence is calibrated and heads are cheap, it is worth about as much as
   * MSDNet's: part of what it finds on a table is luck.
   */
  public BudgetedExits joint(TimeBudget budget) {
    List<Climb> climbs = climbs(budget);
    Climb best = climbs.get(0);
    for (Climb climb : climbs.subList(0, Math.min(FINALISTS, climbs.size()))) {
      climbByPairs(climb, budget);
      best = climb.score.beats(best.score) ? climb : best;
    }
    return describe(best.thresholds, budget);
  }

  /**
   * Returns what {@link #joint} finds without changes of two exits at a time, many times as
   * quickly: for whoever asks while frames come. Never fewer right answers than {@link #msdnet} or
   * {@link #subnet} where those hold the budget.
   */
  public BudgetedExits climbed(TimeBudget budget) {
    return describe(climbs(budget).get(0).thresholds, budget);
  }

  /** The tops that single steps lead to from each start, the best first. */
  private List<Climb> climbs(TimeBudget budget) {
    Set<List<Double>> seen = new LinkedHashSet<>();
    List<Climb> climbs = new ArrayList<>();
    for (double[] start : starts(budget)) {
      Climb climb = new Climb(start, score(start, budget));
      boolean climbed = true;
      while (climbed) {
        climbed = false;
        for (int exit = 0; exit < finalExit; exit++) {
          climbed |= climb.take(sweep(climb.thresholds, exit, budget));
        }
      }
      if (seen.add(Arrays.stream(climb.thresholds).boxed().toList())) {
        climbs.add(climb);
      }
    }
    climbs.sort((a, b) -> a.score.beats(b.score) ? -1 : b.score.beats(a.score) ? 1 : 0);
    return climbs;
  }

  /**
   * Returns what given thresholds do under a budget.
   *
   * @param thresholds by early exit; infinite leaves an exit out, 0 stops whatever gets there
   */
  public BudgetedExits evaluate(double[] thresholds, TimeBudget budget) {
    if (thresholds.length != finalExit) {
      throw new IllegalArgumentException(
          "a threshold for each of " + finalExit + " early exits: " + thresholds.length);
    }
    for (double threshold : thresholds) {
      if (!(threshold >= 0)) {
        throw new IllegalArgumentException("threshold must be at least 0: " + threshold);
      }
    }
    return describe(thresholds.clone(), budget);
  }

  private List<double[]> starts(TimeBudget budget) {
    List<double[]> starts = new ArrayList<>();
    starts.add(msdnetThresholds(budget.nanosPerFrame()));
    for (int exit = 0; exit < exits; exit++) {
      starts.add(only(exit));
    }
    for (double shared : SHARED) {
      double[] all = new double[finalExit];
      Arrays.fill(all, shared);
      starts.add(all);
    }
    return starts;
  }

  private void climbByPairs(Climb climb, TimeBudget budget) {
    boolean climbed = true;
    while (climbed) {
      climbed = false;
      for (int first = 0; first < finalExit; first++) {
        for (double level : levels(first)) {
          double[] moved = climb.thresholds.clone();
          moved[first] = level;
          for (int second = 0; second < finalExit; second++) {
            if (second != first) {
              climbed |= climb.take(sweep(moved, second, budget));
            }
          }
        }
      }
    }
  }

  /** Thresholds of an exit at even ranks, among them never and always. */
  private double[] levels(int exit) {
    List<Double> all = new ArrayList<>();
    all.add(NEVER);
    for (int i = 0; i < samples; i++) {
      boolean last = i + 1 == samples;
      if (last || confidence[exit][order[exit][i]] != confidence[exit][order[exit][i + 1]]) {
        all.add(last ? 0 : below(confidence[exit][order[exit][i]]));
      }
    }
    int count = Math.min(MOST_LEVELS + 1, all.size());
    double[] levels = new double[count];
    for (int i = 0; i < count; i++) {
      levels[i] = all.get((int) ((long) i * (all.size() - 1) / Math.max(1, count - 1)));
    }
    return levels;
  }

  /**
   * The best threshold of one exit, the others fixed. Samples that reach it go over from those that
   * go on to those that stop, the surest first; samples that are equally sure go together.
   */
  private Climb sweep(double[] thresholds, int exit, TimeBudget budget) {
    double headsBefore = 0;
    for (int before = 0; before < exit; before++) {
      headsBefore += thresholds[before] < NEVER ? costs.headNanos(before) : 0;
    }
    double sum = 0;
    double squares = 0;
    int rights = 0;
    int reached = 0;
    for (int s : order[exit]) {
      int stop = 0;
      double heads = 0;
      while (stop < exit && confidence[stop][s] < thresholds[stop]) {
        heads += thresholds[stop] < NEVER ? costs.headNanos(stop) : 0;
        stop++;
      }
      boolean earlier = stop < exit;
      if (!earlier) {
        stop = exit + 1;
        while (stop < finalExit && confidence[stop][s] < thresholds[stop]) {
          heads += thresholds[stop] < NEVER ? costs.headNanos(stop) : 0;
          stop++;
        }
      }
      double nanos = costs.trunkNanos(stop) + heads + costs.headNanos(stop);
      sum += nanos;
      squares += nanos * nanos;
      rights += right[stop][s] ? 1 : 0;
      if (!earlier) {
        reaching[reached] = s;
        goOnNanos[reached] = nanos;
        goOnRight[reached] = right[stop][s];
        reached++;
      }
    }
    double[] found = thresholds.clone();
    found[exit] = NEVER;
    Score best = Score.of(rights, sum, squares, samples, budget);
    double head = costs.headNanos(exit);
    for (int i = 0; i < reached; i++) {
      sum += head;
      squares += head * (2 * goOnNanos[i] + head);
    }
    double stopNanos = costs.trunkNanos(exit) + headsBefore + head;
    for (int i = 0; i < reached; i++) {
      double goOn = goOnNanos[i] + head;
      sum += stopNanos - goOn;
      squares += stopNanos * stopNanos - goOn * goOn;
      rights += (right[exit][reaching[i]] ? 1 : 0) - (goOnRight[i] ? 1 : 0);
      boolean last = i + 1 == reached;
      float here = confidence[exit][reaching[i]];
      if (last || here != confidence[exit][reaching[i + 1]]) {
        Score score = Score.of(rights, sum, squares, samples, budget);
        if (score.beats(best)) {
          best = score;
          found[exit] = last ? 0 : below(here);
        }
      }
    }
    return new Climb(found, best);
  }

  private double[] msdnetThresholds(double meanNanos) {
    double[] shares = sharesOfCost(meanNanos);
    double[] thresholds = new double[finalExit];
    boolean[] left = new boolean[samples];
    Arrays.fill(left, true);
    int remaining = samples;
    for (int exit = 0; exit < finalExit; exit++) {
      int leaving = (int) Math.min(remaining, Math.round(shares[exit] * samples));
      thresholds[exit] = NEVER;
      int gone = 0;
      for (int i = 0; i < samples && gone < leaving; i++) {
        int s = order[exit][i];
        if (left[s]) {
          gone++;
          thresholds[exit] = gone == remaining ? 0 : below(confidence[exit][s]);
        }
      }
      for (int s = 0; s < samples; s++) {
        if (left[s] && confidence[exit][s] >= thresholds[exit]) {
          left[s] = false;
          remaining--;
        }
      }
    }
    return thresholds;
  }

  /** The shares whose cost is a mean; those nearest to it where it is out of reach. */
  double[] sharesOfCost(double meanNanos) {
    double least = excess(-LARGEST_LOG_RATIO, meanNanos);
    double most = excess(LARGEST_LOG_RATIO, meanNanos);
    if (least >= 0 || most <= 0) {
      return sharesOfRatio(least >= 0 ? Double.NEGATIVE_INFINITY : LARGEST_LOG_RATIO, exits);
    }
    double logRatio =
        new BrentSolver(SOLVER_ACCURACY)
            .solve(
                MOST_EVALUATIONS, x -> excess(x, meanNanos), -LARGEST_LOG_RATIO, LARGEST_LOG_RATIO);
    return sharesOfRatio(logRatio, exits);
  }

  private double excess(double logRatio, double meanNanos) {
    double[] shares = sharesOfRatio(logRatio, exits);
    double nanos = 0;
    for (int exit = 0; exit < exits; exit++) {
      nanos += shares[exit] * costs.afterAllNanos(exit);
    }
    return nanos - meanNanos;
  }

  private static double[] sharesOfRatio(double logRatio, int exits) {
    double[] shares = new double[exits];
    double most = logRatio > 0 ? logRatio * (exits - 1) : 0;
    double sum = 0;
    for (int exit = 0; exit < exits; exit++) {
      shares[exit] = exit == 0 ? Math.exp(-most) : Math.exp(logRatio * exit - most);
      sum += shares[exit];
    }
    for (int exit = 0; exit < exits; exit++) {
      shares[exit] /= sum;
    }
    return shares;
  }

  private double[] only(int exit) {
    double[] thresholds = new double[finalExit];
    Arrays.fill(thresholds, NEVER);
    if (exit < finalExit) {
      thresholds[exit] = 0;
    }
    return thresholds;
  }

  private Score score(double[] thresholds, TimeBudget budget) {
    BudgetedExits exits = describe(thresholds, budget);
    return new Score(
        Math.max(0, exits.excessNanos()),
        (int) Math.round(exits.accuracy() * samples),
        exits.meanNanos());
  }

  private BudgetedExits describe(double[] thresholds, TimeBudget budget) {
    int[] stopped = new int[exits];
    int rights = 0;
    double sum = 0;
    double squares = 0;
    for (int s = 0; s < samples; s++) {
      int stop = 0;
      double heads = 0;
      while (stop < finalExit && confidence[stop][s] < thresholds[stop]) {
        heads += thresholds[stop] < NEVER ? costs.headNanos(stop) : 0;
        stop++;
      }
      double nanos = costs.trunkNanos(stop) + heads + costs.headNanos(stop);
      sum += nanos;
      squares += nanos * nanos;
      rights += right[stop][s] ? 1 : 0;
      stopped[stop]++;
    }
    List<ExitThreshold> active = new ArrayList<>();
    for (int exit = 0; exit < finalExit; exit++) {
      if (thresholds[exit] < NEVER) {
        active.add(new ExitThreshold(exit, thresholds[exit]));
        if (thresholds[exit] == 0) {
          break;
        }
      }
    }
    double mean = sum / samples;
    double sd = Score.sd(sum, squares, samples);
    return new BudgetedExits(
        active,
        (double) rights / samples,
        mean,
        sd,
        Arrays.stream(stopped).mapToObj(count -> (double) count / samples).toList(),
        Score.excess(budget, mean, sd));
  }

  /* Confidences are rounded to steps; half a step below, rounded and real ones stop alike. */
  private static double below(float confidence) {
    return Math.max(0, confidence - 0.5 / CalibrationTable.STEPS);
  }

  /** How good thresholds are: first the budget, then right answers, then time. */
  private record Score(double excessNanos, int right, double meanNanos) {
    /** Sums are kept up step by step; differences this small are their rounding. */
    private static final double ROUNDING = 1e-9;

    static Score of(int right, double sum, double squares, int samples, TimeBudget budget) {
      double mean = sum / samples;
      double excess = excess(budget, mean, sd(sum, squares, samples));
      return new Score(Math.max(0, excess), right, mean);
    }

    static double excess(TimeBudget budget, double mean, double sd) {
      double excess = budget.excessNanos(mean, sd);
      return excess > ROUNDING * mean ? excess : Math.min(0, excess);
    }

    static double sd(double sum, double squares, int samples) {
      double mean = sum / samples;
      double variance = squares / samples - mean * mean;
      return variance > ROUNDING * mean * mean ? Math.sqrt(variance) : 0;
    }

    boolean beats(Score other) {
      if (excessNanos != other.excessNanos) {
        return excessNanos < other.excessNanos;
      }
      if (right != other.right) {
        return right > other.right;
      }
      return meanNanos < other.meanNanos * (1 - ROUNDING);
    }
  }

  /** Thresholds on their way up. Not thread-safe. */
  private static final class Climb {
    private double[] thresholds;
    private Score score;

    Climb(double[] thresholds, Score score) {
      this.thresholds = thresholds;
      this.score = score;
    }

    boolean take(Climb other) {
      if (!other.score.beats(score)) {
        return false;
      }
      thresholds = other.thresholds;
      score = other.score;
      return true;
    }
  }
}
