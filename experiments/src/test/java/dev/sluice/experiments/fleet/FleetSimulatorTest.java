package dev.sluice.experiments.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.sluice.edge.session.SessionOptions;
import dev.sluice.experiments.fleet.Access.Course;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.objective.Objective;
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
    SessionOptions options = SessionOptions.of(150_000_000L);
    Arrivals arrivals = new Arrivals(SECOND, random);
    return new Fleet(
        List.of(
            new DeviceKind("slow", book, factor, 0.1, options, arrivals, 2),
            new DeviceKind("quick", book, factor / 4, 0.1, options, arrivals, 1)),
        List.of(
            new Access(
                "radio",
                new Course.Drawn(7e5, 0.3, new MarkovRates(List.of(0.5, 1.0, 1.5), SECOND, 0.2)),
                40_000_000L,
                0.2,
                1)),
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
    /* All are sent, and most answered by the device: what knows the wait begins at once. */
    assertThat(result.offloadShare()).isEqualTo(1);
    assertThat(result.degradedShare()).isGreaterThan(0.1);
    assertThat(result.lateShare()).isLessThan(0.02);
  }

  private DeviceKind kind(
      String name, String goal, long deadlineNanos, Arrivals arrivals, double share)
      throws Exception {
    Objective objective = Objective.parse(goal);
    Scheduler scheduler = new Scheduler(facts, objective, SchedulerOptions.defaults());
    return new DeviceKind(
        name,
        PlanBook.of(facts, facts.certify(), Decider.of(scheduler)),
        20,
        0.1,
        SessionOptions.of(deadlineNanos).serving(objective),
        arrivals,
        share);
  }

  private static final String TIMED_GOAL =
      "p95_latency <= 150 ms, accuracy >= final - 3 pt; minimise worker_compute";

  private static final String TRIGGERED_GOAL =
      "p95_latency <= 400 ms, accuracy >= final - 3 pt; minimise device_compute";

  private static final long TRIGGERED_NANOS = 400_000_000L;

  /** A frame a second, and workers that are to be spared. */
  private DeviceKind timed(String name, double share) throws Exception {
    return kind(name, TIMED_GOAL, 150_000_000L, new Arrivals(SECOND, false), share);
  }

  /** Frames at any time, more patience, and devices that are to be spared. */
  private DeviceKind triggered(String name, double share) throws Exception {
    return kind(name, TRIGGERED_GOAL, TRIGGERED_NANOS, new Arrivals(SECOND / 2, true), share);
  }

  private static List<Double> figures(FrameFigures f) {
    return List.of(
        (double) f.devices(),
        (double) f.frames(),
        f.meanLatencyNanos(),
        f.latencyNanos(50),
        f.latencyNanos(99),
        f.lateShare(),
        f.droppedShare(),
        f.degradedShare(),
        f.offloadShare(),
        f.cloudShare(),
        f.accuracy(),
        f.uncutAccuracy(),
        f.uplinkBytesPerFrame(),
        f.probeBytesPerFrame(),
        f.changesPerDeviceMinute());
  }

  @Test
  void servesEachKindToTheDigitAsInAFleetOfItsOwnWhereEveryDeviceHasAWorker() throws Exception {
    Fleet any = fleet(new DeviceOnly(facts), 20, new Fleet.Cells(10, 30e9, 3e9), true);
    Fleet apart = any.withDevicesPerWorker(1);
    DeviceKind timed = timed("timed", 2);
    DeviceKind triggered = triggered("triggered", 1);

    FleetResult mixed = run(apart.withKinds(List.of(timed, triggered)), 120, 2);
    /* The same devices by number, links and frames; the others are like those of the kind. */
    FleetResult onlyTimed = run(apart.withKinds(List.of(timed, timed("others", 1))), 120, 2);
    FleetResult onlyTriggered =
        run(apart.withKinds(List.of(triggered("others", 2), triggered)), 120, 2);

    FrameFigures timedAmongOthers = mixed.of(List.of("timed"));
    FrameFigures triggeredAmongOthers = mixed.of(List.of("triggered"));
    assertThat(figures(timedAmongOthers)).isEqualTo(figures(onlyTimed.of(List.of("timed"))));
    assertThat(figures(triggeredAmongOthers))
        .isEqualTo(figures(onlyTriggered.of(List.of("triggered"))));
    /* Each by its own clock, and both together are all there is. */
    assertThat(timedAmongOthers.frames()).isEqualTo(60 * timedAmongOthers.devices());
    assertThat((double) triggeredAmongOthers.frames() / triggeredAmongOthers.devices())
        .isCloseTo(120, within(12.0));
    assertThat(figures(mixed.of(List.of("timed", "triggered")))).isEqualTo(figures(mixed));
    /* Each for its own end: with the other's goal the same devices do something else. */
    DeviceKind astray =
        kind("triggered", TIMED_GOAL, TRIGGERED_NANOS, triggered.arrivals(), triggered.share());
    FrameFigures misled =
        run(apart.withKinds(List.of(timed, astray)), 120, 2).of(List.of("triggered"));
    assertThat(misled.frames()).isEqualTo(triggeredAmongOthers.frames());
    assertThat(Math.abs(misled.cloudShare() - triggeredAmongOthers.cloudShare()))
        .as("%s and %s", figures(misled), figures(triggeredAmongOthers))
        .isGreaterThan(0.1);
  }

  @Test
  void servesEachKindAlikeBesideOthersThatShareItsWorkerWithRoomForAll() throws Exception {
    Fleet any = fleet(new DeviceOnly(facts), 20, Fleet.Cells.NEVER_OUT, true);
    Fleet roomy = any.withDevicesPerWorker(100).withWorker(WorkerKind.processors(100));
    DeviceKind timed = timed("timed", 2);
    DeviceKind triggered = triggered("triggered", 1);

    FleetResult mixed = run(roomy.withKinds(List.of(timed, triggered)), 300, 2);
    FleetResult onlyTimed = run(roomy.withKinds(List.of(timed)), 300, 2);
    FleetResult onlyTriggered = run(roomy.withKinds(List.of(triggered)), 300, 2);

    assertThat(mixed.busyShare()).isLessThan(0.1);
    agree(mixed.of(List.of("timed")), onlyTimed);
    agree(mixed.of(List.of("triggered")), onlyTriggered);
  }

  /** Other devices of a kind: a hundred or more, each with a link and a speed of its own. */
  private static void agree(FrameFigures some, FrameFigures others) {
    assertThat(some.meanLatencyNanos()).isCloseTo(others.meanLatencyNanos(), withinPercentage(10));
    assertThat(some.latencyNanos(95)).isCloseTo(others.latencyNanos(95), withinPercentage(10));
    assertThat(some.cloudShare()).isCloseTo(others.cloudShare(), within(0.08));
    assertThat(some.accuracy()).isCloseTo(others.accuracy(), within(0.03));
  }

  @Test
  void refusesKindsWhoseFramesItCouldNotTellApartOrMayNotBatch() throws Exception {
    Fleet any = fleet(new DeviceOnly(facts), 20, Fleet.Cells.NEVER_OUT, true);
    BundleFacts otherFacts =
        SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), 200, 10, 6_000_000, true), 2);
    DeviceKind timed = timed("timed", 1);
    DeviceKind foreign =
        new DeviceKind(
            "foreign",
            PlanBook.of(otherFacts, otherFacts.certify(), Decider.of(new DeviceOnly(otherFacts))),
            20,
            0,
            timed.options(),
            timed.arrivals(),
            1);

    assertThatThrownBy(() -> any.withKinds(List.of(timed, triggered("timed", 1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("one name");
    assertThatThrownBy(() -> any.withKinds(List.of(timed, foreign)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("different tables");
  }
}
