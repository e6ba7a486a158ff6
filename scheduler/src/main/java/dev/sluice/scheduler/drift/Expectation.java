package dev.sluice.scheduler.drift;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.predict.ExitReplay;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.commons.math3.analysis.solvers.BrentSolver;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.moment.Mean;
import org.apache.commons.math3.stat.descriptive.moment.Variance;

/** What calibration expects of the exits of one plan, and how to bet against it. Immutable. */
final class Expectation {
  /*
   * Scores. An answer's depth is its ridit under the plan, twice, less one (Bross, "How to Use Ridit
   * Analysis", Biometrics 14, 1958): the chance that a calibration sample stops at an earlier exit,
   * minus the chance that one stops at a later exit. Whatever the plan, its mean over the
   * calibration is 0 and it lies in [-1, 1], so answers under different plans can be added up. Its
   * square, less the mean square, is the second score: it sees what the first cannot, the ends
   * gaining on the middle. A sample of which it is only known that it was sent, or that it went past
   * an exit, has the mean score of the exits that are left: a bet wins no more by a mean than by what
   * it is the mean of. Both scores are watched both ways: four directions.
   *
   * Bets. In each direction exp(lambda * score - allowance) is multiplied up over the answers. The
   * allowance is the least for which such a product over one whole sequence of the table has a mean
   * of at most 1; sequences, not answers, are independent of one another, so that is what makes the
   * product a supermartingale while the stream is as calibrated, however its hard frames bunch. The
   * mean over sequences is replaced by its upper 95 % confidence limit, because the table is a
   * sample too, and one sequence that nobody has seen, all of it at the far end, is added to them.
   * The tolerance is taken off each answer as well. What is multiplied up from the best starting
   * point so far is the CUSUM kind of e-detector: Shin, Ramdas and Rinaldo, "E-detectors: a
   * nonparametric framework for sequential change detection", New England Journal of Statistics in
   * Data Science 2 (2024): by Doob's inequality the mean time to a false alarm is at least the level
   * that raises it, counted in independent steps, and it stays so when the bet changes between the
   * steps, as with the plan. Several lambdas, each best for one size of shift, share the level.
   *
   * Where the live stream's bursts sway its mean more than the tables' sequences do, gains are divided
   * by how much more (BurstMeter): lambda and the allowance shrink alike, so that the shift that is
   * allowed for stays, and the second moment of what a step wins is as before.
   *
   * Deviations. Steps are sequences there; here the sum is looked at after every answer, and the
   * best start may lie amid a sequence. The level is raised by what the maximum over the beginnings,
   * and over the ends, of the table's sequences exceeds 1 on average. A change of plan amid a burst
   * is not accounted for.
   */
  enum Direction {
    DEEPER,
    SHALLOWER,
    ENDS,
    MIDDLE
  }

  /** Shifts of the mean score, beyond what chance and tolerance allow, that bets are best for. */
  private static final double[] SHIFTS = {0.05, 0.1, 0.2, 0.4};

  /** Bets of every plan: every direction with every shift. */
  static final int BETS = Direction.values().length * SHIFTS.length;

  private static final int LEAST_SEQUENCES = 5;

  /** Sequences this much shorter than the SELECT table's are not whole ones. */
  private static final double LEAST_OF_LENGTH = 0.75;

  private static final double TABLE_CONFIDENCE = 0.95;

  /** A single sequence moves a sum by at most this. */
  private static final double MOST_STEP = 3;

  private static final double LEAST_SCORE = 1e-3;
  private static final double ROOT_ACCURACY = 1e-10;
  private static final int MOST_EVALUATIONS = 300;

  /**
   * A bet in one direction.
   *
   * @param weight lambda, at least 0; 0 never wins
   * @param allowance taken off per answer, at least 0
   * @param limit sum that raises a flag, at least 1
   */
  record Bet(double weight, double allowance, double limit) {
    static final Bet NONE = new Bet(0, 0, Double.POSITIVE_INFINITY);
  }

  /**
   * By direction and exit, then what is only known in part: see {@link #sent} and {@link #past}.
   */
  private final double[][] scores;

