package dev.sluice.model.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpliceTest {
  private static final double TOLERANCE = 1e-4;
  private static final List<String> INPUT = List.of("input");
  private static final List<String> CUT = List.of("block.relu");
  private static final int[] CUT_SHAPE = {4, 8, 8};

  private static OnnxGraph graph(byte[] onnx) throws OnnxFormatException {
    return OnnxGraph.of(onnx, "tiny");
  }

  @Test
  void givesTheLogitsThatTheHeadGivesAlone() throws OnnxFormatException {
    OnnxGraph backbone = graph(TinyNetworks.residual());
    byte[] head = TinyNetworks.head(4, 8, 8, 5, 11);
    float[] input = TinyNetworks.noise(3 * 8 * 8, 12);
    byte[] fused = backbone.splice(INPUT, CUT).withHead(graph(head)).toBytes();
    List<float[]> together =
        new ArrayList<>(
            Pieces.run(fused, List.of(input), List.of(new int[] {3, 8, 8}), 1).values());
    float[] alone = Pieces.run(head, List.of(together.get(0)), List.of(CUT_SHAPE), 1).get("logits");
    assertThat(together).hasSize(2);
    assertThat(TinyNetworks.relativeError(together.get(1), alone)).isLessThan(TOLERANCE);
  }

  @Test
  void undoesTheEncoderInFrontOfTheStage() throws OnnxFormatException {
    OnnxGraph backbone = graph(TinyNetworks.residual());
    float[] live = TinyNetworks.noise(4 * 8 * 8, 13);
    float[] encoded = live.clone();
    for (int i = 0; i < encoded.length; i++) {
      encoded[i] *= 4;
    }
    byte[] plain = backbone.extract(CUT, List.of("logits"));
    byte[] fused =
        backbone
            .splice(CUT, List.of("logits"))
            .precededBy(graph(TinyNetworks.scaling(0.25f, CUT_SHAPE)))
            .toBytes();
    assertThat(Pieces.run(fused, List.of(encoded), List.of(CUT_SHAPE), 1).get("logits"))
        .isEqualTo(Pieces.run(plain, List.of(live), List.of(CUT_SHAPE), 1).get("logits"));
  }

  @Test
  void joinsAcrossOperatorSetsOnlyWhatMeansTheSame() throws OnnxFormatException {
    OnnxGraph backbone = graph(TinyNetworks.residual());
    assertThat(
            backbone
                .splice(INPUT, CUT)
                .withHead(graph(TinyNetworks.headOfAnotherSet("Relu")))
                .toBytes())
        .isNotEmpty();
    assertThatThrownBy(
            () ->
                backbone
                    .splice(INPUT, CUT)
                    .withHead(graph(TinyNetworks.headOfAnotherSet("ReduceMax"))))
        .isInstanceOf(OnnxFormatException.class)
        .hasMessageContaining("operator set 13");
  }

  @Test
  void refusesAHeadForAnotherNumberOfTensors() throws OnnxFormatException {
    OnnxGraph backbone = graph(TinyNetworks.residual());
    assertThatThrownBy(
            () ->
                backbone
                    .splice(INPUT, List.of("stem.relu", "block.relu"))
                    .withHead(graph(TinyNetworks.head(4, 8, 8, 5, 1))))
        .isInstanceOf(OnnxFormatException.class)
        .hasMessageContaining("1 inputs for 2 tensors");
  }
}
