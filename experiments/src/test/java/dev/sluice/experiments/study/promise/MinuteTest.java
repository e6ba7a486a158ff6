package dev.sluice.experiments.study.promise;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MinuteTest {
  private static final double MOST_LATE = 0.05;
  private static final double POINTS = 1;
  private static final int MINUTES = 30;

  private static Minute minute(int frames, int late, int lost, int inTrouble, int throttled) {
    Counts counted = new Counts(frames, late, lost, 0, lost, inTrouble);
    Counts all = counted.plus(new Counts(600 - frames, 600 - frames, 0, 0, 600 - frames, 0));
    return new Minute(0, all, counted, throttled, 0, 0);
  }

  private static List<String> violations(Minute minute) {
    return minute.violations(MOST_LATE, POINTS, MINUTES, Optional.empty());
  }

  @Test
  void breaksNothingWithinTheBounds() {
    assertThat(violations(minute(600, 30, 6, 0, 0))).isEmpty();
  }

  @Test
  void doesNotCountFramesThatAreExempt() {
    assertThat(violations(minute(200, 10, 2, 0, 0))).isEmpty();
    assertThat(violations(minute(0, 0, 0, 0, 0))).isEmpty();
  }

  @Test
  void countsTheRestOfAMinuteThatIsExemptInPart() {
    assertThat(violations(minute(200, 40, 0, 0, 0)))
        .containsExactly("late, 40 of 200: unexplained");
  }

  @Test
  void callsFewLateAnswersMoreThanAllowedChance() {
    assertThat(violations(minute(600, 35, 0, 0, 0)))
        .containsExactly("late, 35 of 600: no more than chance among all minutes");
  }

  /** 48 late of 600 are too many for one minute alone, though not for the worst of thirty. */
  @Test
  void takesTheNumberOfMinutesIntoAccount() {
    assertThat(minute(600, 44, 0, 0, 0).violations(MOST_LATE, POINTS, 1, Optional.empty()))
        .containsExactly("late, 44 of 600: unexplained");
    assertThat(violations(minute(600, 44, 0, 0, 0)).get(0)).endsWith(Minute.CHANCE);
  }

  @Test
  void namesTheDeviceThatThrottled() {
    assertThat(violations(minute(600, 90, 0, 0, 600)))
        .containsExactly("late, 90 of 600: the device throttled");
  }

  @Test
  void hasNoExcuseForLossesThatAreSure() {
    assertThat(violations(minute(600, 0, 30, 0, 600)))
        .containsExactly("accuracy, 30 frames lost, 0 won of 600: unexplained");
  }

  @Test
  void namesTheFallbackOnlyWhereItLostMostFramesInTrouble() {
    assertThat(violations(minute(600, 0, 30, 20, 0)).get(0)).endsWith(Minute.FALLBACK);
    assertThat(violations(minute(600, 0, 30, 10, 0)).get(0)).endsWith(Minute.UNEXPLAINED);
  }

  /** All thirty were answered by the device alone, on a link that passed everything. */
  @Test
  void hasNoExcuseWhereTheDeviceAnsweredAloneWithoutCause() {
    assertThat(violations(minute(600, 0, 30, 0, 0)))
        .containsExactly("accuracy, 30 frames lost, 0 won of 600: unexplained");
  }

  @Test
  void namesWhatIsBeyondAllOnlyWhereTheOracleBreaksTheFloorBeyondChanceAsWell() {
    Minute lossy = minute(600, 0, 40, 0, 0);

    assertThat(against(lossy, minute(600, 0, 30, 0, 0)).get(0)).endsWith(Minute.BEYOND_ALL);
    assertThat(against(lossy, minute(600, 0, 10, 0, 0)).get(0)).endsWith(Minute.UNEXPLAINED);
    assertThat(against(lossy, minute(0, 0, 0, 0, 0)).get(0)).endsWith(Minute.UNEXPLAINED);
  }

  private static List<String> against(Minute minute, Minute oracle) {
    return minute.violations(MOST_LATE, POINTS, MINUTES, Optional.of(oracle));
  }
}
