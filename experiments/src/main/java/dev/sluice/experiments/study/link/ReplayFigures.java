package dev.sluice.experiments.study.link;

import dev.sluice.experiments.report.TextTable;
import dev.sluice.sim.trace.LinkKind;
import dev.sluice.sim.trace.LinkTrace;
import dev.sluice.sim.trace.TraceFormat;
import dev.sluice.sim.trace.TraceGenerator;
import dev.sluice.sim.trace.TraceWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Whether a mahimahi trace comes out with the bytes that it has in each of its seconds: one that
 * was generated, and where it is there a recorded one. The round trip is short, so that the trace
 * alone bounds what passes; the first seconds, with slow start, are left out.
 */
final class ReplayFigures {
  private static final int SKIPPED_SECONDS = 2;
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final int SECOND_MILLIS = 1000;
  private static final int SLOT_BYTES = 1500;
  private static final long ROUND_TRIP_NANOS = 2_000_000;
  private static final String RECORDED = "traces/mahimahi/TMobile-LTE-short.up";

  private ReplayFigures() {}

  static void measure(Findings findings) throws IOException, InterruptedException {
    int seconds = findings.scaled(10, 60);
    Path generated = findings.context().out().resolve("generated-lte.up");
    LinkTrace trace =
        new TraceGenerator(LinkKind.LTE)
            .generate(seconds + 2, findings.context().seed("replayed trace"), 1);
    Files.writeString(generated, TraceWriter.write(trace, TraceFormat.MAHIMAHI));
    List<List<Object>> rows = new ArrayList<>();
    TextTable table =
        new TextTable(
            "mahimahi trace", "seconds", "whole error %", "worst second %", "of the mean second %");
    replay("generated LTE", generated, seconds, findings, table, rows);
    Path recorded = findings.context().shared().resolve(RECORDED);
    if (Files.exists(recorded)) {
      findings.context().input("recorded trace", recorded);
      replay("recorded LTE", recorded, seconds, findings, table, rows);
    } else {
      findings.say("no recorded mahimahi trace at %s: left out", recorded);
    }
    findings.show(table);
    findings.context().csv("replay.csv", List.of("trace", "second", "wanted", "got"), rows);
  }

  private static void replay(
      String name,
      Path file,
      int seconds,
      Findings findings,
      TextTable table,
      List<List<Object>> rows)
      throws IOException, InterruptedException {
    long[] slots = slotBytes(file);
    long[] got = receive(file, seconds);
    for (int second = SKIPPED_SECONDS; second < seconds; second++) {
      rows.add(List.of(name, second, slots[second % slots.length], got[second]));
    }
    Errors errors = Errors.of(slots, got);
    int counted = seconds - SKIPPED_SECONDS;
    table.row(
        name,
        Integer.toString(counted),
        Findings.format("%+.2f", errors.wholePercent()),
        Findings.format("%.2f", errors.worstPercent()),
        Findings.format("%.2f", errors.worstOfMeanPercent()));
    findings.claim(
        "error of a second's bytes, worst second; " + name,
        errors.worstPercent(),
        "%",
        "<= 2",
        counted,
        Math.abs(errors.wholePercent()),
        errors.worstPercent());
  }

  /**
   * How far what came is off the trace, the first seconds left out. A trace that is over begins
   * again.
   *
   * @param wholePercent all together; negative for less
   * @param worstPercent the worst second, of what that was to have, or of one packet if that is
   *     more
   * @param worstOfMeanPercent the worst second, of what a second has in the mean
   */
  record Errors(double wholePercent, double worstPercent, double worstOfMeanPercent) {
    /** Compares bytes by second. */
    static Errors of(long[] slots, long[] got) {
      double mean = (double) LongStream.of(slots).sum() / slots.length;
      double worst = 0;
      double worstOfMean = 0;
      double wantedSum = 0;
      double gotSum = 0;
      for (int second = SKIPPED_SECONDS; second < got.length; second++) {
        double wanted = (double) slots[second % slots.length];
        double error = Math.abs(got[second] - wanted);
        worst = Math.max(worst, error / Math.max(SLOT_BYTES, wanted));
        worstOfMean = Math.max(worstOfMean, error / mean);
        wantedSum += wanted;
        gotSum += got[second];
      }
      return new Errors(100 * (gotSum / wantedSum - 1), 100 * worst, 100 * worstOfMean);
    }
  }

  /**
   * Bytes by second, counted from the file's lines and not by the reader that the link uses. The
   * last second is left out unless it is whole.
   */
  static long[] slotBytes(Path file) throws IOException {
    List<Long> slots =
        Files.readAllLines(file).stream()
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .map(Long::valueOf)
            .toList();
    long[] bytes = new long[Math.toIntExact(slots.get(slots.size() - 1) / SECOND_MILLIS)];
    for (long millis : slots) {
      int second = Math.toIntExact(millis / SECOND_MILLIS);
      if (second < bytes.length) {
        bytes[second] += SLOT_BYTES;
      }
    }
    return bytes;
  }

  private static long[] receive(Path file, int seconds) throws IOException, InterruptedException {
    long[] got = new long[seconds];
    try (Proxy proxy = Proxy.start(List.of("--trace", file.toString(), "--round-trip", "2ms"));
        Ends ends = proxy.connect()) {
      ends.flood();
      InputStream in = ends.worker().getInputStream();
      byte[] buffer = new byte[1 << 16];
      while (true) {
        int read = in.read(buffer);
        long left = System.nanoTime() - ends.openedNanos() - ROUND_TRIP_NANOS / 2;
        if (read < 0 || left >= seconds * SECOND_NANOS) {
          return got;
        }
        got[(int) (Math.max(0, left) / SECOND_NANOS)] += read;
      }
    }
  }
}
