package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.sluice.model.tensor.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX network as a graph that can be cut: nodes in an order in which they can be computed, the
 * tensors that are live between them, their shapes and cost. Immutable and thread-safe.
 *
 * <p>Constants (initializers and whatever follows from constants alone) are never live: each piece
 * brings its own, and so it does with what follows from the size of the batch. Shapes, costs and
 * the order are found when first asked for, by running the network with all its intermediate
 * tensors as outputs.
 *
 * <p>Weights in other files are taken in on reading, so that pieces are whole. Only files inside
 * the network's folder are opened.
 */
public final class OnnxGraph {
  /** Networks larger than this are refused; protocol buffers end at 2 GiB. */
  private static final int MAX_BYTES = 1 << 30;

  /** With the weights from other files; leaves room for what is around them. */
  private static final long MAX_BYTES_IN_ALL = (1L << 31) - (1 << 26);

  /** Copies of a network's weights that cutting it needs in the Java heap. */
  private static final int COPIES = 3;

  private static final int MAX_NESTING = 64;
  private static final Set<String> DIRECT =
      Set.of("Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose");

  private final String name;
  private final ModelProto model;
  private final List<NodeProto> sorted;
  private final Map<String, TensorProto> initializers = new HashMap<>();
  private final Map<String, SparseTensorProto> sparseInitializers = new HashMap<>();
  private final Map<String, NodeProto> producers = new HashMap<>();
  private final Set<String> constants;
  private final Map<String, ValueInfoProto> inputInfos = new LinkedHashMap<>();
  private final List<String> inputs;
  private final List<String> outputs;
  private @Nullable GraphShapes shapes;
  private @Nullable Layout layout;

  private OnnxGraph(String name, ModelProto model) throws OnnxFormatException {
    this.name = name;
    this.model = model;
    GraphProto graph = model.getGraph();
    Set<String> given = new HashSet<>();
    for (TensorProto tensor : graph.getInitializerList()) {
      initializers.put(tensor.getName(), tensor);
      requireNew(given, tensor.getName(), "constant");
    }
    for (SparseTensorProto tensor : graph.getSparseInitializerList()) {
      sparseInitializers.put(tensor.getValues().getName(), tensor);
      requireNew(given, tensor.getValues().getName(), "constant");
    }
    Set<String> named = new HashSet<>();
    for (ValueInfoProto info : graph.getInputList()) {
      inputInfos.put(info.getName(), info);
      requireNew(named, info.getName(), "input");
    }
    inputs = inputInfos.keySet().stream().filter(input -> !isInitializer(input)).toList();
    given.addAll(inputs);
    outputs = graph.getOutputList().stream().map(ValueInfoProto::getName).toList();
    Set<String> wanted = new HashSet<>();
    for (String output : outputs) {
      requireNew(wanted, output, "output");
    }
    sorted = NodeOrder.sort(name, graph.getNodeList(), given);
    for (NodeProto node : sorted) {
      node.getOutputList().stream()
          .filter(output -> !output.isEmpty())
          .forEach(output -> producers.put(output, node));
    }
    for (String output : outputs) {
      if (!producers.containsKey(output) && !given.contains(output)) {
        throw new GraphOrderException(name, "no node computes its output '" + output + "'");
      }
    }
    constants = new HashSet<>(initializerNames());
    for (NodeProto node : sorted) {
      if (!node.getOpType().startsWith("Random")
          && NodeOrder.reads(node).stream().allMatch(constants::contains)) {
        constants.addAll(node.getOutputList());
      }
    }
  }

  private void requireNew(Set<String> names, String added, String kind) throws GraphOrderException {
    if (!names.add(added)) {
      throw new GraphOrderException(name, "has the " + kind + " '" + added + "' twice");
    }
  }

  /**
   * Reads a network from a file, with the weights it keeps in files beside it.
   *
   * @throws OnnxFormatException if the file is missing, no ONNX network, or truncated
   * @throws ExternalDataException if weights in other files cannot be had
   * @throws GraphOrderException if the nodes form a cycle or compute something twice
   */
  public static OnnxGraph read(Path file) throws OnnxFormatException {
    return read(file, ShapeHints.none());
  }

