package dev.sluice.experiments.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.sluice.edge.session.SessionOptions;
import dev.sluice.experiments.fleet.Access.Course;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.scheduler.rival.CloudOnly;
import dev.sluice.scheduler.rival.DeviceOnly;
import dev.sluice.sim.fleet.MarkovRates;
import java.util.List;
import org.junit.jupiter.api.Test;

class FleetSimulatorTest {
  private static final long SECOND = 1_000_000_000L;

  private final BundleFacts facts =
      SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), 200, 10, 6_000_000, true), 1);

  private Fleet fleet(Planner planner, double factor, Fleet.Cells cells, boolean random) {
    PlanBook book = PlanBook.of(facts, facts.certify(), Decider.of(planner));
    return new Fleet(
        List.of(
            new DeviceKind("slow", book, factor, 0.1, SessionOptions.of(150_000_000L), 2),
            new DeviceKind("quick", book, factor / 4, 0.1, SessionOptions.of(150_000_000L), 1)),
        List.of(
            new Access(
                "radio",
                new Course.Drawn(7e5, 0.3, new MarkovRates(List.of(0.5, 1.0, 1.5), SECOND, 0.2)),
                40_000_000L,
                0.2,
                1)),
        new Fleet.Arrivals(SECOND, random),
        cells,
        WorkerKind.processors(2),
        50,
        0.02,
        5 * SECOND,
        60 * SECOND,
        7);
  }

  private FleetResult run(Fleet fleet, int devices, int threads) throws Exception {
    return new FleetSimulator(fleet).run(devices, threads, done -> {});
  }

  @Test
  void answersEveryFrameOnceAndTheSameOnAnyNumberOfThreads() throws Exception {
    Fleet fleet = fleet(new CloudOnly(facts, "jpeg-75"), 20, new Fleet.Cells(10, 60e9, 5e9), true);

    FleetResult one = run(fleet, 220, 1);
    FleetResult three = run(fleet, 220, 3);

    assertThat(one.frames()).isEqualTo(three.frames()).isCloseTo(220 * 60, within(500L));
    assertThat(one.latencyNanos(95)).isEqualTo(three.latencyNanos(95));
    assertThat(one.meanLatencyNanos()).isEqualTo(three.meanLatencyNanos());
    assertThat(one.accuracy()).isEqualTo(three.accuracy());
    assertThat(one.workerNanosPerFrame()).isEqualTo(three.workerNanosPerFrame());
    assertThat(one.events()).isEqualTo(three.events());
    assertThat(one.workers()).isEqualTo(5);
  }

  @Test
  void showsTheSameFramesToTheSameDevicesWhateverTheyDo() throws Exception {
    FleetResult cloud =
        run(fleet(new CloudOnly(facts, "raw"), 20, Fleet.Cells.NEVER_OUT, true), 60, 1);
    FleetResult device = run(fleet(new DeviceOnly(facts), 4, Fleet.Cells.NEVER_OUT, true), 60, 1);

    assertThat(cloud.frames()).isEqualTo(device.frames());
    assertThat(cloud.uncutAccuracy()).isEqualTo(device.uncutAccuracy());
    assertThat(device.accuracy()).isEqualTo(device.uncutAccuracy());
    assertThat(device.offloadShare()).isZero();
  }

  @Test
  void losesTheCloudWhileCellsAreOut() throws Exception {
    Fleet.Cells often = new Fleet.Cells(10, 20e9, 20e9);
    FleetResult steady =
        run(fleet(new CloudOnly(facts, "jpeg-75"), 20, Fleet.Cells.NEVER_OUT, false), 200, 2);
    FleetResult broken = run(fleet(new CloudOnly(facts, "jpeg-75"), 20, often, false), 200, 2);

    assertThat(steady.cloudShare()).isGreaterThan(0.95);
    /* Half of the time in the long run, a little less at first; twenty cells of a minute. */
    assertThat(broken.cloudShare()).isCloseTo(0.55, within(0.15));
    assertThat(broken.frames()).isEqualTo(steady.frames());
  }

  @Test
  void refusesLessWhereDevicesChooseAmongWorkersAndWaitsLeastWhereTheyShareAQueue()
      throws Exception {
    Fleet apart =
        fleet(new CloudOnly(facts, "jpeg-75"), 5, Fleet.Cells.NEVER_OUT, true)
            .withWorker(WorkerKind.processors(1));
    double seconds = run(apart, 50, 1).workerNanosPerFrame() / 1e9;
    /* Eight tenths of what one thread can do. */
    int each = (int) (0.8 / seconds);

    FleetResult separate = run(apart.withDevicesPerWorker(each), 4 * each, 2);
    FleetResult pool = run(apart.withPool(4).withDevicesPerWorker(each), 4 * each, 2);
    FleetResult shared =
        run(apart.withWorker(WorkerKind.processors(4)).withDevicesPerWorker(4 * each), 4 * each, 2);

    assertThat(pool.workers()).isEqualTo(separate.workers()).isEqualTo(4);
    assertThat(pool.frames()).isEqualTo(separate.frames()).isEqualTo(shared.frames());
    /* Reports are up to forty requests old, so that choosing shortens no mean wait, but it levels
    what many devices do to one worker for long. */
    assertThat(pool.refusedShare()).isLessThan(separate.refusedShare());
    assertThat(pool.meanLatencyNanos())
        .isGreaterThan(shared.meanLatencyNanos())
        .isCloseTo(separate.meanLatencyNanos(), withinPercentage(15));
    assertThat(pool.busyShare()).isCloseTo(separate.busyShare(), within(0.03));
  }

  @Test
  void refusesAndAnswersAloneWhatAWorkerCannotCompute() throws Exception {
    Fleet few = fleet(new CloudOnly(facts, "jpeg-75"), 20, Fleet.Cells.NEVER_OUT, false);
    Fleet many = few.withDevicesPerWorker(1000).withWorker(new WorkerKind(1, 64, 1, 1, 0));

    FleetResult result = run(many, 1000, 1);

    /* A thread computes all the time, and no more than that. */
    assertThat(result.busyShare()).isCloseTo(1, within(0.02));
    assertThat(result.cloudShare())
        .isLessThanOrEqualTo(1e9 / result.workerNanosPerFrame() / 1000 + 0.02);
    assertThat(result.degradedShare()).isGreaterThan(0.5);
    assertThat(result.lateShare()).isLessThan(0.02);
  }
}
