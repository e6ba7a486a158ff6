package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Proves the accuracy floors of an objective for all plans that may be chosen together: with 95 %
 * confidence, on data like the CERTIFY table, no plan that is proven breaks a floor. Prepared once,
 * it can prove on any number of tables.
 *
 * <p>The claim is the one of Angelopoulos, Bates, Candès, Jordan and Lei, "Learn then Test:
 * Calibrating Predictive Algorithms to Achieve Risk Control" (2021): a family-wise error rate of 5
 * % over hypotheses "this plan breaks a floor". We deviate from its fixed sequences and Bonferroni
 * bounds: some hundred plans worth a proof are chosen on the SELECT table ({@link
 * FloorHypotheses}), all others count as not proven; those few are tested by one step-down test
 * that knows their correlation ({@link StepDown}).
 *
 * <p>A plan that answers as the uncut network by construction needs no test against a floor that
 * counts from that network.
 *
 * <p>Thread-safe once made; the {@link Evidence} is not.
 */
public final class FloorProof {
  private final Predictor predictor;
  private final int plans;
  private final List<Constraint> floors;
  private final int[] tested;

  private FloorProof(Predictor predictor, List<Constraint> floors, int[] tested) {
    this.predictor = predictor;
    this.plans = predictor.size();
    this.floors = floors;
    this.tested = tested;
  }

  /**
   * Chooses what to test.
   *
   * @param predictor with all plans that may be chosen; plans that it learns later are not proven
   * @param objective whose accuracy floors are to be proven, if it has any
   */
  public static FloorProof of(Predictor predictor, Objective objective) {
    List<Constraint> floors =
        objective.constraints().stream()
            .filter(constraint -> constraint.metric().kind() == Metric.Kind.ACCURACY)
            .toList();
    return new FloorProof(
        predictor,
        floors,
        floors.isEmpty() ? new int[0] : FloorHypotheses.of(predictor, objective, floors));
  }

  /** Tests given plans of the same predictor, chosen without a look at the CERTIFY table. */
  FloorProof testing(int... indices) {
    return new FloorProof(predictor, floors, indices.clone());
  }

  /**
   * Which plans are proven. Immutable.
   *
   * @param gaps by floor, in the objective's order, and plan's index: accuracy that the floor
   *     lacks, a share; at most 0 if it is proven. For a plan that was not tested it is what a
   *     proof of this plan alone lacks, and above 0 in any case
   * @param criticalValue standard errors by which a plan had to exceed its floors
   * @param tested how many plans were tested
   */
  @SuppressWarnings("ArrayRecordComponent") // copied in and out, with its own equals
  public record Proven(double[][] gaps, double criticalValue, int tested) {
    public Proven {
      gaps = copied(gaps);
    }

    @Override
    public double[][] gaps() {
      return copied(gaps);
    }

    private static double[][] copied(double[][] gaps) {
      return Arrays.stream(gaps).map(double[]::clone).toArray(double[][]::new);
    }

    /** Returns whether every floor is proven for a plan. */
    public boolean holds(int index) {
      return gap(index) <= 0;
    }

    /** Returns the accuracy that the worst floor lacks; 0 where there is none. */
    public double gap(int index) {
      return worst(gaps, index);
    }

    /** Returns the accuracy that the worst of several floors lacks; 0 where there is none. */
    public static double worst(double[][] gaps, int index) {
      double worst = gaps.length == 0 ? 0 : Double.NEGATIVE_INFINITY;
      for (double[] floor : gaps) {
        worst = Math.max(worst, floor[index]);
      }
      return worst;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Proven proven
          && Arrays.deepEquals(gaps, proven.gaps)
          && criticalValue == proven.criticalValue
          && tested == proven.tested;
    }

    @Override
    public int hashCode() {
      return Arrays.deepHashCode(gaps);
    }

    @Override
    public String toString() {
      if (gaps.length == 0) {
        return "no floor to prove";
      }
      long proven = IntStream.range(0, gaps[0].length).filter(this::holds).count();
      return proven + " plans proven, " + tested + " tested";
    }
  }

  /** What a table says of the plans to test. Not thread-safe. */
  public final class Evidence {
    private final Clusters clusters;
    private final StepDown test;
    private final List<StepDown.Hypothesis> hypotheses = new ArrayList<>();

    private Evidence(CalibrationTable table) {
      clusters = Clusters.of(table);
      test = new StepDown(clusters);
      BundleFacts facts = predictor.facts();
      for (int index : tested) {
        boolean[] right =
            Outcome.of(facts, table, predictor.plan(index), predictor.criterion()).right;
        for (Constraint floor : floors) {
          hypotheses.add(hypothesis(table, right, floor));
        }
      }
    }

    private StepDown.Hypothesis hypothesis(
        CalibrationTable table, boolean[] right, Constraint floor) {
      int[] won = new int[clusters.count()];
      int[] lost = new int[clusters.count()];
      for (int s = 0; s < right.length; s++) {
        boolean reference =
            !floor.relativeToFinal() || table.correct(s, predictor.facts().finalExit());
        if (right[s] && !reference) {
          won[clusters.of[s]]++;
        } else if (!right[s] && reference) {
          lost[clusters.of[s]]++;
        }
      }
      double bound = floor.relativeToFinal() ? floor.bound() : floor.bound() - 1;
      return new StepDown.Hypothesis(won, lost, bound);
    }

    /** Returns the number of sequences, samples that belong to none counted as such. */
    public int sequences() {
      return clusters.count();
    }

    /** Proves on the whole table. */
    public Proven prove() {
      return proven(test.run(hypotheses));
    }

    /**
     * Proves on some sequences of the table, as if they were all.
     *
     * @param drawn their numbers, in [0, {@link #sequences}); one that occurs twice counts twice
     */
    public Proven prove(int[] drawn) {
      return proven(test.run(hypotheses, drawn));
    }
  }

  /** Returns the indices of the plans that are tested, ascending. */
  public int[] tested() {
    return tested.clone();
  }

  /** Looks the plans up in a table, which shares no sample with the SELECT table. */
  public Evidence evidence(CalibrationTable table) {
    return new Evidence(table);
  }

  /** Proves on the bundle's CERTIFY table. */
  public Proven prove() {
    return evidence(predictor.facts().certify()).prove();
  }

  private Proven proven(StepDown.Verdict verdict) {
    double[][] gaps = new double[floors.size()][plans];
    boolean certain = floors.stream().allMatch(Constraint::relativeToFinal);
    for (int f = 0; f < gaps.length; f++) {
      Constraint floor = floors.get(f);
      for (int index = 0; index < plans; index++) {
        gaps[f][index] =
            certain && Codecs.identical(predictor.plan(index))
                ? floor.bound()
                : untested(index, floor);
      }
      for (int t = 0; t < tested.length; t++) {
        gaps[f][tested[t]] = verdict.gap()[t * floors.size() + f];
      }
    }
    return new Proven(gaps, verdict.critical(), tested.length);
  }

  private double untested(int index, Constraint floor) {
    double reached =
        floor.relativeToFinal()
            ? predictor.differenceLowerBound(index)
            : predictor.accuracyLowerBound(index);
    return Math.max(StepDown.LEAST_GAP, floor.bound() - reached);
  }
}
