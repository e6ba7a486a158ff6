package dev.sluice.model.engine;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.List;
import java.util.Random;

/** Networks wide enough that the engine computes their convolutions on blocks of channels. */
final class WideNetworks {
  private WideNetworks() {}

  /** Two convolutions with outputs {@code middle} and {@code y}, then nothing. */
  static byte[] convolutions(int channels, int side) {
    Random random = new Random(5);
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
        .setGraph(
            GraphProto.newBuilder()
                .setName("wide")
                .addInput(info("x", 3, side))
                .addInitializer(weight("a", channels, 3, random))
                .addInitializer(weight("b", channels, channels, random))
                .addNode(convolution("x", "a", "a.out"))
                .addNode(relu("a.out", "middle"))
                .addNode(convolution("middle", "b", "b.out"))
                .addNode(relu("b.out", "y"))
                .addOutput(info("middle", channels, side))
                .addOutput(info("y", channels, side)))
        .build()
        .toByteArray();
  }

  /**
   * {@code y = x * w' + (x * w or its opposite)}: {@code w} is read by a Gemm, transposed, and as
   * it is by both branches of an If.
   */
  static byte[] weightSharedWithABranch(int width) {
    AttributeProto transposed =
        AttributeProto.newBuilder()
            .setName("transB")
            .setType(AttributeProto.AttributeType.INT)
            .setI(1)
            .build();
    TensorProto.Builder weight =
        TensorProto.newBuilder()
            .setName("w")
            .setDataType(TensorProto.DataType.FLOAT_VALUE)
            .addDims(width)
            .addDims(width);
    Random random = new Random(6);
    for (int i = 0; i < width * width; i++) {
      weight.addFloatData((float) random.nextGaussian());
    }
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
        .setGraph(
            GraphProto.newBuilder()
                .setName("shared")
                .addInput(row("x", width))
                .addInitializer(weight)
                .addInitializer(
                    TensorProto.newBuilder()
                        .setName("limit")
                        .setDataType(TensorProto.DataType.FLOAT_VALUE)
                        .addFloatData(0))
                .addNode(node("Gemm", "gemm", "x", "w").addAttribute(transposed))
                .addNode(
                    node("ReduceMax", "most", "x")
                        .addAttribute(
                            AttributeProto.newBuilder()
                                .setName("keepdims")
                                .setType(AttributeProto.AttributeType.INT)
                                .setI(0)))
                .addNode(node("Greater", "positive", "most", "limit"))
                .addNode(
                    node("If", "either", "positive")
                        .addAttribute(branch("then_branch", "then", "x"))
                        .addAttribute(branch("else_branch", "else", "gemm")))
                .addNode(node("Add", "y", "gemm", "either"))
                .addOutput(row("y", width)))
        .build()
        .toByteArray();
  }

  private static AttributeProto branch(String name, String output, String left) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.GRAPH)
        .setG(
            GraphProto.newBuilder()
                .setName(output)
                .addNode(node("MatMul", output, left, "w"))
                .addOutput(ValueInfoProto.newBuilder().setName(output).setType(floatType())))
        .build();
  }

  private static ValueInfoProto row(String name, int width) {
    TensorShapeProto.Builder shape =
        TensorShapeProto.newBuilder()
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"))
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(width));
    ValueInfoProto.Builder info = ValueInfoProto.newBuilder().setName(name).setType(floatType());
    info.getTypeBuilder().getTensorTypeBuilder().setShape(shape);
    return info.build();
  }

  private static TypeProto floatType() {
    return TypeProto.newBuilder()
        .setTensorType(TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT_VALUE))
        .build();
  }

  private static NodeProto.Builder node(String type, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(type)
        .setName(output)
        .addAllInput(List.of(inputs))
        .addOutput(output);
  }

  private static NodeProto convolution(String from, String weight, String to) {
    return NodeProto.newBuilder()
        .setOpType("Conv")
        .setName(to)
        .addInput(from)
        .addInput(weight)
        .addOutput(to)
        .addAttribute(
            AttributeProto.newBuilder()
                .setName("pads")
                .setType(AttributeProto.AttributeType.INTS)
                .addInts(1)
                .addInts(1)
                .addInts(1)
                .addInts(1))
        .build();
  }

  private static NodeProto relu(String from, String to) {
    return NodeProto.newBuilder()
        .setOpType("Relu")
        .setName(to)
        .addInput(from)
        .addOutput(to)
        .build();
  }

  private static TensorProto weight(String name, int to, int from, Random random) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.FLOAT_VALUE)
            .addDims(to)
            .addDims(from)
            .addDims(3)
            .addDims(3);
    for (int i = 0; i < to * from * 9; i++) {
      tensor.addFloatData((float) random.nextGaussian() / from);
    }
    return tensor.build();
  }

  private static ValueInfoProto info(String name, int channels, int side) {
    TensorShapeProto.Builder shape =
        TensorShapeProto.newBuilder()
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"));
    for (int size : new int[] {channels, side, side}) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(size));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(TensorProto.DataType.FLOAT_VALUE)
                        .setShape(shape)))
        .build();
  }
}
