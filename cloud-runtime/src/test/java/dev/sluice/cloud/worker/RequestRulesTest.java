package dev.sluice.cloud.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitOrder;
import dev.sluice.protocol.message.ExitProgress;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.ExitThreshold;
import dev.sluice.protocol.message.ProtocolException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RequestRulesTest {
  private static final Path BUNDLE = Path.of("../experiments/bundles/roadsigns");

  private BundleManifest manifest;
  private RequestRules rules;

  @BeforeEach
  void readManifest() throws Exception {
    manifest = Bundle.open(BUNDLE).manifest();
    rules = new RequestRules(manifest, PolicyData.NONE);
  }

  private ExitScores sureOf(int label, double confidence) {
    float[] p = new float[manifest.labels().size()];
    java.util.Arrays.fill(p, (float) ((1 - confidence) / (p.length - 1)));
    p[label] = (float) confidence;
    return new ExitScores(p);
  }

  private static ExitRule listed(ExitOrder... orders) {
    return ExitRule.listed(List.of(orders), ExitProgress.NONE);
  }

  private void assertRefused(ExitRule rule, ErrorCode code, String why) {
    assertThatThrownBy(() -> rules.judge(rule, 0))
        .isInstanceOfSatisfying(
            ProtocolException.class,
            refused -> {
              assertThat(refused.code()).isEqualTo(code);
              assertThat(refused.scope()).isEqualTo(ProtocolException.Scope.REQUEST);
              assertThat(refused).hasMessageContaining(why);
            });
  }

  @Test
  void followsEveryKindThatNeedsNoData() throws Exception {
    int classes = manifest.labels().size();
    ExitPolicies.Judge judge =
        rules.judge(
            listed(
                new ExitOrder(0, ExitOrder.TOP1_PROBABILITY, List.of(0.9)),
                new ExitOrder(1, ExitOrder.ENTROPY_NATS, List.of(0.01)),
                new ExitOrder(2, ExitOrder.MARGIN, List.of(0.95)),
                new ExitOrder(3, ExitOrder.PER_CLASS, Collections.nCopies(classes, 0.8))),
            0);
    assertThat(judge.stops(0, sureOf(3, 0.8))).isFalse();
    assertThat(judge.stops(0, sureOf(3, 0.95))).isTrue();
    assertThat(judge.stops(1, sureOf(3, 0.8))).isFalse();
    assertThat(judge.stops(1, sureOf(3, 1))).isTrue();
    assertThat(judge.stops(2, sureOf(3, 0.9))).isFalse();
    assertThat(judge.stops(2, sureOf(3, 0.99))).isTrue();
    assertThat(judge.stops(3, sureOf(3, 0.7))).isFalse();
    assertThat(judge.stops(3, sureOf(3, 0.85))).isTrue();
    assertThat(judge.stops(4, sureOf(3, 0.1))).as("the final exit").isTrue();
  }

  @Test
  void goesOnCountingWhereTheDeviceLeftOff() throws Exception {
    ExitOrder patience = new ExitOrder(2, ExitOrder.PATIENCE, List.of(2.0));
    ExitRule seenOnce = ExitRule.listed(List.of(patience), new ExitProgress(5, 1));
    assertThat(rules.judge(seenOnce, 3).stops(2, sureOf(5, 0.5))).isTrue();
    assertThat(rules.judge(seenOnce, 3).stops(2, sureOf(6, 0.5))).isFalse();
    assertThat(rules.judge(listed(patience), 3).stops(2, sureOf(5, 0.5))).isFalse();
  }

  @Test
  void stopsAtNoExitThatIsNotNamed() throws Exception {
    ExitPolicies.Judge judge =
        rules.judge(listed(new ExitOrder(1, ExitOrder.ALWAYS, List.of())), 0);
    assertThat(judge.stops(0, sureOf(1, 1))).isFalse();
    assertThat(judge.stops(1, sureOf(1, 0.1))).isTrue();
  }

  @Test
  void refusesKindsThatItDoesNotKnow() {
    assertRefused(
        new ExitRule(77, List.of()), ErrorCode.MALFORMED, "kind 77 is not known here; update");
    assertRefused(
        listed(new ExitOrder(1, 99, List.of(0.5))),
        ErrorCode.MALFORMED,
        "exit 1 is to stop by rule kind 99, which is not known here; update");
  }

  @Test
  void refusesValuesThatDoNotFitTheirKind() {
    assertRefused(
        listed(new ExitOrder(1, ExitOrder.PATIENCE, List.of(1.5))),
        ErrorCode.MALFORMED,
        "not a whole number");
    assertRefused(
        listed(new ExitOrder(1, ExitOrder.PATIENCE, List.of(1e300))),
        ErrorCode.MALFORMED,
        "not a whole number");
    assertRefused(
        listed(new ExitOrder(1, ExitOrder.PATIENCE, List.of(0.0))),
        ErrorCode.MALFORMED,
        "patience not in");
    assertRefused(
        listed(new ExitOrder(1, ExitOrder.MARGIN, List.of())),
        ErrorCode.MALFORMED,
        "takes one value, not 0");
    assertRefused(
        listed(new ExitOrder(1, ExitOrder.ENTROPY_NATS, List.of(Double.POSITIVE_INFINITY))),
        ErrorCode.MALFORMED,
        "finite");
    assertRefused(
        listed(new ExitOrder(1, ExitOrder.PER_CLASS, List.of(0.5, 0.5))),
        ErrorCode.MALFORMED,
        "has 2 thresholds");
    assertRefused(
        ExitRule.listed(List.of(), new ExitProgress(manifest.labels().size(), 0)),
        ErrorCode.MALFORMED,
        "predicted class");
  }

  @Test
  void refusesPoliciesWhoseDataTheBundleLacks() {
    for (int kind : new int[] {ExitOrder.CLASS_MEANS, ExitOrder.TRUST}) {
      assertRefused(
          listed(new ExitOrder(1, kind, List.of(0.5))), ErrorCode.MALFORMED, "the bundle lacks");
    }
    assertRefused(
        listed(new ExitOrder(1, ExitOrder.PER_CLASS_FITTED, List.of())),
        ErrorCode.MALFORMED,
        "the bundle lacks");
  }

  @Test
  void refusesExitsThatDoNotLiePastTheCut() {
    assertRefused(
        listed(new ExitOrder(200, ExitOrder.ALWAYS, List.of())), ErrorCode.BAD_CUT, "exit 200");
    assertThatThrownBy(() -> rules.judge(listed(new ExitOrder(0, ExitOrder.ALWAYS, List.of())), 2))
        .hasMessageContaining("does not lie past cut 2");
    assertThatThrownBy(
            () ->
                rules.judge(
                    new ExitRule(ExitRule.TOP1_PROBABILITY, List.of(new ExitThreshold(0, 0.5))), 2))
        .hasMessageContaining("does not lie past cut 2");
  }
}
