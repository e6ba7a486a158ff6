package dev.sluice.experiments.study.replay;

import static dev.sluice.experiments.study.replay.Courses.MS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.LatencyDistribution;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.DeviceModel;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.sim.link.LinkOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What the scheduler predicts of a plan, against the real session streaming the very samples that
 * it predicts from, over the link that it is told of.
 */
class PredictionAgainstReplayTest {
  /** As many as predictions look at one by one. */
  private static final int SAMPLES = Predictor.MOST_ROWS;

  private static final double DEVICE_FACTOR = 20;
  private static final long PERIOD_NANOS = 1_000 * MS;
  private static final double BYTES_PER_SECOND = 250_000;
  private static final long ROUND_TRIP_MILLIS = 40;

  private static final BundleFacts FACTS =
      SyntheticFacts.of(
          new SyntheticFacts.Shape(4, List.of(1, 2), SAMPLES, 6, 6_000_000, false), 3);

  private static final Question UNHURRIED =
      Question.of("test", "p95_latency <= 20 s, accuracy >= final - 100 pt; minimise mean_latency");

  /** Local plans, splits and pictures, each without exits and with several thresholds. */
  private static List<Plan> plans() {
    List<Plan> plans = new ArrayList<>();
    for (List<ExitThreshold> exits :
        List.of(
            List.<ExitThreshold>of(),
            List.of(new ExitThreshold(0, 0.6)),
            List.of(new ExitThreshold(0, 0.9)),
            List.of(new ExitThreshold(1, 0.75)),
            List.of(new ExitThreshold(0, 0.95), new ExitThreshold(1, 0.7)))) {
      plans.add(Plan.local(FACTS.lastCut(), exits));
      for (CodecFact codec : FACTS.codecs()) {
        boolean reached =
            exits.stream().allMatch(exit -> FACTS.exitCut(exit.exit()) <= codec.cut());
        if (reached && List.of("q8", "jpeg-75", "klt-s1.0").contains(codec.codec())) {
          plans.add(new Plan(codec.cut(), codec.codec(), exits));
        }
      }
    }
    return plans;
  }

  @TestFactory
  List<DynamicTest> holds() {
    List<Plan> plans = plans();
    assertThat(plans).anyMatch(plan -> plan.usesCloud() && plan.split() == 0);
    assertThat(plans).anyMatch(plan -> plan.usesCloud() && plan.exits().size() == 2);
    return plans.stream()
        .map(plan -> DynamicTest.dynamicTest(plan.describe(), () -> holds(plan)))
        .toList();
  }

  private static void holds(Plan plan) {
    CalibrationTable samples = FACTS.select();
    StreamReplay replay =
        new StreamReplay(FACTS, samples, DEVICE_FACTOR, PERIOD_NANOS, LinkOptions.DEFAULT, 0);
    int[] rows = IntStream.range(0, SAMPLES).toArray();
    Estimates conditions =
        Estimates.of(
            LinkState.UP,
            BYTES_PER_SECOND,
            0,
            ROUND_TRIP_MILLIS * MS,
            0,
            DEVICE_FACTOR,
            1,
            0,
            PERIOD_NANOS);
    Predictor predictor = new Predictor(FACTS, List.of(plan), 0, 0);
    Prediction predicted = predictor.predict(0, conditions);

    StreamLog log =
        replay.log(
            Unhedged.of(new Decisions(FACTS, conditions).always(plan)),
            Stream.of(
                UNHURRIED,
                Courses.link(BYTES_PER_SECOND, ROUND_TRIP_MILLIS, 0, 0),
                new Load.Periodic(PERIOD_NANOS),
                rows,
                1));

    long[] latencies = IntStream.range(0, SAMPLES).mapToLong(log::latencyNanos).toArray();
    double streamed = LatencyDistribution.of(latencies).percentileNanos(95);
    assertThat((double) predicted.p95LatencyNanos()).isCloseTo(streamed, within(0.05 * streamed));
    assertThat(predicted.meanLatencyNanos())
        .isCloseTo(Arrays.stream(latencies).average().orElseThrow(), within(0.05 * streamed));

    int sent = 0;
    int right = 0;
    for (int sample = 0; sample < SAMPLES; sample++) {
      int exit = exit(samples, sample, plan);
      boolean early = exit < FACTS.finalExit();
      assertThat(log.exit(sample)).as("sample %d", sample).isEqualTo(exit);
      assertThat(log.fromCloud(sample)).isEqualTo(plan.usesCloud() && !early);
      sent += log.fromCloud(sample) ? 1 : 0;
      right += log.right(sample) ? 1 : 0;
    }
    assertThat(predicted.offloadedShare()).isEqualTo((double) sent / SAMPLES);
    assertThat(predicted.accuracy()).isCloseTo((double) right / SAMPLES, within(1e-12));
  }

  @Test
  void aDeviceThatGoesOnHasItsAnswerBeforeTheReplyIsDue() {
    /* The reply comes after the moment at which the device would have to turn to the frame once
     * more, had it not gone on at once. */
    Question question =
        Question.of(
            "test", "p95_latency <= 150 ms, accuracy >= final - 100 pt; minimise mean_latency");
    long period = 100 * MS;
    long roundTripMillis = 90;
    Estimates conditions =
        Estimates.of(
            LinkState.UP,
            BYTES_PER_SECOND,
            0,
            roundTripMillis * MS,
            0,
            DEVICE_FACTOR,
            1,
            0,
            period);
    Plan picture = new Plan(0, "jpeg-75", List.of());
    DeviceModel device = DeviceModel.DEFAULT.serving(question.goal().objective());
    StreamReplay replay =
        new StreamReplay(FACTS, FACTS.select(), DEVICE_FACTOR, period, LinkOptions.DEFAULT, 0);

    StreamLog log =
        replay.log(
            new Decisions(FACTS, conditions).always(picture),
            Stream.of(
                question,
                Courses.link(BYTES_PER_SECOND, roundTripMillis, 0, 0),
                new Load.Periodic(period),
                IntStream.range(0, SAMPLES).toArray(),
                1));

    long[] latencies = IntStream.range(0, SAMPLES).mapToLong(log::latencyNanos).toArray();
    LatencyDistribution streamed = LatencyDistribution.of(latencies);
    LatencyDistribution predicted = latency(picture, device, conditions);
    for (int percent : new int[] {50, 95}) {
      double nanos = streamed.percentileNanos(percent);
      assertThat((double) predicted.percentileNanos(percent))
          .isCloseTo(nanos, within(0.05 * nanos));
    }
    assertThat(latency(picture, device.goingOn(false), conditions).percentileNanos(95))
        .as("of a device that waits, and is taken once more")
        .isGreaterThan(predicted.percentileNanos(95) * 11 / 10);
  }

  private static LatencyDistribution latency(Plan plan, DeviceModel device, Estimates conditions) {
    return new Predictor(FACTS, List.of(plan), 0, 0, Optional.empty(), device)
        .predict(0, conditions)
        .latency();
  }

  /** By the table alone. */
  private static int exit(CalibrationTable samples, int sample, Plan plan) {
    for (ExitThreshold exit : plan.exits()) {
      if (samples.confidence(sample, exit.exit()) >= exit.threshold()) {
        return exit.exit();
      }
    }
    return FACTS.finalExit();
  }
}
