package dev.sluice.training.gradient;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.pooling.Pool;
import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * An ONNX network of the usual operators of convolutional classifiers, computed by DJL's PyTorch
 * engine, which takes gradients through it. Slower than the ONNX engine and meant for that alone.
 * Weights are constants. Not thread-safe; owns its weights until it is closed.
 */
final class TorchGraph implements AutoCloseable {
  static final String ENGINE = "PyTorch";

  private static final Set<String> OPERATORS =
      Set.of(
          "Add",
          "AveragePool",
          "BatchNormalization",
          "Clip",
          "Concat",
          "Constant",
          "Conv",
          "Dropout",
          "Flatten",
          "Gemm",
          "GlobalAveragePool",
          "GlobalMaxPool",
          "HardSigmoid",
          "HardSwish",
          "Identity",
          "LeakyRelu",
          "MatMul",
          "MaxPool",
          "Mul",
          "Pad",
          "Relu",
          "Reshape",
          "Sigmoid",
          "Slice",
          "Sub",
          "Tanh");

  private final GraphProto graph;
  private final NDManager manager;
  private final Map<String, NDArray> weights = new HashMap<>();
  private final Map<String, long[]> integers = new HashMap<>();

  private TorchGraph(GraphProto graph, NDManager manager) {
    this.graph = graph;
    this.manager = manager;
  }

  /**
   * Reads a network.
   *
   * @param onnx a complete model with one input
   * @throws NotDifferentiableException if it has operators that are not known here
   */
  static TorchGraph read(byte[] onnx) throws NotDifferentiableException {
    GraphProto graph;
    try {
      graph = ModelProto.parseFrom(onnx).getGraph();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("not an ONNX model", e);
    }
    Set<String> unknown = new TreeSet<>();
    for (NodeProto node : graph.getNodeList()) {
      if (!OPERATORS.contains(node.getOpType())) {
        unknown.add(node.getOpType());
      }
    }
    if (!unknown.isEmpty()) {
      throw new NotDifferentiableException("no gradient is taken through operators " + unknown);
    }
    TorchGraph read =
        new TorchGraph(graph, Engine.getEngine(ENGINE).newBaseManager(ai.djl.Device.cpu()));
    boolean complete = false;
    try {
      for (TensorProto tensor : graph.getInitializerList()) {
        read.constant(tensor.getName(), tensor);
      }
      complete = true;
      return read;
    } finally {
      if (!complete) {
        read.close();
      }
    }
  }

