package dev.sluice.training.quantise;

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
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;

/** Writes small networks for tests. */
final class SmallNetwork {
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("small");
  private final SplittableRandom random;

  SmallNetwork(long seed, int... inputShape) {
    random = new SplittableRandom(seed);
    graph.addInput(value("input", inputShape));
  }

  private static ValueInfoProto value(String name, int... shape) {
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
                        .setElemType(TensorProto.DataType.FLOAT_VALUE)
                        .setShape(dims)))
        .build();
  }

  static float[] random(SplittableRandom random, int count, double size) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (size * (2 * random.nextDouble() - 1));
    }
    return values;
  }

  String floats(String name, float[] values, long... dims) {
    ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    return constant(name, TensorProto.DataType.FLOAT_VALUE, raw, dims);
  }

  String longs(String name, long... values) {
    ByteBuffer raw = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asLongBuffer().put(values);
    return constant(name, TensorProto.DataType.INT64_VALUE, raw, values.length);
  }

  private String constant(String name, int type, ByteBuffer raw, long... dims) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type)
            .setRawData(ByteString.copyFrom(raw.rewind()));
    for (long dim : dims) {
      tensor.addDims(dim);
    }
    graph.addInitializer(tensor);
    return name;
  }

  String node(String op, String output, List<String> inputs, AttributeProto... attributes) {
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(op)
            .setName(output)
            .addAllInput(inputs)
            .addOutput(output)
            .addAllAttribute(List.of(attributes)));
    return output;
  }

  static AttributeProto ints(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute.build();
  }

  static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  /** Adds a padded 3×3 convolution with random weights of very different sizes per channel. */
  String conv(String input, String output, int from, int to, int stride, int groups) {
    int fan = from / groups * 9;
    float[] weight = new float[to * fan];
    for (int c = 0; c < to; c++) {
      float[] own = random(random, fan, Math.pow(4, c % 4) / fan);
      System.arraycopy(own, 0, weight, c * fan, fan);
    }
    return node(
        "Conv",
        output,
        List.of(
            input,
            floats(output + ".weight", weight, to, from / groups, 3, 3),
            floats(output + ".bias", random(random, to, 0.2), to)),
        ints("kernel_shape", 3, 3),
        ints("pads", 1, 1, 1, 1),
        ints("strides", stride, stride),
        integer("group", groups));
  }

  String relu(String input, String output) {
    return node("Relu", output, List.of(input));
  }

  /** Adds an If that is always true, whose branches pass on a tensor from outside. */
  void choice(String output, String captured) {
    ByteBuffer yes = ByteBuffer.wrap(new byte[] {1});
    AttributeProto.Builder then =
        AttributeProto.newBuilder()
            .setName("then_branch")
            .setType(AttributeProto.AttributeType.GRAPH)
            .setG(
                GraphProto.newBuilder()
                    .setName("branch")
                    .addNode(
                        NodeProto.newBuilder()
                            .setOpType("Identity")
                            .addInput(captured)
                            .addOutput(output + ".inner"))
                    .addOutput(ValueInfoProto.newBuilder().setName(output + ".inner")));
    node(
        "If",
        output,
        List.of(constant(output + ".condition", TensorProto.DataType.BOOL_VALUE, yes)),
        then.build(),
        then.setName("else_branch").build());
  }

  /** Adds mean over positions, flattening and a linear layer called {@code logits}. */
  void end(String input, int channels, int classes) {
    node("GlobalAveragePool", "pooled", List.of(input));
    node("Flatten", "flat", List.of("pooled"), integer("axis", 1));
    node(
        "Gemm",
        "logits",
        List.of(
            "flat",
            floats("logits.weight", random(random, classes * channels, 1), classes, channels),
            floats("logits.bias", random(random, classes, 0.1), classes)),
        integer("transB", 1));
    graph.addOutput(value("logits", classes));
  }

  void output(String name, int... shape) {
    graph.addOutput(value(name, shape));
  }

  byte[] bytes(long opset) {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
        .setGraph(graph)
        .build()
        .toByteArray();
  }

  OnnxGraph graph(long opset) throws OnnxFormatException {
    return OnnxGraph.of(bytes(opset), "small.onnx");
  }
}
