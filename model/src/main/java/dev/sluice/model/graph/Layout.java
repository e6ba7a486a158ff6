package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The order that a network is computed in and what is live along it. Immutable.
 *
 * <p>Not live, because each piece computes it for itself: constants, what derives from them, and
 * what derives from the size of the batch (the shapes of tensors whose other dimensions are fixed,
 * as exporters write them before a Reshape).
 */
final class Layout {
  /** An order other than the file's must make the live sets smaller by this share. */
  private static final double WORTH_ANOTHER_ORDER = 0.02;

  /** Nodes that may be computed again instead of sending what they give. */
  private static final int MAX_AGAIN = 24;

  /** Values that may be computed again, as a share of the network's multiply-accumulates. */
  private static final double NEGLIGIBLE = 0.01;

  private static final long ALWAYS_NEGLIGIBLE = 1 << 14;

  private final OnnxGraph graph;
  private final GraphShapes shapes;
  private final Set<String> free;
  private final Set<String> randomFunctions;
  private final List<NodeProto> nodes;
  private final Map<String, Integer> bornAt = new HashMap<>();
  private final Map<NodeProto, Long> macs = new HashMap<>();
  private final long totalMacs;
  private final Liveness liveness;

  Layout(OnnxGraph graph, GraphShapes shapes) {
    this.graph = graph;
    this.shapes = shapes;
    this.randomFunctions = randomFunctions(graph);
    this.free = new HashSet<>(graph.initializerNames());
    List<NodeProto> computing = new ArrayList<>();
    long total = 0;
    for (NodeProto node : graph.sortedNodes()) {
      long cost = graph.macs(node);
      Set<String> reads = NodeOrder.reads(node);
      boolean constant = reads.stream().allMatch(graph::isConstant);
      boolean ofBatch =
          isShapeOfBatch(node, shapes) || (cost == 0 && reads.stream().allMatch(free::contains));
      if ((constant || ofBatch) && !isRandom(node)) {
        free.addAll(node.getOutputList());
      } else {
        computing.add(node);
        macs.put(node, cost);
        total += cost;
      }
    }
    totalMacs = total;
    nodes = bestOrder(computing);
    for (int i = 0; i < nodes.size(); i++) {
      int position = i + 1;
      nodes.get(i).getOutputList().forEach(output -> bornAt.put(output, position));
    }
    liveness = new Liveness(nodes, graph.inputs(), graph.outputs(), free);
  }

  /** A Shape whose only unknown is the batch. */
  static boolean isShapeOfBatch(NodeProto node, GraphShapes shapes) {
    return node.getOpType().equals("Shape")
        && node.getDomain().isEmpty()
        && node.getInputCount() == 1
        && shapes.isSteady(node.getInput(0));
  }