  private void constant(String name, TensorProto tensor) throws NotDifferentiableException {
    long[] dims = tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
    ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    if (tensor.getDataType() == TensorProto.DataType.FLOAT.getNumber()) {
      float[] values;
      if (raw.hasRemaining()) {
        FloatBuffer floats = raw.asFloatBuffer();
        values = new float[floats.remaining()];
        floats.get(values);
      } else {
        values = new float[tensor.getFloatDataCount()];
        for (int i = 0; i < values.length; i++) {
          values[i] = tensor.getFloatData(i);
        }
      }
      weights.put(name, manager.create(values, new Shape(dims)));
    } else if (tensor.getDataType() == TensorProto.DataType.INT64.getNumber()) {
      long[] values =
          new long[raw.hasRemaining() ? raw.remaining() / 8 : tensor.getInt64DataCount()];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            raw.hasRemaining() || tensor.getInt64DataCount() == 0
                ? raw.getLong()
                : tensor.getInt64Data(i);
      }
      integers.put(name, values);
    } else {
      throw new NotDifferentiableException("constant " + name + " is neither float32 nor int64");
    }
  }

  /** Changes a tensor as soon as it is computed. */
  interface Tap {
    NDArray apply(String tensor, NDArray value);
  }

  /**
   * Computes the network.
   *
   * @param input {@code [N, …]}; the result lives in its manager
   * @param tap sees every tensor that is computed, and may replace it
   */
  NDArray run(NDArray input, Tap tap) throws NotDifferentiableException {
    Map<String, NDArray> live = new HashMap<>();
    String name =
        graph.getInputList().stream()
            .map(one -> one.getName())
            .filter(one -> !weights.containsKey(one))
            .findFirst()
            .orElseThrow();
    live.put(name, tap.apply(name, input));
    for (NodeProto node : graph.getNodeList()) {
      String output = node.getOutput(0);
      if (node.getOpType().equals("Constant")) {
        constant(output, attribute(node, "value").getT());
        continue;
      }
      live.put(output, tap.apply(output, compute(node, live)));
    }
    return value(live, graph.getOutput(0).getName());
  }

  private NDArray value(Map<String, NDArray> live, String name) {
    NDArray value = live.get(name);
    if (value == null) {
      value = weights.get(name);
    }
    if (value == null) {
      throw new IllegalStateException("tensor '" + name + "' is read before it is computed");
    }
    return value;
  }

  private NDArray compute(NodeProto node, Map<String, NDArray> live)
      throws NotDifferentiableException {
    NDArray x = value(live, node.getInput(0));
    return switch (node.getOpType()) {
      case "Conv" -> convolution(node, x, live);
      case "Gemm" -> gemm(node, x, live);
      case "MatMul" -> x.matMul(value(live, node.getInput(1)));
      case "Add" -> x.add(value(live, node.getInput(1)));
      case "Sub" -> x.sub(value(live, node.getInput(1)));
      case "Mul" -> x.mul(value(live, node.getInput(1)));
      case "Relu" -> Activation.relu(x);
      case "LeakyRelu" -> Activation.leakyRelu(x, real(node, "alpha", 0.01f));
      case "Sigmoid" -> Activation.sigmoid(x);
      case "Tanh" -> Activation.tanh(x);
      case "HardSigmoid" ->
          x.mul(real(node, "alpha", 0.2f)).add(real(node, "beta", 0.5f)).clip(0, 1);
      case "HardSwish" -> x.mul(x.div(6).add(0.5f).clip(0, 1));
      case "Clip" -> clip(node, x);
      case "BatchNormalization" -> normalisation(node, x, live);
      case "GlobalAveragePool" -> pooled(Pool.globalAvgPool2d(x), x);
      case "GlobalMaxPool" -> pooled(Pool.globalMaxPool2d(x), x);
      case "AveragePool", "MaxPool" -> pool(node, x);
      case "Flatten" -> flatten(node, x);
      case "Reshape" -> x.reshape(withBatch(integers(node, 1), x.getShape()));
      case "Concat" -> {
        NDList parts = new NDList();
        node.getInputList().forEach(input -> parts.add(value(live, input)));
        yield NDArrays.concat(parts, Math.toIntExact(integer(node, "axis", 0)));
      }
      case "Pad" -> pad(node, x);
      case "Slice" -> slice(node, x);
      case "Identity", "Dropout" -> x;
      default -> throw new IllegalStateException("refused when read: " + node.getOpType());
    };
  }

  private NDArray convolution(NodeProto node, NDArray x, Map<String, NDArray> live)
      throws NotDifferentiableException {
    requireNoAutomaticPads(node);
    NDArray weight = value(live, node.getInput(1));
    NDArray bias = node.getInputCount() > 2 ? value(live, node.getInput(2)) : null;
    long[] strides = integers(node, "strides", 1, 1);
    long[] pads = integers(node, "pads", 0, 0, 0, 0);
    long[] dilations = integers(node, "dilations", 1, 1);
    NDArray padded = x;
    Shape inside = new Shape(pads[0], pads[1]);
    if (pads[0] != pads[2] || pads[1] != pads[3]) {
      padded = zeros(x, new long[] {0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]});
      inside = new Shape(0, 0);
    }
    return Conv2d.conv2d(
            padded,
            weight,
            bias,
            new Shape(strides),
            inside,
            new Shape(dilations),
            Math.toIntExact(integer(node, "group", 1)))
        .singletonOrThrow();
  }

  private static void requireNoAutomaticPads(NodeProto node) throws NotDifferentiableException {
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals("auto_pad")
          && !attribute.getS().toStringUtf8().equals("NOTSET")) {
        throw new NotDifferentiableException(node.getName() + " has automatic padding");
      }
    }
  }

  private NDArray gemm(NodeProto node, NDArray x, Map<String, NDArray> live) {
    NDArray a = integer(node, "transA", 0) == 1 ? x.transpose() : x;
    NDArray b = value(live, node.getInput(1));
    NDArray product = a.matMul(integer(node, "transB", 0) == 1 ? b.transpose() : b);
    float alpha = real(node, "alpha", 1);
    NDArray scaled = alpha == 1 ? product : product.mul(alpha);
    return node.getInputCount() > 2
        ? scaled.add(value(live, node.getInput(2)).mul(real(node, "beta", 1)))
        : scaled;
  }

  private NDArray clip(NodeProto node, NDArray x) {
    float least = real(node, "min", Float.NEGATIVE_INFINITY);
    float most = real(node, "max", Float.POSITIVE_INFINITY);
    if (node.getInputCount() > 1 && !node.getInput(1).isEmpty()) {
      least = scalar(node.getInput(1));
    }
    if (node.getInputCount() > 2 && !node.getInput(2).isEmpty()) {
      most = scalar(node.getInput(2));
    }
    return x.clip(Math.max(least, -Float.MAX_VALUE), Math.min(most, Float.MAX_VALUE));
  }

  private float scalar(String constant) {
    NDArray value = weights.get(constant);
    if (value == null) {
      throw new IllegalStateException("bound '" + constant + "' of a Clip is no constant");
    }
    return value.toFloatArray()[0];
  }

  private NDArray normalisation(NodeProto node, NDArray x, Map<String, NDArray> live) {
    Shape perChannel = x.getShape().dimension() == 2 ? new Shape(1, -1) : new Shape(1, -1, 1, 1);
    NDArray scale = value(live, node.getInput(1)).reshape(perChannel);
    NDArray shift = value(live, node.getInput(2)).reshape(perChannel);
    NDArray mean = value(live, node.getInput(3)).reshape(perChannel);
    NDArray variance = value(live, node.getInput(4)).reshape(perChannel);
    NDArray deviation = variance.add(real(node, "epsilon", 1e-5f)).sqrt();
    return x.sub(mean).div(deviation).mul(scale).add(shift);
  }

  private NDArray pool(NodeProto node, NDArray x) throws NotDifferentiableException {
    requireNoAutomaticPads(node);
    long[] kernel = integers(node, "kernel_shape");
    long[] pads = integers(node, "pads", 0, 0, 0, 0);
    if (pads[0] != pads[2] || pads[1] != pads[3] || integer(node, "ceil_mode", 0) != 0) {
      throw new NotDifferentiableException(node.getName() + " pads one side more than the other");
    }
    Shape window = new Shape(kernel);
    Shape stride = new Shape(integers(node, "strides", 1, 1));
    Shape around = new Shape(pads[0], pads[1]);
    return node.getOpType().equals("MaxPool")
        ? Pool.maxPool2d(x, window, stride, around, false)
        : Pool.avgPool2d(
            x, window, stride, around, false, integer(node, "count_include_pad", 0) == 1);
  }

  private static NDArray pooled(NDArray values, NDArray from) {
    return values.reshape(from.getShape().get(0), from.getShape().get(1), 1, 1);
  }

  private static NDArray flatten(NodeProto node, NDArray x) {
    int axis = Math.toIntExact(integer(node, "axis", 1));
    Shape shape = x.getShape();
    return x.reshape(shape.slice(0, axis).size(), shape.slice(axis).size());
  }

  /** A zero keeps the input's size; the first size is the batch, whatever was exported. */
  private static Shape withBatch(long[] wanted, Shape from) {
    long[] sizes = wanted.clone();
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = sizes[i] == 0 ? from.get(i) : sizes[i];
    }
    sizes[0] = sizes[0] == 1 ? from.get(0) : sizes[0];
    return new Shape(sizes);
  }

  private NDArray pad(NodeProto node, NDArray x) throws NotDifferentiableException {
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals("mode")
          && !attribute.getS().toStringUtf8().equals("constant")) {
        throw new NotDifferentiableException(node.getName() + " pads with other than constants");
      }
    }
    if (node.getInputCount() > 2 && !node.getInput(2).isEmpty() && scalar(node.getInput(2)) != 0) {
      throw new NotDifferentiableException(node.getName() + " pads with other than zeros");
    }
    return zeros(x, node.getInputCount() > 1 ? integers(node, 1) : integers(node, "pads"));
  }

  /** Puts zeros around: {@code pads} has all beginnings, then all ends. */
  private static NDArray zeros(NDArray x, long[] pads) {
    NDArray padded = x;
    int dims = pads.length / 2;
    for (int axis = 0; axis < dims; axis++) {
      NDList parts = new NDList();
      long[] sizes = padded.getShape().getShape().clone();
      if (pads[axis] > 0) {
        sizes[axis] = pads[axis];
        parts.add(x.getManager().zeros(new Shape(sizes)));
      }
      parts.add(padded);
      if (pads[axis + dims] > 0) {
        sizes[axis] = pads[axis + dims];
        parts.add(x.getManager().zeros(new Shape(sizes)));
      }
      padded = parts.size() == 1 ? padded : NDArrays.concat(parts, axis);
    }
    return padded;
  }

  private NDArray slice(NodeProto node, NDArray x) throws NotDifferentiableException {
    if (node.getInputCount() < 3) {
      throw new NotDifferentiableException(node.getName() + " slices by attributes");
    }
    long[] starts = integers(node, 1);
    long[] ends = integers(node, 2);
    Shape shape = x.getShape();
    String[] parts = new String[shape.dimension()];
    java.util.Arrays.fill(parts, ":");
    for (int i = 0; i < starts.length; i++) {
      int axis = node.getInputCount() > 3 ? Math.toIntExact(integers(node, 3)[i]) : i;
      int at = axis < 0 ? axis + parts.length : axis;
      long step = node.getInputCount() > 4 ? integers(node, 4)[i] : 1;
      if (step < 1) {
        throw new NotDifferentiableException(node.getName() + " slices backwards");
      }
      long size = shape.get(at);
      parts[at] = clamp(starts[i], size) + ":" + clamp(ends[i], size) + ":" + step;
    }
    return x.get(String.join(",", parts));
  }

  private static long clamp(long position, long size) {
    return Math.max(0, Math.min(size, position < 0 ? position + size : position));
  }

  private static AttributeProto attribute(NodeProto node, String name) {
    return node.getAttributeList().stream()
        .filter(one -> one.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(node.getName() + " has no " + name));
  }

  private static long integer(NodeProto node, String name, long otherwise) {
    for (AttributeProto one : node.getAttributeList()) {
      if (one.getName().equals(name)) {
        return one.getI();
      }
    }
    return otherwise;
  }

  private static float real(NodeProto node, String name, float otherwise) {
    for (AttributeProto one : node.getAttributeList()) {
      if (one.getName().equals(name)) {
        return one.getF();
      }
    }
    return otherwise;
  }

  private static long[] integers(NodeProto node, String name, long... otherwise) {
    for (AttributeProto one : node.getAttributeList()) {
      if (one.getName().equals(name)) {
        return one.getIntsList().stream().mapToLong(Long::longValue).toArray();
      }
    }
    return otherwise;
  }

  private long[] integers(NodeProto node, int input) throws NotDifferentiableException {
    long[] values = integers.get(node.getInput(input));
    if (values == null) {
      throw new NotDifferentiableException(
          node.getName() + " takes sizes that are computed while it runs");
    }
    return values;
  }

  /** Returns the manager of the weights; arrays that live as long go there. */
  NDManager manager() {
    return manager;
  }

  /** Returns what the network computes in the order of its nodes. */
  List<String> tensors() {
    return graph.getNodeList().stream().map(node -> node.getOutput(0)).toList();
  }

  @Override
  public void close() {
    manager.close();
  }
}
