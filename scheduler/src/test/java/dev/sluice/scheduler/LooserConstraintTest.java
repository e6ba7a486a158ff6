package dev.sluice.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who asks for less in a constraint gets no less in the first target. */
class LooserConstraintTest {
  private static final long MS = 1_000_000;
  private static final int SEEDS = 3;
  private static final int LINKS = 6;
  private static final int STEPS = 5;

  /** Neither headroom, tolerance nor hysteresis: the plain optimum. */
  private static final SchedulerOptions EXACT =
      new SchedulerOptions(true, 1, 2, 0, 0, 0, Duration.ZERO);

  /** From 0.1 to 30 Mbit/s, 2 to 120 ms, and devices of 12 to 360 ms for the whole network. */
  private static List<Estimates> links(Random random) {
    List<Estimates> links = new ArrayList<>();
    for (int i = 0; i < LINKS; i++) {
      links.add(
          Estimates.of(
              LinkState.UP,
              125_000 * 0.1 * Math.pow(300, random.nextDouble()),
              0.2 * random.nextDouble(),
              (2 + random.nextInt(119)) * MS,
              random.nextInt(5) * MS,
              2 * Math.pow(30, random.nextDouble()),
              0.5 + random.nextDouble(),
              random.nextInt(4) * MS,
              400 * MS));
    }
    return links;
  }

  /** The least p95 latency does not depend on its bound; other targets may gain. */
  @ParameterizedTest
  @CsvSource({
    "minimise p95_latency, 0",
    "minimise mean_latency, 1",
    "maximise accuracy, 1",
    "minimise worker_compute, 1",
    "minimise uplink_bytes, 1",
    "minimise device_energy, 0"
  })
  void aLaterDeadlineNeverWorsensTheFirstTarget(String target, int leastPaid) throws Exception {
    int paid = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      Random random = new Random(seed);
      List<String> objectives =
          ascending(random, 15, 600).stream()
              .map(ms -> "p95_latency <= " + ms + " ms, accuracy >= final - 3 pt; " + target)
              .toList();
      BundleFacts facts = SyntheticFacts.of(shape(), seed);
      paid += countingWhatPaid(objectives, EXACT, facts, links(random));
    }
    assertThat(paid).as("looser constraints that paid").isGreaterThanOrEqualTo(leastPaid);
  }

  /*
   * On the SELECT table. What can be proven depends on which plans are tried together, and a looser
   * floor is tried with others.
   */
  @ParameterizedTest
  @CsvSource({
    "minimise p95_latency, 1",
    "minimise mean_latency, 1",
    "maximise accuracy, 0",
    "minimise worker_compute, 1",
    "minimise uplink_bytes, 1",
    "minimise device_energy, 1"
  })
  void aLowerFloorNeverWorsensTheFirstTarget(String target, int leastPaid) throws Exception {
    int paid = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      Random random = new Random(seed + 100);
      List<String> objectives =
          ascending(random, 0.1, 20).stream()
              .map(pt -> "p95_latency <= 200 ms, accuracy >= final - " + pt + " pt; " + target)
              .toList();
      BundleFacts facts = SyntheticFacts.of(shape(), seed);
      paid += countingWhatPaid(objectives, EXACT.uncertified(), facts, links(random));
    }
    assertThat(paid).as("looser constraints that paid").isGreaterThanOrEqualTo(leastPaid);
  }

  private static List<String> ascending(Random random, double least, double most) {
    return DoubleStream.generate(() -> least * Math.pow(most / least, random.nextDouble()))
        .limit(STEPS)
        .sorted()
        .mapToObj(bound -> String.format(Locale.ROOT, "%.3f", bound))
        .toList();
  }

  private static SyntheticFacts.Shape shape() {
    return new SyntheticFacts.Shape(4, List.of(1, 2), 300, 10, 6_000_000, false);
  }

  /**
   * Asks every objective, the strictest first, about every link.
   *
   * @return how often the looser one bettered the first target
   */
  private static int countingWhatPaid(
      List<String> objectives, SchedulerOptions options, BundleFacts facts, List<Estimates> links)
      throws Exception {
    List<Optional<PlanDecision>> before =
        new ArrayList<>(Collections.nCopies(links.size(), Optional.empty()));
    double[] costs = new double[links.size()];
    int paid = 0;
    for (String text : objectives) {
      Objective objective = Objective.parse(text);
      Target first = objective.targets().get(0);
      Scheduler scheduler = new Scheduler(facts, objective, options);
      for (int i = 0; i < links.size(); i++) {
        PlanDecision decision = scheduler.decide(links.get(i), Optional.empty(), 0);
        if (before.get(i).isPresent()) {
          double cost = cost(scheduler, first, decision, links.get(i));
          double strict = costs[i];
          assertThat(decision.feasible()).as("%s holds as well: %s", text, decision).isTrue();
          assertThat(cost)
              .as("%s under %s%n%s%nafter %s", text, links.get(i), decision, before.get(i))
              .isLessThanOrEqualTo(strict);
          paid += cost < strict ? 1 : 0;
        }
        if (decision.feasible()) {
          costs[i] = cost(scheduler, first, decision, links.get(i));
          before.set(i, Optional.of(decision));
        }
      }
    }
    return paid;
  }

  /** As targets count it. */
  private static double cost(
      Scheduler scheduler, Target target, PlanDecision decision, Estimates estimates) {
    Appraisal appraisal = scheduler.appraise(estimates);
    int chosen = appraisal.find(decision.plan()).orElseThrow();
    return target.cost(appraisal.value(chosen, target.metric()));
  }
}
