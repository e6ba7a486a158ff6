package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX network as a graph that can be cut: nodes in an order in which they can be computed, the
 * tensors that are live between them, their shapes and cost. Immutable and thread-safe.
 *
 * <p>Constants (initializers and whatever follows from constants alone) are never live: each piece
 * brings its own. Shapes and costs are found when first asked for, by running the network once with
 * all its intermediate tensors as outputs.
 */
public final class OnnxGraph {
  /** Networks larger than this are refused; protocol buffers end at 2 GiB. */
  private static final int MAX_BYTES = 1 << 30;

  private final String name;
  private final ModelProto model;
  private final List<NodeProto> sorted;
  private final List<NodeProto> nodes;
  private final Map<String, TensorProto> initializers;
  private final Map<String, NodeProto> producers;
  private final Set<String> constants;
  private final Map<String, ValueInfoProto> inputInfos = new HashMap<>();
  private final List<String> inputs;
  private final List<String> outputs;
  private final Liveness liveness;
  private @Nullable GraphShapes shapes;

  private OnnxGraph(String name, ModelProto model) throws OnnxFormatException {
    this.name = name;
    this.model = model;
    GraphProto graph = model.getGraph();
    initializers = new HashMap<>();
    graph.getInitializerList().forEach(t -> initializers.put(t.getName(), t));
    graph.getInputList().forEach(info -> inputInfos.put(info.getName(), info));
    inputs =
        graph.getInputList().stream()
            .map(ValueInfoProto::getName)
            .filter(input -> !initializers.containsKey(input))
            .toList();
    outputs = graph.getOutputList().stream().map(ValueInfoProto::getName).toList();
    sorted = NodeOrder.sort(name, graph.getNodeList(), inputs, initializers.keySet());
    producers = new HashMap<>();
    for (NodeProto node : sorted) {
      node.getOutputList().forEach(output -> producers.put(output, node));
    }
    constants = new HashSet<>(initializers.keySet());
    // Nodes that depend on constants alone are constants too and take no place in the order.
    nodes = new ArrayList<>();
    for (NodeProto node : sorted) {
      if (NodeOrder.reads(node).stream().allMatch(constants::contains) && !isRandom(node)) {
        constants.addAll(node.getOutputList());
      } else {
        nodes.add(node);
      }
    }
    for (String output : outputs) {
      if (!producers.containsKey(output)) {
        throw new OnnxFormatException(
            name, "no node computes its output '" + output + "'", "export the network anew");
      }
    }
    liveness = new Liveness(nodes, inputs, outputs, constants);
  }

  private static boolean isRandom(NodeProto node) {
    return node.getOpType().startsWith("Random");
  }

  /**
   * Reads a network from a file.
   *
   * @throws OnnxFormatException if the file is missing, no ONNX network, or truncated
   */
  public static OnnxGraph read(Path file) throws OnnxFormatException {
    try {
      if (Files.isDirectory(file)) {
        throw new OnnxFormatException(
            file.toString(), "is a directory", "give the path of an .onnx file");
      }
      if (Files.size(file) > MAX_BYTES) {
        throw new OnnxFormatException(
            file.toString(), "is larger than 1 GiB", "export a smaller network");
      }
      try (InputStream in = Files.newInputStream(file)) {
        return of(in.readNBytes(MAX_BYTES), file.toString());
      }
    } catch (OnnxFormatException e) {
      throw e;
    } catch (NoSuchFileException e) {
      throw new OnnxFormatException(
          file.toString(), "does not exist", "give the path of an .onnx file", e);
    } catch (IOException e) {
      throw new OnnxFormatException(
          file.toString(), "cannot be read: " + e.getMessage(), "check its permissions", e);
    }
  }

