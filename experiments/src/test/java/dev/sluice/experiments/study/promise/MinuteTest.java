package dev.sluice.experiments.study.promise;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MinuteTest {
  private static final double MOST_LATE = 0.05;
  private static final double POINTS = 1;

  private static Minute minute(
      int late, int lost, boolean away, boolean throttled, boolean shifted) {
    return new Minute(0, 600, late, 0, late, 0, lost, 0, 0, away, throttled, shifted);
  }

  @Test
  void breaksNothingWithinTheBounds() {
    assertThat(minute(30, 6, false, false, false).violations(MOST_LATE, POINTS)).isEmpty();
  }

  @Test
  void blamesAnOutageForLateAnswers() {
    assertThat(minute(200, 0, true, false, false).violations(MOST_LATE, POINTS))
        .isEqualTo("late: outage");
  }

  @Test
  void callsFewLateAnswersMoreThanAllowedNoise() {
    assertThat(minute(35, 0, false, false, false).violations(MOST_LATE, POINTS))
        .isEqualTo("late: noise");
  }

  @Test
  void hasNoExcuseForManyLateAnswersOnAGoodMinute() {
    assertThat(minute(90, 0, false, false, false).violations(MOST_LATE, POINTS))
        .isEqualTo("late: unexplained");
  }

  @Test
  void hasNoExcuseForLossesThatAreSure() {
    assertThat(minute(0, 30, false, false, false).violations(MOST_LATE, POINTS))
        .isEqualTo("accuracy: unexplained");
  }

  @Test
  void blamesOtherClassesForLosses() {
    assertThat(minute(0, 30, false, false, true).violations(MOST_LATE, POINTS))
        .startsWith("accuracy: other classes");
  }

  @Test
  void doesNotBlameTheFallbackWhereItHardlyAnswered() {
    assertThat(minute(0, 30, false, true, false).violations(MOST_LATE, POINTS))
        .isEqualTo("accuracy: unexplained");
  }
}
