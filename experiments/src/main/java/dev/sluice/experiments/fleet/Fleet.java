package dev.sluice.experiments.fleet;

import java.util.List;

/**
 * A fleet and what it meets. Immutable.
 *
 * @param kinds of devices, at least one, of different names, all streaming frames of one table
 * @param accesses ways to reach a worker, at least one
 * @param cells base stations that devices share
 * @param worker every worker
 * @param pool workers that serve their devices together, at least 1
 * @param devicesPerWorker devices for each worker, at least 1
 * @param relativeSd standard deviation of the noise on each time, in [0, 0.3)
 * @param warmUpNanos from the start until something counts, at least 0
 * @param measuredNanos from then to the end, positive
 * @param seed of everything that is drawn
 */
public record Fleet(
    List<DeviceKind> kinds,
    List<Access> accesses,
    Cells cells,
    WorkerKind worker,
    int pool,
    int devicesPerWorker,
    double relativeSd,
    long warmUpNanos,
    long measuredNanos,
    long seed) {
  /** Checks the ranges. */
  public Fleet {
    kinds = List.copyOf(kinds);
    accesses = List.copyOf(accesses);
    if (kinds.isEmpty() || accesses.isEmpty() || devicesPerWorker < 1 || pool < 1) {
      throw new IllegalArgumentException("a fleet needs devices, links and workers for them");
    }
    if (kinds.stream().map(DeviceKind::name).distinct().count() < kinds.size()) {
      throw new IllegalArgumentException("two kinds of one name: their frames could not be told");
    }
    if (kinds.stream().map(kind -> kind.book().test()).distinct().count() > 1) {
      /* Workers would compute frames of different networks as one batch. */
      throw new IllegalArgumentException("kinds stream frames of different tables");
    }
    if (!(relativeSd >= 0 && relativeSd < 0.3) || warmUpNanos < 0 || measuredNanos <= 0) {
      throw new IllegalArgumentException(
          "noise or times out of range: %f, %d, %d ns"
              .formatted(relativeSd, warmUpNanos, measuredNanos));
    }
  }

  /** A fleet of which each device keeps to one worker. */
  public Fleet(
      List<DeviceKind> kinds,
      List<Access> accesses,
      Cells cells,
      WorkerKind worker,
      int devicesPerWorker,
      double relativeSd,
      long warmUpNanos,
      long measuredNanos,
      long seed) {
    this(
        kinds,
        accesses,
        cells,
        worker,
        1,
        devicesPerWorker,
        relativeSd,
        warmUpNanos,
        measuredNanos,
        seed);
  }

  /**
   * Base stations.
   *
   * @param devices of one cell, at least 1; neighbours in number
   * @param meanUpNanos mean time between outages, positive; infinite for none
   * @param meanDownNanos mean length of an outage, positive
   */
  public record Cells(int devices, double meanUpNanos, double meanDownNanos) {
    /** Never out. */
    public static final Cells NEVER_OUT = new Cells(1, Double.POSITIVE_INFINITY, 1);

    public Cells {
      if (devices < 1 || !(meanUpNanos > 0 && meanDownNanos > 0)) {
        throw new IllegalArgumentException("not cells: " + devices + " devices");
      }
    }
  }

  /** The same with another number of devices per worker. */
  public Fleet withDevicesPerWorker(int devices) {
    return new Fleet(
        kinds,
        accesses,
        cells,
        worker,
        pool,
        devices,
        relativeSd,
        warmUpNanos,
        measuredNanos,
        seed);
  }

  /** The same where so many workers serve their devices together. */
  public Fleet withPool(int workers) {
    return new Fleet(
        kinds,
        accesses,
        cells,
        worker,
        workers,
        devicesPerWorker,
        relativeSd,
        warmUpNanos,
        measuredNanos,
        seed);
  }

  /** The same before other workers. */
  public Fleet withWorker(WorkerKind other) {
    return new Fleet(
        kinds,
        accesses,
        cells,
        other,
        pool,
        devicesPerWorker,
        relativeSd,
        warmUpNanos,
        measuredNanos,
        seed);
  }

  /** The same of other devices. */
  public Fleet withKinds(List<DeviceKind> others) {
    return new Fleet(
        others,
        accesses,
        cells,
        worker,
        pool,
        devicesPerWorker,
        relativeSd,
        warmUpNanos,
        measuredNanos,
        seed);
  }
}
