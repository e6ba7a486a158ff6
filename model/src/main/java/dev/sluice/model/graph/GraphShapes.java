package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.sluice.model.engine.OnnxProbe;
import dev.sluice.model.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;

/** Shapes of all tensors, found by running the network, and the costs that follow. Immutable. */
final class GraphShapes implements NodeCost.Sizes {
  /*
   * The network is run with all its intermediate tensors as outputs: with zeros for a batch of two,
   * then with other values for a batch of three. What differs by more than the batch depends on the
   * values. One run alone could not tell a batch of two from a dimension of two.
   *
   * Networks whose batch is open in the file but fixed inside (a Reshape to [1, ...]) fail there;
   * they are run for a single sample, and their batch counts as fixed.
   */
  private static final int SMALL_BATCH = 2;

  private static final int LARGE_BATCH = 3;
  private static final long MAX_INPUT_BYTES = 1L << 28;

  /** What the engine says of an operator that it has not, at different places. */
  private static final List<String> UNKNOWN =
      List.of("No Op registered", "is not a registered function/op", "NOT_IMPLEMENTED");

  private static final Set<String> NO_TENSORS =
      Set.of(
          "SequenceConstruct",
          "SequenceEmpty",
          "SequenceInsert",
          "SequenceErase",
          "SequenceMap",
          "SplitToSequence",
          "Optional",
          "ZipMap");

  private final Map<String, OnnxProbe.Form> forms;
  private final Set<String> unsteady;
  private final Set<String> batched;
  private final boolean dynamicBatch;
  private final long batch;

  private GraphShapes(
      Map<String, OnnxProbe.Form> forms,
      Set<String> unsteady,
      Set<String> batched,
      boolean dynamicBatch,
      long batch) {
    this.forms = forms;
    this.unsteady = unsteady;
    this.batched = batched;
    this.dynamicBatch = dynamicBatch;
    this.batch = batch;
  }

  static GraphShapes measure(OnnxGraph graph) {
    boolean open = graph.batchIsOpen();
    requireShapes(graph);
    List<String> wanted = new ArrayList<>(allOutputs(graph, false));
    try (OnnxProbe probe = load(graph, wanted)) {
      List<String> tensors = new ArrayList<>(probe.tensorOutputs());
      Map<String, OnnxProbe.Form> first;
      boolean dynamic = open;
      try {
        first = run(graph, probe, tensors, open ? SMALL_BATCH : 1, false);
      } catch (IllegalArgumentException e) {
        if (!open) {
          throw e;
        }
        dynamic = false;
        first = run(graph, probe, tensors, 1, false);
      }
      Map<String, OnnxProbe.Form> second = first;
      try {
        second = run(graph, probe, tensors, dynamic ? LARGE_BATCH : 1, true);
      } catch (IllegalArgumentException e) {
        // Values that only look like possible ones, such as made-up indices, may be refused.
        if (dynamic) {
          second = run(graph, probe, tensors, LARGE_BATCH, false);
        }
      }
      return compared(graph, first, second, dynamic);
    }
  }

  private static GraphShapes compared(
      OnnxGraph graph,
      Map<String, OnnxProbe.Form> first,
      Map<String, OnnxProbe.Form> second,
      boolean dynamic) {
    String batchInput = graph.batchInput();
    OnnxProbe.Form input = batchInput == null ? null : first.get(batchInput);
    long batch = input == null ? 1 : input.shape()[0];
    Set<String> unsteady = new LinkedHashSet<>();
    Set<String> batched = new LinkedHashSet<>();
    for (Map.Entry<String, OnnxProbe.Form> entry : first.entrySet()) {
      long[] small = entry.getValue().shape();
      OnnxProbe.Form other = second.get(entry.getKey());
      long[] large = other == null ? small : other.shape();
      boolean grows =
          small.length > 0
              && large.length == small.length
              && (dynamic
                  ? small[0] == SMALL_BATCH && large[0] == LARGE_BATCH
                  : small[0] == batch && large[0] == batch);
      boolean restIsSteady =
          small.length == large.length
              && (small.length == 0
                  || Arrays.equals(small, 1, small.length, large, 1, large.length));
      if (grows && restIsSteady) {
        batched.add(entry.getKey());
      } else if (!Arrays.equals(small, large)) {
        unsteady.add(entry.getKey());
      }
    }
    return new GraphShapes(Map.copyOf(first), unsteady, batched, dynamic, batch);
  }

