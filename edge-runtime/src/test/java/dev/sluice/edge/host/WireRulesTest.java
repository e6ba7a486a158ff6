package dev.sluice.edge.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.exit.ExitState;
import dev.sluice.model.exit.PolicyChoice;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.protocol.message.ExitOrder;
import dev.sluice.protocol.message.ExitProgress;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.ExitThreshold;
import dev.sluice.scheduler.predict.ExitCriterion;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireRulesTest {
  @Test
  void writesTop1AsTheOldestWorkersKnowIt() {
    ExitRule rule =
        WireRules.of(
            Map.of(3, new ExitPolicy.Top1Above(0.9), 1, new ExitPolicy.Top1Above(0.8)),
            new ExitState(4, 1));
    assertThat(rule)
        .isEqualTo(
            new ExitRule(
                ExitRule.TOP1_PROBABILITY,
                List.of(new ExitThreshold(1, 0.8), new ExitThreshold(3, 0.9))));
    assertThat(WireRules.of(Map.of(), ExitState.NONE)).isEqualTo(ExitRule.NONE);
  }

  @Test
  void listsOtherPoliciesWithWhatTheDeviceSaw() {
    ExitRule rule =
        WireRules.of(
            Map.of(
                0, new ExitPolicy.Top1Above(0.9),
                1, new ExitPolicy.Patience(2),
                2, new ExitPolicy.Never(),
                3, new ExitPolicy.PerClassTop1(new double[] {0.5, Double.POSITIVE_INFINITY}),
                4, new ExitPolicy.Always()),
            new ExitState(7, 1));
    assertThat(rule)
        .isEqualTo(
            ExitRule.listed(
                List.of(
                    new ExitOrder(0, ExitOrder.TOP1_PROBABILITY, List.of(0.9)),
                    new ExitOrder(1, ExitOrder.PATIENCE, List.of(2.0)),
                    new ExitOrder(3, ExitOrder.PER_CLASS, List.of(0.5, Double.POSITIVE_INFINITY)),
                    new ExitOrder(4, ExitOrder.ALWAYS, List.of())),
                new ExitProgress(7, 1)));
  }

  @Test
  void refusesMoreThresholdsThanARequestHolds() {
    assertThatThrownBy(
            () ->
                WireRules.of(
                    Map.of(0, new ExitPolicy.PerClassTop1(new double[1000])), ExitState.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1000");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "top1 >= 0.6",
        "entropy <= 0.7 nats",
        "margin >= 0.3",
        "patience 2",
        "per-class top1 >= [0.5, 0.6, 0.7]",
        "per-class top1 >= fitted",
        "never",
        "always"
      })
  void replaysAPolicyFromARowAsItJudgesTheScores(String text) {
    PolicyChoice choice = PolicyChoice.parse(text);
    PolicyData data =
        new PolicyData(3, List.of(PolicyData.OfExit.NOTHING.with(new double[] {0.4, 0.8, 0.6})));
    ExitCriterion criterion = PolicyCriterion.of(choice, data, 1).orElseThrow();
    SplittableRandom random = new SplittableRandom(8);
    for (int i = 0; i < 500; i++) {
      float[] logits = new float[3];
      for (int c = 0; c < 3; c++) {
        logits[c] = (float) (4 * random.nextDouble());
      }
      ExitScores scores = ExitScores.of(logits, 1);
      ExitState state = new ExitState(scores.predicted(), random.nextInt(4));
      assertThat(
              criterion.stops(
                  0,
                  scores.predicted(),
                  scores.confidence(),
                  scores.margin(),
                  scores.entropyNats(),
                  state.unchanged()))
          .isEqualTo(choice.of(0).stops(scores, state, data.of(0)));
    }
    assertThat(criterion.active(0)).isEqualTo(!text.equals("never"));
  }

  @Test
  void saysThatDistancesCannotBeReplayed() {
    for (String text : List.of("class-means >= 0.5", "trust >= 1", "1: trust >= 1")) {
      assertThat(PolicyCriterion.of(PolicyChoice.parse(text), PolicyData.NONE, 2)).isEmpty();
    }
  }
}
