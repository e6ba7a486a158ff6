package dev.sluice.model.exit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ExitPoliciesTest {
  private static final int EXITS = 6;
  private static final int CLASSES = 4;

  static Stream<Map<Integer, ExitPolicy>> choices() {
    Stream<ExitPolicy> alike =
        Stream.of(
            new ExitPolicy.Top1Above(0.5),
            new ExitPolicy.EntropyBelow(0.9),
            new ExitPolicy.MarginAbove(0.3),
            new ExitPolicy.Patience(1),
            new ExitPolicy.Patience(2),
            new ExitPolicy.ClassMeans(0.4),
            new ExitPolicy.TrustAbove(1.2),
            new ExitPolicy.PerClassTop1(new double[] {0.3, 0.5, 0.7, 0.9}),
            new ExitPolicy.PerClassFitted(),
            new ExitPolicy.Never(),
            new ExitPolicy.Always());
    Map<Integer, ExitPolicy> mixed =
        Map.of(
            0, new ExitPolicy.Top1Above(0.9),
            1, new ExitPolicy.Never(),
            2, new ExitPolicy.Patience(1),
            3, new ExitPolicy.TrustAbove(2),
            4, new ExitPolicy.Patience(2));
    return Stream.concat(
        alike.map(
            policy ->
                IntStream.range(0, EXITS - 1)
                    .boxed()
                    .collect(java.util.stream.Collectors.toMap(exit -> exit, exit -> policy))),
        Stream.of(mixed));
  }

  private static int exitTaken(ExitPolicies.Judge judge, List<ExitScores> scores, int from) {
    for (int exit = from; exit < EXITS; exit++) {
      if (judge.stops(exit, scores.get(exit))) {
        return exit;
      }
    }
    throw new AssertionError("the final exit did not stop");
  }

  private static List<ExitScores> sample(SplittableRandom random) {
    return IntStream.range(0, EXITS)
        .mapToObj(exit -> ExitPolicyTest.randomScores(random, CLASSES))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("choices")
  void takesTheSameExitWhereverTheSampleIsHandedOver(Map<Integer, ExitPolicy> active) {
    SplittableRandom random = new SplittableRandom(11);
    PolicyData data = ExitPolicyTest.randomData(random, EXITS, CLASSES);
    ExitPolicies policies = ExitPolicies.of(EXITS, CLASSES, active, data);
    for (int i = 0; i < 300; i++) {
      List<ExitScores> scores = sample(random);
      int whole = exitTaken(policies.judge(), scores, 0);
      for (int split = 0; split <= EXITS; split++) {
        ExitPolicies.Judge device = policies.judge();
        int exit = 0;
        while (exit < split && !device.stops(exit, scores.get(exit))) {
          exit++;
        }
        int taken = exit < split ? exit : exitTaken(policies.judge(device.state()), scores, split);
        assertThat(taken).as("sample %d, split before exit %d", i, split).isEqualTo(whole);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("choices")
  void doesNotMixUpTwoSamplesAtOnce(Map<Integer, ExitPolicy> active) {
    SplittableRandom random = new SplittableRandom(12);
    PolicyData data = ExitPolicyTest.randomData(random, EXITS, CLASSES);
    ExitPolicies policies = ExitPolicies.of(EXITS, CLASSES, active, data);
    for (int i = 0; i < 100; i++) {
      List<ExitScores> first = sample(random);
      List<ExitScores> second = sample(random);
      int firstAlone = exitTaken(policies.judge(), first, 0);
      int secondAlone = exitTaken(policies.judge(), second, 0);
      ExitPolicies.Judge one = policies.judge();
      ExitPolicies.Judge other = policies.judge();
      int firstTaken = -1;
      int secondTaken = -1;
      for (int exit = 0; exit < EXITS; exit++) {
        if (firstTaken < 0 && one.stops(exit, first.get(exit))) {
          firstTaken = exit;
        }
        if (secondTaken < 0 && other.stops(exit, second.get(exit))) {
          secondTaken = exit;
        }
      }
      assertThat(firstTaken).isEqualTo(firstAlone);
      assertThat(secondTaken).isEqualTo(secondAlone);
    }
  }

  @Test
  void sharesOneJudgeAmongSamplesWhereNothingIsRemembered() {
    ExitPolicies forgetful =
        ExitPolicies.of(3, 2, Map.of(0, new ExitPolicy.Top1Above(0.5)), PolicyData.NONE);
    assertThat(forgetful.judge()).isSameAs(forgetful.judge());
    ExitPolicies patient =
        ExitPolicies.of(3, 2, Map.of(0, new ExitPolicy.Patience(1)), PolicyData.NONE);
    assertThat(patient.judge()).isNotSameAs(patient.judge());
  }

  @Test
  void leavesInactiveExitsOutOfPatience() {
    ExitPolicies policies =
        ExitPolicies.of(
            4,
            2,
            Map.of(0, new ExitPolicy.Patience(1), 2, new ExitPolicy.Patience(1)),
            PolicyData.NONE);
    ExitPolicies.Judge judge = policies.judge();
    ExitScores zero = new ExitScores(new float[] {1, 0});
    ExitScores one = new ExitScores(new float[] {0, 1});
    assertThat(judge.stops(0, zero)).isFalse();
    assertThat(judge.stops(1, one)).as("not active").isFalse();
    assertThat(judge.stops(2, zero)).as("agrees with exit 0").isTrue();
  }

  @Test
  void stopsAtTheFinalExitInAnyCase() {
    ExitPolicies none = ExitPolicies.of(2, 2, Map.of(), PolicyData.NONE);
    ExitScores torn = new ExitScores(new float[] {0.5f, 0.5f});
    assertThat(none.judge().stops(0, torn)).isFalse();
    assertThat(none.judge().stops(1, torn)).isTrue();
  }

  @Test
  void saysWhatAPolicyLacks() {
    for (String text : List.of("class-means >= 0.7", "trust >= 2", "per-class top1 >= fitted")) {
      assertThatThrownBy(
              () -> ExitPolicies.of(2, 2, Map.of(0, ExitPolicy.parse(text)), PolicyData.NONE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("exit 0: '" + text + "' needs")
          .hasMessageContaining("./sluice model fit-policies");
    }
    assertThatThrownBy(
            () ->
                ExitPolicies.of(
                    2,
                    3,
                    Map.of(0, ExitPolicy.parse("per-class top1 >= [0.5, 0.6]")),
                    PolicyData.NONE))
        .hasMessageContaining("has 2 thresholds, but there are 3 classes");
    assertThatThrownBy(
            () -> ExitPolicies.of(2, 2, Map.of(1, new ExitPolicy.Always()), PolicyData.NONE))
        .hasMessageContaining("no early exit 1");
  }
}