  private static Map<String, OnnxProbe.Form> run(
      OnnxGraph graph, OnnxProbe probe, List<String> tensors, int batch, boolean random) {
    Map<String, OnnxProbe.Value> inputs = new LinkedHashMap<>();
    Map<String, OnnxProbe.Form> forms = new HashMap<>();
    Random values = new Random(1);
    for (String input : graph.inputs()) {
      OnnxProbe.Form form = inputForm(graph, input, batch);
      forms.put(input, form);
      long elements = product(form.shape(), 0);
      ByteBuffer bytes =
          ByteBuffer.allocateDirect(
                  Math.toIntExact(ElementTypes.bytes(form.elementType(), elements)))
              .order(ByteOrder.nativeOrder());
      if (random) {
        fill(bytes, form.elementType(), values);
      }
      inputs.put(input, new OnnxProbe.Value(form.elementType(), form.shape(), bytes));
    }
    forms.putAll(probe.forms(inputs, tensors));
    return forms;
  }

  /**
   * Small values that are possible ones almost everywhere: 0 and 1 where they are whole numbers.
   */
  private static void fill(ByteBuffer bytes, int elementType, Random random) {
    Optional<TensorType> type = ElementTypes.of(elementType);
    if (type.isEmpty()) {
      return;
    }
    switch (type.get()) {
      case FLOAT32 -> {
        while (bytes.hasRemaining()) {
          bytes.putFloat((float) random.nextGaussian());
        }
      }
      case FLOAT64 -> {
        while (bytes.hasRemaining()) {
          bytes.putDouble(random.nextGaussian());
        }
      }
      case INT64 -> {
        while (bytes.hasRemaining()) {
          bytes.putLong(random.nextInt(2));
        }
      }
      case INT32 -> {
        while (bytes.hasRemaining()) {
          bytes.putInt(random.nextInt(2));
        }
      }
      case INT8, UINT8, BOOL -> {
        while (bytes.hasRemaining()) {
          bytes.put((byte) random.nextInt(2));
        }
      }
      case FLOAT16 -> {
        // 0 and 1: nothing needs more here.
        while (bytes.hasRemaining()) {
          bytes.putShort((short) (random.nextInt(2) * 0x3C00));
        }
      }
    }
    bytes.flip();
  }

  private static Set<String> allOutputs(OnnxGraph graph, boolean knownOnly) {
    Set<String> all = new LinkedHashSet<>();
    for (NodeProto node : graph.sortedNodes()) {
      if (NO_TENSORS.contains(node.getOpType())
          || (knownOnly && (!node.getDomain().isEmpty() || NodeOrder.hasSubgraph(node)))) {
        continue;
      }
      node.getOutputList().stream().filter(output -> !output.isEmpty()).forEach(all::add);
    }
    return all;
  }

  private static OnnxProbe load(OnnxGraph graph, List<String> wanted) {
    try {
      return OnnxProbe.load(withOutputs(graph, wanted), graph.name(), OnnxProbe.Mode.PLAIN);
    } catch (IllegalArgumentException e) {
      // The engine cannot tell the type of every tensor, above all of other makers' operators.
      List<String> fewer = new ArrayList<>(allOutputs(graph, true));
      if (fewer.size() == wanted.size()) {
        throw explained(graph, e);
      }
      graph.outputs().stream().filter(output -> !fewer.contains(output)).forEach(fewer::add);
      try {
        return OnnxProbe.load(withOutputs(graph, fewer), graph.name(), OnnxProbe.Mode.PLAIN);
      } catch (IllegalArgumentException again) {
        throw explained(graph, again);
      }
    }
  }

  /** Names the node of an operator that the engine has not: it does not always do so itself. */
  private static IllegalArgumentException explained(OnnxGraph graph, IllegalArgumentException e) {
    String said = String.valueOf(e.getMessage());
    if (UNKNOWN.stream().noneMatch(said::contains)) {
      return e;
    }
    for (NodeProto node : graph.sortedNodes()) {
      if (Pattern.compile("\\b" + Pattern.quote(node.getOpType()) + "\\b").matcher(said).find()
          && said.contains(node.getDomain())) {
        return new UnsupportedOperatorException(
            graph.name(),
            NodeOrder.name(node),
            node.getOpType(),
            node.getDomain(),
            graph.opset(node.getDomain()),
            e);
      }
    }
    return e;
  }

  private static byte[] withOutputs(OnnxGraph graph, List<String> outputs) {
    GraphProto.Builder all = graph.model().getGraph().toBuilder();
    Map<String, ValueInfoProto> known = new HashMap<>();
    all.getOutputList().forEach(info -> known.put(info.getName(), info));
    all.clearOutput();
    for (String output : outputs) {
      all.addOutput(
          known.getOrDefault(output, ValueInfoProto.newBuilder().setName(output).build()));
    }
    return graph.model().toBuilder().setGraph(all).build().toByteArray();
  }

  private static void requireShapes(OnnxGraph graph) {
    for (String input : graph.inputs()) {
      inputForm(graph, input, 1);
    }
  }

