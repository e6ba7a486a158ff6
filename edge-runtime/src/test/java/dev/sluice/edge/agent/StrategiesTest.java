package dev.sluice.edge.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StrategiesTest {
  /** Pictures as pixels and by JPEG of six qualities. */
  private static final BundleFacts FACTS =
      SyntheticFacts.of(
          new SyntheticFacts.Shape(8, List.of(1, 2, 3, 5, 6), 1000, 24, 6_000_000, true, 8), 1);

  /** A slow link and a slow device: it pays to send, and to send little. */
  private static final Estimates SLOW =
      Estimates.of(LinkState.UP, 50_000, 0, 40_000_000, 0, 40, 1, 0, 500_000_000);

  private static Plan chosen(String strategy, String allowed) throws Exception {
    Objective objective = Objective.parse("mean_latency <= 2 s, accuracy >= final - " + allowed);
    return Strategies.of(strategy, FACTS, objective, Optional.of(SLOW))
        .planner()
        .decide(SLOW, Optional.empty(), 0)
        .plan();
  }

  private static double loss(Plan plan) {
    Predictor predictor =
        new Predictor(FACTS, List.of(new Plan(plan.split(), plan.codec(), List.of())), 0, 0);
    return predictor.finalAccuracy() - predictor.accuracy(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fixed-split", "neurosurgeon", "dads", "edgent"})
  void rivalsLoseByTheirCodecsWhatTheObjectiveAllowsAndNotMore(String strategy) throws Exception {
    Plan strict = chosen(strategy, "0.05 pt");
    Plan loose = chosen(strategy, "8 pt");

    assertThat(strict.usesCloud()).isTrue();
    assertThat(loss(strict)).isLessThanOrEqualTo(0.0005 + 1e-9);
    assertThat(loss(loose)).isGreaterThan(0.0005).isLessThanOrEqualTo(0.08 + 1e-9);
  }
}
