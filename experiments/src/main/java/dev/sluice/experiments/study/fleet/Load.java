package dev.sluice.experiments.study.fleet;

import dev.sluice.experiments.fleet.FleetResult;

/**
 * A load that was tried and what came of it. Immutable; Jackson writes and reads it.
 *
 * @param devices per worker
 * @param holds whether every camera's goal was held
 * @param frames that counted
 */
record Load(
    int devices,
    boolean holds,
    long frames,
    double busyShare,
    double offloadShare,
    double degradedShare,
    double lateShare,
    double p50Nanos,
    double p95Nanos,
    double accuracy,
    double uncutAccuracy,
    double uplinkBytesPerFrame,
    double workerNanosPerFrame,
    double refusedShare) {

  static Load of(int devices, boolean holds, FleetResult result) {
    return new Load(
        devices,
        holds,
        result.frames(),
        result.busyShare(),
        result.offloadShare(),
        result.degradedShare(),
        result.lateShare(),
        result.latencyNanos(50),
        result.latencyNanos(95),
        result.accuracy(),
        result.uncutAccuracy(),
        result.uplinkBytesPerFrame(),
        result.workerNanosPerFrame(),
        result.refusedShare());
  }
}
