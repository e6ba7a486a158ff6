package dev.sluice.experiments.study.replay;

import static dev.sluice.experiments.study.replay.Courses.MS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Sends;
import dev.sluice.scheduler.predict.ExitReplay;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CompanionFact;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.trace.LinkTrace;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Streams with a companion, against its table. */
class CompanionReplayTest {
  private static final long COMPANION_NANOS = 7 * MS;
  private static final long PERIOD_NANOS = 1_000 * MS;
  private static final int FRAMES = 200;
  private static final BundleFacts FACTS = SyntheticFacts.withCompanion(3, 1, COMPANION_NANOS);
  private static final CompanionFact COMPANION = FACTS.companion().orElseThrow();
  private static final CalibrationTable TEST = FACTS.certify();
  private static final LinkTrace LINK = Courses.link(250_000, 40, 0, 0);
  private static final Question QUESTION =
      Question.of(
          "test", "p95_latency <= 900 ms, accuracy >= final - 1 pt; minimise worker_compute");

  /** All on the device; what the last exit is not sure of is asked of the companion. */
  private static final Plan CASCADE =
      new Plan(
          FACTS.lastCut(),
          "jpeg-75",
          List.of(new ExitThreshold(FACTS.finalExit(), 0.8)),
          Sends.COMPANION);

  private static StreamReplay replay() {
    return new StreamReplay(
        FACTS,
        TEST,
        TEST,
        Optional.of(new ReplayedCompanion(COMPANION, COMPANION.certify())),
        5,
        PERIOD_NANOS,
        LinkOptions.DEFAULT,
        0);
  }

  private static Course course() {
    return new Course("test", replay(), QUESTION, LINK, rows(), 1);
  }

  private static int[] rows() {
    return IntStream.range(0, FRAMES).toArray();
  }

  private static StreamLog stream(StreamReplay.Strategy strategy) {
    return replay()
        .log(strategy, Stream.of(QUESTION, LINK, new Load.Periodic(PERIOD_NANOS), rows(), 1));
  }

  @Test
  void asksTheCompanionAboutWhatTheDeviceIsNotSureOf() {
    Estimates estimates = Estimates.of(LinkState.UP, 250_000, 0, 40 * MS, 0, 5, 1, 0, PERIOD_NANOS);
    StreamLog log = stream(new Decisions(FACTS, estimates).always(CASCADE));

    int[] exits = ExitReplay.exits(FACTS, TEST, CASCADE, Optional.empty());
    int variant = COMPANION.certify().variant(0, "jpeg-75").orElseThrow();
    int sent = 0;
    for (int frame = 0; frame < FRAMES; frame++) {
      boolean asked = exits[frame] == FACTS.companionExit();
      boolean right =
          asked
              ? COMPANION.certify().correct(variant, frame, 0)
              : TEST.correct(frame, FACTS.finalExit());
      assertThat(log.exit(frame)).as("frame %d", frame).isEqualTo(exits[frame]);
      assertThat(log.right(frame)).as("frame %d", frame).isEqualTo(right);
      sent += asked ? 1 : 0;
    }
    assertThat(sent).isBetween(1, FRAMES - 1);
    long decode = FACTS.workerProfile().codec(0, "jpeg-75").orElseThrow().decodeNanos();
    assertThat(log.outcome().workerNanos())
        .isCloseTo((double) sent * (decode + COMPANION_NANOS) / FRAMES, within(1.0));
  }

  @Test
  void theCascadeAsksTheCompanionInBothForms() {
    for (Contender.Form form : Contender.Form.values()) {
      Contender cascade =
          Rivals.of(FACTS).stream()
              .filter(rival -> rival.name().equals("cascade") && rival.form() == form)
              .findFirst()
              .orElseThrow();
      StreamLog log =
          stream(cascade.strategy(cascade.maker().prepare(FACTS, QUESTION).apply(course())));

      assertThat(log.plan(FRAMES - 1).usesCompanion()).isTrue();
    }
  }

  /** Better than the uncut network only the companion can be. */
  @Test
  void theSchedulersPlansAskTheCompanionWhereOnlyItIsGoodEnough() {
    Question better =
        Question.of("test", "p95_latency <= 900 ms; maximise accuracy, minimise uplink_bytes");
    Course course = new Course("test", replay(), better, LINK, rows(), 1);
    Contender sluice = Contender.SLUICE;
    StreamLog log =
        replay()
            .log(
                sluice.strategy(sluice.maker().prepare(FACTS, better).apply(course)),
                Stream.of(better, LINK, new Load.Periodic(PERIOD_NANOS), rows(), 1));

    assertThat(log.plan(FRAMES - 1).usesCompanion()).isTrue();
    assertThat(log.outcome().difference()).isPositive();
  }

  @Test
  void aCascadeNeedsACompanion() {
    assertThat(Rivals.of(FACTS.withoutCompanion()))
        .noneMatch(rival -> rival.name().equals("cascade"));
    assertThat(Rivals.sometimes()).contains("cascade");
  }

  @Test
  void plannersKnowOfACompanionWhereThereIsOneToReplayAndOnlyThere() {
    assertThatThrownBy(() -> new StreamReplay(FACTS, TEST, 5, PERIOD_NANOS, LinkOptions.DEFAULT, 0))
        .hasMessageContaining("companion");
    Subject subject =
        new Subject(
            "made up",
            FACTS,
            TEST,
            Optional.of(new ReplayedCompanion(COMPANION, COMPANION.certify())),
            Map.of(),
            Set.of(),
            Optional.empty());

    assertThat(subject.replay(250e6, 20, 100_000_000L).companion()).isPresent();
    assertThat(subject.alone().replay(250e6, 20, 100_000_000L).companion()).isEmpty();
    assertThat(subject.alone().replay(250e6, 20, 100_000_000L).facts().companion()).isEmpty();
  }
}
