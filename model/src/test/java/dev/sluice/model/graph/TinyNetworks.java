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
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Small networks written down in code, with seeded weights. */
public final class TinyNetworks {
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("tiny");
  private final Random random;
  private long opset = 13;

  private TinyNetworks(long seed) {
    random = new Random(seed);
  }

  /**
   * Input [3,8,8], a residual block, an option-A shortcut (Slice, Pad) to [8,4,4], a product with a
   * factor that follows from constants, pooling and 5 logits.
   */
  public static byte[] residual() {
    return residualBody().output("logits", 5).bytes();
  }

  /** The same with a second output, computed half way. */
  public static byte[] twoOutputs() {
    TinyNetworks net = residualBody();
    return net.op("GlobalAveragePool", "aux", "block.relu")
        .output("logits", 5)
        .output("aux", 4, 1, 1)
        .bytes();
  }

  /** The residual network with its nodes written backwards. */
  static byte[] residualBackwards() {
    TinyNetworks net = residualBody();
    List<NodeProto> nodes = new ArrayList<>(net.graph.getNodeList());
    java.util.Collections.reverse(nodes);
    net.graph.clearNode().addAllNode(nodes);
    return net.output("logits", 5).bytes();
  }

  private static TinyNetworks residualBody() {
    return new TinyNetworks(1)
        .input("input", 3, 8, 8)
        .conv("stem", "input", 3, 4, 3, 1)
        .op("Relu", "stem.relu", "stem")
        .conv("block.conv", "stem.relu", 4, 4, 3, 1)
        .op("Add", "block.add", "block.conv", "stem.relu")
        .op("Relu", "block.relu", "block.add")
        .conv("down.conv", "block.relu", 4, 8, 3, 2)
        .int64("down.starts", 0, 0)
        .int64("down.ends", 1 << 30, 1 << 30)
        .int64("down.axes", 2, 3)
        .int64("down.steps", 2, 2)
        .op(
            "Slice",
            "down.slice",
            "block.relu",
            "down.starts",
            "down.ends",
            "down.axes",
            "down.steps")
        .int64("down.pads", 0, 2, 0, 0, 0, 2, 0, 0)
        .op("Pad", "down.pad", "down.slice", "down.pads")
        .op("Add", "down.add", "down.conv", "down.pad")
        .op("Relu", "down.relu", "down.add")
        .weights("factor.a", 1)
        .weights("factor.b", 1)
        .op("Add", "factor", "factor.a", "factor.b")
        .op("Mul", "scaled", "down.relu", "factor")
        .op("GlobalAveragePool", "gap", "scaled")
        .op("Flatten", "flat", "gap")
        .gemm("logits", "flat", 8, 5);
  }

  /** Depthwise and grouped convolutions, a transposed one and a MatMul, for counting. */
  static byte[] allKindsOfMacs() {
    return new TinyNetworks(2)
        .input("input", 4, 8, 8)
        .conv("depthwise", "input", 4, 4, 3, 1, 4)
        .conv("grouped", "depthwise", 4, 6, 3, 1, 2)
        .weights("up.weight", 6, 2, 2, 2)
        .op("ConvTranspose", "up", "grouped", "up.weight")
        .op("GlobalAveragePool", "gap", "up")
        .op("Flatten", "flat", "gap")
        .weights("matrix", 2, 7)
        .op("MatMul", "logits", "flat", "matrix")
        .output("logits", 7)
        .bytes();
  }

  /** An exit head: pooling and a linear layer. */
  public static byte[] head(int channels, int height, int width, int classes, long seed) {
    return new TinyNetworks(seed)
        .input("features", channels, height, width)
        .op("GlobalAveragePool", "gap", "features")
        .op("Flatten", "flat", "gap")
        .gemm("logits", "flat", channels, classes)
        .output("logits", classes)
        .bytes();
  }

  /** A head written for another operator set, with an operator whose meaning has changed. */
  static byte[] headOfAnotherSet(String op) {
    TinyNetworks net = new TinyNetworks(3).input("features", 4, 8, 8).op(op, "out", "features");
    net.opset = 17;
    return net.output("out", 4, 8, 8).bytes();
  }

  /** Multiplies every value by a factor: one half of an exact transform pair. */
  public static byte[] scaling(float factor, int... shape) {
    TinyNetworks net = new TinyNetworks(4).input("in", shape);
    net.graph.addInitializer(
        TensorProto.newBuilder()
            .setName("factor")
            .setDataType(TensorProto.DataType.FLOAT_VALUE)
            .addDims(1)
            .addFloatData(factor));
    return net.op("Mul", "out", "in", "factor").output("out", shape).bytes();
  }