  private final Bet[] bets;
  private final double depthSd;
  private final double clustering;
  private final int finalExit;
  private final int deviceExits;
  private final double earlyShare;
  private final double sentShare;

  private Expectation(BundleFacts facts, Plan plan, List<int[]> sequences, DriftOptions options) {
    finalExit = facts.finalExit();
    int device = 0;
    while (device <= finalExit && facts.exitCut(device) <= plan.split()) {
      device++;
    }
    deviceExits = device;
    double[] share = shares(sequences, finalExit + 1);
    double early = 0;
    for (int exit = 0; exit < Math.min(deviceExits, finalExit); exit++) {
      early += share[exit];
    }
    earlyShare = Math.min(1, early);
    sentShare = plan.usesCloud() ? 1 - earlyShare : 0;
    double[] depth = depths(share);
    double[] spread = centredSquares(depth, share);
    double[] deeper = withPartlyKnown(depth, share);
    double[] ends = withPartlyKnown(spread, share);
    scores = new double[][] {deeper, negative(deeper), ends, negative(ends)};
    bets = new Bet[BETS];
    double[] variances = new double[scores.length];
    double length = sequences.stream().mapToInt(s -> s.length).average().orElseThrow();
    int stretch = (int) Math.max(1, Math.ceil(options.burstAnswers() / length));
    Map<IntBuffer, Integer> distinct = new LinkedHashMap<>();
    for (int[] sequence : sequences) {
      distinct.merge(IntBuffer.wrap(sequence), 1, Integer::sum);
    }
    for (int d = 0; d < scores.length; d++) {
      Sequences sums = new Sequences(distinct, scores[d], finalExit + 1, stretch);
      variances[d] = sums.variance();
      for (int i = 0; i < SHIFTS.length; i++) {
        bets[d * SHIFTS.length + i] = sums.bet(SHIFTS[i], options);
      }
    }
    depthSd = Math.sqrt(Math.max(variances[0], variances[1]));
    double alone = 0;
    for (int exit = 0; exit <= finalExit; exit++) {
      alone += share[exit] * depth[exit] * depth[exit];
    }
    clustering = alone < LEAST_SCORE ? 1 : Math.max(1, depthSd * depthSd / alone);
  }

  /**
   * Returns what is expected of a plan; nothing where it has no exit that could stop or not, where
   * the tables cannot replay it, or where they hold too few sequences.
   */
  static Optional<Expectation> of(
      BundleFacts facts, Plan plan, Optional<ExitCriterion> criterion, DriftOptions options) {
    if (plan.exits().stream()
        .noneMatch(exit -> exit.threshold() > 0 && exit.exit() < facts.finalExit())) {
      return Optional.empty();
    }
    List<int[]> sequences = new ArrayList<>();
    for (CalibrationTable table : alikeInSequences(facts)) {
      int[] exits;
      try {
        exits = ExitReplay.exits(facts, table, plan, criterion);
      } catch (IllegalArgumentException unknownToTheTables) {
        return Optional.empty();
      }
      /* What a companion answers came as far as no exit of this network stopped it. */
      for (List<Integer> rows : sequences(table)) {
        sequences.add(
            rows.stream().mapToInt(row -> Math.min(exits[row], facts.finalExit())).toArray());
      }
    }
    return sequences.size() < LEAST_SEQUENCES
        ? Optional.empty()
        : Optional.of(new Expectation(facts, plan, sequences, options));
  }

  /**
   * The tables whose sequences say how frames bunch: a CERTIFY table may hold a few frames of each
   * of many sequences, and those hide it.
   */
  private static List<CalibrationTable> alikeInSequences(BundleFacts facts) {
    double select = meanLength(facts.select());
    double certify = meanLength(facts.certify());
    return certify >= LEAST_OF_LENGTH * select
        ? List.of(facts.select(), facts.certify())
        : List.of(facts.select());
  }

  private static double meanLength(CalibrationTable table) {
    return (double) table.samples() / sequences(table).size();
  }

