package dev.sluice.experiments.study.ablation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Courses;
import dev.sluice.experiments.study.replay.Load;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Stream;
import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.sim.trace.LinkTrace;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AblationTest {
  private static final StreamReplay REPLAY = Courses.synthetic(4, 100 * Courses.MS);
  private static final Question QUESTION =
      Question.of("test", "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise uplink_bytes");

  private static Set<Plan> used(Ablation part) {
    Contender contender =
        Ablation.contenders().stream()
            .filter(some -> some.name().equals(part.title()))
            .findFirst()
            .orElseThrow();
    LinkTrace link = Courses.link(250_000, 40, 3, 5);
    int[] rows = Courses.rows(100, REPLAY);
    Course course = new Course("test", REPLAY, QUESTION, link, rows, 4);
    StreamLog log =
        REPLAY.log(
            contender.strategy(contender.maker().prepare(REPLAY.facts(), QUESTION).apply(course)),
            Stream.of(QUESTION, link, new Load.Periodic(100 * Courses.MS), rows, 4));
    Set<Plan> plans = new HashSet<>();
    for (int frame = 0; frame < log.frames(); frame++) {
      plans.add(log.plan(frame));
    }
    return plans;
  }

  @Test
  void sharesOneThresholdWithoutJointOnes() {
    assertThat(used(Ablation.JOINT_THRESHOLDS)).isNotEmpty().allMatch(Ablation::oneThreshold);
  }

  @Test
  void hasOneCodecAtACutWithoutAChoice() {
    assertThat(used(Ablation.CODEC_CHOICE))
        .filteredOn(Plan::usesCloud)
        .allMatch(plan -> plan.codec().equals(plan.sentCut() == 0 ? "jpeg-75" : "q8"));
  }

  @Test
  void learnsNothingWithoutTransforms() {
    assertThat(used(Ablation.TRANSFORMS)).isNotEmpty().noneMatch(p -> p.codec().contains("klt"));
  }

  @Test
  void countsThresholdsThatAreSharedAndNotThoseOfNeed() {
    assertThat(Ablation.oneThreshold(plan(0.9, 0.9, 1.0))).isTrue();
    assertThat(Ablation.oneThreshold(plan(0.8, 0.9))).isFalse();
    assertThat(Ablation.oneThreshold(plan(0.8, 0))).isTrue();
  }

  private static Plan plan(double... thresholds) {
    List<ExitThreshold> exits = new java.util.ArrayList<>();
    for (int exit = 0; exit < thresholds.length; exit++) {
      exits.add(new ExitThreshold(exit, thresholds[exit]));
    }
    return new Plan(3, "q8", exits);
  }

  @Test
  void takesAwayEachPartOnce() {
    assertThat(Ablation.contenders().stream().map(Contender::name))
        .hasSize(Ablation.values().length)
        .doesNotHaveDuplicates()
        .contains("without hedging", "without percentile prediction");
  }
}
