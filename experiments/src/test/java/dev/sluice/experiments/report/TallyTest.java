package dev.sluice.experiments.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.experiments.report.AnswerRecord.Place;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TallyTest {
  private static final long MILLI = 1_000_000;
  private static final long DEADLINE = 150 * MILLI;

  private final Tally tally = new Tally(DEADLINE);

  @Test
  void countsAMissingAnAnswerThatIsLateAndADroppedFrameAsWrong() {
    for (int id = 0; id < 5; id++) {
      tally.ask(id, 7, 0, true);
    }
    tally.answer(answer(0, 7, 149));
    tally.answer(answer(1, 7, 151));
    tally.answer(answer(2, 3, 20));
    tally.answer(dropped(3));

    Score score = tally.score();

    assertThat(score.requests()).isEqualTo(5);
    assertThat(score.answered()).isEqualTo(4);
    assertThat(score.lost()).isEqualTo(1);
    assertThat(score.dropped()).isEqualTo(1);
    assertThat(score.late()).isEqualTo(1);
    assertThat(score.right()).isEqualTo(2);
    assertThat(score.rightInTime()).isEqualTo(1);
    assertThat(score.rightInTimeShare()).isEqualTo(0.2);
    assertThat(score.inTime()).isEqualTo(2);
    assertThat(score.accuracy()).isEqualTo(2.0 / 3);
  }

  @Test
  void takesAnAnswerExactlyAtTheDeadlineAsInTime() {
    tally.ask(0, 1, 0, true);
    tally.answer(answer(0, 1, 150));

    assertThat(tally.score().rightInTime()).isEqualTo(1);
  }

  @Test
  void countsSecondAnswersAndAnswersToStrangersAsSurplusWithoutChangingTheFirst() {
    tally.ask(0, 1, 0, true);
    tally.answer(answer(0, 2, 10));
    tally.answer(answer(0, 1, 20));
    tally.answer(answer(99, 1, 20));

    assertThat(tally.score().surplus()).isEqualTo(2);
    assertThat(tally.score().right()).isZero();
    assertThat(tally.score().answered()).isEqualTo(1);
  }

  @Test
  void addsUpByPhase() {
    for (int id = 0; id < 6; id++) {
      tally.ask(id, 0, id / 2, id % 2 == 0);
      tally.answer(answer(id, id < 4 ? 0 : 1, 10));
    }

    assertThat(tally.score(0).right()).isEqualTo(2);
    assertThat(tally.score(2).right()).isZero();
    assertThat(tally.scoreWithout(Set.of(2)).accuracy()).isEqualTo(1);
    assertThat(tally.score().requests())
        .isEqualTo(
            tally.score(0).requests() + tally.score(1).requests() + tally.score(2).requests());
    assertThat(tally.score().uncutAccuracy()).isEqualTo(0.5);
  }

  @Test
  void holdsTheLatencyGoalOnlyIfNineteenOfTwentyRequestsArePredictedInTime() {
    for (int id = 0; id < 20; id++) {
      tally.ask(id, 0, 0, true);
      tally.answer(id == 0 ? dropped(id) : answer(id, 0, 10));
    }
    assertThat(tally.score().inTimeAtP95()).isTrue();

    tally.ask(20, 0, 0, true);
    tally.answer(dropped(20));
    assertThat(tally.score().inTimeAtP95()).isFalse();
  }

  @Test
  void refusesToAskTwice() {
    tally.ask(3, 0, 0, true);

    assertThatThrownBy(() -> tally.ask(3, 0, 0, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3");
  }

  private static AnswerRecord answer(long id, int label, long millis) {
    return new AnswerRecord(
        id, label, 1, Place.DEVICE, "plan", false, false, millis * MILLI, 100, 0);
  }

  private static AnswerRecord dropped(long id) {
    return new AnswerRecord(id, -1, -1, Place.NOWHERE, "plan", true, true, 5 * MILLI, 0, 0);
  }
}
