package dev.sluice.experiments.study.trouble;

import dev.sluice.experiments.study.grid.CellKey;
import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.sim.trace.LinkTrace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Writes what happened to a stream, second by second, to a file per stream. Thread-safe. */
final class Timelines {
  private static final long SECOND = 1_000_000_000L;
  private static final String TITLES =
      "second,link_mbit,estimated_mbit,frames,late,degraded,from_cloud,right,mean_ms,exits,plan";

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
      Files.createDirectories(folder);
      Files.write(file(key), lines(log, traces.get(key.link())), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("a timeline cannot be written to " + folder, e);
    }
  }

  static List<String> lines(StreamLog log, @org.jspecify.annotations.Nullable LinkTrace trace) {
    List<String> lines = new ArrayList<>();
    lines.add(TITLES);
    int frame = 0;
    while (frame < log.frames()) {
      long second = (log.captureNanos(frame) - StreamReplay.LEAD_NANOS) / SECOND;
      int first = frame;
      int late = 0;
      int degraded = 0;
      int fromCloud = 0;
      int right = 0;
      double latency = 0;
      Map<String, Integer> exits = new TreeMap<>();
      for (; frame < log.frames() && second(log, frame) == second; frame++) {
        late += log.late(frame) ? 1 : 0;
        degraded += log.degraded(frame) ? 1 : 0;
        fromCloud += log.fromCloud(frame) ? 1 : 0;
        right += log.right(frame) ? 1 : 0;
        latency += log.latencyNanos(frame);
        exits.merge(log.dropped(frame) ? "none" : "exit " + log.exit(frame), 1, Integer::sum);
      }
      int frames = frame - first;
      lines.add(
          String.format(
              Locale.ROOT,
              "%d,%s,%.3f,%d,%d,%d,%d,%d,%.1f,%s,\"%s\"",
              second,
              trace == null ? "" : String.format(Locale.ROOT, "%.3f", mbit(trace, second)),
              log.estimatedBytesPerSecond(first) * 8e-6,
              frames,
              late,
              degraded,
              fromCloud,
              right,
              latency / frames / 1e6,
              exits.entrySet().stream()
                  .map(exit -> exit.getKey() + ":" + exit.getValue())
                  .collect(Collectors.joining(";")),
              log.plan(first).describe()));
    }
    return lines;
  }

  private static long second(StreamLog log, int frame) {
    return (log.captureNanos(frame) - StreamReplay.LEAD_NANOS) / SECOND;
  }

  private static double mbit(LinkTrace trace, long second) {
    LinkTrace.Step step = trace.stepAt(second * SECOND);
    return step.outage() ? 0 : step.uplinkBytesPerSecond() * 8e-6;
  }
}
