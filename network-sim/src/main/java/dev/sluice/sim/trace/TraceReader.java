package dev.sluice.sim.trace;

import dev.sluice.sim.trace.LinkTrace.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reads link traces from text. The format is told from the first line that holds data.
 *
 * <table>
 *   <caption>Formats</caption>
 *   <tr><th>fields of a line</th><th>meaning</th></tr>
 *   <tr><td>{@code seconds uplink_mbit downlink_mbit round_trip_ms}, or {@code seconds outage}, or
 *       {@code seconds end}</td><td>full link steps</td></tr>
 *   <tr><td>{@code seconds mbit}</td><td>a throughput log: one rate, which becomes the uplink
 *       rate; it holds until the next line. Times are shifted so that the first is 0</td></tr>
 *   <tr><td>{@code milliseconds}</td><td>packet slots as mahimahi records them (Netravali et al.,
 *       "Mahimahi: Accurate Record-and-Replay for HTTP", USENIX ATC 2015): at that millisecond one
 *       packet of 1500 bytes can leave. Counted over bins of {@value #SLOT_BIN_MILLIS} ms; always
 *       loops, as there</td></tr>
 *   <tr><td>titles, then values with commas</td><td>full link steps by name: {@code start_s},
 *       {@code uplink_mbit}, and where wanted {@code end_s}, {@code downlink_mbit}, {@code
 *       round_trip_ms}, {@code outage} (0 or 1)</td></tr>
 * </table>
 *
 * <p>Blank lines and what follows a {@code #} are skipped. Stateless and thread-safe.
 */
public final class TraceReader {
  /** Slots are counted over bins of this length; finer structure is the cell's scheduler. */
  static final int SLOT_BIN_MILLIS = 100;

  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?|[+-]?(NaN|Infinity)");
  private static final int SLOT_BYTES = 1500;
  static final double BYTES_PER_MEGABIT = 125_000;
  static final double MAX_MEGABITS = 1_000_000;
  static final double MAX_SECONDS = 10_000_000;
  private static final long MAX_FILE_BYTES = 64L << 20;
  private static final int MAX_BINS = 10_000_000;
  private static final Pattern SPACE = Pattern.compile("[\\s,;]+");

  /** What to do about a line that is none. */
  private static final String FORMATS =
      "; lines hold 'seconds uplink_mbit downlink_mbit round_trip_ms' (also 'seconds outage' and"
          + " 'seconds end'), or 'seconds mbit', or one whole millisecond (mahimahi), or CSV with"
          + " titles";

  private TraceReader() {}

  /**
   * What a file with a single rate leaves open.
   *
   * @param roundTrip round trip of every step, in [0, 60 s]; unused by full link steps
   * @param downlinkFactor downlink rate over uplink rate, above 0 and finite; unused by full link
   *     steps
   * @param loop whether the trace begins again at its end
   */
  public record Settings(Duration roundTrip, double downlinkFactor, boolean loop) {
    /** A round trip of 50 ms, the same rate both ways, no loop. */
    public static final Settings DEFAULT = new Settings(Duration.ofMillis(50), 1, false);

    /** Checks the ranges. */
    public Settings {
      if (roundTrip.isNegative() || roundTrip.compareTo(Duration.ofMinutes(1)) > 0) {
        throw new IllegalArgumentException("round trip not in [0, 60 s]: " + roundTrip);
      }
      if (!Double.isFinite(downlinkFactor) || downlinkFactor <= 0) {
        throw new IllegalArgumentException("downlink factor must be positive: " + downlinkFactor);
      }
    }
  }

  /**
   * Reads a trace file.
   *
   * @throws TraceFormatException if the text is no trace; names file and line
   * @throws IOException if the file cannot be read
   */
  public static LinkTrace read(Path file, Settings settings) throws IOException {
    if (Files.isDirectory(file)) {
      throw new TraceFormatException(file.toString(), "is a directory; name a trace file");
    }
    long size;
    try {
      size = Files.size(file);
    } catch (NoSuchFileException missing) {
      throw new TraceFormatException(file.toString(), "no such trace file; name one that exists");
    }
    if (size > MAX_FILE_BYTES) {
      throw new TraceFormatException(
          file.toString(),
          "has " + size + " bytes, more than " + MAX_FILE_BYTES + "; is it a trace?");
    }
    // Latin-1 decodes any bytes, so a binary file is refused by its first line, not by the decoder.
    return parse(file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1), settings);
  }

  /**
   * Reads a trace from text.
   *
   * @param name what error messages call it
   * @throws TraceFormatException if the text is no trace; names the line
   */
  public static LinkTrace parse(String name, String text, Settings settings)
      throws TraceFormatException {
    List<Raw> raw = content(text);
    if (raw.isEmpty()) {
      throw new TraceFormatException(name, "the trace is empty" + FORMATS);
    }
    try {
      if (CsvTrace.isTitles(raw.get(0).text)) {
        return CsvTrace.read(new Source(name), raw, settings);
      }
      List<Line> lines = fields(raw);
      return switch (columns(lines)) {
        case 1 -> slots(name, lines, settings);
        case 2 -> throughput(name, lines, settings);
        default -> steps(name, lines, settings);
      };
    } catch (IllegalArgumentException unusable) {
      throw new TraceFormatException(name, String.valueOf(unusable.getMessage()));
    }
  }

  private record Line(int number, List<String> fields) {}

  /** A line that holds something, without its comment. */
  record Raw(int number, String text) {}

  /** What is read, as messages call it. */
  record Source(String name) {
    TraceFormatException wrong(String problem) {
      return new TraceFormatException(name, problem);
    }

    TraceFormatException wrong(int line, String problem) {
      return new TraceFormatException(name, line, problem);
    }

    /** Reads a number in [0, max]; the advice follows what is not one. */
    double number(int line, String text, String what, double max, String advice)
        throws TraceFormatException {
      /* Java's own reader takes 1d and 0x1p3 as well. */
      if (!NUMBER.matcher(text).matches()) {
        throw wrong(line, what + " is not a number: '" + shortened(text) + "'" + advice);
      }
      double value = Double.parseDouble(text);
      if (!(value >= 0 && value <= max)) {
        throw wrong(line, what + " is not in [0, " + max + "]: '" + shortened(text) + "'");
      }
      return value;
    }
  }

  private static List<Raw> content(String text) {
    List<Raw> lines = new ArrayList<>();
    int number = 0;
    for (String raw : (Iterable<String>) text.lines()::iterator) {
      number++;
      int comment = raw.indexOf('#');
      String content = (comment < 0 ? raw : raw.substring(0, comment)).strip();
      if (!content.isEmpty()) {
        lines.add(new Raw(number, content));
      }
    }
    return lines;
  }

  private static List<Line> fields(List<Raw> lines) {
    return lines.stream()
        .map(line -> new Line(line.number, List.of(SPACE.split(line.text))))
        .toList();
  }

  /** Words occur in full link steps only, so a trace that begins with an outage is told as well. */
  private static int columns(List<Line> lines) {
    for (Line line : lines) {
      boolean word = line.fields.size() == 2 && isWord(line.fields.get(1));
      if (!word) {
        return line.fields.size();
      }
    }
    return 4;
  }

  private static boolean isWord(String field) {
    return field.equals("outage") || field.equals("end");
  }

  private static LinkTrace steps(String name, List<Line> lines, Settings settings)
      throws TraceFormatException {
    List<Step> steps = new ArrayList<>();
    long endNanos = -1;
    double uplink = 0;
    double downlink = 0;
    long roundTripNanos = 0;
    for (Line line : lines) {
      long startNanos = seconds(name, line);
      if (endNanos >= 0) {
        throw new TraceFormatException(name, line.number, "nothing may follow the end");
      }
      if (steps.isEmpty() && startNanos != 0) {
        throw new TraceFormatException(name, line.number, "the first step must start at 0 seconds");
      }
      if (!steps.isEmpty()) {
        checkAfter(name, line, steps.get(steps.size() - 1).startNanos(), startNanos);
      }
      if (line.fields.size() == 2 && line.fields.get(1).equals("end")) {
        endNanos = startNanos;
        continue;
      }
      boolean outage = line.fields.size() == 2 && line.fields.get(1).equals("outage");
      if (!outage) {
        if (line.fields.size() != 4) {
          throw new TraceFormatException(
              name,
              line.number,
              "expected 'seconds uplink_mbit downlink_mbit round_trip_ms', 'seconds outage' or"
                  + " 'seconds end', found "
                  + line.fields.size()
                  + " fields; a file keeps to one format");
        }
        uplink = megabits(name, line, 1);
        downlink = megabits(name, line, 2);
        roundTripNanos =
            Math.round(number(name, line, 3, "round trip", Step.MAX_ROUND_TRIP_NANOS / 1e6) * 1e6);
      }
      steps.add(new Step(startNanos, uplink, downlink, roundTripNanos, outage));
    }
    if (steps.isEmpty()) {
      throw new TraceFormatException(name, "the trace is empty" + FORMATS);
    }
    return LinkTrace.of(steps, endNanos >= 0 ? endNanos : guessedEnd(steps), settings.loop);
  }

  private static LinkTrace throughput(String name, List<Line> lines, Settings settings)
      throws TraceFormatException {
    List<Step> steps = new ArrayList<>();
    long origin = seconds(name, lines.get(0));
    for (Line line : lines) {
      if (line.fields.size() != 2) {
        throw new TraceFormatException(
            name, line.number, "expected 'seconds mbit', found " + line.fields.size() + " fields");
      }
      long startNanos = seconds(name, line) - origin;
      if (!steps.isEmpty()) {
        checkAfter(name, line, steps.get(steps.size() - 1).startNanos(), startNanos);
      }
      double rate = megabits(name, line, 1);
      steps.add(
          new Step(
              startNanos,
              rate,
              rate * settings.downlinkFactor,
              settings.roundTrip.toNanos(),
              false));
    }
    return LinkTrace.of(steps, guessedEnd(steps), settings.loop);
  }

  private static LinkTrace slots(String name, List<Line> lines, Settings settings)
      throws TraceFormatException {
    long lastMillis = 0;
    int[] counts = new int[1024];
    for (Line line : lines) {
      if (line.fields.size() != 1) {
        throw new TraceFormatException(
            name,
            line.number,
            "expected one whole millisecond, found " + line.fields.size() + " fields");
      }
      double value = number(name, line, 0, "millisecond", (double) MAX_BINS * SLOT_BIN_MILLIS);
      long millis = (long) value;
      if (millis != value) {
        throw new TraceFormatException(
            name, line.number, "expected a whole millisecond, found '" + line.fields.get(0) + "'");
      }
      if (millis < lastMillis) {
        throw new TraceFormatException(
            name, line.number, "time goes back from " + lastMillis + " to " + millis + " ms");
      }
      lastMillis = millis;
      int bin = (int) (millis / SLOT_BIN_MILLIS);
      if (bin >= counts.length) {
        counts = Arrays.copyOf(counts, Math.max(bin + 1, 2 * counts.length));
      }
      counts[bin]++;
    }
    if (lastMillis == 0) {
      throw new TraceFormatException(name, "all slots are at millisecond 0, so there is no rate");
    }
    return binned(counts, lastMillis, settings);
  }

  /**
   * The trace lasts until its last slot; a slot exactly there counts for the last bin that lasts.
   */
  private static LinkTrace binned(int[] counts, long lastMillis, Settings settings) {
    int bins = (int) ((lastMillis + SLOT_BIN_MILLIS - 1) / SLOT_BIN_MILLIS);
    if (lastMillis % SLOT_BIN_MILLIS == 0) {
      counts[bins - 1] += counts[bins];
    }
    List<Step> steps = new ArrayList<>();
    int before = -1;
    for (int bin = 0; bin < bins; bin++) {
      long millis = Math.min(SLOT_BIN_MILLIS, lastMillis - (long) bin * SLOT_BIN_MILLIS);
      if (counts[bin] != before || millis != SLOT_BIN_MILLIS) {
        double rate = counts[bin] * (double) SLOT_BYTES * 1000 / millis;
        steps.add(
            new Step(
                bin * (SLOT_BIN_MILLIS * 1_000_000L),
                rate,
                rate * settings.downlinkFactor,
                settings.roundTrip.toNanos(),
                false));
      }
      before = counts[bin];
    }
    return LinkTrace.of(steps, lastMillis * 1_000_000L, true);
  }

  /** A log does not say how long its last line holds: as long as the one before it, or a second. */
  static long guessedEnd(List<Step> steps) {
    int last = steps.size() - 1;
    long lastStart = steps.get(last).startNanos();
    return last == 0
        ? lastStart + 1_000_000_000L
        : lastStart + lastStart - steps.get(last - 1).startNanos();
  }

  private static void checkAfter(String name, Line line, long beforeNanos, long startNanos)
      throws TraceFormatException {
    if (startNanos <= beforeNanos) {
      throw new TraceFormatException(
          name, line.number, "time must increase: '" + line.fields.get(0) + "' does not");
    }
  }

  private static long seconds(String name, Line line) throws TraceFormatException {
    return Math.round(number(name, line, 0, "time", MAX_SECONDS) * 1e9);
  }

  private static double megabits(String name, Line line, int field) throws TraceFormatException {
    return number(name, line, field, "rate", MAX_MEGABITS) * BYTES_PER_MEGABIT;
  }

  private static double number(String name, Line line, int field, String what, double max)
      throws TraceFormatException {
    return new Source(name).number(line.number, line.fields.get(field), what, max, FORMATS);
  }

  static String shortened(String text) {
    String printable = text.replaceAll("[^\\x20-\\x7e]", "?");
    return printable.length() <= 40 ? printable : printable.substring(0, 40) + "…";
  }
}
