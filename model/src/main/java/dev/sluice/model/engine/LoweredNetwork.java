package dev.sluice.model.engine;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OrtException;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A network as the engine rewrote it for this machine: operators fused, constants folded and
 * brought into the order that its kernels want. Pieces of it load in a millisecond and share their
 * constants. Thread-safe; made by {@link OnnxEngine#lower}, holds its constants until closed.
 */
public final class LoweredNetwork implements AutoCloseable {
  /*
   * Why pieces are cut here and not from the network as it was read:
   *
   * ONNX Runtime's convolutions compute on blocked tensors (channels in groups as wide as a vector
   * register). A session takes and gives plain ones, so every boundary between two sessions costs a
   * reordering out and one in again. Cut here, a boundary inside a chain hands the blocked tensor
   * on as it is: what follows ReorderOutput is the same tensor as what precedes it.
   *
   * The rewriting is also what makes a session slow to load and large, since each makes reordered
   * copies of its constants. Here it is done once; the pieces refer to one copy of each constant.
   */
  private static final String BLOCKED_DOMAIN = "com.microsoft.nchwc";
  private static final String REORDER_OUTPUT = "ReorderOutput";
  private static final String PREFIX = "sluice.lowered/";

  /** ReorderInput wants whole groups of this many channels. */
  private static final int CHANNEL_GROUP = 4;

  /**
   * Operators that read large constants and are as fast without an order of their own for them, a
   * private copy in each session ("prepacking"). Gemm belongs to them once its constant needs no
   * transposing; the convolutions have theirs in order by now.
   */
  private static final Set<String> AS_FAST_UNPACKED =
      Set.of(
          "Add",
          "BatchNormalization",
          "Concat",
          "Conv",
          "Div",
          "FusedConv",
          "Gather",
          "Gemm",
          "LayerNormalization",
          "Mul",
          "PRelu",
          "SkipLayerNormalization",
          "Sub");

  /** What a session keeps per operator, beside its constants: 0.42 MB for mobilenet's 31. */
  private static final long BYTES_PER_NODE = 14_000;

  /** Name under which pieces refer to constants that the engine is given apart. */
  static final String PLACE_OF_CONSTANTS = "constants";

  private final ModelProto model;
  private final Map<String, NodeProto> producers = new HashMap<>();
  private final Map<String, TensorProto> constants = new HashMap<>();
  private final Map<String, ValueInfoProto> infos = new HashMap<>();
  private final Map<String, SharedWeights.Weight> weights;
  private final boolean nested;
  private final RefCount open;

  private LoweredNetwork(
      ModelProto model,
      String what,
      Map<String, SharedWeights.Weight> weights,
      SharedWeights store) {
    this.model = model;
    this.weights = Map.copyOf(weights);
    GraphProto graph = model.getGraph();
    for (NodeProto node : graph.getNodeList()) {
      node.getOutputList().forEach(output -> producers.put(output, node));
    }
    graph.getInitializerList().forEach(tensor -> constants.put(tensor.getName(), tensor));
    graph.getValueInfoList().forEach(info -> infos.put(info.getName(), info));
    graph.getInputList().forEach(info -> infos.put(info.getName(), info));
    graph.getOutputList().forEach(info -> infos.put(info.getName(), info));
    this.nested = isNested(graph.getNodeList());
    this.open = new RefCount(what, () -> this.weights.values().forEach(store::release));
  }

  /** Takes the constants out of a rewritten network. */
  static LoweredNetwork of(ModelProto rewritten, String what, SharedWeights store)
      throws OrtException {
    GraphProto.Builder graph = rewritten.getGraph().toBuilder();
    if (!isNested(graph.getNodeList())) {
      // Else graphs inside of nodes may read the same constants.
      transposeConstantsOfGemm(graph);
    }
    Map<String, SharedWeights.Weight> weights = new LinkedHashMap<>();
    boolean done = false;
    try {
      for (int i = 0; i < graph.getInitializerCount(); i++) {
        TensorProto tensor = graph.getInitializer(i);
        Optional<SharedWeights.Weight> weight = store.lease(tensor);
        if (weight.isPresent()) {
          weights.put(tensor.getName(), weight.get());
          graph.setInitializer(i, placeholder(tensor));
        }
      }
      done = true;
    } finally {
      if (!done) {
        weights.values().forEach(store::release);
      }
    }
    return new LoweredNetwork(rewritten.toBuilder().setGraph(graph).build(), what, weights, store);
  }

  /** Returns whether nodes have graphs of their own (If, Loop), which see all tensors outside. */
  private static boolean isNested(List<NodeProto> nodes) {
    return nodes.stream()
        .flatMap(node -> node.getAttributeList().stream())
        .anyMatch(attribute -> attribute.hasG() || attribute.getGraphsCount() > 0);
  }

  private static TensorProto placeholder(TensorProto tensor) {
    return tensor.toBuilder()
        .clearRawData()
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(entry("location", PLACE_OF_CONSTANTS))
        .addExternalData(entry("offset", "0"))
        .addExternalData(entry("length", Integer.toString(tensor.getRawData().size())))
        .build();
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  /** Unpacked, a transposed constant costs Gemm a third of mobilenet's time for 1 % of its work. */
  private static void transposeConstantsOfGemm(GraphProto.Builder graph) {
    Map<String, Integer> readers = new HashMap<>();
    for (NodeProto node : graph.getNodeList()) {
      node.getInputList().forEach(input -> readers.merge(input, 1, Integer::sum));
    }
    graph.getOutputList().forEach(output -> readers.merge(output.getName(), 1, Integer::sum));
    Map<String, Integer> constants = new HashMap<>();
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      constants.put(graph.getInitializer(i).getName(), i);
    }
    for (int n = 0; n < graph.getNodeCount(); n++) {
      NodeProto node = graph.getNode(n);
      Integer place = node.getInputCount() < 2 ? null : constants.get(node.getInput(1));
      if (!node.getOpType().equals("Gemm")
          || place == null
          || readers.getOrDefault(node.getInput(1), 0) != 1
          || integer(node, "transB", 0) == 0) {
        continue;
      }
      TensorProto tensor = graph.getInitializer(place);
      if (tensor.getDataType() != TensorProto.DataType.FLOAT_VALUE
          || tensor.getDimsCount() != 2
          || tensor.getRawData().isEmpty()) {
        continue;
      }
      graph.setInitializer(place, transposed(tensor));
      NodeProto.Builder changed = node.toBuilder();
      for (int a = 0; a < node.getAttributeCount(); a++) {
        if (node.getAttribute(a).getName().equals("transB")) {
          changed.setAttribute(a, node.getAttribute(a).toBuilder().setI(0));
        }
      }
      graph.setNode(n, changed);
    }
  }

  private static TensorProto transposed(TensorProto tensor) {
    int rows = Math.toIntExact(tensor.getDims(0));
    int columns = Math.toIntExact(tensor.getDims(1));
    FloatBuffer from =
        tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    ByteBuffer to = ByteBuffer.allocate(tensor.getRawData().size()).order(ByteOrder.LITTLE_ENDIAN);
    for (int c = 0; c < columns; c++) {
      for (int r = 0; r < rows; r++) {
        to.putFloat(from.get(r * columns + c));
      }
    }
    return tensor.toBuilder()
        .clearDims()
        .addDims(columns)
        .addDims(rows)
        .setRawData(ByteString.copyFrom(to.flip()))
        .build();
  }

  private static long integer(NodeProto node, String name, long otherwise) {
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals(name)) {
        return attribute.getI();
      }
    }
    return otherwise;
  }

  /**
   * A part to be loaded; usable while the network is open. Immutable.
   *
   * @see OnnxEngine#load(Piece, String)
   */
  public static final class Piece {
    final byte[] onnx;
    final Map<String, SharedWeights.Weight> weights;
    final List<Optional<BlockedLayout>> inputs;
    final List<Optional<BlockedLayout>> outputs;
    final boolean packed;
    final long ownBytes;
    final LoweredNetwork network;

    private Piece(
        LoweredNetwork network,
        ModelProto model,
        List<Optional<BlockedLayout>> inputs,
        List<Optional<BlockedLayout>> outputs) {
      this.network = network;
      this.inputs = inputs;
      this.outputs = outputs;
      Map<String, SharedWeights.Weight> mine = new LinkedHashMap<>();
      for (TensorProto tensor : model.getGraph().getInitializerList()) {
        SharedWeights.Weight weight = network.weights.get(tensor.getName());
        if (weight != null) {
          mine.put(tensor.getName(), weight);
        }
      }
      this.weights = mine;
      this.packed = gainsFromPacking(model.getGraph(), mine.keySet());
      this.onnx = model.toByteArray();
      long copied = packed ? mine.values().stream().mapToLong(weight -> weight.bytes).sum() : 0;
      this.ownBytes = copied + onnx.length + model.getGraph().getNodeCount() * BYTES_PER_NODE;
    }

    /** Returns whether some boundary hands on a tensor in the engine's own order. */
    public boolean isBlocked() {
      return inputs.stream().anyMatch(Optional::isPresent)
          || outputs.stream().anyMatch(Optional::isPresent);
    }
  }

  private static boolean gainsFromPacking(GraphProto graph, Set<String> large) {
    return graph.getNodeList().stream()
        .filter(node -> node.getInputList().stream().anyMatch(large::contains))
        .anyMatch(
            node ->
                !node.getDomain().equals(BLOCKED_DOMAIN)
                    && (!AS_FAST_UNPACKED.contains(node.getOpType())
                        || (node.getOpType().equals("Gemm") && integer(node, "transB", 0) != 0)));
  }

  RefCount use() {
    return open;
  }

  /** Returns all of it. */
  Piece whole() {
    GraphProto graph = model.getGraph();
    List<Optional<BlockedLayout>> plainInputs = new ArrayList<>();
    graph.getInputList().stream()
        .filter(info -> !constants.containsKey(info.getName()))
        .forEach(info -> plainInputs.add(Optional.empty()));
    List<Optional<BlockedLayout>> plainOutputs = new ArrayList<>();
    graph.getOutputList().forEach(info -> plainOutputs.add(Optional.empty()));
    return new Piece(this, model, plainInputs, plainOutputs);
  }

  /** What a boundary hands on: a tensor of this network, and the order of its elements. */
  private record Crossing(String tensor, Optional<BlockedLayout> layout) {}

  /** Returns what stands for a tensor at a boundary inside a chain. */
  private Crossing inside(String tensor) {
    NodeProto producer = producers.get(tensor);
    if (producer == null
        || !producer.getDomain().equals(BLOCKED_DOMAIN)
        || !producer.getOpType().equals(REORDER_OUTPUT)
        || integer(producer, "channels_last", 0) != 0) {
      return new Crossing(tensor, Optional.empty());
    }
    int channels = Math.toIntExact(integer(producer, "channels", 0));
    return new Crossing(producer.getInput(0), Optional.of(new BlockedLayout(channels)));
  }

  /**
   * Cuts a piece out.
   *
   * @param from tensors that are given: inputs or outputs of the network
   * @param fromInside whether a piece of this network hands them on, so that they may stay in the
   *     engine's own order; else they are plain
   * @param to outputs of the network that are wanted first
   * @param toInside whether those go to a piece of this network only
   * @param more outputs wanted behind them, plain
   * @return empty if {@code from} is not enough to compute them, or the network cannot be cut here
   */
  public Optional<Piece> piece(
      List<String> from, boolean fromInside, List<String> to, boolean toInside, List<String> more) {
    if (nested || model.getFunctionsCount() > 0) {
      return Optional.empty();
    }
    GraphProto.Builder graph = GraphProto.newBuilder().setName(model.getGraph().getName());
    List<Optional<BlockedLayout>> inputs = new ArrayList<>();
    Set<String> given = new LinkedHashSet<>();
    Map<String, NodeProto> reorders = new LinkedHashMap<>();
    for (String tensor : from) {
      Crossing inside = inside(tensor);
      Crossing crossing = fromInside ? inside : new Crossing(tensor, Optional.empty());
      ValueInfoProto info = info(crossing);
      if (info == null || !given.add(crossing.tensor())) {
        return Optional.empty();
      }
      graph.addInput(info);
      inputs.add(crossing.layout());
      if (!fromInside && inside.layout().isPresent()) {
        if (inside.layout().get().channels() % CHANNEL_GROUP != 0) {
          return Optional.empty();
        }
        reorders.put(inside.tensor(), reorderInput(tensor, inside.tensor()));
      }
    }
    List<Crossing> wanted = new ArrayList<>();
    to.forEach(t -> wanted.add(toInside ? inside(t) : new Crossing(t, Optional.empty())));
    more.forEach(t -> wanted.add(new Crossing(t, Optional.empty())));
    if (!collect(graph, given, reorders, wanted)) {
      return Optional.empty();
    }
    List<Optional<BlockedLayout>> outputs = new ArrayList<>();
    Set<String> named = new HashSet<>();
    for (Crossing crossing : wanted) {
      String output = crossing.tensor();
      if (given.contains(output) || !named.add(output)) {
        // The engine wants outputs that a node computes, each once.
        output = PREFIX + "passed/" + graph.getOutputCount();
        graph.addNode(
            NodeProto.newBuilder()
                .setOpType("Identity")
                .setName(output)
                .addInput(crossing.tensor())
                .addOutput(output));
      }
      ValueInfoProto known = infos.get(crossing.tensor());
      graph.addOutput(
          known == null
              ? ValueInfoProto.newBuilder().setName(output)
              : known.toBuilder().setName(output));
      outputs.add(crossing.layout());
    }
    ModelProto piece = model.toBuilder().setGraph(graph).build();
    return Optional.of(new Piece(this, piece, inputs, outputs));
  }

  private static NodeProto reorderInput(String plain, String blocked) {
    return NodeProto.newBuilder()
        .setOpType("ReorderInput")
        .setDomain(BLOCKED_DOMAIN)
        .setName(PREFIX + "in/" + plain)
        .addInput(plain)
        .addOutput(blocked)
        .build();
  }

  private @Nullable ValueInfoProto info(Crossing crossing) {
    ValueInfoProto known = infos.get(crossing.tensor());
    if (known != null || crossing.layout().isEmpty()) {
      return known;
    }
    return ValueInfoProto.newBuilder()
        .setName(crossing.tensor())
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT_VALUE)))
        .build();
  }

  /** Walks back from what is wanted to what is given; false if that does not meet. */
  private boolean collect(
      GraphProto.Builder graph,
      Set<String> given,
      Map<String, NodeProto> reorders,
      List<Crossing> wanted) {
    Set<NodeProto> needed = new HashSet<>();
    Set<String> seen = new LinkedHashSet<>();
    Deque<String> pending = new ArrayDeque<>();
    wanted.forEach(crossing -> pending.add(crossing.tensor()));
    while (!pending.isEmpty()) {
      String tensor = pending.pop();
      if (tensor.isEmpty() || given.contains(tensor) || !seen.add(tensor)) {
        continue;
      }
      if (constants.containsKey(tensor)) {
        graph.addInitializer(constants.get(tensor));
        continue;
      }
      NodeProto producer = reorders.containsKey(tensor) ? null : producers.get(tensor);
      if (producer != null) {
        if (needed.add(producer)) {
          pending.addAll(producer.getInputList());
        }
      } else if (!reorders.containsKey(tensor)) {
        return false;
      }
    }
    reorders.forEach(
        (tensor, node) -> {
          if (seen.contains(tensor)) {
            graph.addNode(node);
          }
        });
    for (NodeProto node : model.getGraph().getNodeList()) {
      if (needed.contains(node)) {
        graph.addNode(node);
        for (String output : node.getOutputList()) {
          ValueInfoProto info = infos.get(output);
          if (info != null && wanted.stream().noneMatch(w -> w.tensor().equals(output))) {
            graph.addValueInfo(info);
          }
        }
      }
    }
    return graph.getNodeCount() > 0;
  }

  /** Gives back its constants; pieces that were loaded keep theirs. Closing again is harmless. */
  @Override
  public void close() {
    open.close();
  }
}
