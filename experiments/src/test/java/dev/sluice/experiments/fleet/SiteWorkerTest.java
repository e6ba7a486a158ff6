package dev.sluice.experiments.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.edge.session.SessionOptions;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.scheduler.rival.CloudOnly;
import dev.sluice.sim.fleet.EventQueue;
import dev.sluice.sim.fleet.Outages;
import dev.sluice.sim.fleet.RadioLink;
import dev.sluice.sim.fleet.RateTable;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SiteWorkerTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int DONE = -1;

  private final BundleFacts facts =
      SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), 50, 10, 6_000_000, false), 1);
  private final PlanTable table =
      new PlanTable(new Plan(0, "jpeg-75", List.of()), 0, facts, facts.certify());
  private final FleetDevice device =
      new FleetDevice(
          new DeviceKind(
              "any",
              PlanBook.of(facts, facts.certify(), Decider.of(new CloudOnly(facts, "jpeg-75"))),
              1,
              0,
              SessionOptions.of(SECOND),
              new Arrivals(SECOND, false),
              1),
          1,
          new RadioLink(RateTable.of(SECOND, new double[] {1e6}), 0, Outages.NONE, 20_000_000L),
          0,
          new WorkerChoice(1, new SplittableRandom(5)),
          new SplittableRandom(1),
          new SplittableRandom(2));
  private final EventQueue queue = new EventQueue();
  private final List<String> heard = new ArrayList<>();
  private final List<Double> ends = new ArrayList<>();
  private double waited;
  private long answers;

  private final class Ears implements SiteWorker.Site {
    @Override
    public void computes(int thread, long untilNanos) {
      queue.schedule(untilNanos, DONE - thread);
    }

    @Override
    public void answered(Request request, long startNanos, long endNanos, LoadReport load) {
      heard.add("answered " + request.number);
      ends.add(endNanos / (double) table.workerNanos(0));
      waited += startNanos - request.arrivedNanos;
      answers++;
    }

    @Override
    public void refused(Request request, boolean overloaded, long nowNanos) {
      heard.add((overloaded ? "overloaded " : "late ") + request.number);
    }
  }

  private SiteWorker worker(WorkerKind kind) {
    return new SiteWorker(kind, 0, 0, new SplittableRandom(3), new Ears());
  }

  private Request request(int number, long deadlineNanos) {
    Request request = new Request(number);
    request.device = device;
    request.table = table;
    request.deadlineNanos = deadlineNanos;
    request.limitNanos = deadlineNanos - 2_000_000;
    request.arrivedNanos = queue.nowNanos();
    return request;
  }

  private void finish(SiteWorker worker) {
    while (queue.advance()) {
      worker.done((int) (DONE - queue.what()), queue.nowNanos());
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.3, 0.6, 0.8})
  void letsRequestsWaitAsPollaczekAndKhinchinSay(double utilisation) {
    double service = table.workerNanos(0);
    SiteWorker worker = serve(1, utilisation);
    /* M/D/1: half of what M/M/1 has. A hundred thousand dependent waits leave a few per cent. */
    double mean = utilisation / (2 * (1 - utilisation)) * service;
    assertThat(waited / answers).isCloseTo(mean, within(0.06 * mean));
    assertThat(worker.busyNanos()).isEqualTo(Math.round(service) * 100_000);
  }

  @ParameterizedTest
  @CsvSource({"2, 0.6", "4, 0.8", "8, 0.9"})
  void letsRequestsWaitForOneOfSeveralThreadsAsCrommelinSays(int threads, double utilisation) {
    SiteWorker worker = serve(threads, utilisation);

    double mean = crommelin(threads, utilisation) * table.workerNanos(0);
    assertThat(waited / answers).isCloseTo(mean, within(0.08 * mean));
    assertThat(worker.busyNanos()).isEqualTo(table.workerNanos(0) * 100_000L);
  }

  /**
   * Mean wait of M/D/c over the service time: Crommelin, "Delay Probability Formulae When the
   * Holding Times Are Constant", Post Office Electrical Engineers' Journal 25, 1932.
   */
  private static double crommelin(int servers, double utilisation) {
    double sum = 0;
    for (int i = 1; i < 2_000; i++) {
      double mean = i * servers * utilisation;
      sum += tail(mean, i * servers) - tail(mean, i * servers + 1) / utilisation;
    }
    return sum;
  }

  /** The probability that a Poisson variable is at least so large. */
  private static double tail(double mean, int least) {
    double logFactorial = 0;
    for (int k = 2; k <= least; k++) {
      logFactorial += Math.log(k);
    }
    double term = Math.exp(least * Math.log(mean) - mean - logFactorial);
    double sum = 0;
    for (int k = least; term > 1e-18; k++) {
      sum += term;
      term *= mean / (k + 1);
    }
    return sum;
  }

  /** Poisson arrivals until a hundred thousand are served. */
  private SiteWorker serve(int threads, double utilisation) {
    SiteWorker worker = worker(new WorkerKind(threads, 1_000_000, 1, 1, 0));
    double service = table.workerNanos(0);
    SplittableRandom random = new SplittableRandom(4);
    double at = 0;
    for (int i = 0; i < 100_000; i++) {
      at += random.nextExponential() * service / (threads * utilisation);
      queue.schedule((long) at, i);
    }
    while (queue.advance()) {
      if (queue.what() < 0) {
        worker.done((int) (DONE - queue.what()), queue.nowNanos());
      } else {
        worker.arrive(request(0, Long.MAX_VALUE / 2), queue.nowNanos());
      }
    }
    return worker;
  }

  @Test
  void takesTheEarliestDeadlineFirst() {
    SiteWorker worker = worker(WorkerKind.processors(1));
    worker.arrive(request(0, 9 * SECOND), 0);
    worker.arrive(request(1, 8 * SECOND), 0);
    worker.arrive(request(2, 7 * SECOND), 0);
    worker.arrive(request(3, 7 * SECOND), 0);

    finish(worker);

    assertThat(heard).containsExactly("answered 0", "answered 2", "answered 3", "answered 1");
  }

  @Test
  void refusesWhatFindsTheQueueFullUnlessSomethingThereIsTooLate() {
    SiteWorker worker = worker(new WorkerKind(1, 1, 1, 1, 0));
    worker.arrive(request(0, 9 * SECOND), 0);
    worker.arrive(request(1, 9 * SECOND), 0);
    worker.arrive(request(2, 9 * SECOND), 0);
    assertThat(heard).containsExactly("overloaded 2");

    SiteWorker other = worker(new WorkerKind(1, 1, 1000, 1, 0));
    heard.clear();
    other.arrive(request(3, 9 * SECOND), 0);
    other.arrive(request(4, 1_000), 0);
    other.arrive(request(5, 9 * SECOND), 2_000_000);
    assertThat(heard).containsExactly("late 4");
  }

  @Test
  void doesNotComputeWhatIsTooLateWhenItsTurnComes() {
    SiteWorker worker = worker(new WorkerKind(1, 64, 1000, 1, 0));
    worker.arrive(request(0, 9 * SECOND), 0);
    worker.arrive(request(1, SECOND), 0);

    finish(worker);

    assertThat(heard).containsExactly("answered 0", "late 1");
    assertThat(worker.refused()).isEqualTo(1);
  }

  @Test
  void computesTogetherWhatWaitsAlready() {
    SiteWorker worker = worker(new WorkerKind(1, 64, 1, 3, 1));
    for (int i = 0; i < 5; i++) {
      worker.arrive(request(i, (9 + i) * SECOND), 0);
    }

    finish(worker);

    /* One alone, for nobody waits for a batch; then three in the time of one; then the last. */
    assertThat(worker.busyNanos()).isEqualTo(3L * table.workerNanos(0));
    assertThat(heard).hasSize(5);
  }

  @Test
  void takesForABatchLessThanForItsRequestsOneByOne() {
    SiteWorker worker = worker(new WorkerKind(1, 64, 1, 4, 0.75));
    for (int i = 0; i < 7; i++) {
      worker.arrive(request(i, (9 + i) * SECOND), 0);
    }

    finish(worker);

    /* One alone; then four, of which three save three quarters; then two, of which one does. */
    assertThat(ends)
        .usingElementComparator((a, b) -> Math.abs(a - b) < 1e-6 ? 0 : Double.compare(a, b))
        .containsExactly(1.0, 2.75, 2.75, 2.75, 2.75, 4.0, 4.0);
  }
}
