package dev.sluice.scheduler.objective;

import dev.sluice.scheduler.plan.Prediction;
import java.util.Locale;

/**
 * Something a plan is judged by. Immutable.
 *
 * @param kind what is measured
 * @param percent which percentile, in (0, 100], for {@link Kind#LATENCY_PERCENTILE}; otherwise 0
 * @param deadlineNanos latency from which on an answer is late, finite and at least 0, for {@link
 *     Kind#DEADLINE_MISSES}; otherwise 0
 */
public record Metric(Kind kind, double percent, double deadlineNanos) {
  /** Days of the month that budgets are meant by. */
  public static final int DAYS_PER_MONTH = 30;

  /** What is measured. */
  public enum Kind {
    /** A percentile of the time from capture to answer, in nanoseconds. */
    LATENCY_PERCENTILE("latency", Unit.TIME),
    /** Mean time from capture to answer, in nanoseconds. */
    MEAN_LATENCY("mean_latency", Unit.TIME),
    /** Share of right answers, in [0, 1]. */
    ACCURACY("accuracy", Unit.SHARE),
    /** Worker's compute per frame, in nanoseconds. */
    WORKER_COMPUTE("worker_compute", Unit.TIME),
    /** Bytes of requests sent per frame, payload and envelope; pings and probes come on top. */
    UPLINK_BYTES("uplink_bytes", Unit.BYTES),
    /** Device's compute per frame, in nanoseconds. */
    DEVICE_COMPUTE("device_compute", Unit.TIME),
    /** Share of answers later than a deadline, in [0, 1]. */
    DEADLINE_MISSES("deadline_misses", Unit.SHARE),
    /** Frames per second that can be answered for ever. */
    THROUGHPUT("throughput", Unit.RATE),
    /** Device's energy per frame, in joules. */
    DEVICE_ENERGY("device_energy", Unit.ENERGY),
    /** Memory that the device needs, in bytes. */
    DEVICE_MEMORY("device_memory", Unit.BYTES),
    /**
     * Bytes sent per month of {@value Metric#DAYS_PER_MONTH} days at the frame period; infinite
     * where that is unknown and something is sent, so that no bound is held to hold. Where the
     * objective bounds it, a plan that uses the link has in it what the link takes beside requests:
     * pings, and all that probes of its rate may ({@link dev.sluice.scheduler.upkeep.LinkUpkeep}).
     * A local plan has nothing, since its link may rest; while that must not, it takes no more than
     * the same upkeep. It is a rate, not an account of what was spent. {@link #UPLINK_BYTES} is
     * about requests alone.
     */
    MONTHLY_UPLINK_BYTES("uplink_bytes", Unit.BYTES_PER_MONTH);

    final String word;
    final Unit unit;

    Kind(String word, Unit unit) {
      this.word = word;
      this.unit = unit;
    }
  }

  /** Dimension of a metric's values. */
  enum Unit {
    TIME,
    SHARE,
    BYTES,
    BYTES_PER_MONTH,
    RATE,
    ENERGY
  }

  private static final double NANOS_PER_MONTH = DAYS_PER_MONTH * 86_400e9;

  public Metric {
    if (kind == Kind.DEADLINE_MISSES
        ? !(deadlineNanos >= 0 && deadlineNanos < Double.POSITIVE_INFINITY)
        : deadlineNanos != 0) {
      throw new IllegalArgumentException("deadline does not fit " + kind + ": " + deadlineNanos);
    }
    if (kind == Kind.LATENCY_PERCENTILE ? !(percent > 0 && percent <= 100) : percent != 0) {
      throw new IllegalArgumentException("percent does not fit " + kind + ": " + percent);
    }
  }

  /** Returns a metric that has no parameter. */
  public static Metric of(Kind kind) {
    return new Metric(kind, 0, 0);
  }

  /** Returns a percentile of the latency. */
  public static Metric latencyPercentile(double percent) {
    return new Metric(Kind.LATENCY_PERCENTILE, percent, 0);
  }

  /** Returns the share of answers later than a deadline, counted from capture. */
  public static Metric deadlineMisses(double deadlineNanos) {
    return new Metric(Kind.DEADLINE_MISSES, 0, deadlineNanos);
  }

