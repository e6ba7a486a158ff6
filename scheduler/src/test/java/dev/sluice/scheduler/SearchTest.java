package dev.sluice.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.DeviceModel;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.predict.Rescue;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SearchTest {
  private static final long MS = 1_000_000;
  private static final BundleFacts FACTS =
      SyntheticFacts.of(new SyntheticFacts.Shape(5, List.of(1, 2, 4), 300, 10, 6_000_000, true), 3);
  private static final List<Plan> PLANS =
      CandidatePlans.sluice(FACTS).stream().flatMap(chain -> chain.plans().stream()).toList();
  private static final Estimates SOME = Estimates.of(LinkState.UP, 1e6, 0, 0, 0, 1, 1, 0, 0);

  /** Nothing is told of the condition. */
  private static final IntPredicate MAYBE = i -> true;

  private Predictor predictor = new Predictor(FACTS, PLANS, 1, 2);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "minimise worker_compute",
        "minimise worker_compute, then uplink_bytes",
        "minimise uplink_bytes, maximise accuracy",
        "maximise accuracy, minimise mean_latency",
        "minimise mean_latency",
        "minimise mean_latency, then p90_latency, maximise accuracy",
        "minimise mean_latency, then device_energy",
        "minimise device_energy, minimise p90_latency",
        "minimise p95_latency, then device_compute",
        "maximise throughput, minimise uplink_bytes",
        "minimise device_compute, then deadline_misses(90 ms), then mean_latency"
      })
  void findsWhatLookingAtEveryPlanFinds(String objective) throws Exception {
    findsTheBest(objective);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "minimise device_compute",
        "minimise device_compute, then uplink_bytes",
        "minimise uplink_bytes, then device_compute",
        "maximise accuracy, minimise device_compute"
      })
  void findsItWhereLateRepliesCostTheDeviceMore(String objective) throws Exception {
    predictor = on(DeviceModel.DEFAULT.answering(Rescue.before(150 * MS)));
    findsTheBest(objective);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pi4-one-core+lte",
        "pi4-one-core+3g",
        "pi4-one-core+wire",
        "pi4-duty-cycled+wifi"
      })
  void findsTheThriftiestWhateverTheRadio(String energy) throws Exception {
    predictor =
        on(DeviceModel.DEFAULT.with(EnergyModel.named(energy)).answering(Rescue.before(150 * MS)));
    findsTheBest("minimise device_energy, then uplink_bytes");
  }

  private static Predictor on(DeviceModel device) {
    return new Predictor(FACTS, PLANS, 1, 2, Optional.empty(), device);
  }

  private void findsTheBest(String objective) throws Exception {
    List<Target> targets = Objective.parse(objective).targets();
    Random random = new Random(objective.hashCode());
    Search.sort(predictor, targets, SOME);
    for (double tolerance : new double[] {0, 0.02, 0.3}) {
      Search search = new Search(predictor, PLANS.size(), targets, tolerance, SOME);
      for (int round = 0; round < 8; round++) {
        Estimates estimates = estimates(random);
        boolean[] meets = new boolean[PLANS.size()];
        double share = random.nextDouble();
        for (int i = 0; i < meets.length; i++) {
          meets[i] = random.nextDouble() < share * share;
        }
        IntPredicate condition = i -> meets[i];

        if (round % 4 == 3) {
          estimates = estimates.withPassOdds(0.3 + 3 * random.nextDouble());
        }
        search.begin(estimates);

        assertThat(search.best(MAYBE, condition))
            .as("%s, tolerance %s, round %d", objective, tolerance, round)
            .isEqualTo(exhaustive(targets, tolerance, estimates, condition));
        assertThat(search.best(condition, condition))
            .as("%s, tolerance %s, round %d, told", objective, tolerance, round)
            .isEqualTo(search.best(MAYBE, condition));
        assertThat(search.best(MAYBE, i -> false)).isEqualTo(-1);
      }
    }
  }

  private static Estimates estimates(Random random) {
    return Estimates.of(
            LinkState.UP,
            Math.exp(9 + 6 * random.nextDouble()),
            0.1,
            (long) (random.nextDouble() * 80 * MS),
            MS,
            5 + 30 * random.nextDouble(),
            1 + random.nextDouble(),
            MS,
            random.nextBoolean() ? 0 : 150 * MS)
        .withFramePeriodCv(random.nextInt(3) / 2.0);
  }

  /** By the words of the definition, one target after the other. */
  private int exhaustive(
      List<Target> targets, double tolerance, Estimates estimates, IntPredicate condition) {
    List<Integer> left =
        new ArrayList<>(IntStream.range(0, PLANS.size()).filter(condition).boxed().toList());
    for (Target target : targets) {
      double least =
          left.stream().mapToDouble(i -> cost(target, i, estimates)).min().orElse(Double.NaN);
      left.removeIf(i -> cost(target, i, estimates) > least + tolerance * Math.abs(least));
    }
    double accuracy = left.stream().mapToDouble(predictor::accuracy).max().orElse(Double.NaN);
    left.removeIf(i -> predictor.accuracy(i) < accuracy);
    return left.stream()
        .filter(i -> !predictor.plan(i).usesCloud())
        .findFirst()
        .or(() -> left.stream().findFirst())
        .orElse(-1);
  }

  private double cost(Target target, int index, Estimates estimates) {
    return target.cost(predictor.value(index, target.metric(), estimates));
  }
}