  boolean isRandom(NodeProto node) {
    String op = node.getOpType();
    if (op.startsWith("Random") || op.equals("Multinomial") || op.equals("Bernoulli")) {
      return true;
    }
    if (op.equals("Dropout") && node.getInputCount() > 2 && !node.getInput(2).isEmpty()) {
      return true;
    }
    if (randomFunctions.contains(node.getDomain() + ":" + op)) {
      return true;
    }
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG() && hasRandom(attribute.getG())) {
        return true;
      }
      if (attribute.getGraphsList().stream().anyMatch(this::hasRandom)) {
        return true;
      }
    }
    return false;
  }

  private boolean hasRandom(GraphProto inner) {
    return inner.getNodeList().stream().anyMatch(this::isRandom);
  }

  /** Functions of the file that call random operators, also through one another. */
  private Set<String> randomFunctions(OnnxGraph graph) {
    Set<String> random = new HashSet<>();
    boolean more = true;
    while (more) {
      more = false;
      for (FunctionProto function : graph.model().getFunctionsList()) {
        String name = function.getDomain() + ":" + function.getName();
        boolean calls =
            function.getNodeList().stream()
                .anyMatch(
                    node ->
                        node.getOpType().startsWith("Random")
                            || node.getOpType().equals("Bernoulli")
                            || node.getOpType().equals("Multinomial")
                            || random.contains(node.getDomain() + ":" + node.getOpType()));
        more |= calls && random.add(name);
      }
    }
    return random;
  }

  private List<NodeProto> bestOrder(List<NodeProto> computing) {
    List<NodeProto> other =
        NodeOrder.small(computing, tensor -> free.contains(tensor) ? 0 : shapes.bytes(tensor));
    return weight(other) < (1 - WORTH_ANOTHER_ORDER) * weight(computing) ? other : computing;
  }

  /** Live bytes at every position, weighted with the share of the work that is done there. */
  private double weight(List<NodeProto> order) {
    Map<String, Integer> lastRead = new HashMap<>();
    for (int i = 0; i < order.size(); i++) {
      for (String tensor : NodeOrder.reads(order.get(i))) {
        lastRead.put(tensor, i);
      }
    }
    graph.outputs().forEach(output -> lastRead.put(output, order.size()));
    double live = 0;
    double sum = 0;
    double least = (double) Math.max(1, totalMacs) / Math.max(1, order.size());
    for (String input : graph.inputs()) {
      live += lastRead.containsKey(input) ? shapes.bytes(input) : 0;
    }
    for (int i = 0; i < order.size(); i++) {
      sum += live * (macs.getOrDefault(order.get(i), 0L) + least);
      for (String output : order.get(i).getOutputList()) {
        live += lastRead.containsKey(output) ? shapes.bytes(output) : 0;
      }
      for (String tensor : NodeOrder.reads(order.get(i))) {
        if (!free.contains(tensor) && lastRead.getOrDefault(tensor, -1) == i) {
          live -= shapes.bytes(tensor);
        }
      }
    }
    return sum;
  }

  List<NodeProto> nodes() {
    return nodes;
  }

  long totalMacs() {
    return totalMacs;
  }

  long macs(NodeProto node) {
    return macs.getOrDefault(node, 0L);
  }

  List<String> liveAt(int position) {
    return liveness.at(position);
  }

  boolean isFree(String tensor) {
    return free.contains(tensor);
  }

  /**
   * Returns what must cross a cut: the live tensors without those that the others give again at
   * next to no cost.
   */
  List<String> crossing(int position) {
    List<String> live = liveness.at(position);
    if (live.size() < 2) {
      return live;
    }
    List<String> kept = new ArrayList<>(live);
    List<String> youngestFirst = new ArrayList<>(live);
    youngestFirst.sort(
        Comparator.comparingInt((String tensor) -> bornAt.getOrDefault(tensor, 0)).reversed());
    for (String tensor : youngestFirst) {
      if (kept.size() > 1 && followsCheaply(tensor, kept)) {
        kept.remove(tensor);
      }
    }
    return kept;
  }

  /** Returns how many of a cut's tensors are read behind it; the others are outputs already. */
  int width(List<String> tensors, int position) {
    return (int) tensors.stream().filter(tensor -> liveness.isReadAfter(tensor, position)).count();
  }

  private boolean followsCheaply(String tensor, List<String> live) {
    Set<String> given = new HashSet<>(live);
    given.remove(tensor);
    Set<NodeProto> again = new HashSet<>();
    List<String> open = new ArrayList<>(List.of(tensor));
    long elements = 0;
    while (!open.isEmpty()) {
      String next = open.remove(open.size() - 1);
      if (free.contains(next) || given.contains(next)) {
        continue;
      }
      NodeProto producer = graph.producer(next);
      if (producer == null
          || isRandom(producer)
          || NodeOrder.hasSubgraph(producer)
          || macs(producer) > 0) {
        return false;
      }
      if (again.add(producer)) {
        if (again.size() > MAX_AGAIN) {
          return false;
        }
        for (String output : producer.getOutputList()) {
          elements += output.isEmpty() ? 0 : shapes.perSample(output);
        }
        open.addAll(NodeOrder.reads(producer));
      }
    }
    return elements <= Math.max(ALWAYS_NEGLIGIBLE, NEGLIGIBLE * totalMacs);
  }
}
