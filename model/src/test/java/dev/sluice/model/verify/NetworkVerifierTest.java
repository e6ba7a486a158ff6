package dev.sluice.model.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.Nets;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.model.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NetworkVerifierTest {
  private static OnnxGraph twoLayers(float factor) throws OnnxFormatException {
    return new Nets(3)
        .image("image", 3, 8, 8)
        .conv("c1", "image", 3, 4, 3, 1)
        .scalar("factor", factor)
        .op("Mul", "scaled", "c1", "factor")
        .conv("c2", "scaled", 4, 4, 3, 1)
        .classifier("logits", "c2", 4, 3)
        .output("logits")
        .read();
  }

  @Test
  void seesThatACutNetworkIsAnother() throws OnnxFormatException {
    OnnxGraph graph = twoLayers(1);
    CutPoint real = graph.cutPoints().get(1);
    NetworkInputs inputs = NetworkInputs.seeded(graph, Map.of(), 2, 7);
    // A cut point of a network whose tensor of that name holds other values.
    OnnxGraph other = twoLayers(1.01f);
    assertThat(NetworkVerifier.verify(graph, List.of(real), inputs, done -> {}).holds()).isTrue();
    assertThat(NetworkVerifier.difference(graph, other, inputs)).isBetween(1e-4, 1.0);
    assertThat(NetworkVerifier.difference(graph, twoLayers(1), inputs)).isZero();
  }

  @Test
  void tellsHowManyCutsAreDone() throws OnnxFormatException {
    OnnxGraph graph = twoLayers(1);
    List<Integer> heard = new ArrayList<>();
    NetworkVerifier.verify(
        graph, graph.cutPoints(), NetworkInputs.seeded(graph, Map.of(), 1, 7), heard::add);
    assertThat(heard).hasSameSizeAs(graph.cutPoints()).isSorted().startsWith(1);
  }

  @Test
  void refusesOutputsThatAreNoNumbers() throws OnnxFormatException {
    OnnxGraph graph =
        new Nets(4)
            .image("x", 4)
            .op("Sub", "zero", "x", "x")
            .op("Div", "y", "zero", "zero")
            .output("y")
            .read();
    NetworkInputs inputs = NetworkInputs.seeded(graph, Map.of(), 1, 7);
    assertThatThrownBy(() -> NetworkVerifier.verify(graph, graph.cutPoints(), inputs, done -> {}))
        .isInstanceOf(NotComparableException.class)
        .hasMessageContaining("'y'");
  }

  @Test
  void drawsTheSameInputsFromTheSameSeedWithinTheirRanges() throws OnnxFormatException {
    OnnxGraph graph =
        new Nets(5)
            .input("x", TensorType.FLOAT32, "N", 4)
            .input("k", TensorType.INT64, "N", 4)
            .op("Cast", "f", "k")
            .with("to", 1)
            .op("Add", "y", "x", "f")
            .output("y")
            .read();
    Map<String, ValueRange> ranges = ValueRange.parse(List.of("k=-3..5", "x=0.5..0.75"));
    NetworkInputs one = NetworkInputs.seeded(graph, ranges, 3, 1);
    NetworkInputs same = NetworkInputs.seeded(graph, ranges, 3, 1);
    assertThat(one.all().get("k").bytes()).isEqualTo(same.all().get("k").bytes());
    for (int i = 0; i < 12; i++) {
      assertThat(one.all().get("k").bytes().getLong(8 * i)).isBetween(-3L, 5L);
      assertThat(one.all().get("x").bytes().getFloat(4 * i)).isBetween(0.5f, 0.75f);
    }
    for (String wrong : List.of("k", "k=", "k=1", "k=1..", "k=5..1", "k=a..b")) {
      assertThatThrownBy(() -> ValueRange.parse(List.of(wrong)))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void takesPicturesOfTheRightSizeOnly() throws OnnxFormatException {
    OnnxGraph graph = twoLayers(1);
    NetworkInputs pictures = NetworkInputs.of(graph, List.of(new float[192], new float[192]));
    assertThat(NetworkVerifier.verify(graph, graph.cutPoints(), pictures, done -> {}).holds())
        .isTrue();
    assertThatThrownBy(() -> NetworkInputs.of(graph, List.of(new float[191])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("192");
    OnnxGraph words = Nets.transformer(1, false).read();
    assertThatThrownBy(() -> NetworkInputs.of(words, List.of(new float[6])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ids");
  }
}
