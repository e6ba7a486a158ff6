package dev.sluice.experiments.study.grid;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** A figure of a stream: a ratio of two sums over its blocks. */
@SuppressWarnings("ImmutableEnumChecker") // The functions have no state.
public enum Measure {
  /** Answers per second. Says what can be served at most where frames wait for answers. */
  THROUGHPUT("answers/s", true, Block::frames, block -> block.spanNanos() * 1e-9),
  /** From capture to answer. */
  MEAN_LATENCY("ms", false, block -> block.latencyNanos() * 1e-6, Block::frames),
  /** Share of right predictions, late ones included. */
  ACCURACY("share", true, Block::right, Block::frames),
  /** Share of right predictions of the uncut network on the same frames. */
  UNCUT_ACCURACY("share", true, Block::uncutRight, Block::frames),
  /** Share of right predictions by the deadline: what is late is wrong. */
  RIGHT_IN_TIME("share", true, Block::rightInTime, Block::frames),
  /** Share answered after the deadline or not at all. */
  LATE("share", false, Block::late, Block::frames),
  /** Share without any prediction. */
  DROPPED("share", false, Block::dropped, Block::frames),
  /** Share answered by the device because the plan's way was too slow. */
  DEGRADED("share", false, Block::degraded, Block::frames),
  /** Share answered by the worker. */
  OFFLOADED("share", false, Block::fromCloud, Block::frames),
  /** Worker's compute per frame. */
  WORKER("ms", false, block -> block.workerNanos() * 1e-6, Block::frames),
  /** Device's compute per frame. */
  DEVICE("ms", false, block -> block.deviceNanos() * 1e-6, Block::frames),
  /** Bytes put on the link per frame. */
  BYTES("bytes", false, Block::uplinkBytes, Block::frames);

  private final String unit;
  private final boolean moreIsBetter;
  private final ToDoubleFunction<Block> numerator;
  private final ToDoubleFunction<Block> denominator;

  Measure(
      String unit,
      boolean moreIsBetter,
      ToDoubleFunction<Block> numerator,
      ToDoubleFunction<Block> denominator) {
    this.unit = unit;
    this.moreIsBetter = moreIsBetter;
    this.numerator = numerator;
    this.denominator = denominator;
  }

  public String unit() {
    return unit;
  }

  public boolean moreIsBetter() {
    return moreIsBetter;
  }

  double numerator(Block block) {
    return numerator.applyAsDouble(block);
  }

  double denominator(Block block) {
    return denominator.applyAsDouble(block);
  }

  /** The figure of blocks together. */
  public double of(List<Block> blocks) {
    double above = 0;
    double below = 0;
    for (Block block : blocks) {
      above += numerator(block);
      below += denominator(block);
    }
    return above / below;
  }
}