  /** The rows of every sequence in order; samples of none are sequences of their own. */
  private static List<List<Integer>> sequences(CalibrationTable table) {
    Map<Integer, List<Integer>> known = new LinkedHashMap<>();
    List<List<Integer>> all = new ArrayList<>();
    for (int s = 0; s < table.samples(); s++) {
      if (table.sequence(s) < 0) {
        all.add(List.of(s));
      } else {
        known.computeIfAbsent(table.sequence(s), unseen -> new ArrayList<>()).add(s);
      }
    }
    all.addAll(known.values());
    return all;
  }

  private static double[] shares(List<int[]> sequences, int exits) {
    double[] share = new double[exits];
    long rows = 0;
    for (int[] sequence : sequences) {
      for (int exit : sequence) {
        share[exit]++;
      }
      rows += sequence.length;
    }
    for (int exit = 0; exit < exits; exit++) {
      share[exit] /= rows;
    }
    return share;
  }

  private static double[] depths(double[] share) {
    double[] depth = new double[share.length];
    double before = 0;
    for (int exit = 0; exit < share.length; exit++) {
      depth[exit] = 2 * before + share[exit] - 1;
      before += share[exit];
    }
    return depth;
  }

  private static double[] centredSquares(double[] depth, double[] share) {
    double mean = 0;
    for (int exit = 0; exit < depth.length; exit++) {
      mean += share[exit] * depth[exit] * depth[exit];
    }
    double[] squares = new double[depth.length];
    for (int exit = 0; exit < depth.length; exit++) {
      squares[exit] = depth[exit] * depth[exit] - mean;
    }
    return squares;
  }

  private double[] withPartlyKnown(double[] score, double[] share) {
    double[] all = Arrays.copyOf(score, 2 * finalExit + 2);
    all[sent()] = meanFrom(deviceExits, score, share);
    for (int exit = 0; exit < finalExit; exit++) {
      all[past(exit)] = meanFrom(exit + 1, score, share);
    }
    return all;
  }

  /** Mean score of the calibration's samples that stop at an exit or at a later one. */
  private double meanFrom(int first, double[] score, double[] share) {
    double sum = 0;
    double weight = 0;
    for (int exit = first; exit <= finalExit; exit++) {
      sum += share[exit] * score[exit];
      weight += share[exit];
    }
    return weight > 0 ? sum / weight : score[finalExit];
  }

  private static double[] negative(double[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> -values[i]).toArray();
  }

  /** Returns where "sent, no more is known" stands among the exits. */
  int sent() {
    return finalExit + 1;
  }

  /** Returns where "went past this early exit, no more is known" stands among the exits. */
  int past(int exit) {
    return finalExit + 2 + exit;
  }

  /** Returns whether it is known if a sample of this place stopped early on the device. */
  boolean decided(int place) {
    return place <= sent() || place - finalExit - 2 >= Math.min(deviceExits, finalExit) - 1;
  }

  /** Returns whether a sample that stopped there stopped early on the device. */
  boolean early(int exit) {
    return exit < deviceExits && exit < finalExit;
  }

  /** Returns the share of samples expected to stop early on the device. */
  double earlyShare() {
    return earlyShare;
  }

  /** Returns the share of samples expected to be sent. */
  double sentShare() {
    return sentShare;
  }

  static Direction direction(int bet) {
    return Direction.values()[bet / SHIFTS.length];
  }

  Bet bet(int bet) {
    return bets[bet];
  }

  /**
   * Returns an answer's depth over the root of the variance that the tables expect of the mean
   * depth of n answers, times n; 0 where all stop at one exit.
   */
  double depthInSds(int exit) {
    return depthSd < LEAST_SCORE ? 0 : scores[0][exit] / depthSd;
  }

  /**
   * Returns the variance of a mean over many answers of the table's sequences, over that of as many
   * independent ones; at least 1.
   */
  double clustering() {
    return clustering;
  }

  /** Returns what an answer adds to the sum of a bet. */
  double gain(int bet, int exit) {
    return bets[bet].weight() * scores[bet / SHIFTS.length][exit] - bets[bet].allowance();
  }

  /** The sums of one score over the table's sequences; equal ones are counted, not repeated. */
  private static final class Sequences {
    private final double best;
    private final int stretch;

