package dev.sluice.experiments.fleet;

import dev.sluice.sim.fleet.Outages;
import dev.sluice.sim.fleet.RadioLink;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * Simulates a fleet of devices before their workers: minutes of a hundred thousand devices in
 * minutes.
 *
 * <p>What exits and codecs make of frames is looked up in a table of frames that nothing was chosen
 * on. Devices believe what the real estimators tell them, and do what the real scheduler decides;
 * its decisions are kept by rounded conditions ({@link PlanBook}). Workers queue, refuse, compute
 * in batches and report their load by the real worker's rules. No network is computed, and no
 * session runs: the session's ways with a frame are followed in closed form, with three events for
 * a frame that is sent and one for any other.
 *
 * <p>A device keeps to one worker or to one pool of workers ({@link WorkerChoice}), so that those
 * and their devices (a site) are independent of all others but for outages of cells, which are
 * drawn beforehand. Sites are simulated one after another on each thread, so that memory is bounded
 * by the largest sites, not by the fleet. The same fleet gives the same result on any number of
 * threads.
 */
public final class FleetSimulator {
  private static final int FRAMES = 1;
  private static final int NOISE = 2;
  private static final int CELL = 3;
  private static final int SITE = 4;
  private static final int CHOICE = 5;

  /** Sites that are given up end with their next event. */
  private static final int PATIENCE_SECONDS = 10;

  private final Fleet fleet;

  /** Prepares to simulate a fleet. */
  public FleetSimulator(Fleet fleet) {
    this.fleet = fleet;
  }

  /**
   * Simulates.
   *
   * @param devices in all; the last site may have fewer than the others
   * @param threads that simulate, at least 1
   * @param progress hears how many devices are done, from any of the threads
   */
  public FleetResult run(int devices, int threads, LongConsumer progress)
      throws InterruptedException, ExecutionException {
    if (devices < 1 || threads < 1) {
      throw new IllegalArgumentException(
          "devices and threads must be positive: " + devices + ", " + threads);
    }
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      Deque<Future<SiteTally>> sites = new ArrayDeque<>();
      int perSite = Math.multiplyExact(fleet.pool(), fleet.devicesPerWorker());
      for (int first = 0; first < devices; first += perSite) {
        int from = first;
        int to = Math.min(devices, first + perSite);
        Callable<SiteTally> site =
            () -> {
              SiteTally tally = site(from, to);
              progress.accept(to - from);
              return tally;
            };
        sites.add(pool.submit(site));
      }
      SiteTally sum = new SiteTally(fleet.kinds());
      /* In the order of the sites, and each let go at once. */
      while (!sites.isEmpty()) {
        sum.add(sites.remove().get());
      }
      return new FleetResult(sum, fleet.worker().threads(), fleet.measuredNanos());
    } finally {
      pool.shutdownNow();
      pool.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }

  private SiteTally site(int from, int to) {
    List<FleetDevice> devices = new ArrayList<>();
    for (int number = from; number < to; number++) {
      devices.add(device(number));
    }
    return new SiteRun(fleet, devices, random(SITE, from)).run();
  }

  private FleetDevice device(int number) {
    SplittableRandom noise = random(NOISE, number);
    DeviceKind kind = pick(noise.nextDouble());
    Access access = access(noise.nextDouble());
    long horizon = fleet.warmUpNanos() + fleet.measuredNanos();
    Fleet.Cells cells = fleet.cells();
    Outages outages =
        Double.isInfinite(cells.meanUpNanos())
            ? Outages.NONE
            : Outages.draw(
                cells.meanUpNanos(),
                cells.meanDownNanos(),
                horizon,
                random(CELL, number / cells.devices()));
    RadioLink link = access.link(outages, horizon, noise);
    double factor = kind.factor() * Math.exp(kind.spread() * noise.nextGaussian());
    return new FleetDevice(
        kind,
        factor,
        link,
        fleet.relativeSd(),
        new WorkerChoice(fleet.pool(), random(CHOICE, number)),
        random(FRAMES, number),
        noise.split());
  }

  private DeviceKind pick(double place) {
    double sum = fleet.kinds().stream().mapToDouble(DeviceKind::share).sum();
    double before = 0;
    for (DeviceKind kind : fleet.kinds()) {
      before += kind.share();
      if (place * sum < before) {
        return kind;
      }
    }
    return fleet.kinds().get(fleet.kinds().size() - 1);
  }

  private Access access(double place) {
    double sum = fleet.accesses().stream().mapToDouble(Access::share).sum();
    double before = 0;
    for (Access access : fleet.accesses()) {
      before += access.share();
      if (place * sum < before) {
        return access;
      }
    }
    return fleet.accesses().get(fleet.accesses().size() - 1);
  }

  /** A source of its own for each purpose and number: what one draws moves no other. */
  private SplittableRandom random(int purpose, int number) {
    SplittableRandom seeds = new SplittableRandom(fleet.seed() + purpose);
    // Scrambled: generators whose seeds differ by a multiple of their own step share their draws.
    long mixed = new SplittableRandom(seeds.nextLong() ^ (number + 1L)).nextLong();
    return new SplittableRandom(mixed);
  }
}
