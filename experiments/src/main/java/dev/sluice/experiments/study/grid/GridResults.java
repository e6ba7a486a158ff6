package dev.sluice.experiments.study.grid;

import dev.sluice.experiments.report.RawTable.Column;
import dev.sluice.experiments.study.StudyContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What a grid came to: a series for every strategy at every point. Immutable. */
public final class GridResults {
  /**
   * Of a cell only what its blocks do not tell is judged when two runs are compared. Seeds are its
   * repeats; a single one says nothing about noise.
   */
  private static final List<Column> CELL_COLUMNS =
      List.of(
          Column.key("bundle"),
          Column.key("device"),
          Column.key("link"),
          Column.key("task"),
          Column.key("strategy"),
          Column.block("seed"),
          Column.info("frames"),
          Column.info("throughput_per_s"),
          Column.info("mean_ms"),
          Column.info("p50_ms"),
          Column.cost("p95_ms"),
          Column.cost("p99_ms"),
          Column.info("accuracy"),
          Column.info("uncut_accuracy"),
          Column.info("right_in_time"),
          Column.info("late"),
          Column.info("degraded"),
          Column.info("offloaded"),
          Column.info("worker_ms"),
          Column.info("device_ms"),
          Column.info("uplink_bytes"),
          Column.info("probes"),
          Column.info("plan_changes"),
          Column.cost("mj_per_frame"),
          Column.info("proven"));

  /** Blocks of the same pictures depend on each other, as in {@link Series#groups}. */
  private static final List<Column> BLOCK_COLUMNS =
      List.of(
          Column.key("bundle"),
          Column.key("device"),
          Column.key("link"),
          Column.key("task"),
          Column.key("strategy"),
          Column.block("pictures"),
          Column.repeat("seed"),
          Column.repeat("block"),
          Column.info("frames"),
          Column.gain("right"),
          Column.info("uncut_right"),
          Column.gain("right_in_time"),
          Column.cost("late"),
          Column.cost("dropped"),
          Column.info("degraded"),
          Column.info("from_cloud"),
          Column.cost("latency_ms_sum"),
          Column.cost("span_ms"),
          Column.cost("worker_ms_sum"),
          Column.cost("device_ms_sum"),
          Column.cost("uplink_bytes_sum"));

  private final Map<CellKey.Point, Map<String, Series>> series = new LinkedHashMap<>();
  private final List<CellResult> cells;

  /**
   * Sorts cells. A strategy that lacks a seed at a point, because a cell failed, is not compared
   * there: its blocks would be paired with those of other frames.
   */
  public GridResults(List<CellResult> cells) {
    this.cells = List.copyOf(cells);
    Set<Integer> seeds = seeds(cells);
    Map<CellKey.Point, Map<String, List<CellResult>>> sorted = new LinkedHashMap<>();
    for (CellResult cell : cells) {
      sorted
          .computeIfAbsent(cell.key().point(), point -> new LinkedHashMap<>())
          .computeIfAbsent(cell.key().strategy(), name -> new ArrayList<>())
          .add(cell);
    }
    sorted.forEach(
        (point, byStrategy) ->
            byStrategy.forEach(
                (strategy, some) -> {
                  if (seeds(some).equals(seeds)) {
                    series
                        .computeIfAbsent(point, p -> new LinkedHashMap<>())
                        .put(strategy, new Series(point, strategy, some));
                  }
                }));
  }

  private static Set<Integer> seeds(List<CellResult> cells) {
    return cells.stream().map(cell -> cell.key().seed()).collect(Collectors.toSet());
  }

  /** Points by the names of their links, as titles of columns. */
  public static Map<String, CellKey.Point> byLink(List<CellKey.Point> points) {
    Map<String, CellKey.Point> columns = new LinkedHashMap<>();
    points.forEach(point -> columns.put(point.link(), point));
    return columns;
  }

  /** Where strategies met, in the order of the cells. */
  public List<CellKey.Point> points() {
    return List.copyOf(series.keySet());
  }

