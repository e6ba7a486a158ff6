package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.ThresholdFront;
import dev.sluice.scheduler.profile.ThresholdFront.Family;
import dev.sluice.scheduler.profile.ThresholdFront.Vector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Families of threshold vectors, one threshold per early exit, chosen on the SELECT table alone.
 * Each family runs from cautious to bold. {@link ThresholdFront#NEVER} leaves an exit out.
 */
final class ThresholdFamilies {
  private static final double NEVER = ThresholdFront.NEVER;

  private static final double[] SHARED = {
    0.995, 0.99, 0.98, 0.97, 0.95, 0.93, 0.9, 0.87, 0.83, 0.8, 0.75, 0.7, 0.6, 0.5
  };
  private static final double[] PRECISIONS = {
    0.999, 0.995, 0.99, 0.985, 0.98, 0.97, 0.96, 0.95, 0.93, 0.9
  };

  /** Points of the greedy path that are kept: the boldest vector within each loss, in shares. */
  private static final double[] LOSSES = {
    0, 0.001, 0.002, 0.0035, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06
  };

  private static final int LEVELS = 16;
  private static final int LEAST_STOPPED = 5;
  private static final int MOST_ROWS = 2000;

  private final CalibrationTable table;
  private final Profile profile;
  private final int exits;
  private final int finalExit;
  private final int[] rows;

  /**
   * By exit and place in {@link #rows}: confidence, and -1, 0 or 1 answers lost by stopping there.
   */
  private final float[][] confidence;

  private final byte[][] lost;

  /**
   * Prepares the search.
   *
   * @param table the SELECT table
   * @param profile times of the network that the table is of, every early exit's head included
   * @throws IllegalArgumentException if the profile is of another network
   */
  ThresholdFamilies(CalibrationTable table, Profile profile) {
    this.table = table;
    this.profile = profile;
    finalExit = table.exits() - 1;
    exits = finalExit;
    if (profile.lastCut() != table.exitCut(finalExit)
        || !IntStream.range(0, exits).allMatch(profile::hasHead)) {
      throw new IllegalArgumentException("the profile is of another network than the table");
    }
    int used = Math.min(MOST_ROWS, table.samples());
    rows = new int[used];
    for (int i = 0; i < used; i++) {
      rows[i] = (int) ((long) i * table.samples() / used);
    }
    confidence = new float[exits + 1][used];
    lost = new byte[exits + 1][used];
    for (int exit = 0; exit <= exits; exit++) {
      for (int i = 0; i < used; i++) {
        confidence[exit][i] = table.confidence(rows[i], exit);
        int finallyRight = table.correct(rows[i], finalExit) ? 1 : 0;
        lost[exit][i] = (byte) (finallyRight - (table.correct(rows[i], exit) ? 1 : 0));
      }
    }
  }

  /** Returns all vectors but the shared ones, with what each of them does on the table. */
  ThresholdFront found() {
    List<Integer> exitCuts = IntStream.rangeClosed(0, finalExit).mapToObj(table::exitCut).toList();
    List<Family> families = new ArrayList<>();
    /* Sending delays the exits behind the split: where those are the same, so is the path. */
    for (int split : splits()) {
      families.add(new Family(split, judged(path(split), new Costs(split))));
    }
    Costs unsent = new Costs(table.exitCut(finalExit));
    return new ThresholdFront(exitCuts, families, judged(precise(), unsent));
  }

  /**
   * Returns the same without the vectors that another one of their family dominates. What the
   * precise ones cost depends on the split, so one of those is left out only where another
   * dominates it at every split.
   */
  ThresholdFront front() {
    ThresholdFront found = found();
    List<Family> families =
        found.families().stream()
            .map(
                family ->
                    new Family(
                        family.firstSplit(),
                        undominated(family.vectors(), List.of(family.firstSplit()))))
            .toList();
    return new ThresholdFront(found.exitCuts(), families, undominated(found.precise(), splits()));
  }

  private List<Integer> splits() {
    return IntStream.concat(
            IntStream.of(0), IntStream.rangeClosed(0, finalExit).map(table::exitCut))
        .boxed()
        .toList();
  }

  private List<Vector> undominated(List<Vector> family, List<Integer> splits) {
    List<List<Vector>> bySplit = new ArrayList<>();
    for (int split : splits) {
      Costs costs = new Costs(split);
      bySplit.add(family.stream().map(vector -> judged(vector.toArray(), costs)).toList());
    }
    return IntStream.range(0, family.size())
        .filter(
            one ->
                IntStream.range(0, family.size())
                    .noneMatch(
                        other ->
                            bySplit.stream()
                                .allMatch(split -> split.get(other).dominates(split.get(one)))))
        .mapToObj(family::get)
        .toList();
  }

  private List<Vector> judged(List<double[]> family, Costs costs) {
    return family.stream().map(vector -> judged(vector, costs)).distinct().toList();
  }

  private Vector judged(double[] vector, Costs costs) {
    double[] seen = evaluate(vector, costs);
    return new Vector(Arrays.stream(vector).boxed().toList(), seen[0], seen[1] / rows.length);
  }

  /**
   * One threshold for all exits, as SPINN has it.
   *
   * @param exits number of early exits
   */
  static List<double[]> shared(int exits) {
    List<double[]> family = new ArrayList<>();
    for (double threshold : SHARED) {
      double[] vector = new double[exits];
      Arrays.fill(vector, threshold);
      family.add(vector);
    }
    return family;
  }

  /**
   * For each target the smallest thresholds at which the samples that stop at an exit, among those
   * that earlier exits left over, are right at least as often as the target.
   */
  private List<double[]> precise() {
    List<double[]> family = new ArrayList<>();
    for (double precision : PRECISIONS) {
      family.add(precise(precision));
    }
    return family;
  }

  private double[] precise(double precision) {
    double[] vector = new double[exits];
    boolean[] stopped = new boolean[table.samples()];
    for (int exit = 0; exit < exits; exit++) {
      int at = exit;
      int[] left =
          IntStream.range(0, table.samples())
              .filter(s -> !stopped[s])
              .boxed()
              .sorted((a, b) -> Float.compare(table.confidence(b, at), table.confidence(a, at)))
              .mapToInt(Integer::intValue)
              .toArray();
      vector[exit] = NEVER;
      int right = 0;
      for (int i = 0; i < left.length; i++) {
        right += table.correct(left[i], exit) ? 1 : 0;
        boolean tied =
            i + 1 < left.length
                && table.confidence(left[i + 1], exit) == table.confidence(left[i], exit);
        if (!tied && i + 1 >= LEAST_STOPPED && right >= precision * (i + 1)) {
          vector[exit] = below(table.confidence(left[i], exit));
        }
      }
      for (int s : left) {
        stopped[s] = table.confidence(s, exit) >= vector[exit];
      }
    }
    return vector;
  }

  /**
   * The greedy path for one split: starting without exits, the threshold is lowered that saves most
   * per answer lost against the uncut network; the boldest vectors within a ladder of losses are
   * kept. Cost weighs the device's time, the worker's time and sending, each as a share of the
   * whole.
   */
  private List<double[]> path(int split) {
    double[][] levels = new double[exits][];
    for (int exit = 0; exit < exits; exit++) {
      levels[exit] = levels(exit);
    }
    Costs costs = new Costs(split);
    int[] level = new int[exits];
    Arrays.fill(level, -1);
    double[] vector = new double[exits];
    Arrays.fill(vector, NEVER);
    double[] now = evaluate(vector, costs);
    List<double[]> family = new ArrayList<>();
    int rung = 0;
    while (rung < LOSSES.length) {
      double bestRate = 0;
      int bestExit = -1;
      int bestLevel = -1;
      double[] best = now;
      for (int exit = 0; exit < exits; exit++) {
        double kept = vector[exit];
        for (int jump = 1; level[exit] + jump < levels[exit].length; jump *= 2) {
          vector[exit] = levels[exit][level[exit] + jump];
          double[] then = evaluate(vector, costs);
          double saved = now[0] - then[0];
          double rate = saved / (Math.max(0, then[1] - now[1]) + 0.5);
          if (saved > 0 && rate > bestRate) {
            bestRate = rate;
            bestExit = exit;
            bestLevel = level[exit] + jump;
            best = then;
          }
        }
        vector[exit] = kept;
      }
      if (bestExit < 0) {
        break;
      }
      boolean climbed = false;
      while (rung < LOSSES.length && best[1] > LOSSES[rung] * rows.length) {
        climbed = true;
        rung++;
      }
      if (climbed && Double.isFinite(Arrays.stream(vector).min().orElse(NEVER))) {
        family.add(vector.clone());
      }
      level[bestExit] = bestLevel;
      vector[bestExit] = levels[bestExit][bestLevel];
      now = best;
    }
    if (rung < LOSSES.length && Arrays.stream(vector).anyMatch(Double::isFinite)) {
      family.add(vector.clone());
    }
    return family;
  }

  /** What it costs to come to an exit, the heads before it not counted, and what its head costs. */
  private final class Costs {
    private final double[] stop = new double[exits + 1];
    private final double[] head = new double[exits + 1];

    Costs(int split) {
      double network = Math.max(1, profile.networkNanos());
      double cost = 0;
      int cut = 0;
      for (int exit = 0; exit <= finalExit; exit++) {
        for (; cut < table.exitCut(exit); cut++) {
          if (cut == split) {
            cost += 0.5;
          }
          cost += profile.segmentNanos(cut + 1) / network;
        }
        stop[exit] = cost;
        head[exit] = profile.headNanos(exit) / network;
      }
    }
  }

  /** Mean cost and number of answers lost, net, against the uncut network. */
  private double[] evaluate(double[] vector, Costs costs) {
    double cost = 0;
    int lostNet = 0;
    for (int i = 0; i < rows.length; i++) {
      int exit = 0;
      for (; exit < exits; exit++) {
        if (vector[exit] < NEVER) {
          cost += costs.head[exit];
          if (confidence[exit][i] >= vector[exit]) {
            break;
          }
        }
      }
      cost += costs.stop[exit];
      lostNet += lost[exit][i];
    }
    return new double[] {cost / rows.length, lostNet};
  }

  /** Distinct confidences of an exit at even ranks, high to low. */
  private double[] levels(int exit) {
    float[] sorted = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      sorted[i] = confidence[exit][i];
    }
    Arrays.sort(sorted);
    double[] levels = new double[LEVELS];
    int count = 0;
    for (int i = 1; i <= LEVELS; i++) {
      float level = sorted[(int) ((long) (LEVELS - i) * (sorted.length - 1) / LEVELS)];
      if (count == 0 || below(level) < levels[count - 1]) {
        levels[count++] = below(level);
      }
    }
    return Arrays.copyOf(levels, count);
  }

  /* Confidences are rounded to steps; half a step below, rounded and real ones stop alike. */
  private static double below(float confidence) {
    return Math.max(0, confidence - 0.5 / CalibrationTable.STEPS);
  }
}
