package dev.sluice.experiments.study.fleet;

import dev.sluice.experiments.report.Interval;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The loads that were tried to find the largest that holds. Immutable; Jackson writes and reads it.
 *
 * @param tried in the order in which they were, at least one
 */
record Found(List<Load> tried) {
  private static final double MILLION = 1e6;

  Found {
    tried = List.copyOf(tried);
    if (tried.isEmpty()) {
      throw new IllegalArgumentException("no load was tried");
    }
  }

  /** The largest load that holds; empty if none does. */
  Optional<Load> largest() {
    return tried.stream().filter(Load::holds).max(Comparator.comparingInt(Load::devices));
  }

  /** The smallest load that does not; empty if all do. */
  private Optional<Load> least() {
    return tried.stream().filter(load -> !load.holds()).min(Comparator.comparingInt(Load::devices));
  }

  /** The largest that holds, or else the smallest that was tried. */
  Load shown() {
    return largest().or(this::least).orElseThrow();
  }

  /** Whether workers are needed, and some number of them is enough. */
  boolean dependsOnWorkers() {
    return largest().isPresent() && !needless();
  }

  /** Whether every load holds, without a worker's help. */
  private boolean needless() {
    return tried.stream().allMatch(load -> load.holds() && load.workerNanosPerFrame() == 0);
  }

  /**
   * Workers for a million devices: none where they are not used, infinitely many where no number is
   * enough. The interval is what the search has left open.
   */
  Interval perMillion() {
    if (largest().isEmpty()) {
      return new Interval(
          Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
    }
    if (needless()) {
      return new Interval(0, 0, 0);
    }
    double workers = MILLION / largest().orElseThrow().devices();
    return new Interval(workers, least().map(l -> MILLION / l.devices()).orElse(0.0), workers);
  }
}
