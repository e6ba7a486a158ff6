package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.sluice.model.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A piece of a network between two sets of tensors, with smaller networks joined to it: a codec's
 * decoder before it, an exit head behind it. Not thread-safe.
 */
public final class Splice {
  /** All names begin so that do not come from the network. */
  private static final String OWN = "sluice.";

  private static final String DECODER = "sluice.decoder/";
  private static final String HEAD = "sluice.head/";
  private static final String ENCODER = "sluice.encoder/";
  private static final String PASSED = "sluice.passed/";
  private static final String BATCH = "sluice.batch";
  private static final String BATCH_SHAPE = "sluice.batch/shape";
  private static final String BATCH_INDEX = "sluice.batch/index";
  private static final String REST = "sluice.rest/";

  /** From this version on, constants need not be listed among the inputs. */
  private static final long FREE_CONSTANTS_VERSION = 4;

  /** Operators whose meaning did not change from set 11 to the newest: safe to join across. */
  private static final Set<String> STABLE =
      Set.of(
          "Add",
          "AveragePool",
          "Clip",
          "Concat",
          "Conv",
          "ConvTranspose",
          "Div",
          "Flatten",
          "Gemm",
          "GlobalAveragePool",
          "GlobalMaxPool",
          "Identity",
          "MatMul",
          "MaxPool",
          "Mul",
          "Relu",
          "Reshape",
          "Sigmoid",
          "Sub",
          "Tanh",
          "Transpose");

  private static final int STABLE_SINCE = 13;

  private final OnnxGraph graph;
  private final List<String> from;
  private final List<String> to;
  private final Map<String, int[]> knownShapes = new HashMap<>();
  private final Map<String, TensorType> knownTypes = new HashMap<>();
  private final List<ValueInfoProto> inputs = new ArrayList<>();
  private final List<NodeProto> before = new ArrayList<>();
  private final List<NodeProto> after = new ArrayList<>();
  private final List<TensorProto> joinedInitializers = new ArrayList<>();
  private final List<ValueInfoProto> joinedOutputs = new ArrayList<>();
  private final Set<String> joinedDomains = new LinkedHashSet<>();
  private final List<OperatorSetIdProto> joinedSets = new ArrayList<>();

  Splice(OnnxGraph graph, List<String> from, List<String> to) {
    this.graph = graph;
    this.from = List.copyOf(from);
    this.to = List.copyOf(to);
    if (from.isEmpty() || to.isEmpty()) {
      throw new IllegalArgumentException("a piece of a network needs tensors on both sides");
    }
  }

  /**
   * Tells shapes of float32 tensors that are known, so that the network need not be run to find
   * them.
   *
   * @param tensors names
   * @param shapes shape of each without the batch dimension
   */
  public Splice knowing(List<String> tensors, List<int[]> shapes) {
    return knowing(tensors, shapes, tensors.stream().map(tensor -> TensorType.FLOAT32).toList());
  }

  /**
   * Tells shapes and types that are known, so that the network need not be run to find them.
   *
   * @param tensors names
   * @param shapes shape of each without the batch dimension
   * @param types element type of each
   */
  public Splice knowing(List<String> tensors, List<int[]> shapes, List<TensorType> types) {
    for (int i = 0; i < tensors.size(); i++) {
      knownShapes.put(tensors.get(i), shapes.get(i).clone());
      knownTypes.put(tensors.get(i), types.get(i));
    }
    return this;
  }

  /**
   * Joins a network before the piece: its outputs, in order, become the piece's inputs.
   *
   * @throws OnnxFormatException if the networks do not fit together
   */
  public Splice precededBy(OnnxGraph decoder) throws OnnxFormatException {
    if (decoder.outputs().size() != from.size()) {
      throw misfit(decoder, decoder.outputs().size() + " outputs for " + from.size() + " tensors");
    }
    Map<String, String> names = new HashMap<>();
    for (int i = 0; i < from.size(); i++) {
      names.put(decoder.outputs().get(i), from.get(i));
    }
    if (names.size() != from.size()) {
      throw misfit(decoder, "an output twice");
    }
    join(decoder, DECODER, names, before);
    for (String input : decoder.inputs()) {
      inputs.add(decoder.infoOf(input).toBuilder().setName(DECODER + input).build());
    }
    return this;
  }

