package dev.sluice.experiments.study.replay;

import static dev.sluice.experiments.study.replay.Courses.MS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.sim.trace.LinkTrace;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamReplayTest {
  /** Bytes leave at whole nanoseconds. */
  private static final double ROUNDING_NANOS = 1000;

  /** Around every payload. */
  private static final int ENVELOPE_BYTES = 96;

  private static final Plan SPLIT = new Plan(1, "c", List.of());

  private static Question deadline(int deadlineMillis) {
    return Question.of(
        "test",
        "p95_latency <= "
            + deadlineMillis
            + " ms, accuracy >= final - 1 pt; minimise device_compute");
  }

  private static Outcome always(
      Plan plan, StreamReplay replay, Question question, LinkTrace trace, int frames) {
    Course course = new Course("test", replay, question, trace, Courses.rows(frames, replay), 1);
    return course.run(new Decisions(replay.facts(), course.mean()).always(plan));
  }

  @Test
  void takesForOneFrameWhatItsPartsTake() {
    StreamReplay replay = Courses.tiny(1000 - ENVELOPE_BYTES, 200 * MS);
    Outcome outcome = always(SPLIT, replay, deadline(150), Courses.link(100_000, 40, 0, 0), 1);

    /* 1 + 10 + 3 on the device, 1,000 bytes in 10, half a round trip of 20, 1 + 20 at the worker,
    a reply of 160 bytes in 1.6, and 20 back. */
    assertThat(outcome.meanNanos()).isCloseTo(86.6 * MS, within(ROUNDING_NANOS));
    assertThat(outcome.deviceNanos()).isEqualTo(14.0 * MS);
    assertThat(outcome.workerNanos()).isEqualTo(21.0 * MS);
    assertThat(outcome.uplinkBytes()).isEqualTo(1000);
    assertThat(outcome.fromCloud()).isEqualTo(1);
    assertThat(outcome.difference()).isZero();
  }

  @Test
  void letsTheSecondFrameWaitForTheLinkOfTheFirst() {
    StreamReplay replay = Courses.tiny(5000 - ENVELOPE_BYTES, 30 * MS);
    Outcome outcome = always(SPLIT, replay, deadline(300), Courses.link(100_000, 40, 0, 0), 2);

    /* The first has left at 64 and is answered at 126.6. The second is captured at 30, ready at 44,
    has left at 114 and is answered at 176.6. */
    assertThat(outcome.p95Nanos()).isCloseTo(146.6 * MS, within(ROUNDING_NANOS));
    assertThat(outcome.meanNanos()).isCloseTo((126.6 + 146.6) / 2 * MS, within(ROUNDING_NANOS));
  }

  @Test
  void takesForALocalPlanWhatTheDeviceTakes() {
    StreamReplay replay = Courses.tiny(1000, 100 * MS);
    Outcome whole =
        always(Plan.local(2, List.of()), replay, deadline(90), Courses.link(100_000, 40, 0, 0), 20);
    Outcome early =
        always(
            Plan.local(1, List.of(new ExitThreshold(0, 0))),
            replay,
            deadline(90),
            Courses.link(100_000, 40, 0, 0),
            20);

    assertThat(whole.meanNanos()).isEqualTo(31.0 * MS);
    assertThat(whole.difference()).isZero();
    assertThat(early.meanNanos()).isEqualTo(13.0 * MS);
    /* Every other row is wrong at the exit. */
    assertThat(early.difference()).isEqualTo(-0.5);
    assertThat(early.uplinkBytes()).isZero();
  }

  @Test
  void isAnsweredByTheDeviceInTimeWhileTheLinkIsAway() {
    StreamReplay replay = Courses.tiny(1000, 100 * MS);
    Outcome outcome = always(SPLIT, replay, deadline(150), Courses.link(100_000, 40, 1, 6), 80);

    assertThat(outcome.late()).isZero();
    assertThat(outcome.dropped()).isZero();
    /* Fifty frames are captured while it is away; whoever is under way at its end gets through. */
    assertThat(80 - outcome.fromCloud()).isBetween(48, 55);
    assertThat(outcome.fromCloud()).isGreaterThan(20);
    /* The device goes on to its final exit, which is right; but the frame that was under way may
    have waited for its reply until only the first exit was in reach. */
    assertThat(outcome.difference()).isBetween(-1.0 / 80, 0.0);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void answersEveryFrameOnceAndTheSameTwice(long seed) {
    StreamReplay replay = Courses.synthetic(seed, 100 * MS);
    Question question = Questions.ALL.get((int) seed % Questions.ALL.size());
    Course course =
        new Course(
            "test",
            replay,
            question,
            Courses.link(60_000 * seed, 50, 3, 5),
            Courses.rows(100, replay),
            seed);
    for (Contender contender : Rivals.of(replay.facts())) {
      Contender.Maker maker = contender.maker();
      Function<Course, Contender.Entry> entries;
      try {
        entries = maker.prepare(replay.facts(), question);
      } catch (IllegalArgumentException cannot) {
        /* On a made-up network no place to part it may lose little enough. */
        assertThat(contender.name()).isEqualTo("ddnn");
        continue;
      }
      StreamReplay.Strategy strategy = contender.strategy(entries.apply(course));
      Outcome once = course.run(strategy);

      assertThat(once.frames()).isEqualTo(100);
      assertThat(once.fromCloud() + once.degraded() + once.dropped()).isLessThanOrEqualTo(100);
      assertThat(once.right()).isLessThanOrEqualTo(100 - once.dropped());
      assertThat(course.run(contender.strategy(entries.apply(course))))
          .as(contender.name() + ", " + contender.form() + ", seed " + seed)
          .isEqualTo(once);
    }
  }

  private static StreamReplay.Strategy strategy(Contender contender, Course course) {
    return contender.strategy(
        contender.maker().prepare(course.replay().facts(), course.question()).apply(course));
  }

  @Test
  void sendsLessAsTheSchedulerThanTheWholePicture() {
    StreamReplay replay = Courses.synthetic(4, 100 * MS);
    Course course =
        new Course(
            "test",
            replay,
            Questions.ALL.get(1),
            Courses.link(500_000, 50, 0, 0),
            Courses.rows(100, replay),
            4);
    Outcome sluice = course.run(strategy(Contender.SLUICE, course));
    Outcome picture =
        course.run(
            new Decisions(replay.facts(), course.mean()).always(new Plan(0, "jpeg-75", List.of())));

    assertThat(sluice.uplinkBytes()).isLessThan(picture.uplinkBytes());
  }

  @Test
  void refusesToReplayNothing() {
    StreamReplay replay = Courses.tiny(1000, 100 * MS);

    assertThatThrownBy(
            () -> always(SPLIT, replay, deadline(150), Courses.link(100_000, 40, 0, 0), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("nothing to replay");
  }
}