  /** A network whose branch reads a tensor from outside. */
  static byte[] withSubgraph() {
    TinyNetworks net =
        new TinyNetworks(5)
            .input("input", 3, 8, 8)
            .conv("stem", "input", 3, 4, 3, 1)
            .op("Relu", "relu", "stem")
            .conv("next", "relu", 4, 4, 3, 1)
            .op("ReduceMax", "most", "next")
            .op("Cast", "cond.shaped", "most");
    net.graph
        .getNodeBuilder(net.graph.getNodeCount() - 1)
        .addAttribute(
            AttributeProto.newBuilder()
                .setName("to")
                .setType(AttributeProto.AttributeType.INT)
                .setI(TensorProto.DataType.BOOL_VALUE));
    net.int64("one", 1).op("Reshape", "cond", "cond.shaped", "one");
    NodeProto.Builder branch = NodeProto.newBuilder().setOpType("If").setName("if");
    branch.addInput("cond").addOutput("chosen");
    branch.addAttribute(branch("then_branch", "Sigmoid"));
    branch.addAttribute(branch("else_branch", "Tanh"));
    net.graph.addNode(branch);
    return net.output("chosen", 4, 8, 8).bytes();
  }

  private static AttributeProto branch(String name, String op) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.GRAPH)
        .setG(
            GraphProto.newBuilder()
                .setName(name)
                .addNode(NodeProto.newBuilder().setOpType(op).addInput("relu").addOutput(name))
                .addOutput(info(name, 4, 8, 8)))
        .build();
  }

  private TinyNetworks input(String name, int... shape) {
    graph.addInput(info(name, shape));
    return this;
  }

  private TinyNetworks output(String name, int... shape) {
    graph.addOutput(info(name, shape));
    return this;
  }

  private static ValueInfoProto info(String name, int... shape) {
    TensorShapeProto.Builder dimensions = TensorShapeProto.newBuilder();
    dimensions.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"));
    for (int dimension : shape) {
      dimensions.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dimension));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(TensorProto.DataType.FLOAT_VALUE)
                        .setShape(dimensions)))
        .build();
  }

  private TinyNetworks op(String op, String output, String... inputs) {
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(op)
            .setName(output)
            .addAllInput(List.of(inputs))
            .addOutput(output));
    return this;
  }

  private TinyNetworks conv(String name, String in, int from, int to, int kernel, int stride) {
    return conv(name, in, from, to, kernel, stride, 1);
  }

  private TinyNetworks conv(
      String name, String in, int from, int to, int kernel, int stride, int groups) {
    weights(name + ".weight", to, from / groups, kernel, kernel).weights(name + ".bias", to);
    op("Conv", name, in, name + ".weight", name + ".bias");
    int pad = kernel / 2;
    graph
        .getNodeBuilder(graph.getNodeCount() - 1)
        .addAttribute(ints("strides", stride, stride))
        .addAttribute(ints("pads", pad, pad, pad, pad))
        .addAttribute(
            AttributeProto.newBuilder()
                .setName("group")
                .setType(AttributeProto.AttributeType.INT)
                .setI(groups));
    return this;
  }

  private static AttributeProto ints(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute.build();
  }

  private TinyNetworks gemm(String name, String in, int from, int to) {
    return weights(name + ".weight", from, to)
        .weights(name + ".bias", to)
        .op("Gemm", name, in, name + ".weight", name + ".bias");
  }

  private TinyNetworks weights(String name, long... shape) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT_VALUE);
    long elements = 1;
    for (long dimension : shape) {
      tensor.addDims(dimension);
      elements *= dimension;
    }
    for (long i = 0; i < elements; i++) {
      tensor.addFloatData((float) random.nextGaussian() * 0.4f);
    }
    graph.addInitializer(tensor);
    return this;
  }

  private TinyNetworks int64(String name, long... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.INT64_VALUE)
            .addDims(values.length);
    for (long value : values) {
      tensor.addInt64Data(value);
    }
    graph.addInitializer(tensor);
    return this;
  }

  private byte[] bytes() {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
        .setGraph(graph)
        .build()
        .toByteArray();
  }

  /** Returns seeded normal values. */
  public static float[] noise(int floats, long seed) {
    Random random = new Random(seed);
    float[] values = new float[floats];
    for (int i = 0; i < floats; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Returns the largest difference over the largest expected value. */
  public static double relativeError(float[] actual, float[] expected) {
    double largest = 1e-30;
    double worst = actual.length == expected.length ? 0 : Double.POSITIVE_INFINITY;
    for (int i = 0; i < expected.length && i < actual.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
    }
    return worst / largest;
  }
}
