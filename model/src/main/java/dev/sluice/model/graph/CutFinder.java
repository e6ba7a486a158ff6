package dev.sluice.model.graph;

import java.util.ArrayList;
import java.util.List;

/** Picks the positions of a network that are worth cutting at. */
final class CutFinder {
  private CutFinder() {}

  static List<CutPoint> find(OnnxGraph graph, int maxTensors) {
    GraphShapes shapes = graph.shapes();
    List<GraphNode> nodes = graph.nodes();
    int last = nodes.size();
    List<CutPoint> candidates = new ArrayList<>();
    long macs = 0;
    for (int position = 0; position <= last; position++) {
      macs += position == 0 ? 0 : nodes.get(position - 1).macs();
      List<String> live = graph.liveAt(position);
      boolean end = position == 0 || position == last;
      if ((end || live.size() <= maxTensors) && live.stream().allMatch(shapes::canBeCut)) {
        candidates.add(cutPoint(graph, nodes, position, live, macs));
      }
    }
    List<CutPoint> cuts = new ArrayList<>();
    for (int i = 0; i < candidates.size(); i++) {
      boolean superseded =
          i + 1 < candidates.size() && sameButFree(candidates.get(i), candidates.get(i + 1));
      boolean useless =
          i > 0
              && candidates.get(i).position() < last
              && candidates.get(i).macsBefore() == 0
              && candidates.get(i).bytes() >= candidates.get(0).bytes();
      if (i == 0 || !(superseded || useless)) {
        cuts.add(candidates.get(i));
      }
    }
    return List.copyOf(cuts);
  }

  private static CutPoint cutPoint(
      OnnxGraph graph, List<GraphNode> nodes, int position, List<String> live, long macs) {
    List<int[]> shapes = live.stream().map(graph::shape).toList();
    long bytes = 0;
    for (int[] shape : shapes) {
      long elements = 1;
      for (int dimension : shape) {
        elements *= dimension;
      }
      bytes += elements * Float.BYTES;
    }
    String name = position == 0 ? live.get(0) : nodes.get(position - 1).name();
    List<TensorType> types = live.stream().map(tensor -> TensorType.FLOAT32).toList();
    return new CutPoint(position, name, live, shapes, types, bytes, macs);
  }

  /** A run of free operators on tensors of one size: its end is the place to cut. */
  private static boolean sameButFree(CutPoint cut, CutPoint next) {
    return next.position() == cut.position() + 1
        && next.macsBefore() == cut.macsBefore()
        && next.bytes() == cut.bytes()
        && next.tensors().size() == cut.tensors().size();
  }
}
