package dev.sluice.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JudgeTest {
  private static final long MS = 1_000_000;
  private static final BundleFacts FACTS = SyntheticFacts.of(5);
  private static final List<PlanChain> CHAINS = CandidatePlans.sluice(FACTS);
  private static final List<Plan> PLANS =
      CHAINS.stream().flatMap(chain -> chain.plans().stream()).toList();

  private static Estimates estimates(Random random) {
    return Estimates.of(
        LinkState.UP,
        Math.exp(9 + 5 * random.nextDouble()),
        0.15,
        (long) (random.nextDouble() * 60 * MS),
        2 * MS,
        5 + 30 * random.nextDouble(),
        1 + random.nextDouble(),
        MS,
        random.nextBoolean() ? 0 : 120 * MS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "p95_latency <= 150 ms",
        "p50_latency <= 60 ms, p99_latency <= 300 ms",
        "mean_latency <= 80 ms, p90_latency <= 150 ms",
        "p99.5_latency <= 250 ms"
      })
  void saysOfEveryPlanWhatItsPredictionSays(String objective) throws Exception {
    Random random = new Random(objective.length());
    List<Constraint> bounds = Objective.parse(objective + "; minimise latency").constraints();
    List<Constraint> floor = Objective.parse("accuracy >= final; minimise latency").constraints();
    double share = 0.9;
    Predictor predictor = new Predictor(FACTS, PLANS, 1, 2);
    Predictor second = new Predictor(FACTS, PLANS, 1, 2);
    boolean[] floors = new boolean[PLANS.size()];
    Arrays.fill(floors, true);
    Judge judge =
        new Judge(
            predictor,
            new Judge.Limits(bounds, floor, List.of()),
            floors,
            new double[PLANS.size()],
            Judge.bolder(predictor, CHAINS),
            share,
            estimates(random));
    int timely = 0;
    int asked = 0;
    for (int round = 0; round < 6; round++) {
      Estimates estimates = estimates(random);
      if (round % 3 == 2) {
        estimates = estimates.withPassOdds(0.3 + 3 * random.nextDouble());
      }
      judge.begin(estimates, true, true);
      List<Integer> order = new ArrayList<>(IntStream.range(0, PLANS.size()).boxed().toList());
      Collections.shuffle(order, random);
      for (int i : order) {
        Prediction prediction = second.predict(i, estimates);
        double use = 0;
        double loss = 0;
        for (Constraint bound : bounds) {
          use = Math.max(use, second.value(i, bound.metric(), estimates) / bound.bound());
          if (bound.metric().percent() > 0) {
            loss = Math.max(loss, second.lateLoss(i, bound.bound(), estimates, 1));
          }
        }
        boolean keepsUp = !prediction.overloaded();
        String plan = "%s under %s".formatted(PLANS.get(i).describe(), estimates);
        if (i % 2 == 0) {
          assertThat(judge.timely(i)).as(plan).isEqualTo(keepsUp && use <= 1);
        }
        assertThat(judge.holdsAmply(i)).as(plan).isEqualTo(keepsUp && use <= share && loss <= 0);
        assertThat(judge.timely(i)).as(plan).isEqualTo(keepsUp && use <= 1);
        assertThat(judge.holds(i)).as(plan).isEqualTo(keepsUp && use <= 1 && loss <= 0);
        assertThat(judge.lateLoss(i)).as(plan).isEqualTo(loss);
        timely += judge.timely(i) ? 1 : 0;
        asked++;
      }
    }
    assertThat(timely).as("the test sees both").isBetween(asked / 20, asked * 19 / 20);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aPlanThatIsNeverSlowerIsNot(long seed) {
    Random random = new Random(seed);
    BundleFacts facts = SyntheticFacts.of(seed);
    List<PlanChain> chains = CandidatePlans.sluice(facts);
    Predictor predictor =
        new Predictor(
            facts, chains.stream().flatMap(chain -> chain.plans().stream()).toList(), 1, 2);
    int[] bolder = Judge.bolder(predictor, chains);
    int found = 0;
    for (int i = 0; i < bolder.length; i += 3) {
      if (bolder[i] >= 0) {
        found++;
        Estimates estimates = estimates(random);
        Prediction slow = predictor.predict(i, estimates);
        Prediction quick = predictor.predict(bolder[i], estimates);
        for (int percent = 5; percent <= 100; percent += 5) {
          assertThat(quick.latency().percentileNanos(percent))
              .isLessThanOrEqualTo(slow.latency().percentileNanos(percent));
        }
        assertThat(quick.workerComputeNanos()).isLessThanOrEqualTo(slow.workerComputeNanos());
      }
    }
    assertThat(found).isGreaterThan(bolder.length / 20);
  }
}