  /**
   * Returns the bytes per month of a stream that sends so many per frame: infinite where it sends
   * any and nobody knows how often.
   *
   * @param framePeriodNanos 0 = unknown
   */
  public static double monthlyBytes(double bytesPerFrame, long framePeriodNanos) {
    if (bytesPerFrame == 0) {
      return 0;
    }
    return framePeriodNanos == 0
        ? Double.POSITIVE_INFINITY
        : bytesPerFrame * (NANOS_PER_MONTH / framePeriodNanos);
  }

  /** Returns a rate in bytes per second for one per month of {@value #DAYS_PER_MONTH} days. */
  public static double bytesPerSecond(double bytesPerMonth) {
    return bytesPerMonth / (NANOS_PER_MONTH / 1e9);
  }

  /** Returns a rate in bytes per month of {@value #DAYS_PER_MONTH} days for one per second. */
  public static double bytesPerMonth(double bytesPerSecond) {
    return bytesPerSecond * (NANOS_PER_MONTH / 1e9);
  }

  /** Returns whether more of it is better. */
  public boolean moreIsBetter() {
    return kind == Kind.ACCURACY || kind == Kind.THROUGHPUT;
  }

  /** Returns whether it takes a replay of the stream to know it. */
  public boolean needsReplay() {
    return isLatency() || kind == Kind.DEADLINE_MISSES || kind == Kind.DEVICE_ENERGY;
  }

  /** Returns whether this is a latency. */
  public boolean isLatency() {
    return kind == Kind.LATENCY_PERCENTILE || kind == Kind.MEAN_LATENCY;
  }

  /**
   * Returns this metric's value of a prediction, in its base unit.
   *
   * @throws IllegalArgumentException if it is the device's memory and the prediction has none
   */
  public double of(Prediction prediction) {
    return switch (kind) {
      case LATENCY_PERCENTILE -> prediction.latency().percentileNanos(percent);
      case MEAN_LATENCY -> prediction.meanLatencyNanos();
      case ACCURACY -> prediction.accuracy();
      case WORKER_COMPUTE -> prediction.workerComputeNanos();
      case UPLINK_BYTES -> prediction.uplinkBytes();
      case DEVICE_COMPUTE -> prediction.deviceComputeNanos();
      case DEADLINE_MISSES -> prediction.latency().shareLaterThan(deadlineNanos);
      case THROUGHPUT -> prediction.throughputFramesPerSecond();
      case DEVICE_ENERGY -> prediction.deviceEnergy().totalJoules();
      case DEVICE_MEMORY ->
          prediction
              .deviceMemoryBytes()
              .orElseThrow(
                  () -> new IllegalArgumentException("nobody said what memory plans need"));
      case MONTHLY_UPLINK_BYTES -> prediction.uplinkBytesPerMonth();
    };
  }

  /** Returns a value of this metric for people, with its unit. */
  public String format(double value) {
    return switch (kind.unit) {
      case TIME -> trimmed(value / 1e6, 3) + " ms";
      case SHARE -> trimmed(value * 100, 2) + " %";
      case BYTES -> trimmed(value, 0) + " B";
      case BYTES_PER_MONTH -> bytes(value) + "/month";
      case RATE -> trimmed(value, 3) + " fps";
      case ENERGY -> trimmed(value * 1e3, 3) + " mJ";
    };
  }

  /** Returns a difference of two values of this metric for people. */
  public String formatDifference(double value) {
    return kind.unit == Unit.SHARE ? trimmed(value * 100, 2) + " pt" : format(value);
  }

  /** Returns the metric as written in an objective, for example {@code p95_latency}. */
  @Override
  public String toString() {
    return switch (kind) {
      case LATENCY_PERCENTILE -> "p" + trimmed(percent, 3) + "_latency";
      case DEADLINE_MISSES -> kind.word + "(" + trimmed(deadlineNanos / 1e6, 6) + " ms)";
      default -> kind.word;
    };
  }

  private static String bytes(double value) {
    if (Double.isInfinite(value)) {
      return "an unknown number of bytes";
    }
    if (value >= 1e9) {
      return trimmed(value / 1e9, 6) + " GB";
    }
    return value >= 1e6 ? trimmed(value / 1e6, 6) + " MB" : trimmed(value, 0) + " B";
  }

  static String trimmed(double value, int decimals) {
    String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
    if (text.indexOf('.') >= 0) {
      text = text.replaceAll("0+$", "").replaceAll("\\.$", "");
    }
    return text.equals("-0") ? "0" : text;
  }
}
