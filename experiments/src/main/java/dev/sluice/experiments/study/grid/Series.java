package dev.sluice.experiments.study.grid;

import dev.sluice.experiments.report.Interval;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * A strategy at a point, all seeds together. Immutable.
 *
 * @param point where
 * @param strategy name of the planner
 * @param seeds what was measured, by seed, at least one
 */
public record Series(CellKey.Point point, String strategy, List<CellResult> seeds) {
  private static final double POINTS = 100;
  private static final int QUANTILES = 200;

  public Series {
    seeds = List.copyOf(seeds);
    if (seeds.isEmpty()) {
      throw new IllegalArgumentException("a series without cells: " + point + ", " + strategy);
    }
  }

  /** All blocks in the order of the seeds, so that those of two strategies pair up. */
  public List<Block> blocks() {
    return seeds.stream().flatMap(cell -> cell.blocks().stream()).toList();
  }

  /**
   * All blocks, those of the same pictures together: what may be resampled. Where there are enough
   * pictures every group is one block.
   */
  public List<List<Block>> groups() {
    List<Block> all = blocks();
    int different = Math.min(all.size(), seeds.get(0).differentBlocks());
    List<List<Block>> groups = new ArrayList<>();
    for (int i = 0; i < different; i++) {
      groups.add(new ArrayList<>());
    }
    for (int i = 0; i < all.size(); i++) {
      groups.get(i % different).add(all.get(i));
    }
    return groups;
  }

  /** A figure over all blocks. */
  public double value(Measure measure) {
    return measure.of(blocks());
  }

  /** A percentile of the latency, in milliseconds. */
  public double latencyMillis(double percent) {
    Histogram sum = CellResult.empty();
    seeds.forEach(cell -> cell.addTo(sum));
    return sum.getValueAtPercentile(percent) / 1e3;
  }

  /** Two hundred quantiles of the latency at equal distance, in milliseconds. */
  double[] latencyQuantiles() {
    Histogram sum = CellResult.empty();
    seeds.forEach(cell -> cell.addTo(sum));
    double[] quantiles = new double[QUANTILES];
    for (int i = 0; i < QUANTILES; i++) {
      quantiles[i] = sum.getValueAtPercentile(100 * (i + 0.5) / QUANTILES) / 1e3;
    }
    return quantiles;
  }

  /**
   * Device's and radio's energy per frame, mean over the seeds, in millijoules; 0 if not priced.
   */
  public double millijoules() {
    return 1e3 * seeds.stream().mapToDouble(CellResult::joulesPerFrame).average().orElse(0);
  }

  /**
   * A further figure that the study took down, mean over the seeds that have it; NaN if none has.
   */
  public double extra(String name) {
    return seeds.stream()
        .map(cell -> cell.extras().get(name))
        .filter(java.util.Objects::nonNull)
        .mapToDouble(Double::doubleValue)
        .average()
        .orElse(Double.NaN);
  }

  /**
   * Accuracy minus the uncut network's on the same frames, in points, with Student's interval over
   * groups of blocks of the same pictures.
   */
  public Interval difference() {
    return Paired.mean(
        groups().stream()
            .mapToDouble(
                group -> POINTS * (Measure.ACCURACY.of(group) - Measure.UNCUT_ACCURACY.of(group)))
            .toArray());
  }

  /**
   * Whether the accuracy is not shown to be more than so many points below the uncut network's: the
   * upper end of the interval reaches there.
   */
  public boolean accurate(double points) {
    return difference().high() >= -points - 1e-9;
  }

  /** Whether the task's accuracy floor is proven for all that was decided. */
  public boolean proven() {
    return seeds.stream().allMatch(CellResult::proven);
  }

  /** How many frames stand behind it. */
  public int frames() {
    return blocks().stream().mapToInt(Block::frames).sum();
  }
}
