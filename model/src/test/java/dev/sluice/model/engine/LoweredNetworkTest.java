package dev.sluice.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.graph.TinyNetworks;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pieces of a network as the engine rewrote it, against the same network in one session. */
class LoweredNetworkTest {
  private static final double TOLERANCE = 1e-5;
  private static final int CHANNELS = 32;
  private static final int SIDE = 8;

  private final OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
  private final byte[] onnx = WideNetworks.convolutions(CHANNELS, SIDE);

  @AfterEach
  void closeEngine() {
    engine.close();
  }

  private OnnxEngine.Tensors input(int batch) {
    float[] values = new float[batch * 3 * SIDE * SIDE];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i * 37 % 101) / 50f - 1;
    }
    return engine.wrap(
        List.of(FloatBuffer.wrap(values)), List.of(new long[] {batch, 3, SIDE, SIDE}));
  }

  @Test
  void givesTheSameWholeAndInPiecesWhateverTheOrderAtTheBoundary() {
    try (LoweredNetwork lowered = engine.lower(onnx, "wide");
        OnnxEngine.Session whole = engine.load(onnx, "whole");
        OnnxEngine.Tensors in = input(3)) {
      float[] expected = floats(whole.run(in), 1);
      for (boolean inside : new boolean[] {true, false}) {
        LoweredNetwork.Piece first =
            lowered.piece(List.of("x"), false, List.of("middle"), inside, List.of()).orElseThrow();
        for (boolean fromInside : new boolean[] {true, false}) {
          LoweredNetwork.Piece second =
              lowered
                  .piece(List.of("middle"), fromInside, List.of("y"), false, List.of())
                  .orElseThrow();
          try (OnnxEngine.Session one = engine.load(first, "one");
              OnnxEngine.Session two = engine.load(second, "two")) {
            for (int run = 0; run < 2; run++) {
              try (OnnxEngine.Tensors middle = one.run(in)) {
                assertThat(TinyNetworks.relativeError(floats(two.run(middle), 0), expected))
                    .as("handed on inside: %s, taken inside: %s", inside, fromInside)
                    .isLessThan(TOLERANCE);
              }
            }
          }
        }
      }
    }
  }

  @Test
  void showsPlainShapesAndValuesOfWhatItHandsOnInAnotherOrder() {
    try (LoweredNetwork lowered = engine.lower(onnx, "wide");
        OnnxEngine.Session inside =
            engine.load(
                lowered
                    .piece(List.of("x"), false, List.of("middle"), true, List.of())
                    .orElseThrow(),
                "inside");
        OnnxEngine.Session plain =
            engine.load(
                lowered
                    .piece(List.of("x"), false, List.of("middle"), false, List.of())
                    .orElseThrow(),
                "plain");
        OnnxEngine.Tensors in = input(2);
        OnnxEngine.Tensors blocked = inside.run(in);
        OnnxEngine.Tensors expected = plain.run(in);
        OnnxEngine.Tensors second = blocked.rows(new int[] {1});
        OnnxEngine.Tensors expectedSecond = expected.rows(new int[] {1})) {
      assertThat(blocked.shape(0)).containsExactly(2, CHANNELS, SIDE, SIDE);
      assertThat(blocked.floats(0)).isEqualTo(expected.floats(0));
      assertThat(blocked.bytes(0)).isEqualTo(expected.bytes(0));
      assertThat(second.floats(0)).isEqualTo(expectedSecond.floats(0));
    }
  }

  @Test
  @SuppressWarnings("try") // It only has to be there.
  void keepsConstantsOnceAndFreesThemWithTheLastSession() {
    try (OnnxEngine.Session first = engine.load(onnx, "first")) {
      long once = engine.constantBytes();
      assertThat(once).isPositive();
      OnnxEngine.Session second = engine.load(onnx, "second");
      try (LoweredNetwork lowered = engine.lower(onnx, "third")) {
        assertThat(engine.constantBytes()).isEqualTo(once);
      }
      second.close();
      assertThat(engine.constantBytes()).isEqualTo(once);
      try (OnnxEngine.Tensors in = input(1)) {
        first.run(in).close();
      }
    }
    assertThat(engine.constantBytes()).isZero();
  }

  @Test
  void loadsAPieceThatOutlivesTheNetworkItWasCutFrom() {
    OnnxEngine.Session session;
    LoweredNetwork.Piece piece;
    try (LoweredNetwork lowered = engine.lower(onnx, "wide")) {
      piece = lowered.piece(List.of("x"), false, List.of("y"), false, List.of()).orElseThrow();
      session = engine.load(piece, "piece");
    }
    try (OnnxEngine.Tensors in = input(1)) {
      session.run(in).close();
    }
    assertThatThrownBy(() -> engine.load(piece, "too late"))
        .isInstanceOf(IllegalStateException.class);
    session.close();
  }

  @Test
  void cannotCutWhereTheGivenTensorsAreNotEnough() {
    try (LoweredNetwork lowered = engine.lower(onnx, "wide")) {
      assertThat(lowered.piece(List.of("y"), false, List.of("middle"), false, List.of())).isEmpty();
      assertThat(lowered.piece(List.of("nowhere"), false, List.of("y"), false, List.of()))
          .isEqualTo(Optional.empty());
    }
  }

  @Test
  void leavesAConstantAsItIsForABranchThatReadsItToo() {
    int width = 16;
    byte[] shared = WideNetworks.weightSharedWithABranch(width);
    float[] x = TinyNetworks.noise(width, 4);
    ByteBuffer bytes = ByteBuffer.allocateDirect(4 * width).order(ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(x);
    try (OnnxEngine.Session session = engine.load(shared, "shared");
        OnnxProbe plain = OnnxProbe.load(shared, "plain", OnnxProbe.Mode.PLAIN);
        OnnxEngine.Tensors in =
            engine.wrap(List.of(FloatBuffer.wrap(x)), List.of(new long[] {1, width}))) {
      FloatBuffer expected =
          plain
              .run(Map.of("x", new OnnxProbe.Value(1, new long[] {1, width}, bytes)), List.of("y"))
              .get("y")
              .bytes()
              .asFloatBuffer();
      float[] values = new float[width];
      expected.get(values);
      assertThat(TinyNetworks.relativeError(floats(session.run(in), 0), values))
          .isLessThan(TOLERANCE);
    }
  }

  @Test
  void passesOnATensorThatIsGivenAndWanted() {
    try (LoweredNetwork lowered = engine.lower(onnx, "wide");
        OnnxEngine.Session both =
            engine.load(
                lowered
                    .piece(List.of("x"), false, List.of("x", "middle"), false, List.of("y"))
                    .orElseThrow(),
                "both");
        OnnxEngine.Tensors in = input(1);
        OnnxEngine.Tensors out = both.run(in)) {
      assertThat(out.size()).isEqualTo(3);
      assertThat(out.floats(0)).isEqualTo(in.floats(0));
    }
  }

  @Test
  void refusesWhatIsNoModelWithItsName() {
    assertThatThrownBy(() -> engine.lower(new byte[] {1, 2, 3}, Bundle.BACKBONE))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining(Bundle.BACKBONE);
  }

  private static float[] floats(OnnxEngine.Tensors tensors, int index) {
    try (tensors) {
      FloatBuffer view = tensors.floats(index);
      float[] values = new float[view.remaining()];
      view.get(values);
      return values;
    }
  }
}