    /** By distinct sequence: how often it occurs. The last one is the one that nobody has seen. */
    private final double[] times;

    private final double all;

    /** By distinct sequence: its sum of scores and its answers. */
    private final double[] sum;

    private final double[] answers;
    private final double meanAnswers;

    /** By distinct sequence and row: the sum of the scores up to there. */
    private final double[][] path;

    Sequences(Map<IntBuffer, Integer> sequences, double[] score, int places, int stretch) {
      this.stretch = stretch;
      double most = 0;
      for (int exit = 0; exit < places; exit++) {
        most = Math.max(most, score[exit]);
      }
      best = most;
      int unseen = sequences.size();
      times = new double[unseen + 1];
      sum = new double[unseen + 1];
      answers = new double[unseen + 1];
      path = new double[unseen + 1][];
      double seen = 0;
      double total = 0;
      int next = 0;
      for (Map.Entry<IntBuffer, Integer> sequence : sequences.entrySet()) {
        int[] exits = sequence.getKey().array();
        path[next] = new double[exits.length + 1];
        for (int k = 0; k < exits.length; k++) {
          path[next][k + 1] = path[next][k] + stretch * score[exits[k]];
        }
        times[next] = sequence.getValue();
        sum[next] = path[next][exits.length];
        answers[next] = (double) stretch * exits.length;
        seen += times[next];
        total += times[next] * answers[next];
        next++;
      }
      all = seen + 1;
      meanAnswers = total / seen;
      times[unseen] = 1;
      answers[unseen] = meanAnswers;
      sum[unseen] = meanAnswers * best;
      path[unseen] = new double[] {0, sum[unseen]};
    }

    /** The variance of the mean score of n answers, times n. */
    double variance() {
      double squares = 0;
      for (int i = 0; i < sum.length; i++) {
        squares += times[i] * sum[i] * sum[i];
      }
      return squares / (all * meanAnswers);
    }

    Bet bet(double shift, DriftOptions options) {
      if (best < LEAST_SCORE) {
        return Bet.NONE;
      }
      double most = Arrays.stream(sum).max().orElseThrow();
      double weight = Math.min(shift / variance(), MOST_STEP / most);
      double fair = fairAllowance(weight);
      double excess = excess(weight, fair, false) * excess(weight, fair, true);
      double level = options.falseAlarmAnswers() / meanAnswers * BETS * excess;
      return new Bet(weight, fair + weight * options.tolerance(), Math.max(1, Math.log(level)));
    }

    /** The allowance at which the upper confidence limit of the mean product is 1. */
    private double fairAllowance(double weight) {
      double t =
          new TDistribution(null, all - 1).inverseCumulativeProbability(TABLE_CONFIDENCE)
              / Math.sqrt(all);
      double high = weight * best;
      while (aboveOne(high, weight, t) > 0) {
        high *= 2;
      }
      return ROOT_ACCURACY
          + new BrentSolver(ROOT_ACCURACY)
              .solve(MOST_EVALUATIONS, allowance -> aboveOne(allowance, weight, t), 0, high);
    }

    private double aboveOne(double allowance, double weight, double t) {
      double[] products = new double[sum.length];
      for (int i = 0; i < products.length; i++) {
        products[i] = Math.exp(weight * sum[i] - allowance * answers[i]);
      }
      double mean = new Mean().evaluate(products, times);
      return mean + t * Math.sqrt(new Variance().evaluate(products, times, mean)) - 1;
    }

    /** Mean over the sequences of the largest product over a beginning, or over an end, of one. */
    private double excess(double weight, double allowance, boolean ends) {
      double mean = 0;
      for (int i = 0; i < path.length; i++) {
        int last = path[i].length - 1;
        double each = i == path.length - 1 ? meanAnswers : stretch;
        double largest = 0;
        for (int k = 0; k <= last; k++) {
          double part = ends ? path[i][last] - path[i][k] : path[i][k];
          double length = each * (ends ? last - k : k);
          largest = Math.max(largest, weight * part - allowance * length);
        }
        mean += Math.exp(largest) * times[i] / all;
      }
      return mean;
    }
  }
}
