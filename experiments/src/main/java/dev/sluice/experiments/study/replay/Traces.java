package dev.sluice.experiments.study.replay;

import dev.sluice.experiments.demo.DemoException;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.sim.trace.LinkTrace;
import dev.sluice.sim.trace.TraceReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The real traces beside the repository, by name. Each begins anew at its end; a round trip, which
 * none of them records, is 50 ms throughout. Those of {@code hsdpa} and {@code oboe} are downlink
 * rates taken for the uplink's.
 */
public final class Traces {
  private static final List<String> FOLDERS = List.of("hsdpa", "mahimahi", "oboe");
  private static final List<String> NO_TRACES = List.of("README", "COPYING");
  private static final TraceReader.Settings SETTINGS =
      new TraceReader.Settings(Duration.ofMillis(50), 1, true);

  /** Every how many traces one is taken where fewer do. */
  private static final int QUICK_STRIDE = 7;

  private Traces() {}

  /**
   * Reads them, every seventh in a quick run.
   *
   * @throws DemoException if there are none
   */
  public static Map<String, LinkTrace> read(StudyContext context) throws IOException {
    return every(context, context.quick() ? QUICK_STRIDE : 1);
  }

  /**
   * Reads all of them.
   *
   * @throws DemoException if there are none
   */
  public static Map<String, LinkTrace> all(StudyContext context) throws IOException {
    return every(context, 1);
  }

  /**
   * Reads one of so many.
   *
   * @param stride from one that is read to the next, at least 1; all are read with 1
   * @throws DemoException if there are none
   */
  public static Map<String, LinkTrace> every(StudyContext context, int stride) throws IOException {
    Path root = context.shared().resolve("traces");
    List<Path> files = new ArrayList<>();
    for (String folder : FOLDERS) {
      if (Files.isDirectory(root.resolve(folder))) {
        try (Stream<Path> all = Files.list(root.resolve(folder))) {
          all.filter(Files::isRegularFile)
              .filter(file -> !NO_TRACES.contains(file.getFileName().toString()))
              .sorted()
              .forEach(files::add);
        }
      }
    }
    if (files.isEmpty()) {
      throw new DemoException(
          root + " holds no traces; name the folder above it with -Dsluice.shared=DIR");
    }
    context.input("traces", root);
    Map<String, LinkTrace> traces = new LinkedHashMap<>();
    for (int i = 0; i < files.size(); i += stride) {
      Path file = files.get(i);
      traces.put(file.getFileName().toString(), TraceReader.read(file, SETTINGS));
    }
    return traces;
  }

  /** A trace that begins anew at its end, begun somewhere in it. */
  public static LinkTrace begunAt(LinkTrace trace, long nanos) {
    if (nanos == 0) {
      return trace;
    }
    List<LinkTrace.Step> steps = new ArrayList<>();
    for (long at = nanos; at < nanos + trace.durationNanos(); at = trace.nextChangeNanos(at)) {
      LinkTrace.Step step = trace.stepAt(at);
      steps.add(
          new LinkTrace.Step(
              at - nanos,
              step.uplinkBytesPerSecond(),
              step.downlinkBytesPerSecond(),
              step.roundTripNanos(),
              step.outage()));
    }
    return LinkTrace.of(steps, trace.durationNanos(), true);
  }
}
