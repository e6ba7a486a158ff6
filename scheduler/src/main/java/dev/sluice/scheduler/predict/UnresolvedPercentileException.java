package dev.sluice.scheduler.predict;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

/** An objective names a percentile of the latency of which a bundle's table says too little. */
public final class UnresolvedPercentileException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  private final double mostPercent;

  UnresolvedPercentileException(double percent, double mostPercent, int rows) {
    super(
        String.format(
            Locale.ROOT,
            "p%s_latency cannot be told from the %d rows of the bundle's table that are replayed,"
                + " at most p%.2f (deadline_misses of %.2f %%)",
            trimmed(percent),
            rows,
            Math.floor(mostPercent * 100) / 100,
            Math.ceil((100 - mostPercent) * 100) / 100));
    this.mostPercent = mostPercent;
  }

  /** Returns the largest percentile that the bundle's table can tell, in (0, 100). */
  public double mostPercent() {
    return mostPercent;
  }

  private static String trimmed(double percent) {
    return BigDecimal.valueOf(percent)
        .setScale(3, RoundingMode.HALF_UP)
        .stripTrailingZeros()
        .toPlainString();
  }
}
