package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.CalibrationTable.Variant;
import dev.sluice.scheduler.profile.Envelope;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PredictorTest {
  private static final long MS = 1_000_000;

  /** Latencies are rounded to whole nanoseconds. */
  private static final double TOLERANCE = 1;

  /**
   * Two segments of 10 ms, an exit (head 1 ms) between them, codec q8 there: encode 2 ms, decode 3
   * ms. Preprocessing takes 4 ms. Four samples: 0 and 2 are sure at the exit, 1 and 3 are not and
   * are sent with 1,000 and 3,000 bytes. The exit is wrong about 2, the codec breaks 3.
   */
  static BundleFacts handMade() {
    return handMade(1);
  }

  /** The same with payloads so many times as large. */
  static BundleFacts handMade(int larger) {
    Profile profile =
        new Profile(
            1,
            "by hand",
            4 * MS,
            List.of(new Profile.SegmentTime(1, 10 * MS), new Profile.SegmentTime(2, 10 * MS)),
            List.of(new Profile.HeadTime(0, MS)),
            List.of(new Profile.CodecCost(1, "q8", 2 * MS, 3 * MS, 2000, 3000)));
    return new BundleFacts(
        2,
        List.of(new BundleFacts.ExitFact(0, 1), new BundleFacts.ExitFact(1, 2)),
        List.of(
            new BundleFacts.CutFact(0, 0),
            new BundleFacts.CutFact(1, 0.5),
            new BundleFacts.CutFact(2, 1)),
        List.of(new BundleFacts.CodecFact(1, "q8")),
        profile,
        handMade(Role.SELECT, larger),
        handMade(Role.CERTIFY, larger));
  }

  private static CalibrationTable handMade(Role role, int larger) {
    CalibrationTable.Builder table =
        CalibrationTable.builder(role, 2, 4, new int[] {1, 2}, List.of(new Variant(1, "q8")));
    double[] confidence = {0.95, 0.6, 0.9, 0.7};
    int[] atExit = {0, 1, 1, 1};
    int[] bytes = {500, 1000, 700, 3000};
    int[] sent = {0, 0, 0, 1};
    for (int s = 0; s < 4; s++) {
      table
          .sample(s, 0, -1)
          .outcome(s, 0, atExit[s], confidence[s], 0.1, 0.1)
          .outcome(s, 1, 0, 0.99, 0.98, 0.1)
          .payload(0, s, larger * bytes[s] - Envelope.REQUEST_BYTES)
          .outcome(0, s, 1, sent[s], 0.8, 0.1, 0.1);
    }
    return table.build();
  }

  static final Plan SPLIT = new Plan(1, "q8", List.of(new ExitThreshold(0, 0.8)));

  /** Stops as top-1 thresholds of 0.8 do. */
  private static final ExitCriterion LIKE_0_8 =
      new ExitCriterion() {
        @Override
        public boolean active(int exit) {
          return true;
        }

        @Override
        public boolean stops(
            int exit, int predicted, double confidence, double margin, double nats, int unchanged) {
          return confidence >= 0.8;
        }
      };

  @Test
  void replaysACriterionInPlaceOfThresholds() {
    Plan active = new Plan(1, "q8", List.of(new ExitThreshold(0, 1)));
    Estimates estimates = Estimates.of(LinkState.UP, 1e6, 0, 20 * MS, 0, 2, 0.5, 5 * MS, 0);
    Predictor own = new Predictor(handMade(), List.of(active), 1, 2, Optional.of(LIKE_0_8));
    Predictor planned = new Predictor(handMade(), List.of(SPLIT), 1, 2);
    assertThat(own.predict(0, estimates)).isEqualTo(planned.predict(0, estimates));
    assertThat(own.differenceLowerBound(0)).isEqualTo(planned.differenceLowerBound(0));
  }

  @Test
  void countsRepeatedPredictionsAcrossTheSplit() {
    // Exit 0 says 0 1 1 1, the final exit 0 0 0 0; patience needs no exit twice here, so nobody
    // stops early and everything is sent.
    ExitCriterion patience =
        new ExitCriterion() {
          @Override
          public boolean active(int exit) {
            return true;
          }

          @Override
          public boolean stops(
              int exit, int predicted, double confidence, double margin, double nats, int repeat) {
            assertThat(exit).isZero();
            assertThat(repeat).isZero();
            return repeat >= 1;
          }
        };
    Plan active = new Plan(1, "q8", List.of(new ExitThreshold(0, 1)));
    Estimates estimates = Estimates.of(LinkState.UP, 1e6, 0, 20 * MS, 0, 2, 0.5, 5 * MS, 0);
    Prediction prediction =
        new Predictor(handMade(), List.of(active), 1, 2, Optional.of(patience))
            .predict(0, estimates);
    assertThat(prediction.offloadedShare()).isEqualTo(1);
    assertThat(prediction.accuracy()).isEqualTo(0.75);
  }

  @Test
  void offersEveryCutAndExitSetToACriterion() {
    List<PlanChain> chains = CandidatePlans.following(handMade(), LIKE_0_8);
    List<Plan> plans = chains.stream().flatMap(chain -> chain.plans().stream()).toList();
    assertThat(plans)
        .doesNotHaveDuplicates()
        .contains(
            new Plan(1, "q8", List.of()),
            new Plan(1, "q8", List.of(new ExitThreshold(0, 1))),
            Plan.local(2, List.of()),
            Plan.local(2, List.of(new ExitThreshold(0, 1))),
            Plan.local(1, List.of(new ExitThreshold(0, 0))));
  }

  @Test
  void addsUpLatencyAsDoneByHand() {
    // 1 MB/s, 20 ms round trip, device at half speed, worker twice as fast, 5 ms in its queue.
    Estimates estimates = Estimates.of(LinkState.UP, 1e6, 0, 20 * MS, 0, 2, 0.5, 5 * MS, 0);

    Prediction prediction = new Predictor(handMade(), List.of(SPLIT), 1, 2).predict(0, estimates);

    // On the device 2 x (4 + 10 + 1) = 30; sent: 30 + 2 x 2 + bytes/1000 + 20 + 5 + (3 + 10) / 2.
    double sure = 30;
    double first = 34 + 1 + 20 + 5 + 6.5;
    double second = 34 + 3 + 20 + 5 + 6.5;
    assertThat(prediction.latency().percentileNanos(50)).isEqualTo(30 * MS);
    assertThat(prediction.latency().percentileNanos(75)).isEqualTo((long) (first * MS));
    assertThat(prediction.p95LatencyNanos()).isEqualTo((long) (second * MS));
    assertThat(prediction.meanLatencyNanos())
        .isCloseTo((2 * sure + first + second) / 4 * MS, within(TOLERANCE));
    assertThat(prediction.deviceComputeNanos()).isCloseTo(32.0 * MS, within(TOLERANCE));
    assertThat(prediction.workerComputeNanos()).isCloseTo(6.5 / 2 * MS, within(TOLERANCE));
    assertThat(prediction.uplinkBytes()).isEqualTo(1000);
    assertThat(prediction.offloadedShare()).isEqualTo(0.5);
    assertThat(prediction.accuracy()).isEqualTo(0.5);
    assertThat(prediction.finalAccuracy()).isEqualTo(1);
    assertThat(prediction.deviceUtilisation()).isZero();
  }

  @Test
  void aDeviceThatGoesOnAnswersBeforeALateReply() {
    // Sent after 15 + 2 ms; the device reaches the end 10 ms later, replies 40 and 60 ms after.
    Estimates slow = Estimates.of(LinkState.UP, 1e5, 0, 0, 0, 1, 1, 0, 0);
    Metric mean = Metric.of(Metric.Kind.MEAN_LATENCY);
    Predictor waits =
        new Predictor(
            handMade(),
            List.of(SPLIT),
            0,
            0,
            Optional.empty(),
            DeviceModel.DEFAULT.goingOn(false).answering(new Rescue(200 * MS, 0, 0)));
    Predictor goesOn =
        new Predictor(
            handMade(),
            List.of(SPLIT),
            0,
            0,
            Optional.empty(),
            DeviceModel.DEFAULT.answering(new Rescue(200 * MS, 0, 0)));

    assertThat(waits.value(0, mean, slow))
        .isCloseTo((15 + 15 + 40 + 60) / 4.0 * MS, within(TOLERANCE));
    assertThat(goesOn.value(0, mean, slow))
        .isCloseTo((15 + 15 + 27 + 27) / 4.0 * MS, within(TOLERANCE));
    // Where the next frame comes after 20 ms the device turns to that.
    Estimates busy = Estimates.of(LinkState.UP, 1e5, 0, 0, 0, 1, 1, 0, 20 * MS);
    assertThat(goesOn.value(0, mean, busy)).isGreaterThan(32 * MS);
    // Percentiles do not count on it.
    assertThat(goesOn.value(0, Metric.latencyPercentile(95), slow)).isEqualTo(60.0 * MS);
  }

  @Test
  void countsLateRepliesAsWhatTheDeviceSaysByItself() {
    // Sent samples answer at 40 and 60 ms; the second one's reply is wrong, so late or not is
    // alike.
    Estimates estimates = Estimates.of(LinkState.UP, 1e5, 0, 0, 0, 1, 1, 0, 0);
    Predictor predictor = new Predictor(handMade(), List.of(SPLIT), 0, 0);

    assertThat(predictor.lateLoss(0, 60 * MS, estimates, 1)).isZero();
    // By 27 ms the device has gone on to the end, which is right.
    assertThat(predictor.lateLoss(0, 27 * MS, estimates, 1)).isZero();
    // By 26 ms it has only its exit, which is wrong about the first of them.
    assertThat(predictor.lateLoss(0, 26 * MS, estimates, 1)).isEqualTo(0.25);
    // So it has by 27 ms if it waits for the reply instead of going on.
    Predictor waits =
        new Predictor(
            handMade(), List.of(SPLIT), 0, 0, Optional.empty(), DeviceModel.DEFAULT.goingOn(false));
    assertThat(waits.lateLoss(0, 27 * MS, estimates, 1)).isEqualTo(0.25);
    // By 14 ms it has nothing, of the sample that its exit is right about neither.
    assertThat(predictor.lateLoss(0, 14 * MS, estimates, 1)).isEqualTo(0.5);
  }

  @Test
  void countsLateRepliesAsNothingWhereTheDeviceWaitsForThemAndNoLonger() {
    // Replies come at 40 and 60 ms; only the first is right.
    Estimates estimates = Estimates.of(LinkState.UP, 1e5, 0, 0, 0, 1, 1, 0, 0);

    assertThat(waiting(41).lateLoss(0, 27 * MS, estimates, 1)).isZero();
    assertThat(waiting(39).lateLoss(0, 27 * MS, estimates, 1)).isEqualTo(0.25);
    assertThat(waiting(39).lateLoss(0, 41 * MS, estimates, 1)).isZero();
  }

  private static Predictor waiting(long millis) {
    return new Predictor(
        handMade(),
        List.of(SPLIT),
        0,
        0,
        Optional.empty(),
        DeviceModel.DEFAULT.waiting(new Rescue(millis * MS, 0, 0)));
  }

  @Test
  void takesWhatIsLateOffTheAccuracyWhereTheDeviceAnswersByADeadline() {
    Metric accuracy = Metric.of(Metric.Kind.ACCURACY);
    Estimates quick = Estimates.of(LinkState.UP, 1e9, 0, 0, 0, 1, 1, 0, 0);
    Estimates slow = Estimates.of(LinkState.UP, 1e5, 0, 0, 0, 1, 1, 0, 0);
    Predictor patient = new Predictor(handMade(), List.of(SPLIT), 0, 0);
    Predictor punctual =
        new Predictor(
            handMade(),
            List.of(SPLIT),
            0,
            0,
            Optional.empty(),
            DeviceModel.DEFAULT.goingOn(false).answering(new Rescue(31 * MS, 0, 0)));

    assertThat(patient.value(0, accuracy, slow)).isEqualTo(0.5);
    assertThat(punctual.value(0, accuracy, slow)).isEqualTo(0.25);
    // 15 ms to the exit, 2 to encode, 13 at the worker: in time, but for the bytes.
    assertThat(punctual.value(0, accuracy, quick)).isEqualTo(0.5);
    assertThat(punctual.accuracy(0)).isEqualTo(0.5);
  }

  @Test
  void countsLateAnswersOfItsOwnAsTheExitsThatItHasAskedByThen() {
    // Samples 0 and 2 stop after 15 ms, 1 and 3 after 25 ms; about these the exit is wrong.
    Plan local = Plan.local(2, List.of(new ExitThreshold(0, 0.8)));
    Estimates estimates = Estimates.of(LinkState.DOWN, 1e5, 0, 0, 0, 1, 1, 0, 0);
    Predictor predictor = new Predictor(handMade(), List.of(local), 0, 0);

    assertThat(predictor.accuracy(0)).isEqualTo(0.75);
    assertThat(predictor.lateLoss(0, 25.001 * MS, estimates, 1)).isZero();
    assertThat(predictor.lateLoss(0, 24 * MS, estimates, 1)).isEqualTo(0.5);
    assertThat(predictor.lateLoss(0, 14 * MS, estimates, 1)).isEqualTo(0.75);
  }

  @Test
  void letsFramesQueueAtDeviceAndLink() {
    // Frames every 20 ms, device at scale 1: 15 ms local, 17 ms when sent; 0.1 MB/s: 10 and 30 ms.
    Estimates estimates = Estimates.of(LinkState.UP, 1e5, 0, 0, 0, 1, 1, 0, 20 * MS);

    Prediction prediction = new Predictor(handMade(), List.of(SPLIT), 0, 0).predict(0, estimates);

    // 0: 15. 1: 17 + 10 + 13 = 40. 2: 15. 3: 17 + 30 + 13 = 60. No one meets another.
    assertThat(prediction.latency().percentileNanos(100)).isEqualTo(60 * MS);
    assertThat(prediction.deviceUtilisation()).isCloseTo(16.0 / 20, within(1e-9));
    assertThat(prediction.uplinkUtilisation()).isCloseTo(10.0 / 20, within(1e-9));
    assertThat(prediction.overloaded()).isFalse();

    // Frames every 10 ms: the device gets behind by 5, 7, 5 ms: 0, 5, 12, 17 ms of waiting.
    Prediction hurried =
        new Predictor(handMade(), List.of(SPLIT), 0, 0)
            .predict(0, Estimates.of(LinkState.UP, 1e5, 0, 0, 0, 1, 1, 0, 10 * MS));
    assertThat(hurried.latency().percentileNanos(25)).isEqualTo(15 * MS);
    assertThat(hurried.latency().percentileNanos(50)).isEqualTo(27 * MS);
    assertThat(hurried.latency().percentileNanos(75)).isEqualTo(45 * MS);
    assertThat(hurried.latency().percentileNanos(100)).isEqualTo(77 * MS);
    assertThat(hurried.overloaded()).isTrue();
  }

  /**
   * Without exits every frame is sent, after 16 ms on the device; replies take 34, 39, 36 and 59 ms
   * if frames do not meet. A device that must have answered by 45 ms begins at 35 ms to compute the
   * 10 ms to the end.
   */
  @Test
  void letsLateRepliesKeepTheDeviceFromTheFramesBehind() {
    Predictor predictor = answeringBy(45 * MS);

    // 0: 34. 1: 39, so 4 ms more at the device for 2, until its reply: 60 - 40 + 7 + 13 = 40;
    // likewise 5 ms for 3: 64.
    Prediction hurried = predictor.predict(0, everyMillis(20));
    assertThat(hurried.latency().percentileNanos(25)).isEqualTo(34 * MS);
    assertThat(hurried.latency().percentileNanos(50)).isEqualTo(39 * MS);
    assertThat(hurried.latency().percentileNanos(75)).isEqualTo(40 * MS);
    assertThat(hurried.latency().percentileNanos(100)).isEqualTo(64 * MS);

    // Begun before the next frame comes, it ends with the reply before that too.
    Prediction met = predictor.predict(0, everyMillis(40));
    assertThat(met.latency().percentileNanos(75)).isEqualTo(39 * MS);
    assertThat(met.latency().percentileNanos(100)).isEqualTo(59 * MS);

    // Nobody is kept from anything.
    Prediction idle = predictor.predict(0, everyMillis(50));
    assertThat(idle.latency().percentileNanos(50)).isEqualTo(36 * MS);
    assertThat(idle.latency().percentileNanos(100)).isEqualTo(59 * MS);
    Prediction unhurried = answeringBy(70 * MS).predict(0, everyMillis(20));
    assertThat(unhurried.latency().percentileNanos(50)).isEqualTo(36 * MS);
    assertThat(unhurried.latency().percentileNanos(100)).isEqualTo(59 * MS);
  }

  @Test
  void countsTheDevicesComputeForFramesWhoseReplyIsLate() {
    double own = answering(Rescue.NONE).predict(0, everyMillis(20)).deviceComputeNanos();
    Metric compute = Metric.of(Metric.Kind.DEVICE_COMPUTE);
    Predictor hurried = answeringBy(45 * MS);

    // Of 34, 39, 40 and 64 ms three come 4, 5 and 29 ms later than at 35; the exit takes 10.
    assertThat(hurried.predict(0, everyMillis(20)).deviceComputeNanos()).isEqualTo(own + 4.75 * MS);
    assertThat(hurried.value(0, compute, everyMillis(20))).isEqualTo(own + 4.75 * MS);
    // Of 34, 36, 39 and 59 ms none comes later than at 60.
    assertThat(answeringBy(70 * MS).value(0, compute, everyMillis(20))).isEqualTo(own);

    double[] least = new double[1];
    hurried.atLeast(compute, everyMillis(20), least);
    assertThat(least[0]).isEqualTo(own);
  }

  @Test
  void doesNotTurnToAnExitThatIsOutOfReachAnyhow() {
    // With the margin 30 ms to the end, after 16: too late, so it waits for replies until 45 ms.
    Prediction beyond = answering(new Rescue(45 * MS, 0, 2)).predict(0, everyMillis(20));
    assertThat(beyond.latency().percentileNanos(75)).isEqualTo(39 * MS);
    assertThat(beyond.latency().percentileNanos(100)).isEqualTo(59 * MS);

    // With 28 ms it just ends in time. Every frame is rescued from 17 ms on: 34, 46, 49, 78.
    Prediction within = answering(new Rescue(45 * MS, 0, 1.8)).predict(0, everyMillis(20));
    assertThat(within.latency().percentileNanos(75)).isEqualTo(49 * MS);
    assertThat(within.latency().percentileNanos(100)).isEqualTo(78 * MS);
  }

  @Test
  void leavesTheDeviceToTheFramesBehindWhereThePlanHasAnAnswerInHand() {
    Predictor always = new Predictor(handMade(), List.of(SPLIT), 0, 0);
    Predictor answering =
        new Predictor(
            handMade(),
            List.of(SPLIT),
            0,
            0,
            Optional.empty(),
            DeviceModel.DEFAULT.answering(new Rescue(20 * MS, 0, 0)));

    assertThat(answering.predict(0, everyMillis(20))).isEqualTo(always.predict(0, everyMillis(20)));
  }

  private static Predictor answeringBy(long nanos) {
    return answering(new Rescue(nanos, 0, 0));
  }

  private static Predictor answering(Rescue rescue) {
    return new Predictor(
        handMade(),
        List.of(new Plan(1, "q8", List.of())),
        0,
        0,
        Optional.empty(),
        DeviceModel.DEFAULT.answering(rescue));
  }

  private static Estimates everyMillis(long period) {
    return Estimates.of(LinkState.UP, 1e5, 0, 0, 0, 1, 1, 0, period * MS);
  }

  @Test
  void assumesACautiousLinkForPercentilesOnly() {
    Estimates estimates = Estimates.of(LinkState.UP, 1e5, Math.log(2), 10 * MS, 3 * MS, 1, 1, 0, 0);
    Predictor predictor = new Predictor(handMade(), List.of(SPLIT), 1, 2);

    // Half the rate: 60 ms instead of 30; round trip 16 ms instead of 10.
    assertThat(predictor.value(0, Metric.latencyPercentile(100), estimates))
        .isCloseTo((17.0 + 60 + 16 + 13) * MS, within(TOLERANCE));
    assertThat(predictor.value(0, Metric.of(Metric.Kind.MEAN_LATENCY), estimates))
        .isCloseTo((15 + 15 + 17 + 10 + 10 + 13 + 17 + 30 + 10 + 13) / 4.0 * MS, within(TOLERANCE));
  }

  @Test
  void countsTheRoundTripsOfLargePayloads() {
    // 10 B/us: a window of 14,600 B takes 1.46 ms, less than the round trip of 20 ms.
    assertThat(Replay.transferNanos(14_600, 0.01, 20e6)).isCloseTo(1.46e6, within(TOLERANCE));
    assertThat(Replay.transferNanos(50_000, 0.01, 20e6))
        .isCloseTo(20e6 + 20e6 + (50_000 - 14_600 - 29_200) * 100.0, within(TOLERANCE));
    // 1 B/us: the window outlasts the round trip, the link is never idle.
    assertThat(Replay.transferNanos(50_000, 0.001, 1e6)).isCloseTo(50e6, within(TOLERANCE));
  }

  @Test
  void refusesPlansThatDoNotFitTheBundle() {
    BundleFacts facts = handMade();
    List<Plan> wrong =
        List.of(
            new Plan(1, "klt", List.of()),
            new Plan(7, "q8", List.of()),
            Plan.local(1, List.of()),
            Plan.local(2, List.of(new ExitThreshold(1, 0.5))),
            Plan.local(2, List.of(new ExitThreshold(9, 0.5))));

    for (Plan plan : wrong) {
      assertThatThrownBy(() -> new Predictor(facts, List.of(plan), 0, 0))
          .as(plan.describe())
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void neverPredictsMoreLatencyForMoreBandwidth(long seed) {
    BundleFacts facts = SyntheticFacts.of(small(), seed);
    Random random = new Random(seed);
    List<Plan> all =
        CandidatePlans.sluice(facts).stream().flatMap(chain -> chain.plans().stream()).toList();
    List<Plan> plans = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      Plan plan = all.get(random.nextInt(all.size()));
      if (!plans.contains(plan)) {
        plans.add(plan);
      }
    }
    DeviceModel device =
        seed % 2 == 0
            ? DeviceModel.DEFAULT
            : DeviceModel.DEFAULT.answering(Rescue.before(seed * 100 * MS));
    Predictor predictor = new Predictor(facts, plans, 1, 2, Optional.empty(), device);
    for (int i = 0; i < plans.size(); i++) {
      double[] before = {
        Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY
      };
      for (double rate = 3e3; rate < 1e8; rate *= 1.7) {
        Estimates estimates =
            Estimates.of(LinkState.UP, rate, 0.2, 30 * MS, 2 * MS, 12, 1, MS, 200 * MS);
        double[] now = {
          predictor.value(i, Metric.latencyPercentile(50), estimates),
          predictor.value(i, Metric.latencyPercentile(95), estimates),
          predictor.value(i, Metric.of(Metric.Kind.MEAN_LATENCY), estimates)
        };
        for (int k = 0; k < now.length; k++) {
          assertThat(now[k])
              .as("seed %d, %s, %.0f B/s", seed, plans.get(i).describe(), rate)
              .isLessThanOrEqualTo(before[k] + TOLERANCE);
        }
        before = now;
      }
    }
  }

  @Test
  void replaysWholeSequencesWithinItsLimit() {
    for (int samples : new int[] {1, 7, 399, 400, 401, 1000, 5000}) {
      for (boolean sequences : new boolean[] {true, false}) {
        BundleFacts facts =
            SyntheticFacts.of(
                new SyntheticFacts.Shape(2, List.of(1), samples, 3, MS, sequences), 1);
        Prediction prediction =
            new Predictor(facts, List.of(Plan.local(2, List.of())), 0, 0)
                .predict(0, Estimates.of(LinkState.DOWN, 1, 0, 0, 0, 1, 1, 0, 0));
        int rows = Integer.parseInt(prediction.latency().toString().replaceAll("\\D", ""));
        assertThat(rows).isLessThanOrEqualTo(Predictor.MOST_ROWS);
        assertThat(rows).isGreaterThanOrEqualTo(Math.min(samples, 360));
      }
    }
  }

  private static SyntheticFacts.Shape small() {
    return new SyntheticFacts.Shape(5, List.of(1, 3), 300, 10, 6_000_000, true);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.2, 1, 6, 40})
  void nothingIsBelowItsBound(double mbit) {
    BundleFacts facts = SyntheticFacts.of(3);
    List<Plan> plans =
        CandidatePlans.sluice(facts).stream().flatMap(chain -> chain.plans().stream()).toList();
    Predictor predictor = new Predictor(facts, plans, 1, 2);
    double[] bounds = new double[predictor.size()];
    for (long periodNanos : new long[] {0, 200 * MS}) {
      Estimates estimates =
          Estimates.of(
              LinkState.UP, mbit * 125_000, 0.2, 40 * MS, 4 * MS, 40, 2, 3 * MS, periodNanos);
      for (Metric metric :
          List.of(
              Metric.latencyPercentile(5),
              Metric.latencyPercentile(50),
              Metric.latencyPercentile(95),
              Metric.of(Metric.Kind.MEAN_LATENCY),
              Metric.of(Metric.Kind.DEVICE_ENERGY),
              Metric.deadlineMisses(150 * MS),
              Metric.of(Metric.Kind.WORKER_COMPUTE))) {
        predictor.atLeast(metric, estimates, bounds);
        double least = 0;
        double real = 0;
        for (int i = 0; i < predictor.size(); i += 7) {
          double value = predictor.value(i, metric, estimates);
          assertThat(bounds[i]).as("%s, %s", predictor.plan(i), metric).isLessThanOrEqualTo(value);
          least += bounds[i];
          real += value;
        }
        if (metric.isLatency() && periodNanos == 0) {
          assertThat(least).as("bounds of %s say something", metric).isGreaterThan(0.5 * real);
        }
      }
    }
  }
}