  private static OnnxProbe.Form inputForm(OnnxGraph graph, String input, int batch) {
    ValueInfoProto info = graph.infoOf(input);
    int type = info.getType().getTensorType().getElemType();
    if (!info.getType().hasTensorType() || ElementTypes.bits(type) < 8) {
      throw new UnknownShapeException(
          graph.name(), input, "is no tensor of numbers", "only networks of such can be cut");
    }
    if (!info.getType().getTensorType().hasShape()) {
      throw new UnknownShapeException(
          graph.name(), input, "has no shape", "give one, as in --shape " + input + "=1x3x224x224");
    }
    TensorShapeProto declared = info.getType().getTensorType().getShape();
    long[] shape = new long[declared.getDimCount()];
    List<String> wish = new ArrayList<>();
    boolean unknown = false;
    for (int i = 0; i < shape.length; i++) {
      TensorShapeProto.Dimension dimension = declared.getDim(i);
      shape[i] = dimension.getDimValue();
      if (shape[i] <= 0 && i == 0) {
        shape[i] = batch;
      }
      unknown |= shape[i] <= 0;
      wish.add(
          shape[i] > 0
              ? String.valueOf(shape[i])
              : dimension.getDimParam().isEmpty() ? "?" : dimension.getDimParam());
    }
    if (unknown) {
      throw new UnknownShapeException(
          graph.name(),
          input,
          "leaves dimensions open: " + String.join("x", wish),
          "give its shape, with a number for each open one: --shape "
              + input
              + "="
              + String.join("x", wish));
    }
    if (isTooLarge(shape, type)) {
      throw new UnknownShapeException(
          graph.name(), input, "is too large", "give it a smaller shape");
    }
    return new OnnxProbe.Form(type, shape);
  }

  private static boolean isTooLarge(long[] shape, int elementType) {
    try {
      return ElementTypes.bytes(elementType, product(shape, 0)) > MAX_INPUT_BYTES;
    } catch (ArithmeticException e) {
      return true;
    }
  }

  /** Returns whether any number of samples can be computed together. */
  boolean dynamicBatch() {
    return dynamicBatch;
  }

  /** Returns the batch that the shapes were measured with. */
  long batch() {
    return batch;
  }

  /** Returns whether a tensor can cross a cut: a type we send, batch dimension first. */
  boolean canBeCut(String tensor) {
    return batched.contains(tensor) && type(tensor).isPresent();
  }

  Optional<TensorType> type(String tensor) {
    OnnxProbe.Form form = forms.get(tensor);
    return form == null ? Optional.empty() : ElementTypes.of(form.elementType());
  }

  /** Returns the number of a tensor's element type in ONNX; 0 if it is no tensor. */
  int elementType(String tensor) {
    OnnxProbe.Form form = forms.get(tensor);
    return form == null ? 0 : form.elementType();
  }

  /** Returns whether a tensor's shape depends on the batch at most, and on no values. */
  boolean isSteady(String tensor) {
    return forms.containsKey(tensor) && !unsteady.contains(tensor);
  }

  boolean isBatched(String tensor) {
    return batched.contains(tensor);
  }

  int[] withoutBatch(String tensor) {
    if (!batched.contains(tensor)) {
      throw new IllegalArgumentException(
          "'" + tensor + "' is no tensor with the batch as its first dimension");
    }
    return rest(shape(tensor));
  }

  /** Returns a shape without the batch, or as it is where a tensor has no batch dimension. */
  int[] asShown(String tensor) {
    long[] shape = shape(tensor);
    if (batched.contains(tensor)) {
      return rest(shape);
    }
    int[] whole = new int[shape.length];
    for (int i = 0; i < whole.length; i++) {
      whole[i] = Math.toIntExact(shape[i]);
    }
    return whole;
  }

  private static int[] rest(long[] shape) {
    int[] rest = new int[shape.length - 1];
    for (int i = 0; i < rest.length; i++) {
      rest[i] = Math.toIntExact(shape[i + 1]);
    }
    return rest;
  }

  /** Returns the bytes of one sample's tensor in memory. */
  long bytes(String tensor) {
    return ElementTypes.bytes(elementType(tensor), perSample(tensor));
  }

  @Override
  public long[] shape(String tensor) {
    OnnxProbe.Form form = forms.get(tensor);
    return form == null ? new long[0] : form.shape();
  }

  @Override
  public long perSample(String tensor) {
    OnnxProbe.Form form = forms.get(tensor);
    if (form == null) {
      return 0;
    }
    long[] shape = form.shape();
    return batched.contains(tensor) ? product(shape, 1) : product(shape, 0);
  }

  static long product(long[] shape, int from) {
    long product = 1;
    for (int i = from; i < shape.length; i++) {
      product = Math.multiplyExact(product, shape[i]);
    }
    return product;
  }
}