  /**
   * Joins a network behind the piece: it reads the piece's outputs, in order, and its own first
   * output follows them as the last one.
   *
   * @throws OnnxFormatException if the networks do not fit together
   */
  public Splice withHead(OnnxGraph head) throws OnnxFormatException {
    return withHead(head, to, "");
  }

  /**
   * Joins one of several networks somewhere in the piece: it reads tensors of it, in order, and its
   * own first output follows the outputs there are so far.
   *
   * @param at outputs of the piece
   * @param label tells it from others
   * @throws OnnxFormatException if the networks do not fit together
   */
  public Splice withHead(OnnxGraph head, List<String> at, String label) throws OnnxFormatException {
    if (head.inputs().size() != at.size()) {
      throw misfit(head, head.inputs().size() + " inputs for " + at.size() + " tensors");
    }
    Map<String, String> names = new HashMap<>();
    for (int i = 0; i < at.size(); i++) {
      names.put(head.inputs().get(i), at.get(i));
    }
    join(head, prefix(label), names, after);
    joinedOutputs.add(untyped(headOutput(label, head)));
    return this;
  }

  private static String prefix(String label) {
    return label.isEmpty() ? HEAD : HEAD + label + "/";
  }

  /** Returns whether a tensor of a piece was joined to it, or made for it, by a splice. */
  public static boolean isJoined(String tensor) {
    return tensor.startsWith(OWN);
  }

  /** Returns the name of the output of a head that was joined under a label. */
  public static String headOutput(String label, OnnxGraph head) {
    return prefix(label) + head.outputs().get(0);
  }

  /**
   * Joins a codec's encoder behind the piece: it reads the piece's outputs, in order, and its own
   * outputs follow them. Comes before {@link #withHead}.
   *
   * @throws OnnxFormatException if the networks do not fit together
   */
  public Splice encodedBy(OnnxGraph encoder) throws OnnxFormatException {
    if (encoder.inputs().size() != to.size()) {
      throw misfit(encoder, encoder.inputs().size() + " inputs for " + to.size() + " tensors");
    }
    Map<String, String> names = new HashMap<>();
    for (int i = 0; i < to.size(); i++) {
      names.put(encoder.inputs().get(i), to.get(i));
    }
    join(encoder, ENCODER, names, after);
    for (String output : encoder.outputs()) {
      joinedOutputs.add(untyped(ENCODER + output));
    }
    return this;
  }

  private OnnxFormatException misfit(OnnxGraph other, String what) {
    return new OnnxFormatException(
        other.name(), "does not fit " + graph.name() + ": it has " + what, "prepare it anew");
  }

  private void join(
      OnnxGraph other, String prefix, Map<String, String> names, List<NodeProto> nodes)
      throws OnnxFormatException {
    boolean sameSet = other.opset() == graph.opset();
    boolean bothStable = other.opset() >= STABLE_SINCE && graph.opset() >= STABLE_SINCE;
    for (OperatorSetIdProto set : other.model().getOpsetImportList()) {
      if (!set.getDomain().isEmpty() && joinedDomains.add(set.getDomain())) {
        joinedSets.add(set);
      }
    }
    for (TensorProto tensor : other.initializers().values()) {
      joinedInitializers.add(
          tensor.toBuilder().setName(renamed(tensor.getName(), prefix, names)).build());
    }
    for (NodeProto node : other.sortedNodes()) {
      if (NodeOrder.hasSubgraph(node)
          || !(sameSet || (bothStable && STABLE.contains(node.getOpType())))) {
        throw new OnnxFormatException(
            other.name(),
            "cannot be joined to %s (operator %s, sets %d and %d)"
                .formatted(graph.name(), node.getOpType(), other.opset(), graph.opset()),
            "export it with operator set " + graph.opset());
      }
      NodeProto.Builder copy = node.toBuilder().setName(prefix + node.getName());
      for (int i = 0; i < node.getInputCount(); i++) {
        copy.setInput(i, renamed(node.getInput(i), prefix, names));
      }
      for (int i = 0; i < node.getOutputCount(); i++) {
        copy.setOutput(i, renamed(node.getOutput(i), prefix, names));
      }
      nodes.add(copy.build());
    }
  }

  private static String renamed(String tensor, String prefix, Map<String, String> names) {
    return tensor.isEmpty() ? tensor : names.getOrDefault(tensor, prefix + tensor);
  }

