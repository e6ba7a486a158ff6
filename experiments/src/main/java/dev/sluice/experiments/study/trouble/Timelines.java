package dev.sluice.experiments.study.trouble;

import dev.sluice.experiments.study.grid.CellKey;
import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.timeline.Timeline;
import dev.sluice.sim.trace.LinkTrace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;

/** Writes what happened to a stream, second by second, to a file per stream. Thread-safe. */
final class Timelines {
  private final Path folder;
  private final Map<String, LinkTrace> traces;

  /**
   * Prepares.
   *
   * @param folder is made when the first is written
   * @param traces by the name of the link
   */
  Timelines(Path folder, Map<String, LinkTrace> traces) {
    this.folder = folder;
    this.traces = Map.copyOf(traces);
  }

  /** Where one is written. */
  Path file(CellKey key) {
    String name =
        String.join("-", key.bundle(), key.task(), key.link(), key.strategy(), "" + key.seed());
    return folder.resolve(name.replaceAll("[^A-Za-z0-9.]+", "-") + ".csv");
  }

  /** Writes one. */
  void write(CellKey key, StreamLog log) {
    try {
      Timeline.write(file(key), log, traces.get(key.link()));
    } catch (IOException e) {
      throw new UncheckedIOException("a timeline cannot be written to " + folder, e);
    }
  }
}
