package dev.sluice.experiments.study.grid;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Makes results by hand: eight blocks of ten frames, all alike, without noise. The uncut network is
 * always right.
 */
public final class Made {
  private static final int BLOCKS = 8;
  private static final int FRAMES = 10;

  private final CellKey key;
  private boolean proven = true;
  private int right = FRAMES;
  private int rightInTime = FRAMES;
  private int late;
  private int dropped;
  private double latencyMillis = 1;
  private double spanMillis = 1000;
  private double workerMillis;

  private Made(CellKey key) {
    this.key = key;
  }

  /** A strategy at a point: right, in time, proven, after a millisecond, without a worker. */
  public static Made of(CellKey.Point point, String strategy) {
    return new Made(
        new CellKey(point.bundle(), point.device(), point.link(), point.task(), strategy, 0));
  }

  /** A point of the only bundle and device. */
  public static CellKey.Point point(String link, String task) {
    return new CellKey.Point("bundle", "device", link, task);
  }

  public Made unproven() {
    proven = false;
    return this;
  }

  /** So many of ten frames are right, in time or not. */
  public Made right(int ofTen) {
    right = ofTen;
    rightInTime = Math.min(rightInTime, ofTen);
    return this;
  }

  public Made rightInTime(int ofTen) {
    rightInTime = ofTen;
    return this;
  }

  public Made late(int ofTen) {
    late = ofTen;
    return this;
  }

  public Made dropped(int ofTen) {
    dropped = ofTen;
    return this;
  }

  /** Per frame. */
  public Made latency(double millis) {
    latencyMillis = millis;
    return this;
  }

  public Made throughput(double framesPerSecond) {
    spanMillis = 1000 * FRAMES / framesPerSecond;
    return this;
  }

  /** Per frame. */
  public Made worker(double millis) {
    workerMillis = millis;
    return this;
  }

  public CellResult cell() {
    Block block =
        new Block(
            FRAMES,
            right,
            FRAMES,
            rightInTime,
            late,
            dropped,
            0,
            0,
            FRAMES * latencyMillis * 1e6,
            spanMillis * 1e6,
            FRAMES * workerMillis * 1e6,
            0,
            0);
    return new CellResult(
        key, Collections.nCopies(BLOCKS, block), BLOCKS, "", 0, 0, proven, 0, Map.of());
  }

  /** Results of cells. */
  public static GridResults results(Made... cells) {
    List<CellResult> all = new ArrayList<>();
    for (Made made : cells) {
      all.add(made.cell());
    }
    return new GridResults(all);
  }

  /** A grid of one device and links of 1 and 2 Mbit/s, with half a point of loss. */
  public static GridConfig config(List<GridConfig.Task> tasks, List<String> strategies) {
    return new GridConfig(
        List.of("bundle"),
        1000,
        List.of(new GridConfig.Device("device", 100, 1)),
        List.of(GridConfig.Link.ofRate(1, 10), GridConfig.Link.ofRate(2, 10)),
        null,
        tasks,
        strategies,
        100,
        10,
        10,
        1,
        0.5);
  }

  /** A task by this name. */
  public static GridConfig.Task task(String name) {
    return new GridConfig.Task(
        name,
        "p95_latency <= 100 ms, accuracy >= final - 1 pt; minimise mean_latency",
        new GridConfig.LoadSpec(null, 2.0, null));
  }
}
