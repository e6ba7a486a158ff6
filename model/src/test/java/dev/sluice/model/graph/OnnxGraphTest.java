package dev.sluice.model.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.engine.EngineOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OnnxGraphTest {
  /** Float32 sums in another order differ in the last digits; the task allows this much. */
  private static final double TOLERANCE = 1e-4;

  private static OnnxGraph residual() throws OnnxFormatException {
    return OnnxGraph.of(TinyNetworks.residual(), "residual");
  }

  @Test
  void countsWhatLivesTogetherAtOneNode() throws Exception {
    // At block.add: input 3x8x8, stem.relu, block.conv and the sum, 4x8x8 each.
    assertThat(residual().peakActivationBytes()).isEqualTo(4 * (192 + 3 * 256));
    assertThat(residual().constantBytes().values().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(residual().weightBytes());
  }

  @Test
  void keepsConstantsOutOfTheLiveTensors() throws OnnxFormatException {
    OnnxGraph graph = residual();
    List<String> all = new ArrayList<>();
    for (int position = 0; position <= graph.nodes().size(); position++) {
      all.addAll(graph.liveAt(position));
    }
    assertThat(all).doesNotContain("factor", "factor.a", "stem.weight", "down.pads");
    assertThat(graph.nodes()).extracting(GraphNode::name).doesNotContain("factor");
  }

  @Test
  void keepsTheShortcutLiveBesideTheBlock() throws OnnxFormatException {
    OnnxGraph graph = residual();
    assertThat(graph.liveAt(0)).containsExactly("input");
    assertThat(graph.liveAt(2)).containsExactly("stem.relu");
    assertThat(graph.liveAt(3)).containsExactly("stem.relu", "block.conv");
    assertThat(graph.liveAt(graph.nodes().size())).containsExactly("logits");
  }

  @Test
  void cutsBehindTheActivationWhereASingleTensorIsLive() throws OnnxFormatException {
    List<CutPoint> cuts = residual().cutPoints();
    assertThat(cuts)
        .extracting(CutPoint::name)
        .containsExactly("input", "stem.relu", "block.relu", "down.relu", "flat", "logits");
    assertThat(cuts.get(2).shapes().get(0)).containsExactly(4, 8, 8);
    assertThat(cuts.get(2).bytes()).isEqualTo(4 * 8 * 8 * 4);
  }

  @Test
  void countsMacsByHand() throws OnnxFormatException {
    // stem 4x8x8 outputs x 3x3x3, block 4x8x8 x 4x3x3, down 8x4x4 x 4x3x3, logits 5 x 8.
    assertThat(residual().totalMacs()).isEqualTo(256 * 27 + 256 * 36 + 128 * 36 + 40);
    assertThat(residual().cutPoints().get(2).macsBefore()).isEqualTo(256 * 27 + 256 * 36);
    OnnxGraph kinds = OnnxGraph.of(TinyNetworks.allKindsOfMacs(), "kinds");
    assertThat(kinds.nodes())
        .extracting(GraphNode::macs)
        // depthwise 4x8x8 x 1x3x3; grouped 6x8x8 x 2x3x3; transposed 6x8x8 inputs x 2x2x2; 7 x 2.
        .containsExactly(256L * 9, 384L * 18, 384L * 8, 0L, 0L, 14L);
  }

  @Test
  void givesTheUncutOutputAtEveryCut() throws OnnxFormatException {
    OnnxGraph graph = residual();
    assertEveryCutGivesTheUncutOutput(graph, graph.cutPoints());
  }

  @Test
  void cutsThroughSeveralTensorsWhereAskedTo() throws OnnxFormatException {
    OnnxGraph graph = residual();
    List<CutPoint> cuts = graph.cutPoints(2);
    assertThat(cuts).hasSizeGreaterThan(graph.cutPoints().size());
    assertThat(cuts).anyMatch(cut -> cut.tensors().size() == 2);
    assertEveryCutGivesTheUncutOutput(graph, cuts);
  }

  @Test
  void carriesAnEarlyOutputAcrossTheCutsBehindIt() throws OnnxFormatException {
    OnnxGraph graph = OnnxGraph.of(TinyNetworks.twoOutputs(), "two outputs");
    List<CutPoint> cuts = graph.cutPoints(2);
    assertThat(cuts.get(cuts.size() - 1).tensors()).containsExactlyInAnyOrder("logits", "aux");
    assertEveryCutGivesTheUncutOutput(graph, cuts);
  }

  private static void assertEveryCutGivesTheUncutOutput(OnnxGraph graph, List<CutPoint> cuts)
      throws OnnxFormatException {
    int batch = 3;
    float[] input = TinyNetworks.noise(batch * 3 * 8 * 8, 7);
    try (OnnxNetwork whole = OnnxNetwork.of(graph, EngineOptions.singleThread())) {
      Map<String, float[]> uncut = whole.run(input, batch);
      for (CutPoint cut : cuts) {
        Map<String, float[]> live = whole.run(input, batch, cut.tensors());
        byte[] tail = graph.extract(cut.tensors(), graph.outputs());
        Map<String, float[]> result =
            Pieces.run(tail, cut.tensors().stream().map(live::get).toList(), cut.shapes(), batch);
        int i = 0;
        for (Map.Entry<String, float[]> output : result.entrySet()) {
          assertThat(
                  TinyNetworks.relativeError(
                      output.getValue(), uncut.get(graph.outputs().get(i++))))
              .as("cut %s, output %s", cut, output.getKey())
              .isLessThan(TOLERANCE);
        }
      }
    }
  }

  @Test
  void putsNodesInOrderThatAreWrittenInAnother() throws OnnxFormatException {
    OnnxGraph backwards = OnnxGraph.of(TinyNetworks.residualBackwards(), "backwards");
    assertThat(backwards.totalMacs()).isEqualTo(residual().totalMacs());
    assertEveryCutGivesTheUncutOutput(backwards, backwards.cutPoints());
  }

  @Test
  void keepsTensorsLiveThatOnlyABranchReads() throws OnnxFormatException {
    OnnxGraph graph = OnnxGraph.of(TinyNetworks.withSubgraph(), "branches");
    int branch = graph.nodes().size() - 1;
    assertThat(graph.liveAt(branch)).contains("relu");
    float[] input = TinyNetworks.noise(3 * 8 * 8, 8);
    try (OnnxNetwork network = OnnxNetwork.of(graph, EngineOptions.singleThread())) {
      float[] relu = network.run(input, 1, List.of("relu")).get("relu");
      float[] uncut = network.run(input, 1).get("chosen");
      byte[] tail = graph.extract(List.of("relu"), graph.outputs());
      float[] cut = Pieces.run(tail, List.of(relu), List.of(new int[] {4, 8, 8}), 1).get("chosen");
      assertThat(TinyNetworks.relativeError(cut, uncut)).isLessThan(TOLERANCE);
    }
  }

  @Test
  void refusesAPieceThatDoesNotFollowFromItsInputs() throws OnnxFormatException {
    OnnxGraph graph = residual();
    assertThatThrownBy(() -> graph.extract(List.of("block.conv"), List.of("logits")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'input'");
  }

  @Test
  void passesATensorThroughThatIsOnBothSides() throws OnnxFormatException {
    OnnxGraph graph = residual();
    float[] live = TinyNetworks.noise(4 * 8 * 8, 9);
    byte[] piece = graph.extract(List.of("stem.relu"), List.of("stem.relu", "block.relu"));
    Map<String, float[]> result = Pieces.run(piece, List.of(live), List.of(new int[] {4, 8, 8}), 1);
    assertThat(result.values().iterator().next()).isEqualTo(live);
  }

  @Test
  void runsABatchAsItsSamplesOneByOne() throws OnnxFormatException {
    float[] batch = TinyNetworks.noise(2 * 3 * 8 * 8, 10);
    try (OnnxNetwork network = OnnxNetwork.of(residual(), EngineOptions.singleThread())) {
      float[] together = network.run(batch, 2).get("logits");
      float[] first =
          network.run(java.util.Arrays.copyOfRange(batch, 0, 3 * 8 * 8), 1).get("logits");
      assertThat(TinyNetworks.relativeError(java.util.Arrays.copyOf(together, 5), first))
          .isLessThan(TOLERANCE);
      assertThatThrownBy(() -> network.run(batch, 3)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void failsFastOnceClosed() throws OnnxFormatException {
    OnnxNetwork network = OnnxNetwork.of(residual(), EngineOptions.singleThread());
    network.close();
    network.close();
    assertThatThrownBy(() -> network.run(new float[3 * 8 * 8], 1))
        .isInstanceOf(IllegalStateException.class);
  }
}
