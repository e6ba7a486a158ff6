package dev.sluice.scheduler.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkerLoadEstimatorTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1000 * MS;

  /** A worker with one thread, fed at random times; every twentieth request is this device's. */
  private static final class Queue {
    private final WorkerLoadEstimator estimator = new WorkerLoadEstimator();
    private final Random random;
    private final boolean exponential;
    private double now;
    private double free;
    private double waits;
    private double scales;
    private int answers;
    private int requests;

    Queue(long seed, boolean exponential) {
      random = new Random(seed);
      this.exponential = exponential;
    }

    /** Mean wait over so many requests at a utilisation, by simulation. */
    double run(double utilisation, int count) {
      waits = 0;
      scales = 0;
      answers = 0;
      double service = 10 * MS;
      for (int i = 0; i < count; i++) {
        now += -Math.log(1 - random.nextDouble()) * service / utilisation;
        double wait = Math.max(0, free - now);
        double time = exponential ? -Math.log(1 - random.nextDouble()) * service : service;
        free = Math.max(now, free) + time;
        waits += wait;
        if (requests++ % 20 == 0) {
          estimator.onReport(utilisation);
          estimator.onAnswer(Math.round(wait), Math.round(time), Math.round(now));
          scales += estimator.at(Math.round(now)).waitScaleNanos();
          answers++;
        }
      }
      return waits / count;
    }

    /** Mean of what was estimated during the last run. */
    double meanScale() {
      return scales / answers;
    }
  }

  @ParameterizedTest
  @CsvSource({"1, true", "2, true", "3, false", "4, false"})
  void predictsAtALoadThatItHasNotSeen(long seed, boolean exponential) {
    Queue queue = new Queue(seed, exponential);
    queue.run(0.5, 60_000);
    double scale = queue.meanScale();
    // 10 ms by the formula for exponential times, half of it for constant ones.
    double measured = queue.run(0.8, 200_000);

    assertThat(scale * 0.8 / 0.2).as("seed %d", seed).isBetween(0.8 * measured, 1.25 * measured);
  }

  @Test
  void knowsTheLoadOfADeviceThatIsAloneForItsOwn() {
    WorkerLoadEstimator estimator = new WorkerLoadEstimator();
    for (int i = 0; i < 100; i++) {
      // 40 ms of every 100.
      estimator.onAnswer(0, 40 * MS, i * 100L * MS);
      estimator.onReport(0.4);
    }
    assertThat(estimator.at(9_900 * MS).others()).isCloseTo(0, within(0.03));
    // Ten seconds after its last request, the load is all others'.
    assertThat(estimator.at(20 * SECOND).others()).isCloseTo(0.4, within(0.01));
  }

  @Test
  void forgetsAWaitThatItHasNotMetForLong() {
    WorkerLoadEstimator estimator = new WorkerLoadEstimator();
    estimator.onReport(0.9);
    for (int i = 0; i < 20; i++) {
      estimator.onAnswer(80 * MS, 10 * MS, i * 100L * MS);
    }
    assertThat(waitAt(estimator, 2 * SECOND)).isCloseTo(80 * MS, Percentage.withPercentage(5));
    estimator.onReport(0.05);
    assertThat(waitAt(estimator, 12 * SECOND)).isLessThan(4 * MS);
  }

  @Test
  void heedsAReportBeforeAnswersAreLate() {
    WorkerLoadEstimator estimator = new WorkerLoadEstimator();
    for (int i = 0; i < 40; i++) {
      // As an M/M/1 queue of 10 ms that is half busy, hardly by this device.
      estimator.onReport(0.5);
      estimator.onAnswer(10 * MS, 10 * MS, i * SECOND);
    }
    double before = waitAt(estimator, 39 * SECOND);
    estimator.onReport(0.9);
    assertThat(before).isCloseTo(10 * MS, Percentage.withPercentage(10));
    assertThat(waitAt(estimator, 39 * SECOND)).isCloseTo(90 * MS, Percentage.withPercentage(20));
  }

  private static double waitAt(WorkerLoadEstimator estimator, long now) {
    WorkerLoad load = estimator.at(now);
    return load.waitNanos(estimator.waitNanos(now), 10 * MS, load.ownShare(), 0);
  }

  @Test
  void takesARequestThatWaitedInVainForOneThatWouldHaveWaitedAsLongAgain() {
    WorkerLoadEstimator estimator = new WorkerLoadEstimator();
    estimator.onReport(1);
    estimator.onAnswer(20 * MS, 10 * MS, 0);

    for (int i = 1; i <= 20; i++) {
      estimator.onNoAnswer(110 * MS, i * 250 * MS);
    }

    // 100 ms were the queue's.
    assertThat(estimator.waitNanos(5 * SECOND)).isCloseTo(200 * MS, Percentage.withPercentage(2));
  }

  @Test
  void aWaitInVainBeforeTheFirstAnswerIsForgottenWithTheLoad() {
    WorkerLoadEstimator estimator = new WorkerLoadEstimator();
    estimator.onReport(0.97);
    for (int i = 0; i < 5; i++) {
      estimator.onNoAnswer(90 * MS, i * 250 * MS);
    }
    assertThat(estimator.waitNanos(2 * SECOND)).isGreaterThan(100 * MS);

    estimator.onReport(0.02);
    assertThat(estimator.waitNanos(60 * SECOND)).isLessThan(10 * MS);

    estimator.onAnswer(0, 10 * MS, 61 * SECOND);
    estimator.onReport(0.5);
    assertThat(waitAt(estimator, 62 * SECOND)).isLessThan(100 * MS);
  }

  @Test
  void aShortWaitInVainSaysNothingNew() {
    WorkerLoadEstimator estimator = new WorkerLoadEstimator();
    estimator.onReport(1);
    estimator.onAnswer(80 * MS, 10 * MS, 0);
    double before = estimator.waitNanos(SECOND);

    estimator.onNoAnswer(45 * MS, SECOND);

    assertThat(estimator.waitNanos(SECOND)).isEqualTo(before);
  }

  @Test
  void growsUnsureWhereReportsAreUneven() {
    WorkerLoadEstimator even = new WorkerLoadEstimator();
    WorkerLoadEstimator uneven = new WorkerLoadEstimator();
    for (int i = 0; i < 40; i++) {
      even.onReport(0.6);
      uneven.onReport(i % 2 == 0 ? 0.4 : 0.8);
    }
    assertThat(even.at(0).utilisationSd()).isCloseTo(0.02, Percentage.withPercentage(10));
    assertThat(uneven.at(0).utilisationSd()).isGreaterThan(0.2);
  }

  @Test
  void ignoresWhatNoWorkerCanMean() {
    Estimators estimators = new Estimators();
    estimators.onLoad(0.5, 2);
    for (double bad : new double[] {Double.NaN, -1, 1.5, Double.NEGATIVE_INFINITY}) {
      estimators.onLoad(bad, bad < 1 ? bad : 0);
      assertThat(estimators.at(0).worker().utilisation()).isEqualTo(0.5);
      assertThat(estimators.at(0).workerScale()).isEqualTo(2);
    }
    estimators.onWorker(-1, 5 * MS, 5 * MS, 0);
    estimators.onWorker(5 * MS, -1, 5 * MS, 0);
    assertThat(estimators.at(0).workerQueueNanos()).isZero();
  }

  @Test
  void takesARefusalForOverloadForAWorkerThatIsFull() {
    Estimators estimators = new Estimators();
    estimators.onLoad(0.6, 1);
    estimators.onOverloaded();
    assertThat(estimators.at(0).worker().utilisation()).isEqualTo(1);
    estimators.onLoad(0.7, 1);
    assertThat(estimators.at(0).worker().utilisation()).isEqualTo(0.7);
  }
}
