package dev.sluice.experiments.fleet;

import org.HdrHistogram.Histogram;

/** Counts what became of frames. Not thread-safe. */
final class SiteTally {
  private static final int DIGITS = 3;

  final Histogram latencies = new Histogram(DIGITS);
  long frames;
  long late;
  long dropped;
  long degraded;
  long fromCloud;
  long sent;
  long right;
  long uncutRight;
  long uplinkBytes;
  long probeBytes;
  long submitted;
  long refused;
  long busyNanos;
  long planChanges;
  long events;
  long devices;
  long workers;

  void add(SiteTally other) {
    latencies.add(other.latencies);
    frames += other.frames;
    late += other.late;
    dropped += other.dropped;
    degraded += other.degraded;
    fromCloud += other.fromCloud;
    sent += other.sent;
    right += other.right;
    uncutRight += other.uncutRight;
    uplinkBytes += other.uplinkBytes;
    probeBytes += other.probeBytes;
    submitted += other.submitted;
    refused += other.refused;
    busyNanos += other.busyNanos;
    planChanges += other.planChanges;
    events += other.events;
    devices += other.devices;
    workers += other.workers;
  }
}