  /**
   * Reads a network from a file whose inputs have open dimensions.
   *
   * @param hints fix them; the network is then as if it had been exported so
   * @throws OnnxFormatException as {@link #read(Path)}, or if a hint fits no input
   */
  public static OnnxGraph read(Path file, ShapeHints hints) throws OnnxFormatException {
    try {
      if (Files.isDirectory(file)) {
        throw new OnnxFormatException(
            file.toString(), "is a directory", "give the path of an .onnx file");
      }
      if (Files.size(file) > MAX_BYTES) {
        throw new OnnxFormatException(
            file.toString(),
            "is larger than 1 GiB",
            "export it with its weights in a file of their own");
      }
      if (Files.size(file) > Runtime.getRuntime().maxMemory() / COPIES) {
        throw new OnnxFormatException(
            file.toString(),
            "has " + Files.size(file) + " bytes, too many for Java's memory",
            "give it three times as much (-Xmx)");
      }
      try (InputStream in = Files.newInputStream(file)) {
        Path parent = file.toAbsolutePath().getParent();
        return of(in.readNBytes(MAX_BYTES), file.toString(), parent, hints);
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
   * Reads a network from memory. It must hold its own weights.
   *
   * @param onnx a serialized ONNX model
   * @param name names it in messages, such as its path
   * @throws OnnxFormatException if the bytes are no ONNX network
   */
  public static OnnxGraph of(byte[] onnx, String name) throws OnnxFormatException {
    return of(onnx, name, null, ShapeHints.none());
  }

  private static OnnxGraph of(byte[] onnx, String name, @Nullable Path folder, ShapeHints hints)
      throws OnnxFormatException {
    ModelProto model;
    try {
      CodedInputStream in = CodedInputStream.newInstance(onnx);
      in.setRecursionLimit(MAX_NESTING);
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
    long allowed =
        Math.min(MAX_BYTES_IN_ALL, Runtime.getRuntime().maxMemory() / COPIES) - onnx.length;
    model = ExternalData.inlined(name, model, folder, allowed);
    OnnxGraph result = new OnnxGraph(name, OpenDimensions.closed(name, model, hints));
    if (result.inputs.isEmpty()) {
      throw new OnnxFormatException(name, "has no input", "export the network anew");
    }
    return result;
  }

  /**
   * Returns the part of the network that some of its tensors need, with these as its outputs: a
   * network with several exits without those that are not of interest.
   *
   * @param wanted names of outputs or of intermediate tensors
   * @throws OnnxFormatException if there is no such tensor
   */
  public OnnxGraph select(List<String> wanted) throws OnnxFormatException {
    requireTensors(wanted);
    Set<NodeProto> needed = new HashSet<>();
    Set<String> read = new HashSet<>(wanted);
    Deque<String> open = new ArrayDeque<>(wanted);
    while (!open.isEmpty()) {
      NodeProto producer = producers.get(open.pop());
      if (producer != null && needed.add(producer)) {
        Set<String> reads = NodeOrder.reads(producer);
        read.addAll(reads);
        open.addAll(reads);
      }
    }
    GraphProto graph = model.getGraph();
    Map<String, ValueInfoProto> declared = new HashMap<>();
    graph.getValueInfoList().forEach(info -> declared.put(info.getName(), info));
    graph.getOutputList().forEach(info -> declared.put(info.getName(), info));
    GraphProto.Builder part =
        graph.toBuilder()
            .clearNode()
            .clearOutput()
            .clearInput()
            .clearInitializer()
            .clearSparseInitializer()
            .clearValueInfo();
    sorted.stream().filter(needed::contains).forEach(part::addNode);
    for (String output : wanted) {
      part.addOutput(
          declared.getOrDefault(output, ValueInfoProto.newBuilder().setName(output).build()));
    }
    inputInfos.values().stream()
        .filter(info -> read.contains(info.getName()))
        .forEach(part::addInput);
    graph.getInitializerList().stream()
        .filter(tensor -> read.contains(tensor.getName()))
        .forEach(part::addInitializer);
    graph.getSparseInitializerList().stream()
        .filter(tensor -> read.contains(tensor.getValues().getName()))
        .forEach(part::addSparseInitializer);
    return new OnnxGraph(name, model.toBuilder().setGraph(part).build());
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

  /** Returns the version of an operator set; 0 if the network names none. */
  long opset(String domain) {
    return model.getOpsetImportList().stream()
        .filter(set -> set.getDomain().equals(domain))
        .mapToLong(OperatorSetIdProto::getVersion)
        .findFirst()
        .orElseGet(() -> domain.isEmpty() ? opset() : 0);
  }

  /** Returns the serialized model. */
  public byte[] toBytes() {
    return model.toByteArray();
  }

  /** Returns the computing nodes in order, with their cost. */
  public List<GraphNode> nodes() {
    return layout().nodes().stream().map(this::described).toList();
  }

  private GraphNode described(NodeProto node) {
    List<String> reads = node.getInputList().stream().filter(s -> !s.isEmpty()).toList();
    List<String> writes = node.getOutputList().stream().filter(s -> !s.isEmpty()).toList();
    return new GraphNode(
        NodeOrder.name(node),
        node.getOpType(),
        reads,
        writes,
        layout().macs(node),
        NodeOrder.reads(node).stream().filter(constants::contains).mapToLong(this::bytes).sum(),
        writes.stream().mapToLong(this::bytes).sum());
  }

  /**
   * Returns the tensors that are live at a position: computed before, still needed at or after it.
   *
   * @param position nodes computed before, in {@code [0, nodes]}
   */
  public List<String> liveAt(int position) {
    return layout().liveAt(position);
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

  /**
   * Returns a tensor's element type.
   *
   * @throws IllegalArgumentException if there is no such tensor or its type is none that a cut may
   *     have
   */
  public TensorType type(String tensor) {
    return shapes()
        .type(tensor)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    name + ": '" + tensor + "' is no tensor of a type that can be sent"));
  }

  /**
   * Returns what an input takes.
   *
   * @throws IllegalArgumentException if there is no such input
   */
  public InputForm inputForm(String input) {
    if (!inputs.contains(input)) {
      throw new IllegalArgumentException(name + ": no input '" + input + "'; there are " + inputs);
    }
    return new InputForm(type(input), shapes().shape(input), shapes().isBatched(input));
  }

  /** Returns a node that draws random values from no seed of its own, if there is one. */
  public Optional<String> unseededNode() {
    return layout().nodes().stream()
        .filter(node -> layout().isRandom(node) && !hasSeed(node))
        .map(NodeOrder::name)
        .findFirst();
  }

  private static boolean hasSeed(NodeProto node) {
    return node.getAttributeList().stream()
        .anyMatch(attribute -> attribute.getName().equals("seed"));
  }

  /** Returns whether a tensor's first dimension is the batch and its type one that can be sent. */
  public boolean canBeCut(String tensor) {
    return shapes().canBeCut(tensor);
  }

  /**
   * Returns whether any number of samples can be computed together. If not, the batch is what the
   * file says, or 1 where the file leaves it open but the network inside does not work so.
   */
  public boolean hasDynamicBatch() {
    return shapes().dynamicBatch();
  }

  /** Returns the samples that a batch must have; 1 where it may have any number. */
  public long fixedBatch() {
    return shapes().dynamicBatch() ? 1 : shapes().batch();
  }

  /** Returns the bytes of all constants in the file, each counted once. */
  public long weightBytes() {
    return initializerNames().stream().mapToLong(this::bytes).sum();
  }

  /** Returns the bytes of every constant in the file, by its name. */
  public Map<String, Long> constantBytes() {
    Map<String, Long> bytes = new HashMap<>();
    initializerNames().forEach(constant -> bytes.put(constant, bytes(constant)));
    return bytes;
  }

  /**
   * Returns the most bytes that tensors take together at one node, for one sample: the inputs, the
   * outputs once they are there, and all that is still to be read. What the engine computes in
   * place or fuses makes it less.
   */
  public long peakActivationBytes() {
    return PeakMemory.of(this);
  }

  /** Returns the multiply-accumulates of the whole network for one sample. */
  public long totalMacs() {
    return layout().totalMacs();
  }

  /**
   * Returns the cut points in order, from the input to the output: where a single tensor is live,
   * and where there is no such place for more than 15 % of the multiply-accumulates, those where
   * the fewest tensors are (at most {@value #DEFAULT_TENSORS}).
   *
   * <p>Of places that tie in multiply-accumulates the smallest set stays, of equally small ones the
   * one just after a ReLU, else the last; a feature map does not give way to a vector. Outputs that
   * are computed already cross a cut too but do not count as tensors here. Input and output are
   * always among the cut points, even where they are several tensors.
   */
  public List<CutPoint> cutPoints() {
    return offeredCutPoints(DEFAULT_TENSORS);
  }

  /** Most tensors that a cut point has by default. */
  public static final int DEFAULT_TENSORS = 4;

  /**
   * Returns the cut points as {@link #cutPoints()} does, with another limit.
   *
   * @param tensors most tensors that a cut may have, at least 1; with 1 there are single-tensor
   *     cuts only
   */
  public List<CutPoint> offeredCutPoints(int tensors) {
    return CutFinder.offered(this, requireLimit(tensors));
  }

  /**
   * Returns every position where at most {@code tensors} tensors are live, ties and long stretches
   * or not.
   */
  public List<CutPoint> cutPoints(int tensors) {
    return CutFinder.all(this, requireLimit(tensors));
  }

  private static int requireLimit(int tensors) {
    if (tensors < 1) {
      throw new IllegalArgumentException("at least one tensor is live: " + tensors);
    }
    return tensors;
  }

  /**
   * Returns how many rows the table has that an input of whole numbers chooses from, such as the
   * words that a model of language knows; empty if the input is no index.
   */
  public OptionalLong rowsChosenBy(String input) {
    Set<String> same = new HashSet<>(Set.of(input));
    OptionalLong least = OptionalLong.empty();
    for (NodeProto node : sorted) {
      if (node.getInputCount() == 0) {
        continue;
      }
      if (DIRECT.contains(node.getOpType()) && same.contains(node.getInput(0))) {
        same.addAll(node.getOutputList());
      }
      if (node.getOpType().equals("Gather")
          && same.contains(node.getInput(1))
          && constants.contains(node.getInput(0))) {
        long[] table = sizes().shape(node.getInput(0));
        long axis =
            node.getAttributeList().stream()
                .filter(attribute -> attribute.getName().equals("axis"))
                .mapToLong(attribute -> attribute.getI())
                .findFirst()
                .orElse(0);
        int row = (int) (axis < 0 ? axis + table.length : axis);
        if (row < table.length && table[row] < least.orElse(Long.MAX_VALUE)) {
          least = OptionalLong.of(table[row]);
        }
      }
    }
    return least;
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
      if (!producers.containsKey(tensor) && !inputs.contains(tensor) && !isInitializer(tensor)) {
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

  synchronized Layout layout() {
    Layout known = layout;
    if (known == null) {
      known = new Layout(this, shapes());
      layout = known;
    }
    return known;
  }

  /** Returns the shapes of all tensors, constants included. */
  private NodeCost.Sizes sizes() {
    GraphShapes measured = shapes();
    return new NodeCost.Sizes() {
      @Override
      public long[] shape(String tensor) {
        TensorProto constant = initializers.get(tensor);
        return constant == null
            ? measured.shape(tensor)
            : constant.getDimsList().stream().mapToLong(Long::longValue).toArray();
      }

      @Override
      public long perSample(String tensor) {
        TensorProto constant = initializers.get(tensor);
        return constant == null
            ? measured.perSample(tensor)
            : GraphShapes.product(shape(tensor), 0);
      }
    };
  }

  long macs(NodeProto node) {
    return NodeCost.macs(node, sizes());
  }

  /** Returns the bytes of one sample's tensor, or of a constant. */
  long bytes(String tensor) {
    TensorProto constant = initializers.get(tensor);
    return constant == null
        ? shapes().bytes(tensor)
        : ElementTypes.bytes(constant.getDataType(), sizes().perSample(tensor));
  }

  int[] shapeAsShown(String tensor) {
    return shapes().asShown(tensor);
  }

  ModelProto model() {
    return model;
  }

  /** Returns all nodes in an order in which they can be computed, the file's where it serves. */
  List<NodeProto> sortedNodes() {
    return sorted;
  }

  /** Returns whether the file leaves open how many samples there are. */
  boolean batchIsOpen() {
    return batchInput() != null && !declaredBatch().hasDimValue();
  }

  private TensorShapeProto.Dimension declaredBatch() {
    String input = batchInput();
    return input == null
        ? TensorShapeProto.Dimension.getDefaultInstance()
        : infoOf(input).getType().getTensorType().getShape().getDim(0);
  }

  /** Returns the first input whose batch is open, else the first that has dimensions at all. */
  @Nullable String batchInput() {
    String first = null;
    for (String input : inputs) {
      TensorShapeProto shape = infoOf(input).getType().getTensorType().getShape();
      if (shape.getDimCount() > 0 && shape.getDim(0).getDimValue() <= 0) {
        return input;
      }
      first = first == null && shape.getDimCount() > 0 ? input : first;
    }
    return first;
  }

  /** Returns the batch dimension as the inputs declare it. */
  TensorShapeProto.Dimension batchDimension() {
    TensorShapeProto.Dimension declared = declaredBatch();
    return declared.hasDimValue() || declared.hasDimParam()
        ? declared
        : TensorShapeProto.Dimension.newBuilder().setDimParam("N").build();
  }

  Map<String, TensorProto> initializers() {
    return initializers;
  }

  SparseTensorProto sparseInitializer(String tensor) {
    return sparseInitializers.getOrDefault(tensor, SparseTensorProto.getDefaultInstance());
  }

  boolean isInitializer(String tensor) {
    return initializers.containsKey(tensor) || sparseInitializers.containsKey(tensor);
  }

  Set<String> initializerNames() {
    Set<String> names = new HashSet<>(initializers.keySet());
    names.addAll(sparseInitializers.keySet());
    return names;
  }

  boolean isConstant(String tensor) {
    return constants.contains(tensor);
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
