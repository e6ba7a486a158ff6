package dev.sluice.sim.trace;

import dev.sluice.sim.trace.LinkTrace.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads traces with a title line and commas. Columns are told by their titles, in any order:
 *
 * <ul>
 *   <li>{@code start_s}: needed, increasing; shifted so that the first is 0
 *   <li>{@code uplink_mbit}: needed
 *   <li>{@code downlink_mbit}, {@code round_trip_ms}: else as {@link TraceReader.Settings} says
 *   <li>{@code outage}: 0 or 1
 *   <li>{@code end_s}: only the last line's counts; else that holds as long as the one before it
 * </ul>
 */
final class CsvTrace {
  static final List<String> TITLES =
      List.of("start_s", "end_s", "uplink_mbit", "downlink_mbit", "round_trip_ms", "outage");

  private final TraceReader.Source source;
  private final Map<String, Integer> columns = new HashMap<>();

  private CsvTrace(TraceReader.Source source, String titleLine, int lineNumber)
      throws TraceFormatException {
    this.source = source;
    String[] titles = titleLine.split(",", -1);
    for (int i = 0; i < titles.length; i++) {
      String title = titles[i].strip();
      if (!TITLES.contains(title) || columns.put(title, i) != null) {
        throw source.wrong(
            lineNumber,
            "'" + TraceReader.shortened(title) + "' is no title, or twice; titles are " + TITLES);
      }
    }
    for (String needed : List.of("start_s", "uplink_mbit")) {
      if (!columns.containsKey(needed)) {
        throw source.wrong(lineNumber, "the column " + needed + " is missing");
      }
    }
  }

  /** Returns whether a trace's first line is one of titles. */
  static boolean isTitles(String line) {
    return Arrays.stream(line.split(",", -1)).map(String::strip).anyMatch(TITLES::contains);
  }

  /**
   * Reads a trace.
   *
   * @param lines with content, the titles first
   */
  static LinkTrace read(
      TraceReader.Source source, List<TraceReader.Raw> lines, TraceReader.Settings settings)
      throws TraceFormatException {
    CsvTrace csv = new CsvTrace(source, lines.get(0).text(), lines.get(0).number());
    List<Step> steps = new ArrayList<>();
    long origin = 0;
    long endNanos = -1;
    for (TraceReader.Raw line : lines.subList(1, lines.size())) {
      String[] fields = line.text().split(",", -1);
      if (fields.length != csv.columns.size()) {
        throw source.wrong(
            line.number(),
            "expected " + csv.columns.size() + " fields as in the titles, found " + fields.length);
      }
      long start = csv.nanos(line, fields, "start_s", 1e9, TraceReader.MAX_SECONDS);
      origin = steps.isEmpty() ? start : origin;
      if (!steps.isEmpty() && start - origin <= steps.get(steps.size() - 1).startNanos()) {
        String time = fields[csv.columns.getOrDefault("start_s", 0)].strip();
        throw source.wrong(line.number(), "time must increase: '" + time + "' does not");
      }
      if (endNanos >= 0 && endNanos != start - origin) {
        throw source.wrong(
            line.number(), "the line must start where the line before it ends (start_s, end_s)");
      }
      steps.add(csv.step(line, fields, start - origin, settings));
      if (csv.columns.containsKey("end_s")) {
        endNanos = csv.nanos(line, fields, "end_s", 1e9, TraceReader.MAX_SECONDS) - origin;
        if (endNanos <= start - origin) {
          throw source.wrong(line.number(), "the line ends before it starts");
        }
      }
    }
    if (steps.isEmpty()) {
      throw source.wrong("the trace is empty: there are titles and nothing below them");
    }
    long end = endNanos >= 0 ? endNanos : TraceReader.guessedEnd(steps);
    return LinkTrace.of(steps, end, settings.loop());
  }

  private Step step(
      TraceReader.Raw line, String[] fields, long startNanos, TraceReader.Settings settings)
      throws TraceFormatException {
    double uplink = bytesPerSecond(line, fields, "uplink_mbit");
    double downlink =
        columns.containsKey("downlink_mbit")
            ? bytesPerSecond(line, fields, "downlink_mbit")
            : uplink * settings.downlinkFactor();
    long roundTrip =
        columns.containsKey("round_trip_ms")
            ? nanos(line, fields, "round_trip_ms", 1e6, Step.MAX_ROUND_TRIP_NANOS / 1e6)
            : settings.roundTrip().toNanos();
    double outageFlag = columns.containsKey("outage") ? number(line, fields, "outage", 1) : 0;
    if (outageFlag != 0 && outageFlag != 1) {
      throw source.wrong(line.number(), "outage must be 0 or 1: " + outageFlag);
    }
    boolean outage = outageFlag == 1;
    return new Step(startNanos, uplink, downlink, roundTrip, outage);
  }

  private double bytesPerSecond(TraceReader.Raw line, String[] fields, String column)
      throws TraceFormatException {
    return number(line, fields, column, TraceReader.MAX_MEGABITS) * TraceReader.BYTES_PER_MEGABIT;
  }

  private long nanos(
      TraceReader.Raw line, String[] fields, String column, double nanosPerUnit, double max)
      throws TraceFormatException {
    return Math.round(number(line, fields, column, max) * nanosPerUnit);
  }

  private double number(TraceReader.Raw line, String[] fields, String column, double max)
      throws TraceFormatException {
    int index = columns.getOrDefault(column, 0);
    return source.number(line.number(), fields[index].strip(), column, max, "");
  }
}
