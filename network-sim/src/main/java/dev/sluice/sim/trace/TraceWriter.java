package dev.sluice.sim.trace;

import dev.sluice.sim.trace.LinkTrace.Step;
import java.math.BigDecimal;
import java.util.List;

/**
 * Writes link traces as text that {@link TraceReader} reads. Whether a trace loops is not written:
 * its reader says so. Stateless and thread-safe.
 */
public final class TraceWriter {
  private static final double BYTES_PER_MEGABIT = 125_000;
  private static final int SLOT_BYTES = 1500;
  private static final long NANOS_PER_MILLI = 1_000_000;

  /** Rounding in sums of rates must not push a packet out of the millisecond that completes it. */
  private static final double SLOT_TOLERANCE = 1e-6;

  /** A gigabyte of lines. */
  private static final double MOST_SLOTS = 1e8;

  private TraceWriter() {}

  /**
   * Returns a trace as text.
   *
   * @throws IllegalArgumentException if the format cannot hold it
   */
  public static String write(LinkTrace trace, TraceFormat format) {
    return switch (format) {
      case STEPS -> steps(trace);
      case THROUGHPUT -> throughput(trace);
      case MAHIMAHI -> slots(trace);
      case CSV -> csv(trace);
    };
  }

  private static String steps(LinkTrace trace) {
    StringBuilder text = new StringBuilder("# seconds uplink_mbit downlink_mbit round_trip_ms\n");
    for (Step step : trace.steps()) {
      text.append(seconds(step.startNanos()));
      if (step.outage()) {
        text.append(" outage\n");
      } else {
        text.append(' ').append(megabits(step.uplinkBytesPerSecond()));
        text.append(' ').append(megabits(step.downlinkBytesPerSecond()));
        text.append(' ').append(millis(step.roundTripNanos())).append('\n');
      }
    }
    return text.append(seconds(trace.durationNanos())).append(" end\n").toString();
  }

  private static String throughput(LinkTrace trace) {
    StringBuilder text = new StringBuilder();
    for (Step step : trace.steps()) {
      double rate = step.outage() ? 0 : step.uplinkBytesPerSecond();
      text.append(seconds(step.startNanos())).append('\t').append(megabits(rate)).append('\n');
    }
    int last = trace.steps().size() - 1;
    Step step = trace.steps().get(last);
    long length = trace.durationNanos() - step.startNanos();
    if (TraceReader.guessedEnd(trace.steps()) != trace.durationNanos()) {
      /* Who reads takes the last step for as long as the one before it: two halves then. */
      double rate = step.outage() ? 0 : step.uplinkBytesPerSecond();
      text.append(seconds(step.startNanos() + length / 2)).append('\t');
      text.append(megabits(rate)).append('\n');
    }
    return text.toString();
  }

  private static String csv(LinkTrace trace) {
    StringBuilder text = new StringBuilder(String.join(",", CsvTrace.TITLES)).append('\n');
    List<Step> steps = trace.steps();
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      long end = i + 1 < steps.size() ? steps.get(i + 1).startNanos() : trace.durationNanos();
      text.append(seconds(step.startNanos())).append(',').append(seconds(end));
      text.append(',').append(megabits(step.uplinkBytesPerSecond()));
      text.append(',').append(megabits(step.downlinkBytesPerSecond()));
      text.append(',').append(millis(step.roundTripNanos()));
      text.append(',').append(step.outage() ? 1 : 0).append('\n');
    }
    return text.toString();
  }

  /** A packet's slot is the millisecond in which its last byte has left. */
  private static String slots(LinkTrace trace) {
    double all = trace.meanUplinkBytesPerSecond() * trace.durationNanos() / 1e9 / SLOT_BYTES;
    if (all < 1 || all > MOST_SLOTS || trace.durationNanos() < NANOS_PER_MILLI) {
      throw new IllegalArgumentException(
          "slots hold from 1 to " + (long) MOST_SLOTS + " packets, this trace has " + (long) all);
    }
    long packets = (long) (all + SLOT_TOLERANCE);
    long endMillis = (trace.durationNanos() + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI;
    StringBuilder text = new StringBuilder();
    long written = 0;
    double bytes = 0;
    List<Step> steps = trace.steps();
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      long start = step.startNanos();
      long end = i + 1 < steps.size() ? steps.get(i + 1).startNanos() : trace.durationNanos();
      double perNano = step.outage() ? 0 : step.uplinkBytesPerSecond() / 1e9;
      double after = bytes + perNano * (end - start);
      while (written + 1 < packets && (written + 1.0) * SLOT_BYTES <= after + SLOT_TOLERANCE) {
        written++;
        double at = start + Math.max(0, written * (double) SLOT_BYTES - bytes) / perNano;
        long last = (end - 1) / NANOS_PER_MILLI;
        text.append(
            Math.min(
                last, Math.max(0, (long) Math.ceil(at / NANOS_PER_MILLI - SLOT_TOLERANCE) - 1)));
        text.append('\n');
      }
      bytes = after;
    }
    return text.append(endMillis).append('\n').toString();
  }

  private static String seconds(long nanos) {
    return plain(BigDecimal.valueOf(nanos, 9));
  }

  private static String millis(long nanos) {
    return plain(BigDecimal.valueOf(nanos, 6));
  }

  private static String megabits(double bytesPerSecond) {
    return plain(BigDecimal.valueOf(bytesPerSecond / BYTES_PER_MEGABIT));
  }

  private static String plain(BigDecimal value) {
    return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
  }
}
