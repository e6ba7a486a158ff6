package dev.sluice.training;

import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.training.head.HeadViews;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * Which cuts of a network a bundle keeps: one near each wanted exit, and a few more where the
 * tensor becomes small, since those are cheap to send.
 *
 * @param cuts input, interior cuts in order, output
 * @param exitCuts index into {@code cuts} of every early exit, ascending
 */
public record CutChoice(List<CutPoint> cuts, List<Integer> exitCuts) {
  private static final int MOST_INTERIOR = 10;

  /** A further cut must lie this share of the MACs from any other to be worth its calibration. */
  private static final double LEAST_DISTANCE = 0.03;

  public CutChoice {
    cuts = List.copyOf(cuts);
    exitCuts = List.copyOf(exitCuts);
  }

  /**
   * Chooses cuts.
   *
   * @param shares wanted exits as shares of the MACs, each in (0, 1)
   * @throws PreparationException if the network has no cut where an exit could sit
   */
  public static CutChoice of(OnnxGraph graph, List<Double> shares) throws PreparationException {
    double total = graph.totalMacs();
    List<CutPoint> interior = interior(graph);
    if (interior.isEmpty()) {
      throw new PreparationException(
          graph.name() + ": no place where feature maps or tokens pass on which an exit could sit");
    }
    TreeSet<CutPoint> kept = new TreeSet<>(Comparator.comparingInt(CutPoint::position));
    for (double share : shares) {
      interior.stream()
          .min(
              Comparator.comparingDouble((CutPoint p) -> Math.abs(p.macsBefore() / total - share))
                  .thenComparingLong(CutPoint::bytes))
          .ifPresent(kept::add);
    }
    return around(graph, List.copyOf(kept));
  }

  /**
   * Returns the cuts around exits that are given.
   *
   * @param exits cut points of the network, interior and ascending
   */
  static CutChoice around(OnnxGraph graph, List<CutPoint> exits) {
    List<CutPoint> points = graph.cutPoints();
    double total = graph.totalMacs();
    TreeSet<CutPoint> kept = new TreeSet<>(Comparator.comparingInt(CutPoint::position));
    kept.addAll(exits);
    long smallest = Long.MAX_VALUE;
    for (CutPoint point : interior(graph)) {
      boolean smaller = point.bytes() < smallest;
      smallest = Math.min(smallest, point.bytes());
      if (smaller && kept.size() < MOST_INTERIOR && isApart(point, kept, total)) {
        kept.add(point);
      }
    }
    List<CutPoint> cuts = new ArrayList<>();
    cuts.add(points.get(0));
    cuts.addAll(kept);
    cuts.add(points.get(points.size() - 1));
    return new CutChoice(cuts, exits.stream().map(cuts::indexOf).toList());
  }

  private static List<CutPoint> interior(OnnxGraph graph) {
    List<CutPoint> points = graph.cutPoints();
    return points.subList(1, points.size() - 1).stream()
        .filter(p -> p.macsBefore() > 0 && p.macsBefore() < graph.totalMacs())
        .filter(HeadViews::isPossible)
        .toList();
  }

  private static boolean isApart(CutPoint point, TreeSet<CutPoint> kept, double total) {
    return point.macsBefore() / total < 1 - LEAST_DISTANCE
        && kept.stream()
            .allMatch(k -> Math.abs(k.macsBefore() - point.macsBefore()) / total > LEAST_DISTANCE);
  }
}
