package dev.sluice.experiments.study.promise;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Courses;
import dev.sluice.experiments.study.replay.Decisions;
import dev.sluice.experiments.study.replay.Load;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Stream;
import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.trace.LinkTrace;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TroubleTest {
  private static final long MS = Courses.MS;

  /** The device throttles from 120 to 180 s. */
  private static final PromiseConfig CONFIG = RecordedTest.config();

  private static final long PERIOD_NANOS = 200 * MS;

  /** The early exit takes 78 ms then, the whole network 186 ms, which is too long. */
  private static final double SLOWDOWN = 6;

  private static final Question QUESTION = CONFIG.question();

  @Test
  void excusesTheSilenceWhatItCaughtAndTheRecovery() {
    Trouble trouble = Trouble.of(Courses.link(250_000, 40, 30, 35), CONFIG);

    assertThat(trouble.at(29_850 * MS)).isFalse();
    assertThat(trouble.at(29_851 * MS)).isTrue();
    assertThat(trouble.at(33_000 * MS)).isTrue();
    assertThat(trouble.at(36_029 * MS)).isTrue();
    assertThat(trouble.at(36_030 * MS)).isFalse();
  }

  @Test
  void excusesTheDeviceThatThrottles() {
    Trouble trouble = Trouble.of(Courses.link(250_000, 40, 0, 0), CONFIG);

    assertThat(trouble.at(119_999 * MS)).isFalse();
    assertThat(trouble.at(120_000 * MS)).isTrue();
    assertThat(trouble.at(179_999 * MS)).isTrue();
    assertThat(trouble.at(180_000 * MS)).isFalse();
  }

  /** Gaps between the packets of a recording are no silence. */
  @Test
  void excusesNothingForLessThanASecond() {
    List<LinkTrace.Step> steps =
        List.of(
            new LinkTrace.Step(0, 250_000, 250_000, 40 * MS, false),
            new LinkTrace.Step(10_000 * MS, 250_000, 250_000, 40 * MS, true),
            new LinkTrace.Step(10_999 * MS, 250_000, 250_000, 40 * MS, false));

    assertThat(Trouble.of(LinkTrace.of(steps), CONFIG).silences()).isEmpty();
  }

  /**
   * A plan that is too slow for a slow link: the device answers half of the frames wrong at its
   * early exit. The same losses have an excuse only where the link is away.
   */
  @Test
  void findsNoExcuseForAPlanThatDoesNotFitASlowLink() {
    List<Minute> slow = minutes(Courses.link(2_000, 40, 0, 0));
    List<Minute> away = minutes(Courses.link(2_000, 40, 1, 60));

    assertThat(slow.get(0).counted().onlyUncut()).isPositive();
    assertThat(slow.get(0).violations(QUESTION.mostLate(), 1, 4, Optional.empty()))
        .last()
        .asString()
        .startsWith("accuracy")
        .endsWith(Minute.UNEXPLAINED);
    assertThat(away.get(0).violations(QUESTION.mostLate(), 1, 4, Optional.empty()))
        .last()
        .asString()
        .startsWith("accuracy")
        .endsWith(Minute.FALLBACK);
  }

  private static List<Minute> minutes(LinkTrace link) {
    StreamReplay quick = Courses.tiny(1000, PERIOD_NANOS);
    StreamReplay replay =
        new StreamReplay(quick.facts(), quick.test(), SLOWDOWN, PERIOD_NANOS, LinkOptions.IDEAL, 0);
    int[] rows = Courses.rows(300, replay);
    Course course = new Course("test", replay, QUESTION, link, rows, 1);
    StreamLog log =
        replay.log(
            new Decisions(replay.facts(), course.mean()).always(new Plan(1, "c", List.of())),
            Stream.of(QUESTION, link, new Load.Periodic(PERIOD_NANOS), rows, 1));
    return Minute.of(log, CONFIG, Trouble.of(link, CONFIG));
  }
}
