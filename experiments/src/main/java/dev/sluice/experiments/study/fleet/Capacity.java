package dev.sluice.experiments.study.fleet;

import dev.sluice.experiments.fleet.Fleet;
import dev.sluice.experiments.fleet.FleetResult;
import dev.sluice.experiments.fleet.FleetSimulator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;

/**
 * Finds how many devices a worker can serve. Loads that hold are taken to hold below, too; every
 * load that was tried is kept, so that one can see.
 */
final class Capacity {
  /** Workers at least, each with its devices. */
  private static final int SITES = 2;

  private static final int MOST_DEVICES = 1 << 16;
  private static final double RESOLUTION = 1.05;
  private static final double LARGEST_STEP = 2;

  private final Fleet fleet;
  private final int threads;
  private final Predicate<FleetResult> holds;

  /**
   * Prepares to look.
   *
   * @param threads that simulate, at least 1
   * @param holds whether a result is good enough
   */
  Capacity(Fleet fleet, int threads, Predicate<FleetResult> holds) {
    this.fleet = fleet;
    this.threads = threads;
    this.holds = holds;
  }

  /**
   * Looks for the largest load that holds, within 5 %: in growing steps until it lies between two
   * loads, then in the middle of them, by ratio. It ends early where nothing was ever sent, since
   * then any number of devices holds, or not even one does: what a few may hold that happen to be
   * quick is not taken for it.
   *
   * @param first load that is tried, at least 1
   * @param step by how much the next is larger or smaller, above 1; the nearer the first is
   *     supposed to be, the less
   */
  Found find(int first, double step) throws InterruptedException, ExecutionException {
    List<Load> tried = new ArrayList<>();
    int held = 0;
    int failed = Integer.MAX_VALUE;
    double next = first;
    double stride = step;
    while (true) {
      Load load = attempt((int) Math.min(MOST_DEVICES, next));
      tried.add(load);
      if (load.holds()) {
        held = load.devices();
      } else {
        failed = load.devices();
      }
      if (ends(held, failed) || tried.stream().allMatch(l -> l.offloadShare() == 0)) {
        return new Found(tried);
      }
      if (held == 0) {
        next = Math.max(1, Math.min(failed - 1.0, Math.rint(failed / stride)));
      } else if (failed == Integer.MAX_VALUE) {
        next = Math.max(held + 1.0, Math.rint(held * stride));
      } else {
        next = middle(held, failed);
      }
      stride = Math.min(LARGEST_STEP, stride * stride);
    }
  }

  private static boolean ends(int held, int failed) {
    if (held == 0) {
      return failed <= 1;
    }
    if (failed == Integer.MAX_VALUE) {
      return held >= MOST_DEVICES;
    }
    int middle = middle(held, failed);
    return failed <= RESOLUTION * held || middle == held || middle == failed;
  }

  private static int middle(int held, int failed) {
    return (int) Math.round(Math.sqrt((double) held * failed));
  }

  private Load attempt(int devices) throws InterruptedException, ExecutionException {
    /* A pool has as many devices as several sites of one worker. */
    int workers = Math.max(SITES, fleet.pool());
    FleetResult result =
        new FleetSimulator(fleet.withDevicesPerWorker(devices))
            .run(workers * devices, threads, done -> {});
    return Load.of(devices, holds.test(result), result);
  }
}
