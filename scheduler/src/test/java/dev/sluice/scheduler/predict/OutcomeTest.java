package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OutcomeTest {
  private static final BundleFacts FACTS =
      SyntheticFacts.of(new SyntheticFacts.Shape(5, List.of(1, 2, 4), 300, 10, 6_000_000, true), 3);

  @Test
  void thresholdsStopWhereACriterionThatComparesWithThemDoes() {
    List<Plan> plans =
        CandidatePlans.sluice(FACTS).stream().flatMap(chain -> chain.plans().stream()).toList();
    for (CalibrationTable table : List.of(FACTS.select(), FACTS.certify())) {
      for (Plan plan : plans) {
        Outcome fast = Outcome.of(FACTS, table, plan, Optional.empty());
        Outcome slow = Outcome.of(FACTS, table, plan, Optional.of(comparing(plan)));

        assertThat(fast.exit).as("%s", plan).isEqualTo(slow.exit);
        assertThat(fast.bytes).as("%s", plan).isEqualTo(slow.bytes);
        assertThat(fast.right).as("%s", plan).isEqualTo(slow.right);
      }
    }
  }

  private static ExitCriterion comparing(Plan plan) {
    double[] thresholds = CostModel.thresholds(FACTS, plan);
    return new ExitCriterion() {
      @Override
      public boolean active(int exit) {
        return CostModel.active(thresholds, exit);
      }

      @Override
      public boolean stops(
          int exit,
          int predicted,
          double confidence,
          double margin,
          double entropyNats,
          int unchanged) {
        return confidence >= thresholds[exit];
      }
    };
  }
}
