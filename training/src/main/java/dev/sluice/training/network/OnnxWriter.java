package dev.sluice.training.network;

import ai.onnx.proto.OnnxMl;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes a network of convolutions, pooling and one fully connected layer as ONNX, opset 13.
 *
 * <p>The batch dimension is the symbol {@code N}. Every method that adds nodes returns the name of
 * the tensor it made, which is the name asked for. Not thread-safe.
 */
final class OnnxWriter {
  private static final int OPSET = 13;
  private static final int IR_VERSION = 7;

  private final OnnxMl.GraphProto.Builder graph = OnnxMl.GraphProto.newBuilder();

  OnnxWriter(String name) {
    graph.setName(name);
  }

  /** Declares the input {@code [N, channels, size, size]}. */
  String input(String name, int channels, int size) {
    graph.addInput(value(name, channels, size, size));
    return name;
  }

  /** A convolution with its bias, and a ReLU where it has one. */
  String conv(String input, FoldedConv conv, String output) {
    ConvShape shape = conv.shape();
    int k = shape.kernel();
    constant(
        output + ".weight",
        conv.weights(),
        shape.outChannels(),
        shape.inChannels() / shape.groups(),
        k,
        k);
    constant(output + ".bias", conv.bias(), shape.outChannels());
    String made = conv.relu() ? output + ".conv" : output;
    int pad = k / 2;
    graph.addNode(
        node("Conv", made, input, output + ".weight", output + ".bias")
            .addAttribute(ints("kernel_shape", k, k))
            .addAttribute(ints("strides", shape.stride(), shape.stride()))
            .addAttribute(ints("pads", pad, pad, pad, pad))
            .addAttribute(ints("dilations", 1, 1))
            .addAttribute(integer("group", shape.groups())));
    if (conv.relu()) {
      graph.addNode(node("Relu", output, made));
    }
    return output;
  }

  /** {@code relu(a + b)}. */
  String addRelu(String a, String b, String output) {
    graph.addNode(node("Add", output + ".sum", a, b));
    graph.addNode(node("Relu", output, output + ".sum"));
    return output;
  }

  /**
   * Means, and if wanted maxima, of the channels: {@code [N, features, 1, 1]} to {@code [N,
   * features]}.
   */
  String pool(String input, boolean withMaxima, String output) {
    String pooled = output + ".mean";
    graph.addNode(node("GlobalAveragePool", pooled, input));
    if (withMaxima) {
      graph.addNode(node("GlobalMaxPool", output + ".max", input));
      graph.addNode(
          node("Concat", output + ".both", pooled, output + ".max")
              .addAttribute(integer("axis", 1)));
      pooled = output + ".both";
    }
    graph.addNode(node("Flatten", output, pooled).addAttribute(integer("axis", 1)));
    return output;
  }

  /** {@code x · weightsᵀ + bias}, with weights {@code [outputs, inputs]}. */
  String linear(String input, float[] weights, float[] bias, String output) {
    constant(output + ".weight", weights, bias.length, weights.length / bias.length);
    constant(output + ".bias", bias, bias.length);
    graph.addNode(
        node("Gemm", output, input, output + ".weight", output + ".bias")
            .addAttribute(integer("transB", 1)));
    return output;
  }

  /** Declares the output {@code [N, classes]} and returns the finished file. */
  byte[] finish(String output, int classes) {
    graph.addOutput(value(output, classes));
    return OnnxMl.ModelProto.newBuilder()
        .setIrVersion(IR_VERSION)
        .setProducerName("sluice")
        .addOpsetImport(OnnxMl.OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
        .setGraph(graph)
        .build()
        .toByteArray();
  }

  private void constant(String name, float[] values, long... dims) {
    ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    var tensor =
        OnnxMl.TensorProto.newBuilder()
            .setName(name)
            .setDataType(OnnxMl.TensorProto.DataType.FLOAT_VALUE)
            .setRawData(ByteString.copyFrom(raw));
    for (long dim : dims) {
      tensor.addDims(dim);
    }
    graph.addInitializer(tensor);
  }

  private static OnnxMl.NodeProto.Builder node(String type, String output, String... inputs) {
    var node = OnnxMl.NodeProto.newBuilder().setOpType(type).setName(output).addOutput(output);
    for (String input : inputs) {
      node.addInput(input);
    }
    return node;
  }

  private static OnnxMl.AttributeProto.Builder ints(String name, long... values) {
    var attribute =
        OnnxMl.AttributeProto.newBuilder()
            .setName(name)
            .setType(OnnxMl.AttributeProto.AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute;
  }

  private static OnnxMl.AttributeProto.Builder integer(String name, long value) {
    return OnnxMl.AttributeProto.newBuilder()
        .setName(name)
        .setType(OnnxMl.AttributeProto.AttributeType.INT)
        .setI(value);
  }

  private static OnnxMl.ValueInfoProto.Builder value(String name, int... dims) {
    var shape = OnnxMl.TensorShapeProto.newBuilder();
    shape.addDim(OnnxMl.TensorShapeProto.Dimension.newBuilder().setDimParam("N"));
    for (int dim : dims) {
      shape.addDim(OnnxMl.TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
    }
    return OnnxMl.ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            OnnxMl.TypeProto.newBuilder()
                .setTensorType(
                    OnnxMl.TypeProto.Tensor.newBuilder()
                        .setElemType(OnnxMl.TensorProto.DataType.FLOAT_VALUE)
                        .setShape(shape)));
  }
}
