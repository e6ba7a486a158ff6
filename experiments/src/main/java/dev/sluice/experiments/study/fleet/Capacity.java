package dev.sluice.experiments.study.fleet;

import dev.sluice.experiments.fleet.Fleet;
import dev.sluice.experiments.fleet.FleetResult;
import dev.sluice.experiments.fleet.FleetSimulator;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;

/**
 * Finds how many devices a worker can serve. Loads that hold are taken to hold below, too; every
 * load that was tried is kept, so that one can see.
 */
final class Capacity {
  /** Most answers that may come late, or from the device alone against its plan. */
  private static final double MOST_AMISS = 0.05;

  /** Least accuracy over the uncut network's on the same frames: the goal's point. */
  private static final double LEAST_DIFFERENCE = -0.01;

  /** Workers at least, each with its devices. */
  private static final int SITES = 2;

  private static final int MOST_DEVICES = 1 << 16;
  private static final double RESOLUTION = 1.05;

  private final Fleet fleet;
  private final int threads;
  private final List<Tried> tried = new ArrayList<>();

  /**
   * A load and what came of it.
   *
   * @param devices per worker
   */
  record Tried(int devices, FleetResult result, boolean holds) {}

  Capacity(Fleet fleet, int threads) {
    this.fleet = fleet;
    this.threads = threads;
  }

  /** Whether the goal is held, as users see it. */
  static boolean holds(FleetResult result) {
    return result.latencyNanos(95) <= Cameras.DEADLINE_NANOS
        && result.degradedShare() + result.lateShare() <= MOST_AMISS
        && result.accuracy() - result.uncutAccuracy() >= LEAST_DIFFERENCE;
  }

  /** Returns the largest load found to hold, within 5 %; empty if not even one device does. */
  Optional<Tried> find(int first) throws InterruptedException, ExecutionException {
    Tried low = attempt(first);
    while (!low.holds() && low.devices() > 1) {
      low = attempt(low.devices() / 2);
    }
    if (!low.holds()) {
      return Optional.empty();
    }
    if (low.result().offloadShare() == 0) {
      /* Nothing is sent: any number of devices does. */
      return Optional.of(low);
    }
    Tried high = low;
    while (high.holds() && high.devices() < MOST_DEVICES) {
      low = high;
      high = attempt(2 * high.devices());
    }
    while (!high.holds() && high.devices() > RESOLUTION * low.devices()) {
      int middle = (int) Math.round(Math.sqrt((double) low.devices() * high.devices()));
      if (middle == low.devices() || middle == high.devices()) {
        break;
      }
      Tried next = attempt(middle);
      if (next.holds()) {
        low = next;
      } else {
        high = next;
      }
    }
    return Optional.of(high.holds() ? high : low);
  }

  private Tried attempt(int devices) throws InterruptedException, ExecutionException {
    /* A pool has as many devices as several sites of one worker. */
    int workers = Math.max(SITES, fleet.pool());
    FleetResult result =
        new FleetSimulator(fleet.withDevicesPerWorker(devices))
            .run(workers * devices, threads, done -> {});
    Tried now = new Tried(devices, result, holds(result));
    tried.add(now);
    return now;
  }

  /** All loads that were tried. */
  List<Tried> tried() {
    return List.copyOf(tried);
  }
}
