package dev.sluice.scheduler.rival;

import static dev.sluice.scheduler.rival.HandMade.MS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.scheduler.rival.BranchyNet.Point;
import dev.sluice.scheduler.rival.HandMade.Row;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BranchyNetTest {
  private static final double TOLERANCE = 1e-9;

  /** Ten classes; exits at 1, 4 and 9 ms; entropies as shares of the largest. */
  private static final BundleFacts THREE_EXITS =
      HandMade.exits(
          List.of(1.0, 3.0, 5.0),
          List.of(1.0, 3.0, 5.0),
          List.of(1, 2, 3),
          List.of(),
          10,
          List.of(
              new Row(List.of(true, true, true), List.of(0.05, 0.02, 0.01)),
              new Row(List.of(true, true, true), List.of(0.15, 0.05, 0.01)),
              new Row(List.of(false, true, true), List.of(0.30, 0.10, 0.01)),
              new Row(List.of(false, false, true), List.of(0.60, 0.40, 0.01))));

  @Test
  void aSampleLeavesWhereItsEntropyIsBelowTheThreshold() {
    /* Thresholds 0.2 and 0.2 of ln 10: two leave at 1 ms, one at 4, one at 9. */
    double nats = 0.2 * Math.log(10);
    Point point =
        BranchyNet.sweep(THREE_EXITS, new double[] {nats}).stream()
            .filter(p -> p.nats().equals(List.of(nats, nats)))
            .findFirst()
            .orElseThrow();

    assertThat(point.exitShares()).containsExactly(0.5, 0.25, 0.25);
    assertThat(point.accuracy()).isEqualTo(1);
    assertThat(point.deviceNanos()).isCloseTo((1 + 1 + 4 + 9) / 4.0 * MS, within(TOLERANCE));
  }

  @Test
  void theSweepTriesEveryCombinationAndLeavingOut() {
    List<Point> points = BranchyNet.sweep(THREE_EXITS, new double[] {0.1, 0.5});

    assertThat(points).extracting(Point::nats).doesNotHaveDuplicates().hasSize(9);
    assertThat(points).extracting(Point::nats).contains(List.of(0.0, 0.0), List.of(0.5, 0.0));
    Point none = points.get(0);
    assertThat(none.nats()).containsExactly(0.0, 0.0);
    assertThat(none.exitShares()).containsExactly(0.0, 0.0, 1.0);
  }

  @Test
  void whereCombinationsAreTooManyOneThresholdIsForAllExits() {
    BundleFacts facts =
        SyntheticFacts.of(
            new SyntheticFacts.Shape(8, List.of(1, 2, 3, 4, 5, 6), 50, 10, MS, false), 1);
    double[] grid = new double[9];
    for (int i = 0; i < grid.length; i++) {
      grid[i] = 0.1 + 0.1 * i;
    }

    List<Point> points = BranchyNet.sweep(facts, grid);

    assertThat(points).hasSize(10);
    assertThat(points).allMatch(p -> p.nats().stream().distinct().count() == 1);
  }

  @Test
  void theSweepSaysWhatSluicesPredictorSays() {
    BundleFacts facts =
        SyntheticFacts.of(new SyntheticFacts.Shape(6, List.of(1, 3, 4), 500, 10, 6 * MS, true), 2);
    Plan all =
        Plan.local(
            6, List.of(new ExitThreshold(0, 1), new ExitThreshold(1, 1), new ExitThreshold(2, 1)));
    for (Point point : BranchyNet.sweep(facts, new double[] {0.05, 0.4, 1.1})) {
      double[] nats = point.nats().stream().mapToDouble(Double::doubleValue).toArray();
      EntropyBelow rule = new EntropyBelow(nats);
      Plan plan =
          Plan.local(6, all.exits().stream().filter(exit -> rule.active(exit.exit())).toList());
      Predictor predictor = new Predictor(facts, List.of(plan), 0, 0, Optional.of(rule));

      assertThat(point.accuracy()).isCloseTo(predictor.accuracy(0), within(TOLERANCE));
      assertThat(point.deviceNanos())
          .isCloseTo(
              predictor.value(0, Metric.of(Metric.Kind.DEVICE_COMPUTE), HandMade.link(1)),
              within(1e-3));
    }
  }

  @Test
  void theFastestWithinTheLossIsTaken() {
    /* Nothing may be lost: the third sample must pass the first exit, the fourth both. */
    BranchyNet cautious = BranchyNet.swept(THREE_EXITS, 0);
    PlanDecision decision = cautious.decide(HandMade.link(1), Optional.empty(), 0);
    assertThat(decision.prediction().accuracy()).isEqualTo(1);
    assertThat(decision.prediction().deviceComputeNanos())
        .isCloseTo(15.0 / 4 * MS, within(TOLERANCE));
    assertThat(decision.plan().usesCloud()).isFalse();

    /* One of four may be: the fourth leaves at the second exit; or the third at the first, for 3. */
    BranchyNet bolder = BranchyNet.swept(THREE_EXITS, 0.25);
    assertThat(
            bolder.decide(HandMade.link(1), Optional.empty(), 0).prediction().deviceComputeNanos())
        .isCloseTo(10.0 / 4 * MS, within(TOLERANCE));
  }

  @Test
  void aNetworkWithoutExitsIsTheDeviceAlone() {
    BundleFacts facts = HandMade.chain(List.of(5.0), List.of(1.0), List.of());

    assertThat(BranchyNet.swept(facts, 0).decide(HandMade.link(1), Optional.empty(), 0).plan())
        .isEqualTo(Plan.local(1, List.of()));
  }

  @Test
  void thresholdsFitTheBundle() {
    assertThatThrownBy(() -> new BranchyNet(THREE_EXITS, new double[] {1}))
        .hasMessageContaining("2 early exits");
    for (double bad : new double[] {Double.NaN, -0.1}) {
      assertThatThrownBy(() -> new BranchyNet(THREE_EXITS, new double[] {1, bad}))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> BranchyNet.swept(THREE_EXITS, bad))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> BranchyNet.sweep(THREE_EXITS, new double[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
