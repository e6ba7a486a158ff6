package dev.sluice.experiments.fleet;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Counts what became of frames, by the kind of their device, and of requests. Not thread-safe. */
final class SiteTally {
  private final Map<String, FrameTally> kinds = new LinkedHashMap<>();
  long submitted;
  long refused;
  long busyNanos;
  long events;
  long workers;

  /** Begins to count frames of these kinds. */
  SiteTally(List<DeviceKind> kinds) {
    kinds.forEach(kind -> this.kinds.put(kind.name(), new FrameTally()));
  }

  /**
   * The frames of one kind.
   *
   * @throws IllegalArgumentException if there is no such kind
   */
  FrameTally of(String kind) {
    FrameTally tally = kinds.get(kind);
    if (tally == null) {
      throw new IllegalArgumentException("no kind of device is called " + kind);
    }
    return tally;
  }

  /** Names of the kinds. */
  List<String> kinds() {
    return List.copyOf(kinds.keySet());
  }

  void add(SiteTally other) {
    kinds.forEach((kind, tally) -> tally.add(other.of(kind)));
    submitted += other.submitted;
    refused += other.refused;
    busyNanos += other.busyNanos;
    events += other.events;
    workers += other.workers;
  }
}
