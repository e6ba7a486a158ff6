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
