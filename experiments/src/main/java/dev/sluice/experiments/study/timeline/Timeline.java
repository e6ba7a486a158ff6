package dev.sluice.experiments.study.timeline;

import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.sim.trace.LinkTrace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What happened to a stream, second by second, as a file: {@link TimelineFigure} draws it. */
public final class Timeline {
  private static final long SECOND = 1_000_000_000L;
  private static final String TITLES =
      "second,link_mbit,estimated_mbit,frames,late,degraded,from_cloud,right,mean_ms,exits,plan";

  private Timeline() {}

  /**
   * Writes a stream.
   *
   * @param file in a folder that is made where it is missing
   * @param trace the link; where it is not known, its rate is left out
   */
  public static void write(Path file, StreamLog log, @Nullable LinkTrace trace) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Files.write(file, lines(log, trace), StandardCharsets.UTF_8);
  }

  static List<String> lines(StreamLog log, @Nullable LinkTrace trace) {
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