  /** Where strategies met on one task. */
  public List<CellKey.Point> points(String task) {
    return series.keySet().stream().filter(point -> point.task().equals(task)).toList();
  }

  /** The bundles that took part. */
  public List<String> bundles() {
    return series.keySet().stream().map(CellKey.Point::bundle).distinct().toList();
  }

  /** A strategy at a point, if it took part there. */
  public Optional<Series> at(CellKey.Point point, String strategy) {
    return Optional.ofNullable(all(point).get(strategy));
  }

  /** All strategies at a point. */
  public Map<String, Series> all(CellKey.Point point) {
    return Objects.requireNonNull(series.getOrDefault(point, Map.of()));
  }

  /**
   * The best of some strategies at a point among those that are accurate enough. That it is chosen
   * on the very frames it is compared on is in its favour.
   *
   * @param points that its accuracy may be below the uncut network's
   */
  public Optional<Series> best(
      CellKey.Point point, List<String> strategies, Measure measure, double points) {
    return best(point, strategies, measure, some -> some.accurate(points));
  }

  /** The best of some strategies at a point among those that are allowed to compare. */
  public Optional<Series> best(
      CellKey.Point point, List<String> strategies, Measure measure, Predicate<Series> comparable) {
    Comparator<Series> order = Comparator.comparingDouble(some -> some.value(measure));
    return strategies.stream()
        .flatMap(name -> at(point, name).stream())
        .filter(comparable)
        .max(measure.moreIsBetter() ? order : order.reversed());
  }

  /** Writes a line per cell and one per block. */
  public void write(StudyContext context) throws IOException {
    List<List<Object>> lines = new ArrayList<>();
    List<List<Object>> blocks = new ArrayList<>();
    for (CellResult cell : cells) {
      CellKey key = cell.key();
      Series alone = new Series(key.point(), key.strategy(), List.of(cell));
      List<Object> name =
          List.of(key.bundle(), key.device(), key.link(), key.task(), key.strategy());
      List<Object> line = new ArrayList<>(name);
      line.add(key.seed());
      line.add(alone.frames());
      line.add(alone.value(Measure.THROUGHPUT));
      line.add(alone.value(Measure.MEAN_LATENCY));
      line.add(alone.latencyMillis(50));
      line.add(alone.latencyMillis(95));
      line.add(alone.latencyMillis(99));
      line.add(alone.value(Measure.ACCURACY));
      line.add(
          cell.blocks().stream().mapToDouble(Block::uncutRight).sum() / (double) alone.frames());
      for (Measure measure :
          List.of(
              Measure.RIGHT_IN_TIME,
              Measure.LATE,
              Measure.DEGRADED,
              Measure.OFFLOADED,
              Measure.WORKER,
              Measure.DEVICE,
              Measure.BYTES)) {
        line.add(alone.value(measure));
      }
      line.add(cell.probes());
      line.add(cell.planChanges());
      line.add(alone.millijoules());
      line.add(cell.proven());
      lines.add(line);
      for (int i = 0; i < cell.blocks().size(); i++) {
        int pictures = (key.seed() * cell.blocks().size() + i) % cell.differentBlocks();
        blocks.add(line(name, List.of(pictures, key.seed(), i), cell.blocks().get(i)));
      }
    }
    context.table("cells", "cells.csv", CELL_COLUMNS, lines);
    context.table("blocks", "blocks.csv", BLOCK_COLUMNS, blocks);
  }

  private static List<Object> line(List<Object> name, List<Object> numbers, Block block) {
    List<Object> line = new ArrayList<>(name);
    line.addAll(numbers);
    line.addAll(
        List.of(
            block.frames(),
            block.right(),
            block.uncutRight(),
            block.rightInTime(),
            block.late(),
            block.dropped(),
            block.degraded(),
            block.fromCloud()));
    line.addAll(
        List.of(
            block.latencyNanos() / 1e6,
            block.spanNanos() / 1e6,
            block.workerNanos() / 1e6,
            block.deviceNanos() / 1e6,
            block.uplinkBytes()));
    return line;
  }
}
