package dev.sluice.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.training.export.TinyNetwork;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class CutChoiceTest {
  @Test
  void placesExitsAtTheCutsNearestToTheWantedShares() throws IOException {
    OnnxGraph graph = OnnxGraph.of(TinyNetwork.onnx(), "tiny");

    CutChoice choice = CutChoice.of(graph, List.of(0.3, 0.7));

    List<CutPoint> cuts = choice.cuts();
    assertThat(cuts.get(0).tensors()).isEqualTo(graph.inputs());
    assertThat(cuts.get(cuts.size() - 1).tensors()).isEqualTo(graph.outputs());
    assertThat(choice.exitCuts()).isNotEmpty().isSorted().doesNotHaveDuplicates();
    for (int exit : choice.exitCuts()) {
      assertThat(exit).isBetween(1, cuts.size() - 2);
    }
    assertThat(cuts.get(choice.exitCuts().get(0)).tensors()).containsExactly(TinyNetwork.RELU);
  }

  @Test
  void keepsOneExitWhereTwoSharesFallOnTheSameCut() throws IOException {
    OnnxGraph graph = OnnxGraph.of(TinyNetwork.onnx(), "tiny");

    assertThat(CutChoice.of(graph, List.of(0.30, 0.31)).exitCuts()).hasSize(1);
  }

  @Test
  void listsCutsInTheOrderOfTheNetwork() throws IOException {
    OnnxGraph graph = OnnxGraph.of(TinyNetwork.onnx(), "tiny");

    assertThat(CutChoice.of(graph, List.of(0.7, 0.3)).cuts())
        .extracting(CutPoint::position)
        .isSorted()
        .doesNotHaveDuplicates();
  }
}
