package dev.sluice.scheduler.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnytimeCurveTest {
  /**
   * Exit 0 is right about 0, exit 1 about 0 to 2, but less sure about 0; the last one about all.
   */
  private static CalibrationTable table() {
    CalibrationTable.Builder table =
        CalibrationTable.builder(
            CalibrationTable.Role.SELECT, 2, 4, new int[] {1, 2, 3}, List.of());
    for (int s = 0; s < 4; s++) {
      table
          .sample(s, 0, -1)
          .outcome(s, 0, s == 0 ? 0 : 1, s == 1 ? 0.9 : 0.6, 0.1, 0.1)
          .outcome(s, 1, s < 3 ? 0 : 1, 0.7, 0.1, 0.1)
          .outcome(s, 2, 0, s == 1 ? 0.8 : 0.95, 0.1, 0.1);
    }
    return table.build();
  }

  private static final ExitCosts COSTS =
      ExitCosts.of(new double[] {10, 20, 30}, new double[] {1, 1, 0});

  @Test
  void answersWithTheDeepestExitInTime() {
    AnytimeCurve curve = AnytimeCurve.deepest(table(), COSTS);

    assertThat(curve.accuracyAfter(10.9)).isZero();
    assertThat(curve.accuracyAfter(11)).isEqualTo(0.25);
    assertThat(curve.accuracyAfter(21.9)).isEqualTo(0.25);
    assertThat(curve.accuracyAfter(22)).isEqualTo(0.75);
    assertThat(curve.accuracyAfter(32)).isEqualTo(1);
    assertThat(curve.accuracyAfter(Double.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(curve.accuracyAfter(-1)).isZero();
    assertThat(curve.expectedAccuracy(new double[] {5, 11, 22, 40}))
        .isCloseTo((0 + 0.25 + 0.75 + 1) / 4, within(1e-12));
  }

  @Test
  void orWithTheMostConfidentOne() {
    AnytimeCurve curve = AnytimeCurve.mostConfident(table(), COSTS);

    // Of sample 1 exit 0 stays the surest, and wrong.
    assertThat(curve.accuracyAfter(11)).isEqualTo(0.25);
    assertThat(curve.accuracyAfter(22)).isEqualTo(0.5);
    assertThat(curve.accuracyAfter(32)).isEqualTo(0.75);
  }

  @Test
  void moreTimeIsMoreRightOnANetworkWhoseExitsAre() {
    BundleFacts facts = SyntheticFacts.of(4);
    AnytimeCurve curve = AnytimeCurve.deepest(facts.select(), ExitCosts.onDevice(facts, 1));
    double before = -1;
    for (double nanos = 0; nanos < 8e6; nanos += 1e5) {
      assertThat(curve.accuracyAfter(nanos)).isGreaterThanOrEqualTo(before);
      before = curve.accuracyAfter(nanos);
    }
  }

  @Test
  void refusesWhatIsNoTime() {
    AnytimeCurve curve = AnytimeCurve.deepest(table(), COSTS);

    assertThatThrownBy(() -> curve.accuracyAfter(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> curve.expectedAccuracy(new double[0]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> AnytimeCurve.deepest(table(), ExitCosts.of(new double[] {1}, new double[] {0})))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
