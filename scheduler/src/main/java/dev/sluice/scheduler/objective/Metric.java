package dev.sluice.scheduler.objective;

import dev.sluice.scheduler.plan.Prediction;
import java.util.Locale;

/**
 * Something a plan is judged by. Immutable.
 *
 * @param kind what is measured
 * @param percent which percentile, in (0, 100], for {@link Kind#LATENCY_PERCENTILE}; otherwise 0
 */
public record Metric(Kind kind, double percent) {

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
    /** Bytes sent per frame. */
    UPLINK_BYTES("uplink_bytes", Unit.BYTES),
    /** Device's compute per frame, in nanoseconds. */
    DEVICE_COMPUTE("device_compute", Unit.TIME);

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
    BYTES
  }

  public Metric {
    if (kind == Kind.LATENCY_PERCENTILE ? !(percent > 0 && percent <= 100) : percent != 0) {
      throw new IllegalArgumentException("percent does not fit " + kind + ": " + percent);
    }
  }

  /** Returns a metric that has no parameter. */
  public static Metric of(Kind kind) {
    return new Metric(kind, 0);
  }

  /** Returns a percentile of the latency. */
  public static Metric latencyPercentile(double percent) {
    return new Metric(Kind.LATENCY_PERCENTILE, percent);
  }

  /** Returns whether this is a latency. */
  public boolean isLatency() {
    return kind == Kind.LATENCY_PERCENTILE || kind == Kind.MEAN_LATENCY;
  }

  /** Returns this metric's value of a prediction, in its base unit. */
  public double of(Prediction prediction) {
    return switch (kind) {
      case LATENCY_PERCENTILE -> prediction.latency().percentileNanos(percent);
      case MEAN_LATENCY -> prediction.meanLatencyNanos();
      case ACCURACY -> prediction.accuracy();
      case WORKER_COMPUTE -> prediction.workerComputeNanos();
      case UPLINK_BYTES -> prediction.uplinkBytes();
      case DEVICE_COMPUTE -> prediction.deviceComputeNanos();
    };
  }

  /** Returns a value of this metric for people, with its unit. */
  public String format(double value) {
    return switch (kind.unit) {
      case TIME -> trimmed(value / 1e6, 3) + " ms";
      case SHARE -> trimmed(value * 100, 2) + " %";
      case BYTES -> trimmed(value, 0) + " B";
    };
  }

  /** Returns a difference of two values of this metric for people. */
  public String formatDifference(double value) {
    return kind.unit == Unit.SHARE ? trimmed(value * 100, 2) + " pt" : format(value);
  }

  /** Returns the metric as written in an objective, for example {@code p95_latency}. */
  @Override
  public String toString() {
    return kind == Kind.LATENCY_PERCENTILE ? "p" + trimmed(percent, 3) + "_latency" : kind.word;
  }

  static String trimmed(double value, int decimals) {
    String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
    if (text.indexOf('.') >= 0) {
      text = text.replaceAll("0+$", "").replaceAll("\\.$", "");
    }
    return text.equals("-0") ? "0" : text;
  }
}
