package dev.sluice.training.export;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** A small ONNX graph being written node by node. Not thread-safe. */
final class OnnxBuilder {
  private static final int IR_VERSION = 8;

  private final GraphProto.Builder graph;
  private final String prefix;
  private int names;

  private OnnxBuilder(GraphProto.Builder graph, String prefix) {
    this.graph = graph;
    this.prefix = prefix;
  }

  /** Starts an empty graph. */
  static OnnxBuilder empty(String name) {
    return new OnnxBuilder(GraphProto.newBuilder().setName(name), "");
  }

  /** Goes on behind the nodes of a graph; new names begin with a prefix that it does not use. */
  static OnnxBuilder behind(GraphProto graph, String prefix) {
    return new OnnxBuilder(graph.toBuilder(), prefix);
  }

  /** Adds an input or an output of float32 with a free batch dimension. */
  void input(String name, int[] shape) {
    graph.addInput(value(name, shape));
  }

  /** Adds an input of any type with a free batch dimension. */
  void input(String name, int[] shape, TensorProto.DataType type) {
    ValueInfoProto.Builder info = value(name, shape).toBuilder();
    info.getTypeBuilder().getTensorTypeBuilder().setElemType(type.getNumber());
    graph.addInput(info);
  }

  /** Adds whole numbers as constants and returns their name. */
  String integerConstant(long... values) {
    String name = prefix + "constant" + names++;
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.INT64.getNumber())
            .addDims(values.length);
    Arrays.stream(values).forEach(tensor::addInt64Data);
    graph.addInitializer(tensor);
    return name;
  }

  void onlyOutput(String name, int[] shape) {
    graph.clearOutput().addOutput(value(name, shape));
  }

  private static ValueInfoProto value(String name, int[] shape) {
    TensorShapeProto.Builder dims =
        TensorShapeProto.newBuilder()
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"));
    for (int side : shape) {
      dims.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(side));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(TensorProto.DataType.FLOAT.getNumber())
                        .setShape(dims)))
        .build();
  }

  /** Adds constants and returns their name. */
  String constant(float[] values, long... dims) {
    String name = prefix + "constant" + names++;
    ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.FLOAT.getNumber())
            .setRawData(ByteString.copyFrom(raw));
    Arrays.stream(dims).forEach(tensor::addDims);
    graph.addInitializer(tensor);
    return name;
  }

  /** Adds a node with one output and returns that output's name. */
  String node(String op, List<String> inputs, AttributeProto... attributes) {
    return node(op, inputs, prefix + op + names++, attributes);
  }

  /** Adds a node with one output of a given name and returns that name. */
  String node(String op, List<String> inputs, String output, AttributeProto... attributes) {
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(op)
            .setName(output)
            .addAllInput(inputs)
            .addOutput(output)
            .addAllAttribute(Arrays.asList(attributes)));
    return output;
  }

  static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  static AttributeProto real(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  static AttributeProto integers(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
    Arrays.stream(values).forEach(attribute::addInts);
    return attribute.build();
  }

  /** Returns the graph as a model of its own. */
  byte[] build(long opset) {
    return ModelProto.newBuilder()
        .setIrVersion(IR_VERSION)
        .setProducerName("sluice")
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
        .setGraph(graph)
        .build()
        .toByteArray();
  }

  GraphProto graph() {
    return graph.build();
  }
}