  /**
   * Reads a network from memory.
   *
   * @param onnx a serialized ONNX model
   * @param name names it in messages, such as its path
   * @throws OnnxFormatException if the bytes are no ONNX network
   */
  public static OnnxGraph of(byte[] onnx, String name) throws OnnxFormatException {
    ModelProto model;
    try {
      CodedInputStream in = CodedInputStream.newInstance(onnx);
      in.setRecursionLimit(64);
      model = ModelProto.parseFrom(in);
    } catch (InvalidProtocolBufferException e) {
      throw new OnnxFormatException(
          name, "is no ONNX network or was truncated", "export or download it anew", e);
    } catch (IOException e) {
      throw new OnnxFormatException(name, "cannot be read", "export or download it anew", e);
    }
    GraphProto graph = model.getGraph();
    if (graph.getNodeCount() == 0
        || graph.getOutputCount() == 0
        || model.getOpsetImportCount() == 0) {
      throw new OnnxFormatException(
          name, "is no ONNX network: it has no nodes, outputs or operator set", "export it anew");
    }
    requireOwnWeights(name, graph);
    OnnxGraph result = new OnnxGraph(name, model);
    if (result.inputs.isEmpty()) {
      throw new OnnxFormatException(name, "has no input", "export the network anew");
    }
    return result;
  }

  /* The engine would open whatever file a tensor names, also one of a node or of a subgraph. */
  private static void requireOwnWeights(String name, GraphProto graph) throws OnnxFormatException {
    List<TensorProto> tensors = new ArrayList<>(graph.getInitializerList());
    for (NodeProto node : graph.getNodeList()) {
      for (AttributeProto attribute : node.getAttributeList()) {
        tensors.add(attribute.getT());
        tensors.addAll(attribute.getTensorsList());
        requireOwnWeights(name, attribute.getG());
        for (GraphProto inner : attribute.getGraphsList()) {
          requireOwnWeights(name, inner);
        }
      }
    }
    for (TensorProto tensor : tensors) {
      if (tensor.getExternalDataCount() > 0) {
        throw new OnnxFormatException(
            name,
            "keeps weights in other files ('" + tensor.getName() + "')",
            "export it as a single file");
      }
    }
  }

  /** Returns the name it was read under, such as a path. */
  public String name() {
    return name;
  }

  /** Returns the names of the inputs, constants left out. */
  public List<String> inputs() {
    return inputs;
  }

  /** Returns the names of the outputs. */
  public List<String> outputs() {
    return outputs;
  }

  /** Returns the version of the default operator set. */
  public long opset() {
    return model.getOpsetImportList().stream()
        .filter(set -> set.getDomain().isEmpty() || set.getDomain().equals("ai.onnx"))
        .mapToLong(OperatorSetIdProto::getVersion)
        .findFirst()
        .orElse(0);
  }

  /** Returns the serialized model. */
  public byte[] toBytes() {
    return model.toByteArray();
  }

  /** Returns the computing nodes in order, with their cost. */
  public List<GraphNode> nodes() {
    GraphShapes known = shapes();
    return nodes.stream().map(node -> known.describe(node, initializers)).toList();
  }

  /**
   * Returns the tensors that are live at a position: computed before, still needed at or after it.
   *
   * @param position nodes computed before, in {@code [0, nodes]}
   */
  public List<String> liveAt(int position) {
    return liveness.at(position);
  }

  /**
   * Returns a tensor's shape without the batch dimension.
   *
   * @throws IllegalArgumentException if there is no such tensor or its first dimension is not the
   *     batch
   */
  public int[] shape(String tensor) {
    return shapes().withoutBatch(tensor);
  }

  /** Returns the multiply-accumulates of the whole network for one sample. */
  public long totalMacs() {
    return nodes().stream().mapToLong(GraphNode::macs).sum();
  }

  /**
   * Returns the places where a single tensor is live, in order, from the input to the output. Of
   * places that differ by free operators only (no multiply-accumulates, same size: convolution,
   * then activation) the last one stands for all. Input and output are always among them, even
   * where they are several tensors.
   */
  public List<CutPoint> cutPoints() {
    return CutFinder.find(this, 1);
  }

  /** Returns the cut points where at most {@code tensors} tensors are live. */
  public List<CutPoint> cutPoints(int tensors) {
    if (tensors < 1) {
      throw new IllegalArgumentException("at least one tensor is live: " + tensors);
    }
    return CutFinder.find(this, tensors);
  }

