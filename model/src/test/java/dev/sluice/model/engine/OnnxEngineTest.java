package dev.sluice.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.sluice.model.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OnnxEngineTest {
  private final OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());

  @AfterEach
  void closeEngine() {
    engine.close();
  }

  @ParameterizedTest
  @EnumSource
  void carriesEveryElementTypeThroughASession(TensorType type) {
    ByteBuffer values = bytes(2 * 3 * type.bytes(), type == TensorType.BOOL ? 2 : 60);
    try (OnnxEngine.Session session = engine.load(oneNode("Identity", type), "identity");
        OnnxEngine.Tensors in =
            engine.wrap(List.of(values), List.of(type), List.of(new long[] {2, 3}))) {
      for (int run = 0; run < 3; run++) {
        try (OnnxEngine.Tensors out = session.run(in)) {
          assertThat(out.type(0)).isEqualTo(type);
          assertThat(out.shape(0)).containsExactly(2, 3);
          assertThat(out.bytes(0)).as("run %d", run).isEqualTo(values);
          assertThat(out.bytes(0).isReadOnly()).isTrue();
          assertThat(out.bytes(0).order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void gathersTheSamplesAskedForInTheirOrder(TensorType type) {
    int row = 3 * type.bytes();
    ByteBuffer values = bytes(4 * row, 2);
    try (OnnxEngine.Tensors all =
            engine.wrap(List.of(values, values), List.of(type, type), List.of(shape(4), shape(4)));
        OnnxEngine.Tensors some = all.rows(new int[] {3, 0, 3})) {
      for (int tensor = 0; tensor < 2; tensor++) {
        assertThat(some.shape(tensor)).containsExactly(3, 3);
        assertThat(some.type(tensor)).isEqualTo(type);
        assertThat(some.bytes(tensor).slice(0, row)).isEqualTo(values.slice(3 * row, row));
        assertThat(some.bytes(tensor).slice(row, row)).isEqualTo(values.slice(0, row));
        assertThat(some.bytes(tensor).slice(2 * row, row)).isEqualTo(values.slice(3 * row, row));
      }
    }
  }

  @Test
  void aRunThatIsHaltedFailsAndTheNextOneDoesNot() throws Exception {
    ExecutorService own = Executors.newSingleThreadExecutor();
    try (OnnxEngine.Session session = engine.load(WideNetworks.convolutions(32, 64), "wide");
        OnnxEngine.Tensors in =
            engine.wrap(
                List.of(FloatBuffer.allocate(3 * 64 * 64)), List.of(new long[] {1, 3, 64, 64}))) {
      Runnable halt = engine.haltable(own.submit(Thread::currentThread).get());
      Future<Boolean> halted =
          own.submit(
              () -> {
                for (int run = 0; run < 10_000; run++) {
                  try {
                    session.run(in).close();
                  } catch (RuntimeException failed) {
                    return true;
                  }
                }
                return false;
              });
      while (!halted.isDone()) {
        halt.run();
        session.run(in).close();
      }
      assertThat(halted.get()).isTrue();

      halt.run();
      own.submit(() -> session.run(in).close()).get();
    } finally {
      own.shutdownNow();
    }
  }

  @Test
  void refusesToGatherWhatIsNotThere() {
    try (OnnxEngine.Tensors all =
        engine.wrap(List.of(FloatBuffer.allocate(12)), List.of(shape(4)))) {
      assertThatThrownBy(() -> all.rows(new int[] {4}))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> all.rows(new int[0])).isInstanceOf(IllegalArgumentException.class);
    }
    try (OnnxEngine.Tensors mixed =
        engine.wrap(
            List.of(FloatBuffer.allocate(12), FloatBuffer.allocate(3)),
            List.of(shape(4), shape(1)))) {
      assertThatThrownBy(() -> mixed.rows(new int[] {0}))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void givesTheRightAnswerWhereTheOutputShapeDependsOnTheValues() {
    try (OnnxEngine.Session session = engine.load(nonZero(), "nonzero")) {
      for (int ones = 0; ones <= 3; ones++) {
        for (int run = 0; run < 2; run++) {
          float[] values = {ones > 0 ? 1 : 0, ones > 1 ? 1 : 0, ones > 2 ? 1 : 0};
          try (OnnxEngine.Tensors in =
                  engine.wrap(List.of(FloatBuffer.wrap(values)), List.of(shape(1)));
              OnnxEngine.Tensors out = session.run(in)) {
            assertThat(out.shape(0)).containsExactly(2, ones);
          }
        }
      }
    }
  }

  @Test
  void keepsAnOutputWhileItIsOpenThoughTheSessionRunsOn() {
    try (OnnxEngine.Session session =
        engine.load(oneNode("Identity", TensorType.FLOAT32), "identity")) {
      OnnxEngine.Tensors[] outs = new OnnxEngine.Tensors[4];
      for (int i = 0; i < outs.length; i++) {
        try (OnnxEngine.Tensors in =
            engine.wrap(List.of(FloatBuffer.wrap(new float[] {i, i, i})), List.of(shape(1)))) {
          outs[i] = session.run(in);
        }
      }
      for (int i = 0; i < outs.length; i++) {
        assertThat(outs[i].floats(0).get(2)).isEqualTo(i);
        outs[i].close();
      }
    }
  }

  @Test
  void refusesToReadOrRunWhatIsClosed() {
    OnnxEngine.Session session =
        engine.load(oneNode("Identity", TensorType.FLOAT32), "the network");
    OnnxEngine.Tensors in = engine.wrap(List.of(FloatBuffer.allocate(3)), List.of(shape(1)));
    OnnxEngine.Tensors out = session.run(in);
    in.close();
    in.close();
    assertThatThrownBy(() -> session.run(in)).isInstanceOf(IllegalStateException.class);
    session.close();
    assertThatThrownBy(() -> session.run(out))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the network");
    engine.close();
    assertThatThrownBy(() -> out.floats(0)).isInstanceOf(IllegalStateException.class);
    out.close();
  }

  @Test
  void namesTheModelAndTheOperatorThatItDoesNotKnow() {
    assertThatThrownBy(() -> engine.load(oneNode("Frobnicate", TensorType.FLOAT32), "strange.onnx"))
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> {
              assertThat(e.model()).isEqualTo("strange.onnx");
              assertThat(e).hasMessageContaining("Frobnicate");
              assertThat(e.getMessage()).doesNotContain("\n");
            });
  }

  @Test
  void namesTheModelThatRefusesItsInput() {
    try (OnnxEngine.Session session =
            engine.load(oneNode("Identity", TensorType.FLOAT32), "net.onnx");
        OnnxEngine.Tensors wrong =
            engine.wrap(List.of(FloatBuffer.allocate(4)), List.of(new long[] {1, 4}));
        OnnxEngine.Tensors two =
            engine.wrap(
                List.of(FloatBuffer.allocate(3), FloatBuffer.allocate(3)),
                List.of(shape(1), shape(1)))) {
      assertThatThrownBy(() -> session.run(wrong))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("net.onnx");
      assertThatThrownBy(() -> session.run(two)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void refusesBuffersThatDoNotFillTheirShape() {
    assertThatThrownBy(() -> engine.wrap(List.of(FloatBuffer.allocate(5)), List.of(shape(2))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                engine.wrap(
                    List.of(ByteBuffer.allocate(5)), List.of(TensorType.INT64), List.of(shape(1))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static long[] shape(int batch) {
    return new long[] {batch, 3};
  }

  private static ByteBuffer bytes(int count, int modulus) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      buffer.put(i, (byte) ((i * 7 + i / 5) % modulus));
    }
    return buffer;
  }

  private static int elementType(TensorType type) {
    return switch (type) {
      case FLOAT32 -> TensorProto.DataType.FLOAT_VALUE;
      case FLOAT16 -> TensorProto.DataType.FLOAT16_VALUE;
      case FLOAT64 -> TensorProto.DataType.DOUBLE_VALUE;
      case INT64 -> TensorProto.DataType.INT64_VALUE;
      case INT32 -> TensorProto.DataType.INT32_VALUE;
      case INT8 -> TensorProto.DataType.INT8_VALUE;
      case UINT8 -> TensorProto.DataType.UINT8_VALUE;
      case BOOL -> TensorProto.DataType.BOOL_VALUE;
    };
  }

  private static byte[] nonZero() {
    return model("NonZero", TensorProto.DataType.FLOAT_VALUE, TensorProto.DataType.INT64_VALUE);
  }

  private static byte[] oneNode(String operator, TensorType type) {
    return model(operator, elementType(type), elementType(type));
  }

  private static byte[] model(String operator, int from, int to) {
    TensorShapeProto shape =
        TensorShapeProto.newBuilder()
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"))
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(3))
            .build();
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
        .setGraph(
            GraphProto.newBuilder()
                .setName("one")
                .addInput(
                    ValueInfoProto.newBuilder()
                        .setName("x")
                        .setType(
                            TypeProto.newBuilder()
                                .setTensorType(
                                    TypeProto.Tensor.newBuilder()
                                        .setElemType(from)
                                        .setShape(shape))))
                .addNode(
                    NodeProto.newBuilder()
                        .setName("it")
                        .setOpType(operator)
                        .addInput("x")
                        .addOutput("y"))
                .addOutput(
                    ValueInfoProto.newBuilder()
                        .setName("y")
                        .setType(
                            TypeProto.newBuilder()
                                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(to)))))
        .build()
        .toByteArray();
  }
}
