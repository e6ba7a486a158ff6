package dev.sluice.model.engine;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.nio.FloatBuffer;
import java.util.Map;

/**
 * Finds out how wide the engine's blocks of channels are: it depends on the CPU and is not told.
 */
final class BlockSize {
  private static final int CHANNELS = 64;

  private BlockSize() {}

  /** Lets the engine reorder a picture of two pixels and looks where the second one went. */
  static int measure(OrtEnvironment environment) {
    float[] values = new float[2 * CHANNELS];
    for (int c = 0; c < CHANNELS; c++) {
      values[2 * c + 1] = c == 0 ? 1 : 0;
    }
    try (SessionOptions options = new SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setOptimizationLevel(SessionOptions.OptLevel.NO_OPT);
      long[] shape = {1, CHANNELS, 1, 2};
      try (OrtSession session = environment.createSession(reorder(), options);
          OnnxTensor in = OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape);
          OrtSession.Result result = session.run(Map.of("x", in))) {
        FloatBuffer out = ((OnnxTensor) result.get(0)).getFloatBuffer();
        for (int i = 0; i < out.capacity(); i++) {
          if (out.get(i) == 1) {
            return i;
          }
        }
      }
    } catch (OrtException e) {
      throw new IllegalStateException("the engine's block size cannot be found", e);
    }
    throw new IllegalStateException("the engine's block size cannot be found");
  }

  private static byte[] reorder() {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
        .addOpsetImport(
            OperatorSetIdProto.newBuilder().setDomain("com.microsoft.nchwc").setVersion(1))
        .setGraph(
            GraphProto.newBuilder()
                .setName("block")
                .addInput(info("x"))
                .addNode(
                    NodeProto.newBuilder()
                        .setDomain("com.microsoft.nchwc")
                        .setOpType("ReorderInput")
                        .addInput("x")
                        .addOutput("y"))
                .addOutput(info("y")))
        .build()
        .toByteArray();
  }

  private static ValueInfoProto info(String name) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long size : new long[] {1, CHANNELS, 1, 2}) {
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
