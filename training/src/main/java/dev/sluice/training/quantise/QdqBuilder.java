package dev.sluice.training.quantise;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A network being written anew with pairs of QuantizeLinear and DequantizeLinear in it. */
final class QdqBuilder {
  /** Nodes have names apart from tensors, but no two the same. */
  private static final String NODE = "sluice.qdq/";

  private final NetworkIndex network;
  private final List<NodeProto> nodes = new ArrayList<>();
  private final List<TensorProto> constants = new ArrayList<>();
  private final Set<String> taken = new HashSet<>();

  QdqBuilder(NetworkIndex network) {
    this.network = network;
  }

  /** Returns a name that nothing has yet, and takes it. */
  String fresh(String wanted) {
    String name = wanted;
    while (network.isKnown(name) || !taken.add(name)) {
      name = name + "'";
    }
    return name;
  }

  void node(NodeProto node) {
    nodes.add(node);
  }

  /** Rounds a tensor to a grid; the result is the rounded tensor under another name. */
  void pair(String from, String to, Grid grid) {
    String scale = floats(fresh(to + "/scale"), new float[] {grid.scale()}, List.of());
    String zero =
        bytes(
            fresh(to + "/zero"),
            TensorProto.DataType.UINT8,
            new byte[] {(byte) grid.zeroPoint()},
            List.of());
    String quantised = fresh(to + "/quantised");
    add("QuantizeLinear", List.of(from, scale, zero), quantised);
    add("DequantizeLinear", List.of(quantised, scale, zero), to);
  }

  /** Writes weights and returns the name of their values as floats. */
  String weights(NodeProto node, List<Long> shape, int axis, ChannelWeights weights) {
    String base = node.getOutput(0) + "/weight";
    List<Long> channels = List.of((long) weights.scales().length);
    String values =
        bytes(fresh(base + "/int8"), TensorProto.DataType.INT8, weights.values(), shape);
    String scale = floats(fresh(base + "/scale"), weights.scales(), channels);
    String zero =
        bytes(
            fresh(base + "/zero"),
            TensorProto.DataType.INT8,
            new byte[weights.scales().length],
            channels);
    String result = fresh(base);
    add("DequantizeLinear", List.of(values, scale, zero), result, axis);
    return result;
  }

  /** Writes biases as integers and returns the name of their values as floats. */
  String bias(NodeProto node, ChannelWeights weights, float[] bias, float inputScale) {
    String base = node.getOutput(0) + "/bias";
    List<Long> channels = List.of((long) bias.length);
    int[] quantised = weights.bias(bias, inputScale);
    ByteBuffer raw =
        ByteBuffer.allocate(Integer.BYTES * quantised.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asIntBuffer().put(quantised);
    String values = constant(fresh(base + "/int32"), TensorProto.DataType.INT32, raw, channels);
    String scale = floats(fresh(base + "/scale"), weights.sumScales(inputScale), channels);
    String result = fresh(base);
    add("DequantizeLinear", List.of(values, scale), result, 0);
    return result;
  }

  private String floats(String name, float[] values, List<Long> shape) {
    ByteBuffer raw =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    return constant(name, TensorProto.DataType.FLOAT, raw, shape);
  }

  private String bytes(String name, TensorProto.DataType type, byte[] values, List<Long> shape) {
    return constant(name, type, ByteBuffer.wrap(values), shape);
  }

  private String constant(
      String name, TensorProto.DataType type, ByteBuffer raw, List<Long> shape) {
    constants.add(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .addAllDims(shape)
            .setRawData(ByteString.copyFrom(raw.rewind()))
            .build());
    return name;
  }

  private void add(String op, List<String> inputs, String output) {
    nodes.add(
        NodeProto.newBuilder()
            .setOpType(op)
            .setName(NODE + output)
            .addAllInput(inputs)
            .addOutput(output)
            .build());
  }

  private void add(String op, List<String> inputs, String output, int axis) {
    nodes.add(
        NodeProto.newBuilder()
            .setOpType(op)
            .setName(NODE + output)
            .addAllInput(inputs)
            .addOutput(output)
            .addAttribute(
                AttributeProto.newBuilder()
                    .setName("axis")
                    .setType(AttributeProto.AttributeType.INT)
                    .setI(axis))
            .build());
  }

  /** Returns the graph with those of the old constants that are still read. */
  GraphProto build() {
    GraphProto old = network.model().getGraph();
    Set<String> used = new HashSet<>();
    nodes.forEach(node -> used.addAll(node.getInputList()));
    GraphProto.Builder graph =
        old.toBuilder().clearNode().clearInitializer().clearValueInfo().addAllNode(nodes);
    // A node with a subgraph may read what only its inner nodes name.
    boolean inner =
        nodes.stream()
            .flatMap(node -> node.getAttributeList().stream())
            .anyMatch(attribute -> attribute.hasG() || attribute.getGraphsCount() > 0);
    old.getInitializerList().stream()
        .filter(constant -> inner || used.contains(constant.getName()))
        .forEach(graph::addInitializer);
    return graph.addAllInitializer(constants).build();
  }
}
