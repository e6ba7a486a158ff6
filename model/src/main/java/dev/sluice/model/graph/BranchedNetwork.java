package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.sluice.model.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A network with several outputs, taken apart: what leads to its last output is the backbone, and
 * what any other output needs beyond that is a branch on a cut of the backbone. So networks that
 * were built with early exits (Teerapittayanon, McDanel and Kung, "BranchyNet", ICPR 2016; Huang
 * and others, "Multi-Scale Dense Networks", ICLR 2018) need no training here. Immutable.
 *
 * @param backbone the network with one output
 * @param branches the other outputs, strictly ascending by the position of their cuts
 * @param leftOut outputs that come no earlier than the last one, or of which nothing can be cut off
 */
public record BranchedNetwork(OnnxGraph backbone, List<Branch> branches, List<String> leftOut) {
  /*
   * Where an output's own nodes begin is where they read the backbone. All that they read must
   * exist at the cut, so the cut is behind the last of it, and what the backbone itself needs no
   * longer there is added to the cut's tensors. Of places that differ by free operators only the one
   * with the fewest bytes is taken. What two early outputs share beyond the backbone (a cascade)
   * becomes part of both branches and is computed twice where both are active.
   */

  public BranchedNetwork {
    branches = List.copyOf(branches);
    leftOut = List.copyOf(leftOut);
  }

  /**
   * An early output.
   *
   * @param output its name in the network
   * @param cut where it begins; its tensors are those that the backbone needs behind it and those
   *     that the branch reads
   * @param head a model from the cut's tensors, in their order, to the output
   * @param macs multiply-accumulates of the head for one sample
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by identity.
  public record Branch(String output, CutPoint cut, byte[] head, long macs) {
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }

    @Override
    public String toString() {
      return "Branch[" + output + " at " + cut + ", " + macs + " MACs]";
    }
  }

  /** Returns whether a network has several outputs, each with logits of the same classes. */
  public static boolean isOne(OnnxGraph graph) {
    if (graph.outputs().size() < 2) {
      return false;
    }
    Set<Integer> sizes = new HashSet<>();
    for (String output : graph.outputs()) {
      int[] shape = graph.canBeCut(output) ? graph.shape(output) : new int[0];
      if (shape.length != 1 || graph.type(output) != TensorType.FLOAT32) {
        return false;
      }
      sizes.add(shape[0]);
    }
    return sizes.size() == 1;
  }

  /**
   * Takes a network apart. The output with the most work before it is the last one.
   *
   * @param graph with at least one output
   * @throws OnnxFormatException if a part of it is no network
   */
  public static BranchedNetwork of(OnnxGraph graph) throws OnnxFormatException {
    return new Splitter(graph).split();
  }

  private static final class Splitter {
    private final OnnxGraph graph;
    private final Map<String, Node> producers = new HashMap<>();

    /** A computing node with all that it reads. */
    private record Node(GraphNode node, Set<String> reads) {}

    Splitter(OnnxGraph graph) {
      this.graph = graph;
      Map<String, NodeProto> byOutput = new HashMap<>();
      graph
          .sortedNodes()
          .forEach(node -> node.getOutputList().forEach(output -> byOutput.put(output, node)));
      for (GraphNode node : graph.nodes()) {
        NodeProto proto = byOutput.get(node.outputs().get(0));
        Set<String> reads =
            proto == null ? new LinkedHashSet<>(node.inputs()) : NodeOrder.reads(proto);
        node.outputs().forEach(output -> producers.put(output, new Node(node, reads)));
      }
    }

    /** Returns the computing nodes that lead to a tensor. */
    private Set<GraphNode> before(String tensor) {
      Set<GraphNode> found = new LinkedHashSet<>();
      Deque<String> open = new ArrayDeque<>(List.of(tensor));
      Set<String> seen = new HashSet<>();
      while (!open.isEmpty()) {
        String next = open.pop();
        Node producer = seen.add(next) ? producers.get(next) : null;
        if (producer != null && found.add(producer.node())) {
          open.addAll(producer.reads());
        }
      }
      return found;
    }

    private static long macs(Set<GraphNode> nodes) {
      return nodes.stream().mapToLong(GraphNode::macs).sum();
    }

