package dev.sluice.experiments.report.figure;

import java.util.Objects;

/**
 * What one direction of a figure shows.
 *
 * @param title the quantity, in words
 * @param unit its unit, empty where it has none
 * @param logarithmic whether equal ratios take equal room; values must then be positive
 */
public record Axis(String title, String unit, boolean logarithmic) {
  public Axis {
    Objects.requireNonNull(title, "title");
    Objects.requireNonNull(unit, "unit");
  }

  /** With equal differences in equal room. */
  public static Axis of(String title, String unit) {
    return new Axis(title, unit, false);
  }

  /** With equal ratios in equal room. */
  public static Axis logarithmic(String title, String unit) {
    return new Axis(title, unit, true);
  }
}