  /** Builds the network. */
  public byte[] toBytes() {
    Set<NodeProto> needed = new HashSet<>();
    Set<NodeProto> ofBatch = new LinkedHashSet<>();
    Set<String> constants = new LinkedHashSet<>();
    collect(needed, ofBatch, constants);
    GraphProto.Builder result =
        GraphProto.newBuilder().setName(graph.model().getGraph().getName() + ".piece");
    result.addAllInput(inputs.isEmpty() ? pieceInputs() : inputs);
    result.addAllNode(before);
    addShapesOfBatch(ofBatch, result);
    for (NodeProto node : graph.sortedNodes()) {
      if (needed.contains(node)) {
        result.addNode(node);
      }
    }
    // A tensor that only passes through still needs a node that computes it.
    List<ValueInfoProto> outputs = new ArrayList<>();
    Set<String> computed = new HashSet<>();
    needed.forEach(node -> computed.addAll(node.getOutputList()));
    ofBatch.forEach(node -> computed.addAll(node.getOutputList()));
    Map<String, ValueInfoProto> declared = new HashMap<>();
    graph.model().getGraph().getOutputList().forEach(info -> declared.put(info.getName(), info));
    for (String tensor : to) {
      if (computed.contains(tensor) || (!inputs.isEmpty() && from.contains(tensor))) {
        outputs.add(declared.getOrDefault(tensor, untyped(tensor)));
      } else {
        result.addNode(
            NodeProto.newBuilder()
                .setOpType("Identity")
                .setName(PASSED + tensor)
                .addInput(tensor)
                .addOutput(PASSED + tensor));
        outputs.add(untyped(PASSED + tensor));
      }
    }
    result.addAllNode(after);
    for (String constant : constants) {
      TensorProto dense = graph.initializers().get(constant);
      if (dense != null) {
        result.addInitializer(dense);
      } else {
        result.addSparseInitializer(graph.sparseInitializer(constant));
      }
    }
    result.addAllInitializer(joinedInitializers);
    result.addAllOutput(outputs);
    result.addAllOutput(joinedOutputs);
    return model(result).toByteArray();
  }

  /**
   * Makes shapes anew of tensors that are not in the piece: their first dimension is the batch, as
   * the piece's first batched input has it, and the others are known.
   */
  private void addShapesOfBatch(Set<NodeProto> shapeNodes, GraphProto.Builder result) {
    for (NodeProto node : shapeNodes) {
      GraphShapes shapes = graph.shapes();
      String tensor = node.getInput(0);
      String output = node.getOutput(0);
      long[] shape = shapes.shape(tensor);
      int start = bound(node, "start", 0, shape.length);
      int end = bound(node, "end", shape.length, shape.length);
      boolean batched = shapes.dynamicBatch() && shapes.isBatched(tensor) && start == 0 && end > 0;
      int firstKnown = batched ? 1 : start;
      TensorProto.Builder known =
          TensorProto.newBuilder().setDataType(TensorProto.DataType.INT64_VALUE);
      known.addDims(Math.max(0, end - firstKnown));
      for (int i = firstKnown; i < end; i++) {
        known.addInt64Data(shape[i]);
      }
      if (!batched) {
        result.addInitializer(known.setName(output));
        continue;
      }
      if (shapesOfBatchFirst(result)) {
        addBatch(result);
      }
      result.addInitializer(known.setName(REST + output));
      result.addNode(
          NodeProto.newBuilder()
              .setOpType("Concat")
              .setName(NodeOrder.name(node))
              .addAttribute(
                  AttributeProto.newBuilder()
                      .setName("axis")
                      .setType(AttributeProto.AttributeType.INT)
                      .setI(0))
              .addInput(BATCH)
              .addInput(REST + output)
              .addOutput(output));
    }
  }

  private static boolean shapesOfBatchFirst(GraphProto.Builder result) {
    return result.getNodeList().stream().noneMatch(node -> node.getName().equals(BATCH));
  }

  private void addBatch(GraphProto.Builder result) {
    // A network's inputs need not all have the batch in front.
    String batched =
        from.stream().filter(graph.shapes()::isBatched).findFirst().orElse(from.get(0));
    result
        .addNode(
            NodeProto.newBuilder()
                .setOpType("Shape")
                .setName(BATCH_SHAPE)
                .addInput(batched)
                .addOutput(BATCH_SHAPE))
        .addNode(
            NodeProto.newBuilder()
                .setOpType("Gather")
                .setName(BATCH)
                .addInput(BATCH_SHAPE)
                .addInput(BATCH_INDEX)
                .addOutput(BATCH))
        .addInitializer(
            TensorProto.newBuilder()
                .setName(BATCH_INDEX)
                .setDataType(TensorProto.DataType.INT64_VALUE)
                .addDims(1)
                .addInt64Data(0));
  }

