package dev.sluice.training.quantise;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which nodes of a network compute in integers, and which activation functions vanish into the
 * range of the bytes before them.
 */
final class IntegerNodes {
  /*
   * Heavy nodes (convolutions, matrix products with constant weights) gain by integers whatever
   * stands around them. All others gain only in company: where all they read is there in bytes and
   * somebody behind them wants bytes. The engine fuses dequantise - compute - quantise into one
   * integer operator for exactly the operators named here; any other is left as it is, on floats.
   */
  private static final Set<String> HEAVY = Set.of("Conv", "Gemm", "MatMul");

  private static final Set<String> LIGHT =
      Set.of("Add", "Mul", "Concat", "GlobalAveragePool", "AveragePool");

  /** Operators that move bytes without changing them: what they write has the grid of the input. */
  private static final Set<String> MOVING =
      Set.of("Flatten", "MaxPool", "Pad", "Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze");

  private final NetworkIndex network;
  private final Set<String> cuts;
  private final Set<String> keptFloat;
  private final Set<NodeProto> integer = new LinkedHashSet<>();
  private final Map<String, NodeProto> foldedActivations = new HashMap<>();

  /**
   * Chooses.
   *
   * @param cuts tensors that must be there by name
   * @param keptFloat nodes, by first output, that shall compute in floats
   */
  IntegerNodes(NetworkIndex network, Set<String> cuts, Set<String> keptFloat) {
    this.network = network;
    this.cuts = Set.copyOf(cuts);
    this.keptFloat = Set.copyOf(keptFloat);
    network.nodes().stream().filter(this::isCandidate).forEach(integer::add);
    while (removeLonely()) {
      // Every removal can leave a neighbour without company.
    }
    foldActivations();
  }

  static boolean isHeavy(NodeProto node) {
    return HEAVY.contains(node.getOpType());
  }

  static boolean isMoving(NodeProto node) {
    return MOVING.contains(node.getOpType());
  }

  /** Returns the inputs that are data, not constants. */
  static List<String> data(NodeProto node) {
    return switch (node.getOpType()) {
      case "Add", "Mul", "Concat" -> node.getInputList();
      default -> node.getInputList().subList(0, 1);
    };
  }

  private boolean isCandidate(NodeProto node) {
    if (!node.getDomain().isEmpty() && !node.getDomain().equals("ai.onnx")) {
      return false;
    }
    if (node.getOutputCount() != 1 || keptFloat.contains(node.getOutput(0))) {
      return false;
    }
    if (node.getInputCount() == 0 || data(node).stream().anyMatch(network::isConstant)) {
      return false;
    }
    return switch (node.getOpType()) {
      case "Conv" -> isConvolution(node);
      case "Gemm" -> isProduct(node);
      case "MatMul" -> rank(node, 1) == 2 && network.floats(node.getInput(1)).isPresent();
      case "Pad" -> padsWithZero(node);
      case "MaxPool" -> NetworkIndex.attribute(node, "storage_order").isEmpty();
      default -> LIGHT.contains(node.getOpType()) || MOVING.contains(node.getOpType());
    };
  }

  private boolean isConvolution(NodeProto node) {
    // The network's own output in eight bits would be coarse: the last convolution stays float.
    return network.floats(node.getInput(1)).isPresent()
        && rank(node, 1) >= 3
        && isBiasUsable(node)
        && !network.isOutput(node.getOutput(0));
  }

  private boolean isProduct(NodeProto node) {
    return NetworkIndex.number(node, "alpha", 1) == 1
        && NetworkIndex.number(node, "beta", 1) == 1
        && NetworkIndex.integer(node, "transA", 0) == 0
        && rank(node, 1) == 2
        && network.floats(node.getInput(1)).isPresent()
        && isBiasUsable(node);
  }

  private boolean isBiasUsable(NodeProto node) {
    return node.getInputCount() < 3
        || node.getInput(2).isEmpty()
        || (rank(node, 2) == 1 && network.floats(node.getInput(2)).isPresent());
  }

  private int rank(NodeProto node, int input) {
    return node.getInputCount() <= input
        ? -1
        : network.constantShape(node.getInput(input)).map(List::size).orElse(-1);
  }

