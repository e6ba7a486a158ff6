package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.sluice.model.tensor.TensorType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Picks the positions of a network that are worth cutting at. */
final class CutFinder {
  /** A stretch of more than this share of the work without a single-tensor cut is a long one. */
  private static final double LONG_STRETCH = 0.15;

  /** Cuts through several tensors keep this share of the work from any other cut. */
  private static final double LEAST_DISTANCE = 0.025;

  private final OnnxGraph graph;
  private final Layout layout;
  private final GraphShapes shapes;
  private final List<Candidate> candidates = new ArrayList<>();

  /** A cut point with what decides whether it is kept. */
  private record Candidate(CutPoint cut, int width, boolean afterRelu, boolean isMap) {}

  private CutFinder(OnnxGraph graph) {
    this.graph = graph;
    this.layout = graph.layout();
    this.shapes = graph.shapes();
    Set<List<String>> seen = new HashSet<>();
    long macs = 0;
    int last = layout.nodes().size();
    for (int position = 0; position <= last; position++) {
      macs += position == 0 ? 0 : layout.macs(layout.nodes().get(position - 1));
      boolean end = position == 0 || position == last;
      List<String> tensors = tensors(position, last);
      if (!tensors.isEmpty()
          && (end || tensors.stream().allMatch(shapes::canBeCut))
          && (end || seen.add(tensors))) {
        candidates.add(candidate(position, tensors, macs));
      }
      seen.add(tensors);
    }
  }

  private List<String> tensors(int position, int last) {
    if (position == 0) {
      return graph.inputs();
    }
    return position == last ? graph.outputs() : layout.crossing(position);
  }

  private Candidate candidate(int position, List<String> tensors, long macs) {
    List<int[]> forms = tensors.stream().map(graph::shapeAsShown).toList();
    List<TensorType> types =
        tensors.stream().map(tensor -> shapes.type(tensor).orElse(TensorType.FLOAT32)).toList();
    long bytes = tensors.stream().mapToLong(graph::bytes).sum();
    String name = position == 0 ? tensors.get(0) : NodeOrder.name(layout.nodes().get(position - 1));
    return new Candidate(
        new CutPoint(position, name, tensors, forms, types, bytes, macs),
        layout.width(tensors, position),
        tensors.stream().anyMatch(this::isSparse),
        forms.stream().anyMatch(CutFinder::isMap));
  }

  private boolean isSparse(String tensor) {
    NodeProto producer = graph.producer(tensor);
    return producer != null && producer.getOpType().equals("Relu");
  }

  /** More than a vector, however many ones its shape has: an exit can pool it. */
  private static boolean isMap(int[] shape) {
    int wide = 0;
    for (int dimension : shape) {
      wide += dimension > 1 ? 1 : 0;
    }
    return wide > 1;
  }

  /** Every place where at most so many tensors are live, ties included. */
  static List<CutPoint> all(OnnxGraph graph, int maxTensors) {
    CutFinder finder = new CutFinder(graph);
    return finder.withEnds(
        finder.candidates.stream()
            .filter(candidate -> candidate.width() <= maxTensors)
            .map(Candidate::cut)
            .toList());
  }

  /** Single-tensor cuts, and cuts through several tensors where there are none for long. */
  static List<CutPoint> offered(OnnxGraph graph, int maxTensors) {
    CutFinder finder = new CutFinder(graph);
    List<CutPoint> single =
        finder.withEnds(
            finder.settled(
                finder.candidates.stream().filter(candidate -> candidate.width() <= 1).toList()));
    TreeSet<CutPoint> cuts = new TreeSet<>(Comparator.comparingInt(CutPoint::position));
    cuts.addAll(single);
    List<Candidate> wide =
        finder.candidates.stream()
            .filter(candidate -> candidate.width() > 1 && candidate.width() <= maxTensors)
            .filter(candidate -> !finder.isEnd(candidate.cut()))
            .toList();
    for (int i = 0; i + 1 < single.size(); i++) {
      finder.fill(single.get(i).macsBefore(), single.get(i + 1).macsBefore(), wide, cuts);
    }
    return List.copyOf(cuts);
  }

  /** Puts the smallest set into a long stretch, then looks at what is left on both sides. */
  private void fill(long from, long to, List<Candidate> wide, Set<CutPoint> cuts) {
    double total = Math.max(1, layout.totalMacs());
    if ((to - from) / total <= LONG_STRETCH) {
      return;
    }
    double middle = (from + to) / 2.0;
    wide.stream()
        .filter(c -> (c.cut().macsBefore() - from) / total >= LEAST_DISTANCE)
        .filter(c -> (to - c.cut().macsBefore()) / total >= LEAST_DISTANCE)
        .min(
            Comparator.comparingInt(Candidate::width)
                .thenComparingLong(c -> c.cut().bytes())
                .thenComparing(c -> !c.afterRelu())
                .thenComparingDouble(c -> Math.abs(c.cut().macsBefore() - middle))
                .thenComparingInt(c -> -c.cut().position()))
        .ifPresent(
            best -> {
              cuts.add(best.cut());
              fill(from, best.cut().macsBefore(), wide, cuts);
              fill(best.cut().macsBefore(), to, wide, cuts);
            });
  }

  private boolean isEnd(CutPoint cut) {
    return cut.position() == 0 || cut.position() == layout.nodes().size();
  }

  /**
   * Of places with the same work before them the one with the smallest set stays, and of equal ones
   * that behind a ReLU, else the last. Maps and vectors are not weighed against each other, because
   * an exit needs a map.
   */
  private List<CutPoint> settled(List<Candidate> places) {
    CutPoint input = candidates.get(0).cut();
    CutPoint output = candidates.get(candidates.size() - 1).cut();
    Map<List<Object>, Candidate> best = new LinkedHashMap<>();
    for (Candidate place : places) {
      CutPoint cut = place.cut();
      boolean useless =
          isEnd(cut)
              || (cut.macsBefore() == 0 && cut.bytes() >= input.bytes())
              || (cut.macsBefore() == output.macsBefore() && cut.bytes() >= output.bytes());
      if (!useless) {
        best.merge(
            List.of(cut.macsBefore(), place.isMap(), cut.tensors().size()),
            place,
            (one, other) -> isBetter(other, one) ? other : one);
      }
    }
    // A larger set is worth nothing where a smaller one has fewer bytes at the same place.
    return best.values().stream()
        .filter(
            place ->
                best.values().stream()
                    .noneMatch(
                        other ->
                            other.cut().macsBefore() == place.cut().macsBefore()
                                && other.isMap() == place.isMap()
                                && other.cut().tensors().size() < place.cut().tensors().size()
                                && other.cut().bytes() <= place.cut().bytes()))
        .map(Candidate::cut)
        .toList();
  }

  private static boolean isBetter(Candidate other, Candidate than) {
    if (other.cut().bytes() != than.cut().bytes()) {
      return other.cut().bytes() < than.cut().bytes();
    }
    return other.afterRelu() || !than.afterRelu();
  }

  private List<CutPoint> withEnds(List<CutPoint> interior) {
    TreeSet<CutPoint> cuts = new TreeSet<>(Comparator.comparingInt(CutPoint::position));
    cuts.add(candidates.get(0).cut());
    cuts.addAll(interior);
    cuts.add(candidates.get(candidates.size() - 1).cut());
    return List.copyOf(cuts);
  }
}
