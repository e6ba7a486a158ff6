package dev.sluice.scheduler.explain;

import dev.sluice.scheduler.objective.Metric;
import java.util.Locale;

/** Values for people: three digits that count, and a unit. */
final class Figures {
  private Figures() {}

  static String format(Metric metric, double value) {
    return switch (metric.kind()) {
      case LATENCY_PERCENTILE, MEAN_LATENCY, WORKER_COMPUTE, DEVICE_COMPUTE -> millis(value);
      case DEVICE_ENERGY -> significant(1e3 * value) + " mJ";
      case THROUGHPUT ->
          Double.isInfinite(value) ? "any number of fps" : significant(value) + " fps";
      case UPLINK_BYTES, DEVICE_MEMORY -> String.format(Locale.ROOT, "%,.0f B", value);
      case ACCURACY, DEADLINE_MISSES, MONTHLY_UPLINK_BYTES -> metric.format(value);
    };
  }

  /** A difference of two values; of shares in points. */
  static String difference(Metric metric, double value) {
    return switch (metric.kind()) {
      case ACCURACY, DEADLINE_MISSES -> metric.formatDifference(value);
      default -> format(metric, value);
    };
  }

  static String millis(double nanos) {
    return significant(nanos / 1e6) + " ms";
  }

  static String percent(double share) {
    return significant(100 * share) + " %";
  }

  static String significant(double value) {
    if (value == 0) {
      return "0";
    }
    int decimals = Math.max(0, Math.min(9, 2 - (int) Math.floor(Math.log10(Math.abs(value)))));
    String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
    return text.indexOf('.') < 0 ? text : text.replaceAll("0+$", "").replaceAll("\\.$", "");
  }
}
