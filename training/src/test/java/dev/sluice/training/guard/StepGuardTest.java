package dev.sluice.training.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class StepGuardTest {
  @Test
  void takesEveryStepOfAnOrdinaryTraining() {
    StepGuard guard = new StepGuard();
    for (int step = 0; step < 1000; step++) {
      assertThat(guard.accepts(8.0 / (1 + step), 3 + Math.sin(step))).isTrue();
    }
    assertThat(guard.refused()).isZero();
  }

  @Test
  void refusesWhatIsNotFiniteFromTheFirstStepOn() {
    StepGuard guard = new StepGuard();

    assertThat(guard.accepts(Double.NaN, 1)).isFalse();
    assertThat(guard.accepts(1, Double.POSITIVE_INFINITY)).isFalse();
    assertThat(guard.accepts(1, 1)).isTrue();
    assertThat(guard.refused()).isEqualTo(2);
  }

  @Test
  void refusesAGradientFarBeyondAnySeenAndDoesNotLearnFromIt() {
    StepGuard guard = experienced();

    assertThat(guard.accepts(2, 99 * 5)).isTrue();
    assertThat(guard.accepts(2, 101 * 99 * 5)).isFalse();
    assertThat(guard.accepts(2, 101 * 99 * 5)).isFalse();
    assertThat(guard.accepts(201, 5)).isFalse();
    assertThat(guard.accepts(2, 5)).isTrue();
  }

  @Test
  void comparesNothingBeforeItHasSeenAFewSteps() {
    StepGuard guard = new StepGuard();
    assertThat(guard.accepts(1, 0.001)).isTrue();
    assertThat(guard.accepts(9, 1000)).isTrue();
  }

  @Test
  void givesUpWhereNoStepIsUsableAnyMore() {
    StepGuard guard = experienced();
    for (int i = 1; i < StepGuard.MOST_IN_A_ROW; i++) {
      assertThat(guard.accepts(Double.NaN, Double.NaN)).isFalse();
    }
    assertThatThrownBy(() -> guard.accepts(Double.NaN, Double.NaN))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("diverged");
  }

  private static StepGuard experienced() {
    StepGuard guard = new StepGuard();
    for (int step = 0; step < StepGuard.FIRST_STEPS; step++) {
      guard.accepts(2, 5);
    }
    return guard;
  }
}