  private static int bound(NodeProto node, String name, int otherwise, int rank) {
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals(name)) {
        long value = attribute.getI() < 0 ? attribute.getI() + rank : attribute.getI();
        return (int) Math.max(0, Math.min(rank, value));
      }
    }
    return otherwise;
  }

  private ModelProto model(GraphProto.Builder result) {
    ModelProto.Builder model = graph.model().toBuilder().setGraph(result);
    model.setIrVersion(Math.max(FREE_CONSTANTS_VERSION, model.getIrVersion()));
    Set<String> domains = new HashSet<>();
    model.getOpsetImportList().forEach(set -> domains.add(set.getDomain()));
    joinedSets.stream().filter(set -> domains.add(set.getDomain())).forEach(model::addOpsetImport);
    return model.build();
  }

  /** Walks back from the wanted tensors to the given ones. */
  private void collect(Set<NodeProto> needed, Set<NodeProto> ofBatch, Set<String> constants) {
    Set<String> given = new HashSet<>(from);
    Set<String> seen = new HashSet<>();
    // Shapes come last: what they are taken of may be there anyway.
    List<NodeProto> shapeNodes = new ArrayList<>();
    walk(to, given, seen, needed, shapeNodes, constants);
    for (int i = 0; i < shapeNodes.size(); i++) {
      NodeProto node = shapeNodes.get(i);
      String tensor = node.getInput(0);
      if (given.contains(tensor) || seen.contains(tensor)) {
        needed.add(node);
      } else if (Layout.isShapeOfBatch(node, graph.shapes())) {
        ofBatch.add(node);
      } else {
        needed.add(node);
        walk(List.of(tensor), given, seen, needed, shapeNodes, constants);
      }
    }
    ofBatch.removeAll(needed);
  }

  private void walk(
      List<String> wanted,
      Set<String> given,
      Set<String> seen,
      Set<NodeProto> needed,
      List<NodeProto> shapeNodes,
      Set<String> constants) {
    Deque<String> open = new ArrayDeque<>(wanted);
    while (!open.isEmpty()) {
      String tensor = open.pop();
      if (given.contains(tensor) || !seen.add(tensor)) {
        continue;
      }
      NodeProto producer = graph.producer(tensor);
      if (producer != null) {
        boolean shape =
            producer.getOpType().equals("Shape")
                && producer.getDomain().isEmpty()
                && producer.getInputCount() == 1;
        if (shape && !graph.isConstant(producer.getInput(0))) {
          shapeNodes.add(producer);
        } else if (needed.add(producer)) {
          open.addAll(NodeOrder.reads(producer));
        }
      } else if (graph.isInitializer(tensor)) {
        constants.add(tensor);
      } else {
        throw new IllegalArgumentException(
            graph.name()
                + ": "
                + to
                + " needs '"
                + tensor
                + "', which does not follow from "
                + from);
      }
    }
  }

  private List<ValueInfoProto> pieceInputs() {
    List<ValueInfoProto> infos = new ArrayList<>();
    for (String tensor : from) {
      infos.add(graph.isInput(tensor) ? graph.infoOf(tensor) : intermediate(tensor));
    }
    return infos;
  }

  private ValueInfoProto intermediate(String tensor) {
    int[] shape = knownShapes.get(tensor);
    if (shape == null) {
      shape = graph.shape(tensor);
    }
    TensorType type = knownTypes.get(tensor);
    if (type == null) {
      type = graph.type(tensor);
    }
    TensorShapeProto.Builder dimensions = TensorShapeProto.newBuilder();
    dimensions.addDim(graph.batchDimension());
    for (int dimension : shape) {
      dimensions.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dimension));
    }
    return ValueInfoProto.newBuilder()
        .setName(tensor)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(type.onnxNumber())
                        .setShape(dimensions)))
        .build();
  }

  /** The engine finds out the type of a tensor that is computed. */
  private static ValueInfoProto untyped(String tensor) {
    return ValueInfoProto.newBuilder().setName(tensor).build();
  }
}
