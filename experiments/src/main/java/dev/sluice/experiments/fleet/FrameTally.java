package dev.sluice.experiments.fleet;

import org.HdrHistogram.Histogram;

/** Counts what became of the frames of some devices. Not thread-safe. */
final class FrameTally {
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
  long planChanges;
  long devices;

  void add(FrameTally other) {
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
    planChanges += other.planChanges;
    devices += other.devices;
  }
}
