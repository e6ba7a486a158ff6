package dev.sluice.experiments.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.experiments.report.AnswerRecord;
import dev.sluice.experiments.report.Score;
import dev.sluice.training.data.LabelledImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The demo with the shipped bundle on a simulated clock: nothing sleeps, nothing races. */
class SimulatedDemoTest {
  private static final Path BUNDLE = Path.of("bundles", "roadsigns");
  private static final Scenario SCENARIO = Scenario.DRIVE;
  private static final int STREAM = 0;
  private static final long SEED = 1;

  private static SimulatedDemo demo;
  private static Goal goal;
  private static LabelledImages images;
  private static boolean[] uncutRight;
  private static final Map<Strategy, StreamResult> RUNS = new LinkedHashMap<>();

  @BeforeAll
  static void streamOnceWithEveryStrategy() throws Exception {
    assumeTrue(Files.exists(BUNDLE), "no bundle at " + BUNDLE + "; ./sluice train roadsigns");
    goal = Goal.parse(Goal.DEFAULT);
    demo = SimulatedDemo.open(BUNDLE, goal, Duration.ofMillis(250));
    images = TestImages.roadSigns(1).stream(SCENARIO.frames(), STREAM);
    uncutRight = demo.uncutRight(images);
    for (Strategy strategy : Strategy.ALL) {
      RUNS.put(strategy, demo.run(strategy, SCENARIO, images, uncutRight, SEED));
    }
  }

  @AfterAll
  static void close() {
    if (demo != null) {
      demo.close();
    }
  }

  @Test
  void givesEveryFrameExactlyOneAnswer() {
    for (StreamResult run : RUNS.values()) {
      assertThat(run.score().lost()).as(run.strategy().title()).isZero();
      assertThat(run.score().surplus()).as(run.strategy().title()).isZero();
      assertThat(run.score().answered()).as(run.strategy().title()).isEqualTo(SCENARIO.frames());
    }
  }

  @Test
  void isTheSameTwice() {
    StreamResult again = demo.run(Strategy.SLUICE, SCENARIO, images, uncutRight, SEED);

    assertThat(List.copyOf(again.tally().answers()))
        .isEqualTo(List.copyOf(ours().tally().answers()));
  }

  @Test
  void goesOnAnsweringInTimeDuringTheOutage() {
    for (int outage : SCENARIO.outages()) {
      Score score = ours().tally().score(outage);

      assertThat(score.requests()).isEqualTo(40);
      assertThat(score.dropped()).isZero();
      assertThat(score.inTimeShare()).isGreaterThanOrEqualTo(0.95);
    }
  }

  @Test
  void keepsTheLatencyGoalOverTheWholeTrace() {
    assertThat(ours().score().inTimeAtP95()).isTrue();
  }

  @Test
  void usesTheCloudWhileTheLinkIsGoodAndNotInTheOutage() {
    assertThat(ours().tally().score(0).offloadedShare()).isPositive();
    for (AnswerRecord answer : ours().tally().answers()) {
      long due = SCENARIO.captureNanos((int) answer.id());
      if (due > 43_000_000_000L && due < 49_500_000_000L) {
        assertThat(answer.place()).isEqualTo(AnswerRecord.Place.DEVICE);
      }
    }
  }

  @Test
  void hasMoreAnswersRightAndInTimeThanEveryRival() {
    assumeTrue(
        !demo.model().manifest().provenance().getOrDefault("made by", "").contains("shortened"),
        "the bundle is from a shortened training run");
    for (StreamResult rival : rivals()) {
      assertThat(ours().score().rightInTime())
          .as("right and in time, ours against %s", rival.strategy().title())
          .isGreaterThan(rival.score().rightInTime());
    }
  }

  @Test
  void spendsAtMostTheWorkerComputeOfRivalsThatHoldTheGoal() {
    for (StreamResult rival : rivals()) {
      if (goal.heldBy(rival.tally(), SCENARIO)) {
        assertThat(ours().score().workerComputeNanos())
            .as("worker compute, ours against %s", rival.strategy().title())
            .isLessThanOrEqualTo(rival.score().workerComputeNanos());
      }
    }
  }

  private static StreamResult ours() {
    return RUNS.get(Strategy.SLUICE);
  }

  private static List<StreamResult> rivals() {
    return Strategy.ALL.stream()
        .filter(strategy -> !strategy.equals(Strategy.SLUICE))
        .map(strategy -> RUNS.get(strategy).ownForm())
        .toList();
  }
}
