package dev.sluice.experiments.report;

import java.util.Objects;

/**
 * A figure with what was asked of it. Immutable.
 *
 * @param name what was measured, in words
 * @param measured the figure
 * @param unit its unit
 * @param wanted the bound that was asked for before the run
 * @param samples how many measurements stand behind it, at least 0
 * @param low lower end of its spread
 * @param high upper end of its spread
 */
public record Claim(
    String name, double measured, String unit, Bound wanted, int samples, double low, double high) {

  public Claim {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(unit, "unit");
    Objects.requireNonNull(wanted, "wanted");
    if (samples < 0) {
      throw new IllegalArgumentException("negative number of samples: " + samples);
    }
  }

  /** A claim about an interval's value. */
  public static Claim of(String name, Interval measured, String unit, String wanted, int samples) {
    return new Claim(
        name,
        measured.value(),
        unit,
        Bound.parse(wanted),
        samples,
        measured.low(),
        measured.high());
  }

  /** A claim about a single count or figure without spread. */
  public static Claim of(String name, double measured, String unit, String wanted, int samples) {
    return new Claim(name, measured, unit, Bound.parse(wanted), samples, measured, measured);
  }

  /** Whether the figure is as wanted. */
  public boolean holds() {
    return wanted.holds(measured);
  }
}