  private boolean padsWithZero(NodeProto node) {
    boolean constant =
        NetworkIndex.attribute(node, "mode")
            .map(mode -> mode.getS().toStringUtf8().equals("constant"))
            .orElse(true);
    return constant
        && (node.getInputCount() < 3
            || node.getInput(2).isEmpty()
            || network.scalar(node.getInput(2)).map(value -> value == 0).orElse(false));
  }

  private boolean removeLonely() {
    foldActivations();
    return integer.removeIf(node -> !isHeavy(node) && !hasCompany(node));
  }

  private boolean hasCompany(NodeProto node) {
    String result = result(node);
    return !network.isOutput(result)
        && data(node).stream().allMatch(this::isMadeInIntegers)
        && network.consumers(result).stream().anyMatch(integer::contains);
  }

  private void foldActivations() {
    foldedActivations.clear();
    for (NodeProto node : network.nodes()) {
      if (isFoldable(node)) {
        network
            .producer(node.getInput(0))
            .filter(integer::contains)
            .filter(before -> !isMoving(before))
            .filter(before -> before.getOpType().equals("Conv") || isWantedInIntegers(node))
            .ifPresent(before -> foldedActivations.put(before.getOutput(0), node));
      }
    }
  }

  private boolean isWantedInIntegers(NodeProto activation) {
    return network.consumers(activation.getOutput(0)).stream().anyMatch(integer::contains);
  }

  /** A byte cannot be less than its grid's least value: that is what ReLU and its kin do. */
  private boolean isFoldable(NodeProto node) {
    boolean clamps =
        node.getOpType().equals("Relu")
            || (node.getOpType().equals("Clip")
                && node.getInputCount() >= 2
                && network.scalar(node.getInput(1)).map(least -> least == 0).orElse(false)
                && (node.getInputCount() < 3
                    || node.getInput(2).isEmpty()
                    || network.scalar(node.getInput(2)).map(most -> most > 0).orElse(false)));
    String before = node.getInputCount() == 0 ? "" : node.getInput(0);
    return clamps
        && !keptFloat.contains(node.getOutput(0))
        && !network.isOutput(node.getOutput(0))
        && !network.isOutput(before)
        && !cuts.contains(before)
        && network.consumers(before).size() == 1;
  }

  boolean isInteger(NodeProto node) {
    return integer.contains(node);
  }

  /** Returns whether the node vanishes into the range of the node before it. */
  boolean isFolded(NodeProto node) {
    return node.getInputCount() > 0 && node.equals(foldedActivations.get(node.getInput(0)));
  }

  /** Returns the tensor that an integer node makes, behind an activation that it swallowed. */
  String result(NodeProto node) {
    return Optional.ofNullable(foldedActivations.get(node.getOutput(0)))
        .map(activation -> activation.getOutput(0))
        .orElse(node.getOutput(0));
  }

  /** Returns whether an integer node writes bytes; a last matrix product writes floats. */
  boolean writesBytes(NodeProto node) {
    return node.getOpType().equals("Conv")
        || !isHeavy(node)
        || network.consumers(result(node)).stream().anyMatch(integer::contains);
  }

  /** Returns the integer node that makes a tensor in bytes, if one does. */
  Optional<NodeProto> maker(String tensor) {
    Optional<NodeProto> producer = network.producer(tensor);
    if (producer.isPresent() && isFolded(producer.get())) {
      producer = network.producer(producer.get().getInput(0));
    }
    return producer.filter(integer::contains).filter(this::writesBytes);
  }

  private boolean isMadeInIntegers(String tensor) {
    return maker(tensor).isPresent();
  }

  /** Returns the integer nodes in the network's order. */
  Set<NodeProto> all() {
    return new LinkedHashSet<>(integer);
  }

  /** Returns the tensors whose range must be known: bytes that are made or read. */
  Set<String> tensors() {
    Set<String> tensors = new LinkedHashSet<>();
    for (NodeProto node : integer) {
      tensors.addAll(data(node));
      if (writesBytes(node)) {
        tensors.add(result(node));
      }
    }
    return tensors;
  }

  /** Returns the heavy nodes that compute in floats, by first output. */
  Set<String> heavyOnFloats() {
    Set<String> left = new HashSet<>();
    for (NodeProto node : network.nodes()) {
      if (isHeavy(node) && !integer.contains(node)) {
        left.add(node.getOutput(0));
      }
    }
    return left;
  }
}