    private String lastOutput() {
      List<String> outputs = graph.outputs();
      return outputs.stream()
          .max(
              Comparator.comparingLong((String output) -> macs(before(output)))
                  .thenComparingInt(output -> before(output).size())
                  .thenComparingInt(outputs::indexOf))
          .orElseThrow();
    }

    BranchedNetwork split() throws OnnxFormatException {
      String last = lastOutput();
      OnnxGraph backbone = graph.select(List.of(last));
      Set<GraphNode> shared = before(last);
      List<GraphNode> order = backbone.nodes();
      Map<String, Integer> born = new HashMap<>();
      backbone.inputs().forEach(input -> born.put(input, 0));
      for (int i = 0; i < order.size(); i++) {
        for (String output : order.get(i).outputs()) {
          born.put(output, i + 1);
        }
      }
      List<Early> early = new ArrayList<>();
      List<String> leftOut = new ArrayList<>();
      for (String output : graph.outputs()) {
        if (!output.equals(last)) {
          Set<GraphNode> own = before(output);
          own.removeAll(shared);
          Set<String> read = ends(output, own, born.keySet());
          int position =
              read.stream().mapToInt(tensor -> born.getOrDefault(tensor, 0)).max().orElse(0);
          early.add(new Early(output, own, read, position));
        }
      }
      early.sort(Comparator.comparingInt(Early::position));
      List<Branch> branches = new ArrayList<>();
      int free = 1;
      for (Early each : early) {
        Optional<CutPoint> cut = cut(backbone, order, each, Math.max(free, each.position()));
        if (cut.isEmpty()) {
          leftOut.add(each.output());
          continue;
        }
        branches.add(
            new Branch(
                each.output(),
                cut.get(),
                graph.extract(cut.get().tensors(), List.of(each.output())),
                macs(each.own())));
        free = cut.get().position() + 1;
      }
      return new BranchedNetwork(backbone, branches, leftOut);
    }

    /**
     * An early output.
     *
     * @param own nodes that it alone needs
     * @param read what they read of the backbone, or itself if it lies in the backbone
     * @param position from which on all of that is there
     */
    private record Early(String output, Set<GraphNode> own, Set<String> read, int position) {}

    private Set<String> ends(String output, Set<GraphNode> own, Set<String> ofBackbone) {
      if (own.isEmpty()) {
        return Set.of(output);
      }
      Set<String> read = new LinkedHashSet<>();
      for (GraphNode node : own) {
        Node known = producers.get(node.outputs().get(0));
        if (known != null) {
          known.reads().stream().filter(ofBackbone::contains).forEach(read::add);
        }
      }
      return read;
    }

    private Optional<CutPoint> cut(
        OnnxGraph backbone, List<GraphNode> order, Early early, int from) {
      if (early.read().isEmpty()) {
        return Optional.empty();
      }
      long total = backbone.totalMacs();
      long before =
          order.subList(0, Math.min(from, order.size())).stream().mapToLong(GraphNode::macs).sum();
      CutPoint best = null;
      for (int position = from; position < order.size(); position++) {
        before += position == from ? 0 : order.get(position - 1).macs();
        if (before >= total || (best != null && before > best.macsBefore())) {
          break;
        }
        Optional<CutPoint> here = cutPoint(backbone, order, early.read(), position, before);
        if (here.isPresent() && (best == null || here.get().bytes() < best.bytes())) {
          best = here.get();
        }
      }
      return Optional.ofNullable(best);
    }

    private static Optional<CutPoint> cutPoint(
        OnnxGraph backbone, List<GraphNode> order, Set<String> read, int position, long macs) {
      Set<String> tensors = new LinkedHashSet<>(backbone.layout().crossing(position));
      tensors.addAll(read);
      if (!tensors.stream().allMatch(backbone::canBeCut)) {
        return Optional.empty();
      }
      List<int[]> shapes = tensors.stream().map(backbone::shape).toList();
      List<TensorType> types = tensors.stream().map(backbone::type).toList();
      long bytes = tensors.stream().mapToLong(backbone::bytes).sum();
      String name = order.get(position - 1).name();
      return Optional.of(
          new CutPoint(position, name, List.copyOf(tensors), shapes, types, bytes, macs));
    }
  }
}
