package dev.sluice.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Time is an argument, and whoever passes it may have a clock that jumps. */
class BrokenClockTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1000 * MS;
  private static final long HOUR = 3600 * SECOND;
  private static final String GOAL =
      "p95_latency <= 150 ms, accuracy >= final - 2 pt; minimise worker_compute";
  private static final BundleFacts FACTS =
      SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), 200, 10, 6_000_000, true), 1);

  private static Scheduler scheduler() throws Exception {
    return new Scheduler(FACTS, Objective.parse(GOAL), SchedulerOptions.defaults());
  }

  private static Estimates link(double mbit, double deviceScale) {
    return Estimates.of(
        LinkState.UP, mbit * 125_000, 0.05, 30 * MS, 2 * MS, deviceScale, 1, MS, 200 * MS);
  }

  private static long jumped(Random random, long now) {
    return switch (random.nextInt(6)) {
      case 0 -> now - 200 * MS;
      case 1 -> now - random.nextInt(48) * HOUR;
      case 2 -> now + random.nextInt(48) * HOUR;
      case 3 -> random.nextLong();
      case 4 -> random.nextBoolean() ? Long.MAX_VALUE : Long.MIN_VALUE;
      default -> now + 200 * MS;
    };
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void holdsWhatCanBeHeldWhateverTheClockSays(long seed) throws Exception {
    Scheduler jumping = scheduler();
    Scheduler fresh = scheduler();
    Random random = new Random(seed);
    Optional<Plan> current = Optional.empty();
    long now = 0;
    int changes = 0;
    for (int i = 0; i < 150; i++) {
      now = jumped(random, now);
      Estimates estimates =
          link(0.1 * Math.pow(300, random.nextDouble()), 2 * Math.pow(20, random.nextDouble()));

      PlanDecision decision = jumping.decide(estimates, current, now);

      /* What is in use may stay where it would not be taken up, but not the other way round. */
      if (fresh.decide(estimates, Optional.empty(), 0).feasible()) {
        assertThat(decision.feasible()).as("%d, at %d ns: %s", i, now, decision).isTrue();
      }
      changes += current.isPresent() && !current.get().equals(decision.plan()) ? 1 : 0;
      current = Optional.of(decision.plan());
    }
    assertThat(changes).isPositive();
  }

  @ParameterizedTest
  @ValueSource(
      longs = {-24 * HOUR, -100 * MS, 0, 24 * HOUR, Long.MIN_VALUE / 2, Long.MAX_VALUE / 2})
  void takesABetterPlanWithinTenSecondsOfTheJump(long jump) throws Exception {
    Scheduler scheduler = scheduler();
    long now = 48 * HOUR;
    Optional<Plan> first = Optional.of(scheduler.decide(link(4, 40), Optional.empty(), now).plan());
    Estimates better = link(20, 4);
    Plan wanted = scheduler().decide(better, Optional.empty(), 0).plan();
    assertThat(wanted).isNotEqualTo(first.get());

    Optional<Plan> current = first;
    for (long since = 0; since <= 10 * SECOND; since += 250 * MS) {
      current = Optional.of(scheduler.decide(better, current, now + jump + since).plan());
    }

    assertThat(current).contains(wanted);
  }

  @ParameterizedTest
  @ValueSource(longs = {-24 * HOUR, 0, 24 * HOUR})
  void aTurnToAnswerComesWhateverTheClockDoes(long jump) {
    Pace pace = new Pace(2.0 * SECOND, new SplittableRandom(1));
    assertThat(pace.due(1, 48 * HOUR)).isFalse();
    int asked = 0;
    while (!pace.due(1, 48 * HOUR + jump + asked * 250 * MS)) {
      assertThat(++asked).as("quarters of a second").isLessThan(240);
    }
  }

  @Test
  void aJumpForwardsIsNoTurn() {
    /* Of devices that all jump by a day, hardly more than those have their turn that a second brings. */
    int turns = 0;
    for (int device = 0; device < 1000; device++) {
      Pace pace = new Pace(10.0 * SECOND, new SplittableRandom(device));
      pace.due(1, 0);
      turns += pace.due(1, 24 * HOUR) ? 1 : 0;
    }
    assertThat(turns).isBetween(50, 150);
  }
}
