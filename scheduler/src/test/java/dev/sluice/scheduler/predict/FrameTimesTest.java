package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameTimesTest {
  private static final long MS = 1_000_000;
  private static final int FRAMES = Predictor.MOST_ROWS;

  @Test
  void evenFramesComeOneAfterTheOther() {
    FrameTimes even = FrameTimes.of(0, FrameTimes.typical(FRAMES));
    assertThat(even.isEven()).isTrue();
    assertThat(even.at(7)).isEqualTo(7);
    assertThat(even.shortest()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.25, 0.5, 0.75, 1})
  void distancesHaveAMeanOfOneAndVaryAsMuchAsTheyShall(double cv) {
    FrameTimes times = FrameTimes.of(cv, FrameTimes.typical(FRAMES));
    double squares = 0;
    double shortest = 9;
    for (int i = 0; i < FRAMES; i++) {
      double distance = times.at(i + 1) - times.at(i);
      squares += (distance - 1) * (distance - 1) / FRAMES;
      shortest = Math.min(shortest, distance);
    }
    assertThat(times.at(0)).isZero();
    assertThat(times.at(FRAMES)).isCloseTo(FRAMES, within(1e-9));
    assertThat(Math.sqrt(squares)).isCloseTo(cv, Percentage.withPercentage(8));
    assertThat(times.shortest()).isCloseTo(shortest, within(1e-9)).isGreaterThanOrEqualTo(1 - cv);
  }

  /** Pollaczek and Khinchine's formula for a constant service time. */
  @ParameterizedTest
  @CsvSource({"400, 10", "1300, 10", "250, 10", "100, 20", "50, 30"})
  void waitsAtAServerAreThoseOfAPoissonProcess(int frames, double percent) {
    FrameTimes times = FrameTimes.of(1, FrameTimes.typical(frames));
    for (double load : new double[] {0.2, 0.3, 0.5, 0.7, 0.8}) {
      double free = 0;
      double waits = 0;
      for (int i = 0; i < frames; i++) {
        double start = Math.max(free, times.at(i));
        waits += (start - times.at(i)) / frames;
        free = start + load;
      }
      assertThat(waits)
          .as("load %s", load)
          .isCloseTo(load * load / (2 * (1 - load)), Percentage.withPercentage(percent));
    }
  }

  /**
   * The oracle draws frames of its own, 200,000 of them, over the rows in their order: percentiles
   * and misses of a device that computes everything.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0.4, 0.6, 0.75})
  void predictsWhatFramesAtRandomMeetAtTheDevice(double load) {
    BundleFacts facts =
        SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), FRAMES, 10, 6 * MS, false), 5);
    Plan plan = Plan.local(facts.lastCut(), List.of());
    Predictor predictor = new Predictor(facts, List.of(plan), 0, 0);
    long whole = predictor.predict(0, frames(0, 0)).p95LatencyNanos();
    long period = Math.round(whole / load);
    Random random = new Random(11);
    double[] latencies = new double[200_000];
    double now = 0;
    double free = 0;
    for (int i = 0; i < latencies.length; i++) {
      now -= period * Math.log(1 - random.nextDouble());
      free = Math.max(free, now) + whole;
      latencies[i] = free - now;
    }
    Arrays.sort(latencies);
    double p90 = latencies[latencies.length * 9 / 10];
    double missed =
        (double) Arrays.stream(latencies).filter(nanos -> nanos > 2.0 * whole).count()
            / latencies.length;

    Estimates atRandom = frames(period, 1);
    assertThat(predictor.value(0, Metric.latencyPercentile(90), atRandom))
        .isCloseTo(p90, Percentage.withPercentage(12));
    assertThat(predictor.value(0, Metric.deadlineMisses(2 * whole), atRandom))
        .isCloseTo(missed, within(0.04));
    /* Evenly none would wait. */
    assertThat(predictor.value(0, Metric.latencyPercentile(90), frames(period, 0)))
        .isEqualTo(whole);
    assertThat(p90).isGreaterThan(1.3 * whole);
  }

  /**
   * The oracle serves 200,000 frames of its own as the runtime does: one that cannot be done in
   * time any more because it waited takes the way through all exits, to the deepest that ends in
   * time, or is dropped if none does.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0.3, 0.6, 0.9})
  void whatWaitedTooLongIsAnsweredEarlyAndCostsAccuracy(double load) {
    BundleFacts facts =
        SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), FRAMES, 10, 6 * MS, false), 5);
    Plan plan = Plan.local(facts.lastCut(), List.of());
    Predictor bare = new Predictor(facts, List.of(plan), 0, 0);
    double whole = bare.value(0, Metric.latencyPercentile(50), frames(0, 0));
    double deadline = 1.5 * whole;
    Predictor predictor =
        new Predictor(
            facts,
            List.of(plan),
            0,
            0,
            Optional.empty(),
            DeviceModel.DEFAULT.answering(new Rescue(deadline, 0, 0)));
    double period = whole / load;
    CostModel costs = CostModel.of(facts, plan);
    double scale = frames(0, 0).deviceScale();

    Random random = new Random(12);
    int frames = 200_000;
    int late = 0;
    double lost = 0;
    double now = 0;
    double free = 0;
    for (int i = 0; i < frames; i++) {
      now -= period * Math.log(1 - random.nextDouble());
      double start = Math.max(free, now);
      if (start + whole <= now + deadline) {
        free = start + whole;
        continue;
      }
      int reached = -1;
      for (int exit = 0; exit <= facts.finalExit(); exit++) {
        if (start + costs.throughNanos(exit) * scale <= now + deadline) {
          reached = exit;
        }
      }
      free = reached < 0 ? start : start + costs.throughNanos(reached) * scale;
      late += reached < 0 ? 1 : 0;
      int row = i % FRAMES;
      boolean saved = reached >= 0 && facts.select().correct(row, reached);
      lost += facts.select().correct(row, facts.finalExit()) ? 1 : 0;
      lost -= saved ? 1 : 0;
    }

    Estimates atRandom = frames(Math.round(period), 1);
    assertThat(predictor.value(0, Metric.deadlineMisses((long) deadline), atRandom))
        .isCloseTo((double) late / frames, within(0.015));
    assertThat(predictor.lateLoss(0, deadline, atRandom, 1)).isCloseTo(lost / frames, within(0.03));
    assertThat(lost / frames).isGreaterThan(load > 0.5 ? 0.03 : 0.005);
  }

  /** Only waits are excused: who takes too long without any queues as ever. */
  @Test
  void aPlanThatTakesTooLongByItselfIsNotAnsweredEarly() {
    BundleFacts facts =
        SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), FRAMES, 10, 6 * MS, false), 5);
    List<Plan> plan = List.of(Plan.local(facts.lastCut(), List.of()));
    Predictor bare = new Predictor(facts, plan, 0, 0);
    double whole = bare.value(0, Metric.latencyPercentile(50), frames(0, 0));
    Predictor hurried =
        new Predictor(
            facts,
            plan,
            0,
            0,
            Optional.empty(),
            DeviceModel.DEFAULT.answering(new Rescue(0.9 * whole, 0, 0)));
    Estimates atRandom = frames(Math.round(whole / 0.5), 1);
    Metric p95 = Metric.latencyPercentile(95);

    assertThat(hurried.value(0, p95, atRandom)).isEqualTo(bare.value(0, p95, atRandom));
    assertThat(hurried.value(0, p95, atRandom)).isGreaterThan(1.5 * whole);
  }

  @Test
  void meansAndEnergyAreThoseOfEvenFrames() {
    BundleFacts facts = SyntheticFacts.of(3);
    List<Plan> plans =
        CandidatePlans.sluice(facts).stream().flatMap(chain -> chain.plans().stream()).toList();
    Predictor predictor = new Predictor(facts, plans, 1, 2);
    Estimates even = frames(150 * MS, 0);
    Estimates atRandom = frames(150 * MS, 1);
    int later = 0;
    for (int i = 0; i < plans.size(); i += 11) {
      for (Metric.Kind kind :
          List.of(
              Metric.Kind.MEAN_LATENCY, Metric.Kind.DEVICE_ENERGY, Metric.Kind.DEVICE_COMPUTE)) {
        Metric metric = Metric.of(kind);
        assertThat(predictor.value(i, metric, atRandom))
            .as("%s of %s", metric, plans.get(i))
            .isEqualTo(predictor.value(i, metric, even));
      }
      Metric p95 = Metric.latencyPercentile(95);
      later += predictor.value(i, p95, atRandom) > predictor.value(i, p95, even) ? 1 : 0;
    }
    assertThat(later).as("plans that are later at random").isGreaterThan(plans.size() / 11 / 2);
  }

  private static Estimates frames(long periodNanos, double cv) {
    return Estimates.of(LinkState.UP, 2e6, 0.1, 20 * MS, 2 * MS, 3, 1, 0, periodNanos)
        .withFramePeriodCv(cv);
  }
}
