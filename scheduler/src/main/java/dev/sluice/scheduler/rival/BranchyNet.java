package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * All on the device; a sample leaves at the first exit whose entropy is below its threshold.
 *
 * <p>Teerapittayanon, McDanel and Kung, "BranchyNet: Fast Inference via Early Exiting from Deep
 * Neural Networks", ICPR 2016: section III has the rule, one threshold per exit, which are found by
 * a sweep ({@link #sweep}) over run time and accuracy.
 *
 * <p>Deviations: entropies are those of the calibrated probabilities; the sweep runs over the
 * SELECT table and profiled times, not over a test set; where the paper picks the knee of its curve
 * by eye, {@link #swept} takes the fastest vector within a bound on the accuracy lost.
 *
 * <p>The plan's thresholds mean nothing: whoever runs or replays it applies {@link #criterion}.
 */
public final class BranchyNet implements Planner {
  /** Most vectors of which every combination of thresholds is tried. */
  public static final int MOST_VECTORS = 70_000;

  /** The default grid's steps of the largest entropy, the logarithm of the number of classes. */
  private static final double[] GRID = {
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8
  };

  private final ExitCriterion criterion;
  private final Forced forced;

  /**
   * A vector of thresholds and what it does on the SELECT table.
   *
   * @param nats threshold by early exit; an exit with 0 is not computed
   * @param exitShares share of the samples that leave at each exit, the final one last
   * @param accuracy share of right answers
   * @param deviceNanos mean profiled time at scale 1, preprocessing and computed heads included
   */
  public record Point(
      List<Double> nats, List<Double> exitShares, double accuracy, double deviceNanos) {
    public Point {
      nats = List.copyOf(nats);
      exitShares = List.copyOf(exitShares);
    }
  }

  /**
   * Plans with given thresholds.
   *
   * @param nats by early exit, at least 0; at 0 an exit is not computed; copied
   */
  public BranchyNet(BundleFacts facts, double[] nats) {
    this(facts, rule(facts, nats));
  }

  /** Plans with a rule in another form, which whoever runs the plan applies. */
  public BranchyNet(BundleFacts facts, ExitCriterion criterion) {
    this.criterion = criterion;
    List<ExitThreshold> exits = new ArrayList<>();
    for (int exit = 0; exit < facts.finalExit(); exit++) {
      if (criterion.active(exit)) {
        exits.add(new ExitThreshold(exit, 1));
      }
    }
    forced =
        new Forced(
            facts,
            Plan.local(facts.lastCut(), exits),
            "on the device, exits by their rule",
            Optional.of(criterion));
  }

  private static EntropyBelow rule(BundleFacts facts, double[] nats) {
    if (nats.length != facts.finalExit()) {
      throw new IllegalArgumentException(
          "the bundle has " + facts.finalExit() + " early exits, not " + nats.length);
    }
    return new EntropyBelow(nats);
  }

  /**
   * Plans with the fastest thresholds of a sweep.
   *
   * @param mostLoss accuracy that may be lost against the uncut network, as a share in [0, 1]
   */
  public static BranchyNet swept(BundleFacts facts, double mostLoss) {
    if (!(mostLoss >= 0 && mostLoss <= 1)) {
      throw new IllegalArgumentException("mostLoss must be in [0, 1]: " + mostLoss);
    }
    double[] none = new double[facts.finalExit()];
    Point best = new Sweep(facts).point(none);
    double least = best.accuracy() - mostLoss;
    for (Point point : sweep(facts, grid(facts))) {
      if (point.accuracy() >= least && point.deviceNanos() < best.deviceNanos()) {
        best = point;
      }
    }
    return new BranchyNet(facts, best.nats().stream().mapToDouble(Double::doubleValue).toArray());
  }

  private static double[] grid(BundleFacts facts) {
    double most = Math.log(facts.select().classes());
    return Arrays.stream(GRID).map(step -> step * most).toArray();
  }

  /**
   * Returns what each vector of thresholds does: every combination of the grid's thresholds and
   * "never" where those are at most {@value #MOST_VECTORS}, otherwise one threshold for all exits.
   *
   * @param nats thresholds to try, each at least 0, at least one
   */
  public static List<Point> sweep(BundleFacts facts, double[] nats) {
    if (nats.length == 0) {
      throw new IllegalArgumentException("a sweep needs at least one threshold");
    }
    double[] tried = new double[nats.length + 1];
    System.arraycopy(nats, 0, tried, 1, nats.length);
    Sweep sweep = new Sweep(facts);
    double[] vector = new double[facts.finalExit()];
    List<Point> points = new ArrayList<>();
    double vectors = Math.pow(tried.length, vector.length);
    if (vectors > MOST_VECTORS) {
      for (double threshold : tried) {
        Arrays.fill(vector, threshold);
        points.add(sweep.point(vector));
      }
      return points;
    }
    for (int number = 0; number < vectors; number++) {
      int digits = number;
      for (int exit = 0; exit < vector.length; exit++) {
        vector[exit] = tried[digits % tried.length];
        digits /= tried.length;
      }
      points.add(sweep.point(vector));
    }
    return points;
  }

  /** The SELECT table in the form that a sweep reads it in. */
  private static final class Sweep {
    private final BundleFacts facts;

    /** By early exit and sample. */
    private final float[][] entropyNats;

    /** By exit and sample. */
    private final boolean[][] right;

    Sweep(BundleFacts facts) {
      this.facts = facts;
      CalibrationTable table = facts.select();
      entropyNats = new float[facts.finalExit()][table.samples()];
      right = new boolean[facts.exits().size()][table.samples()];
      for (int exit = 0; exit < right.length; exit++) {
        for (int s = 0; s < table.samples(); s++) {
          right[exit][s] = table.correct(s, exit);
          if (exit < entropyNats.length) {
            entropyNats[exit][s] = table.entropyNats(s, exit);
          }
        }
      }
    }

    Point point(double[] nats) {
      int finalExit = facts.finalExit();
      double[] stopNanos = stopNanos(new EntropyBelow(nats));
      int[] left = new int[finalExit + 1];
      int rights = 0;
      int samples = right[0].length;
      for (int s = 0; s < samples; s++) {
        int exit = 0;
        while (exit < finalExit && entropyNats[exit][s] >= nats[exit]) {
          exit++;
        }
        left[exit]++;
        rights += right[exit][s] ? 1 : 0;
      }
      double nanos = 0;
      for (int exit = 0; exit <= finalExit; exit++) {
        nanos += left[exit] * stopNanos[exit];
      }
      return new Point(
          Arrays.stream(nats).boxed().toList(),
          Arrays.stream(left).mapToObj(count -> (double) count / samples).toList(),
          (double) rights / samples,
          nanos / samples);
    }

    private double[] stopNanos(EntropyBelow rule) {
      double[] stopNanos = new double[facts.exits().size()];
      double nanos = facts.profile().preprocessNanos();
      int cut = 0;
      for (int exit = 0; exit < stopNanos.length; exit++) {
        while (cut < facts.exitCut(exit)) {
          nanos += facts.profile().segmentNanos(++cut);
        }
        if (exit == facts.finalExit() || rule.active(exit)) {
          nanos += facts.profile().headNanos(exit);
        }
        stopNanos[exit] = nanos;
      }
      return stopNanos;
    }
  }

  /** Returns when exits stop. */
  public ExitCriterion criterion() {
    return criterion;
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    return forced.decide(estimates, current, nowNanos);
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return forced.wouldKeep(current, imagined);
  }
}