  /**
   * Builds a network of the nodes between two sets of tensors, with the constants they need. Its
   * inputs and outputs are those tensors, in the order given; the batch dimension stays dynamic.
   *
   * @param from tensors that are given; inputs of the network or outputs of nodes
   * @param to tensors that are wanted; may repeat tensors of {@code from}
   * @throws IllegalArgumentException if {@code to} cannot be computed from {@code from} alone
   */
  public byte[] extract(List<String> from, List<String> to) {
    return splice(from, to).toBytes();
  }

  /**
   * Checks that the network computes or takes these tensors.
   *
   * @throws OnnxFormatException if it does not
   */
  public void requireTensors(List<String> tensors) throws OnnxFormatException {
    for (String tensor : tensors) {
      if (!producers.containsKey(tensor) && !inputs.contains(tensor)) {
        throw new OnnxFormatException(
            name, "has no tensor '" + tensor + "'", "use the network the bundle was made of");
      }
    }
  }

  /**
   * Returns the declared shapes of the inputs without the batch dimension, without running
   * anything.
   *
   * @throws OnnxFormatException if one is not declared or not fixed
   */
  public List<int[]> declaredInputShapes() throws OnnxFormatException {
    List<int[]> shapesInOrder = new ArrayList<>();
    for (String input : inputs) {
      TensorShapeProto declared = infoOf(input).getType().getTensorType().getShape();
      int[] shape = new int[Math.max(0, declared.getDimCount() - 1)];
      for (int i = 0; i < shape.length; i++) {
        long size = declared.getDim(i + 1).getDimValue();
        if (size < 1 || size > Integer.MAX_VALUE) {
          throw new OnnxFormatException(
              name, "input '" + input + "' has no fixed shape", "export it with fixed sizes");
        }
        shape[i] = (int) size;
      }
      shapesInOrder.add(shape);
    }
    return List.copyOf(shapesInOrder);
  }

  /**
   * Returns the declared element types of the inputs, without running anything.
   *
   * @throws OnnxFormatException if one is of a type that no cut can carry
   */
  public List<TensorType> declaredInputTypes() throws OnnxFormatException {
    List<TensorType> types = new ArrayList<>();
    for (String input : inputs) {
      int number = infoOf(input).getType().getTensorType().getElemType();
      types.add(
          ElementTypes.of(number)
              .orElseThrow(
                  () ->
                      new OnnxFormatException(
                          name,
                          "input '%s' has element type %d, which no cut can carry"
                              .formatted(input, number),
                          "export it with float32 values")));
    }
    return types;
  }

  /** Begins a network of the nodes between two sets of tensors, to which heads can be added. */
  public Splice splice(List<String> from, List<String> to) {
    return new Splice(this, from, to);
  }

  synchronized GraphShapes shapes() {
    GraphShapes known = shapes;
    if (known == null) {
      known = GraphShapes.measure(this);
      shapes = known;
    }
    return known;
  }

  ModelProto model() {
    return model;
  }

  /** Returns all nodes in order, those that only make constants included. */
  List<NodeProto> sortedNodes() {
    return sorted;
  }

  /** Returns the batch dimension as the first input declares it. */
  TensorShapeProto.Dimension batchDimension() {
    TensorShapeProto shape = infoOf(inputs.get(0)).getType().getTensorType().getShape();
    if (shape.getDimCount() > 0
        && (shape.getDim(0).hasDimValue() || shape.getDim(0).hasDimParam())) {
      return shape.getDim(0);
    }
    return TensorShapeProto.Dimension.newBuilder().setDimParam("N").build();
  }

  Map<String, TensorProto> initializers() {
    return initializers;
  }

  @Nullable NodeProto producer(String tensor) {
    return producers.get(tensor);
  }

  ValueInfoProto infoOf(String input) {
    return inputInfos.getOrDefault(input, ValueInfoProto.getDefaultInstance());
  }

  boolean isInput(String tensor) {
    return inputs.contains(tensor);
  }
}
