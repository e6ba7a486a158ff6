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
              1),
          1,
          new RadioLink(RateTable.of(SECOND, new double[] {1e6}), 0, Outages.NONE, 20_000_000L),
          0,
          new SplittableRandom(1),
          new SplittableRandom(2));
  private final EventQueue queue = new EventQueue();
  private final List<String> heard = new ArrayList<>();
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
      waited += startNanos - request.arrivedNanos;
      answers++;
    }

    @Override
    public void refused(Request request, boolean overloaded, long nowNanos) {
      heard.add((overloaded ? "overloaded " : "late ") + request.number);
    }
  }

  private SiteWorker worker(WorkerKind kind) {
    return new SiteWorker(kind, 0, new SplittableRandom(3), new Ears());
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
    SiteWorker worker = worker(new WorkerKind(1, 1_000_000, 1, 1, 0));
    double service = table.workerNanos(0);
    SplittableRandom random = new SplittableRandom(4);
    double at = 0;
    for (int i = 0; i < 100_000; i++) {
      at += random.nextExponential() * service / utilisation;
      queue.schedule((long) at, i);
    }
    while (queue.advance()) {
      if (queue.what() < 0) {
        worker.done((int) (DONE - queue.what()), queue.nowNanos());
      } else {
        worker.arrive(request(0, Long.MAX_VALUE / 2), queue.nowNanos());
      }
    }
    /* M/D/1: half of what M/M/1 has. A hundred thousand dependent waits leave a few per cent. */
    double mean = utilisation / (2 * (1 - utilisation)) * service;
    assertThat(waited / answers).isCloseTo(mean, within(0.06 * mean));
    assertThat(worker.busyNanos()).isEqualTo(Math.round(service) * 100_000);
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
}
