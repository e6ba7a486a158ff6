package dev.sluice.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.FakeLink;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.estimate.WorkerLoad;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.commons.math3.stat.descriptive.moment.StandardDeviation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plans are not changed for nothing, nor by all devices at once. */
class StabilityTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1000 * MS;
  private static final String BOUNDS = "p95_latency <= 150 ms, accuracy >= final - 2 pt; ";

  private static final Set<String> CODECS = Set.of("jpeg-75", "klt-s1.0");

  private static final BundleFacts FACTS =
      SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), 200, 10, 6_000_000, true), 1);

  /** One plan in twelve of the chains of two codecs: ten minutes of decisions in a second. */
  private static final List<PlanChain> CHAINS = thinned();

  private static List<PlanChain> thinned() {
    List<PlanChain> thin = new ArrayList<>();
    for (PlanChain chain : CandidatePlans.sluice(FACTS)) {
      List<Plan> kept = new ArrayList<>();
      for (int i = 0; i < chain.plans().size(); i += 12) {
        Plan plan = chain.plans().get(i);
        if (!plan.usesCloud() || CODECS.contains(plan.codec())) {
          kept.add(plan);
        }
      }
      thin.add(new PlanChain(kept));
    }
    return thin;
  }

  private static Scheduler scheduler(String goal, SchedulerOptions options) throws Exception {
    return new Scheduler(FACTS, Objective.parse(goal), options, CHAINS);
  }

  private static Estimates link(double mbit, double sd, WorkerLoad load) {
    return Estimates.of(LinkState.UP, mbit * 125_000, sd, 20 * MS, 2 * MS, 25, 1, 0, 200 * MS)
        .withWorker(load);
  }

  private static WorkerLoad busy(double utilisation) {
    return new WorkerLoad(utilisation, 0.02, 0.01, 6 * MS, 0);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 20, 10, minimise worker_compute",
    "2, 2, 60, minimise worker_compute",
    "3, 6, 50, minimise uplink_bytes",
    "4, 1, 80, minimise uplink_bytes",
    "5, 6, 30, minimise mean_latency",
    "6, 1, 60, minimise mean_latency",
    "7, 10, 20, minimise device_energy",
    "8, 2, 50, minimise device_energy"
  })
  void keepsItsPlanForTenMinutesOnASteadyLinkWithTenPercentNoise(
      long seed, double mbit, long roundTripMs, String target) throws Exception {
    Scheduler scheduler = scheduler(BOUNDS + target, SchedulerOptions.defaults());
    FakeLink link = new FakeLink(t -> mbit * 125_000, t -> roundTripMs * MS, 0.1, seed);
    Random random = new Random(seed);
    Estimators estimators = new Estimators();
    Optional<Plan> plan = Optional.empty();
    int flips = 0;
    /* Five frames a second, a ping and a decision every half second. */
    for (long now = 0; now < 630 * SECOND; now += 100 * MS) {
      if (now % (500 * MS) == 0) {
        estimators.onPingSent(now);
        long ping = link.ping(now);
        estimators.onPing(ping, now + ping);
      }
      if (now % (200 * MS) == 100 * MS) {
        estimators.onArrival(now);
        estimators.onDeviceStage(Math.round(25 * MS * (1 + 0.02 * random.nextGaussian())), MS);
        if (plan.isPresent() && plan.get().usesCloud() && random.nextInt(3) == 0) {
          int variant =
              FACTS.select().variant(plan.get().sentCut(), plan.get().codec()).orElseThrow();
          int bytes = FACTS.select().bytes(variant, random.nextInt(FACTS.select().samples()));
          estimators.onTransfer(link.send(now, bytes));
          estimators.onWorker(MS / 2, 3 * MS, 3 * MS, now);
        } else if (estimators.at(now).probeWanted()) {
          int bytes = estimators.at(now).probeBytesWanted();
          estimators.onProbeSent(now);
          long elapsed = link.send(now, bytes).replyReceivedNanos() - now - 3 * MS;
          estimators.onProbe(bytes, elapsed, now + elapsed);
        }
      }
      if (now % (500 * MS) == 0) {
        PlanDecision decision = scheduler.decide(estimators.at(now), plan, now);
        boolean changed = plan.isPresent() && !plan.get().equals(decision.plan());
        flips += changed && now > 30 * SECOND ? 1 : 0;
        plan = Optional.of(decision.plan());
      }
    }

    assertThat(flips).as("flips to %s", plan).isZero();
  }

  /** Distances are even up to a share of them, and exponential for the rest. */
  @ParameterizedTest
  @CsvSource({
    "1, 6, 25, 1, minimise uplink_bytes",
    "2, 6, 25, 0.5, minimise uplink_bytes",
    "3, 2, 30, 1, minimise mean_latency",
    "4, 2, 30, 0.3, minimise mean_latency",
    "5, 3, 30, 1, minimise worker_compute",
    "6, 4, 25, 0.4, minimise worker_compute",
    "7, 20, 35, 1, minimise mean_latency",
    "8, 4, 20, 0.35, minimise device_energy"
  })
  void keepsItsPlanWhereFramesComeAtRandom(
      long seed, double mbit, double scale, double randomness, String target) throws Exception {
    Scheduler scheduler = scheduler(BOUNDS + target, SchedulerOptions.defaults());
    FakeLink link = new FakeLink(t -> mbit * 125_000, t -> 30 * MS, 0.1, seed);
    Random random = new Random(seed);
    Estimators estimators = new Estimators();
    Optional<Plan> plan = Optional.empty();
    int flips = 0;
    double frame = 0;
    for (long now = 0; now < 660 * SECOND; now += 10 * MS) {
      if (now % (500 * MS) == 0) {
        estimators.onPingSent(now);
        long ping = link.ping(now);
        estimators.onPing(ping, now + ping);
        if (estimators.at(now).probeWanted()) {
          int bytes = estimators.at(now).probeBytesWanted();
          estimators.onProbeSent(now);
          long elapsed = link.send(now, bytes).replyReceivedNanos() - now - 3 * MS;
          estimators.onProbe(bytes, elapsed, now + elapsed);
        }
      }
      while (frame <= now) {
        estimators.onArrival(Math.round(frame) + 1);
        estimators.onDeviceStage(Math.round(scale * MS * (1 + 0.02 * random.nextGaussian())), MS);
        frame += 200 * MS * (1 - randomness - randomness * Math.log(1 - random.nextDouble()));
      }
      if (now % (500 * MS) == 0) {
        PlanDecision decision = scheduler.decide(estimators.at(now), plan, now);
        boolean changed = plan.isPresent() && !plan.get().equals(decision.plan());
        flips += changed && now > 60 * SECOND ? 1 : 0;
        plan = Optional.of(decision.plan());
      }
    }

    /* Evenness is told in steps, and one that lies at the border of two may be told as either. */
    assertThat(flips).as("flips to %s", plan).isLessThanOrEqualTo(5);
  }

  @Test
  void knowsHowFarTheUncertaintyOfTheRateMovesAGain() throws Exception {
    Plan raw = new Plan(0, "raw", List.of());
    Plan jpeg = new Plan(0, "jpeg-75", List.of());
    Predictor predictor = new Predictor(FACTS, List.of(raw, jpeg), 1, 2);
    Target latency = Objective.parse("minimise mean_latency").targets().get(0);
    Target bytes = Objective.parse("minimise uplink_bytes").targets().get(0);
    Estimates estimates = Estimates.of(LinkState.UP, 500_000, 0.1, 20 * MS, 0, 1, 1, 0, 200 * MS);
    GainNoise noise = new GainNoise(predictor, estimates);

    Random random = new Random(1);
    double[] gains = new double[2000];
    for (int i = 0; i < gains.length; i++) {
      double rate = 500_000 * Math.exp(0.1 * random.nextGaussian());
      gains[i] = GainNoise.gain(predictor, 0, 1, latency, estimates.withUplink(rate));
    }
    double drawn = new StandardDeviation().evaluate(gains);
    assertThat(noise.sd(0, 1, latency)).isBetween(0.9 * drawn, 1.1 * drawn).isGreaterThan(0.005);
    assertThat(noise.sd(0, 0, latency)).as("what moves both alike cancels out").isZero();
    assertThat(noise.sd(0, 1, bytes)).as("bytes are certain").isZero();
    assertThat(noise.gain(0, 1, bytes)).isGreaterThan(0.5);
  }

  @Test
  void knowsHowFarTheUncertaintyOfADevicesSpeedMovesAGain() throws Exception {
    Plan jpeg = new Plan(0, "jpeg-75", List.of());
    Predictor predictor = new Predictor(FACTS, List.of(Plan.local(4, List.of()), jpeg), 1, 2);
    Target latency = Objective.parse("minimise mean_latency").targets().get(0);
    Estimates certain = Estimates.of(LinkState.UP, 500_000, 0, 20 * MS, 0, 8, 1, 0, 1000 * MS);
    for (double[] sds : new double[][] {{0.05, 0}, {0, 0.05}, {0.05, 0.1}}) {
      Random random = new Random(2);
      double[] gains = new double[2000];
      for (int i = 0; i < gains.length; i++) {
        double device = 8 * Math.exp(sds[0] * random.nextGaussian());
        double worker = Math.exp(sds[1] * random.nextGaussian());
        gains[i] = GainNoise.gain(predictor, 0, 1, latency, certain.withScales(device, worker));
      }
      double drawn = new StandardDeviation().evaluate(gains);

      double sd = new GainNoise(predictor, certain.withScaleSds(sds[0], sds[1])).sd(0, 1, latency);

      assertThat(sd).isBetween(0.9 * drawn, 1.1 * drawn).isPositive();
    }
    assertThat(new GainNoise(predictor, certain).sd(0, 1, latency)).isZero();
  }

  @Test
  void knowsHowFarTheUncertaintyOfExitsMovesAGain() throws Exception {
    Plan early = new Plan(2, "klt-s1.0", List.of(new ExitThreshold(0, 0.9)));
    Plan raw = new Plan(0, "raw", List.of());
    Predictor predictor = new Predictor(FACTS, List.of(raw, early), 1, 2);
    Target bytes = Objective.parse("minimise uplink_bytes").targets().get(0);
    Estimates harder =
        Estimates.of(LinkState.UP, 500_000, 0, 20 * MS, 0, 8, 1, 0, 1000 * MS).withPassOdds(2);
    Random random = new Random(3);
    double[] gains = new double[2000];
    for (int i = 0; i < gains.length; i++) {
      double odds = 2 * Math.exp(0.1 * random.nextGaussian());
      gains[i] = GainNoise.gain(predictor, 0, 1, bytes, harder.withPassOdds(odds));
    }
    double drawn = new StandardDeviation().evaluate(gains);

    double sd = new GainNoise(predictor, harder.withPassOdds(2, 0.1)).sd(0, 1, bytes);

    assertThat(sd).isBetween(0.9 * drawn, 1.1 * drawn).isPositive();
    assertThat(new GainNoise(predictor, harder).sd(0, 1, bytes)).isZero();
  }

  @Test
  void changesForAGainThatIsCertainAndNotForOneThatNoiseCouldFeign() throws Exception {
    Plan raw = new Plan(0, "raw", List.of());
    Plan jpeg = new Plan(0, "jpeg-75", List.of());
    Plan local = Plan.local(4, List.of());
    Objective goal = Objective.parse("minimise mean_latency");
    SchedulerOptions options =
        new SchedulerOptions(true, 0, 0, 0, 0, 0.02, Duration.ZERO)
            .with(new Stability(0, 2, Duration.ZERO, 0));
    Scheduler scheduler =
        new Scheduler(FACTS, goal, options, List.of(new PlanChain(List.of(local, raw, jpeg))));
    // A slow device's whole network, or a picture whose transfer is most of the time.
    double gain = 0;
    for (double sd : new double[] {0.001, 1}) {
      Estimates estimates = Estimates.of(LinkState.UP, 20_000, sd, 20 * MS, 0, 32, 1, 0, 1000 * MS);
      GainNoise noise = new GainNoise(new Predictor(FACTS, List.of(local, jpeg), 0, 0), estimates);
      gain = noise.gain(0, 1, goal.targets().get(0));
      assertThat(scheduler.decide(estimates, Optional.of(local), 0).plan())
          .as("gain %s, known to %s", gain, noise.sd(0, 1, goal.targets().get(0)))
          .isEqualTo(sd < 0.1 ? jpeg : local);
    }
    assertThat(gain).isBetween(0.02, 0.5);
  }

  @Test
  void givesTheWorkerLessToDoTheBusierItIs() throws Exception {
    Scheduler scheduler =
        scheduler("p95_latency <= 250 ms; minimise mean_latency", SchedulerOptions.defaults());
    double before = Double.POSITIVE_INFINITY;
    double idle = 0;
    for (double utilisation : new double[] {0.02, 0.5, 0.8, 0.9, 0.95, 1}) {
      PlanDecision decision =
          scheduler.decide(link(20, 0.05, busy(utilisation)), Optional.empty(), 0);
      double compute = decision.prediction().workerComputeNanos();
      assertThat(compute).as("busy %s", utilisation).isLessThanOrEqualTo(before * (1 + 1e-9));
      assertThat(decision.feasible()).isTrue();
      before = compute;
      idle = Math.max(idle, compute);
    }
    assertThat(before).as("long before it has to refuse").isLessThan(0.7 * idle);
  }

  @Test
  void answersAChangeOfTheLinkAtOnceAndOneOfTheWorkersLoadInItsTurn() throws Exception {
    String goal = "p95_latency <= 250 ms; minimise mean_latency";
    int together = 0;
    List<Long> left = new ArrayList<>();
    for (int seed = 0; seed < 12; seed++) {
      Scheduler scheduler = scheduler(goal, SchedulerOptions.defaults().withSeed(seed));
      Estimates calm = link(20, 0.05, busy(0.2));
      Optional<Plan> plan = Optional.of(scheduler.decide(calm, Optional.empty(), 0).plan());
      Plan first = plan.orElseThrow();
      assertThat(first.usesCloud()).isTrue();
      Estimates crowded = link(20, 0.05, busy(0.97));
      for (long now = 10 * SECOND; now < 130 * SECOND; now += 250 * MS) {
        PlanDecision decision = scheduler.decide(crowded, plan, now);
        if (decision.plan().equals(first)) {
          assertThat(decision.reason()).contains("waits for its turn", "busy 97 %");
        } else {
          left.add(now - 10 * SECOND);
          break;
        }
      }
      Scheduler other = scheduler(goal, SchedulerOptions.defaults().withSeed(seed));
      Plan start = other.decide(calm, Optional.empty(), 0).plan();
      together +=
          other
                  .decide(link(0.2, 0.05, busy(0.2)), Optional.of(start), 10 * SECOND)
                  .plan()
                  .equals(start)
              ? 0
              : 1;
    }
    assertThat(together).as("devices that leave a slow link at once").isEqualTo(12);
    assertThat(left).as("devices that leave a crowded worker").hasSize(12);
    assertThat(left.stream().filter(time -> time < SECOND)).hasSizeLessThan(7);
    assertThat(left.stream().distinct()).hasSizeGreaterThan(4);
  }

  @Test
  void respondsSoonerTheMoreThereIsToGain() {
    long[] sums = new long[2];
    for (int seed = 0; seed < 400; seed++) {
      for (int i = 0; i < 2; i++) {
        Pace pace = new Pace(3e9, new SplittableRandom(seed));
        long now = 0;
        while (!pace.due(i == 0 ? 1 : 0.25, now)) {
          now += 100 * MS;
        }
        sums[i] += now;
      }
    }
    // Exponential times of 3 s and 12 s, found at the next tenth of a second.
    assertThat(sums[0] / 400 / 1e9).isBetween(2.6, 3.5);
    assertThat(sums[1] / 400 / 1e9).isBetween(10.5, 13.6);
  }

  @Test
  void isNotHurriedByAClockThatJumps() {
    Pace pace = new Pace(1000e9, new SplittableRandom(1));
    pace.due(1, 0);
    assertThat(pace.due(1, Long.MAX_VALUE)).isFalse();
    assertThat(pace.due(1, Long.MIN_VALUE)).isFalse();
    assertThat(new Pace(0, new SplittableRandom(1)).due(0, 0)).isTrue();
  }

  @Test
  void refusesWhatIsNoStability() {
    assertThatThrownBy(() -> new Stability(0, Double.NaN, Duration.ZERO, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Stability(0, -1, Duration.ZERO, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Stability(0, 2, Duration.ofNanos(-1), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
