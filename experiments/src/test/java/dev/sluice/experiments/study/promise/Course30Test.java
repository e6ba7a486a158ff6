package dev.sluice.experiments.study.promise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Courses;
import dev.sluice.experiments.study.replay.Load;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Stream;
import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.sim.trace.LinkTrace;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class Course30Test {
  private static final long MS = 1_000_000;
  private static final PromiseConfig CONFIG = RecordedTest.config();

  /** An outage from 90 to 105 s, and what comes by design after it: 750 + 250 + 30 ms. */
  @Test
  void exemptsTheOutageAndItsRecoveryToTheMillisecond() {
    assertThat(StreamReplay.recoveryNanos(150 * MS)).isEqualTo(1030 * MS);
    assertThat(CONFIG.exempt(89_999 * MS)).isFalse();
    assertThat(CONFIG.exempt(90_000 * MS)).isTrue();
    assertThat(CONFIG.exempt(106_029 * MS)).isTrue();
    assertThat(CONFIG.exempt(106_030 * MS)).isFalse();
  }

  /** From 180 to 210 s. */
  @Test
  void exemptsTheShiftAndNothingBehindIt() {
    assertThat(CONFIG.exempt(179_999 * MS)).isFalse();
    assertThat(CONFIG.exempt(180_000 * MS)).isTrue();
    assertThat(CONFIG.exempt(209_999 * MS)).isTrue();
    assertThat(CONFIG.exempt(210_000 * MS)).isFalse();
  }

  /** From 120 to 180 s. */
  @Test
  void countsTheDeviceThatThrottles() {
    assertThat(CONFIG.exempt(150_000 * MS)).isFalse();
  }

  @Test
  void countsEveryFrameThatIsNotExemptOnceInEitherCut() {
    StreamReplay replay = Courses.synthetic(4, CONFIG.periodNanos());
    Question question = CONFIG.question();
    LinkTrace link = Courses.link(250_000, 40, 90, 105);
    int[] rows = PromiseStudy.Shifted.rows(replay.test(), CONFIG, 7);
    Course course = new Course("test", replay, question, link, rows, 4);
    StreamLog log =
        replay.log(
            Contender.SLUICE.strategy(
                Contender.SLUICE.maker().prepare(replay.facts(), question).apply(course)),
            Stream.of(question, link, new Load.Periodic(CONFIG.periodNanos()), rows, 4));
    Course30 cut =
        Course30.of(
            log, CONFIG, Trouble.of(link, CONFIG), replay.test().samples() / Course30.GROUP);
    Counts byMinute = cut.minutes().stream().map(Minute::counted).reduce(Counts.NONE, Counts::plus);

    /* Of 2,400 frames, 161 are captured within 16.03 s and 300 within 30 s. */
    assertThat(cut.counted().frames()).isEqualTo(2400 - 161 - 300);
    assertThat(byMinute).isEqualTo(cut.counted());
    assertThat(cut.difference().value()).isCloseTo(byMinute.points(), within(1e-9));
  }

  @Test
  void beginsAnewWithTheSameGroupsOfPictures() {
    StreamReplay replay = Courses.synthetic(4, CONFIG.periodNanos());
    int[] rows = PromiseStudy.Shifted.rows(replay.test(), CONFIG, 7);

    /* 1,000 pictures; the shift begins at frame 1,800. */
    for (int frame = 0; frame < 800; frame++) {
      assertThat(rows[1000 + frame]).isEqualTo(rows[frame]);
    }
  }

  @Test
  void coversTheLossThoughPicturesComeAgain() {
    SplittableRandom random = new SplittableRandom(3);
    int covered = 0;
    int runs = 1000;
    for (int run = 0; run < runs; run++) {
      List<Counts> groups = new ArrayList<>();
      for (int group = 0; group < 40; group++) {
        /* Twenty pictures, each lost with 5 % and then every one of the seven times it comes. */
        int lost = 0;
        for (int picture = 0; picture < 20; picture++) {
          lost += random.nextDouble() < 0.05 ? 7 : 0;
        }
        groups.add(new Counts(140, 0, 0, 0, lost, 0));
      }
      Interval loss = Course30.ratio(groups, counts -> 100.0 * counts.onlyUncut());
      covered += loss.low() <= 5 && loss.high() >= 5 ? 1 : 0;
    }

    assertThat((double) covered / runs).isBetween(0.92, 0.97);
  }

  @Test
  void comparesTwoStrategiesFrameByFrame() {
    Counts own = new Counts(100, 0, 0, 3, 10, 0);
    Counts other = new Counts(100, 0, 0, 5, 4, 0);

    /* 7 below the uncut network and 1 above it. */
    assertThat(own.against(other).points()).isEqualTo(-8);
    assertThat(other.against(own).points()).isEqualTo(8);
    assertThat(own.against(own).points()).isZero();
  }
}
