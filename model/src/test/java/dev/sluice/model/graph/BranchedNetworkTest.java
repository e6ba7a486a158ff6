package dev.sluice.model.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BranchedNetworkTest {
  /** Sums of a few hundred float32 products in pieces that the engine may fuse otherwise. */
  private static final double TOLERANCE = 1e-5;

  private static final int BATCH = 3;

  @Test
  void takesABranchyNetApartAtItsSideBranches() throws OnnxFormatException {
    BranchedNetwork branched = split(BranchedNetworks.branchyNet());

    assertThat(branched.backbone().outputs()).containsExactly("last");
    assertThat(branched.leftOut()).isEmpty();
    assertThat(branched.branches())
        .extracting(branch -> branch.cut().tensors())
        .containsExactly(List.of("c2"), List.of("c4"));
    assertThat(branched.branches())
        .extracting(BranchedNetwork.Branch::output)
        .containsExactly("exit1", "exit2");
    // The side branch's convolution and its classifier, and the other's classifier alone.
    assertThat(branched.branches().get(0).macs()).isEqualTo(4 * 4 * 4 * 8 * 9 + 4 * 5);
    assertThat(branched.branches().get(1).macs()).isEqualTo(12 * 5);
    assertThat(branched.backbone().nodes())
        .extracting(GraphNode::name)
        .noneMatch(name -> name.startsWith("side") || name.startsWith("exit"));
    agrees(BranchedNetworks.branchyNet(), branched);
  }

  @Test
  void takesAnMsdNetApartWhereSeveralScalesAreLive() throws OnnxFormatException {
    BranchedNetwork branched = split(BranchedNetworks.msdNet());

    assertThat(branched.backbone().outputs()).containsExactly("exit3");
    assertThat(branched.branches()).hasSize(2);
    assertThat(branched.branches().get(0).cut().tensors())
        .contains("l2s2")
        .hasSizeGreaterThanOrEqualTo(2);
    assertThat(branched.branches().get(1).cut().tensors())
        .contains("l3s2")
        .hasSizeGreaterThanOrEqualTo(2);
    agrees(BranchedNetworks.msdNet(), branched);
  }

  @Test
  void computesWhatABranchSharesWithAnEarlierOneAgain() throws OnnxFormatException {
    BranchedNetwork branched = split(BranchedNetworks.cascade());

    assertThat(branched.branches().get(1).cut().tensors()).contains("c1", "c2");
    assertThat(branched.branches().get(1).macs()).isEqualTo(8 * 5 + 6 * 5);
    agrees(BranchedNetworks.cascade(), branched);
  }

  @Test
  void leavesAnOutputInTheBackboneThatTheLastOneReads() throws OnnxFormatException {
    BranchedNetwork branched = split(BranchedNetworks.boosted());

    assertThat(branched.branches().get(0).cut().tensors()).contains("exit1");
    assertThat(branched.branches().get(0).macs()).isZero();
    agrees(BranchedNetworks.boosted(), branched);
  }

  @Test
  void findsACutForBranchesThatReadFarApartOrAtTheSamePlace() throws OnnxFormatException {
    BranchedNetwork branched = split(BranchedNetworks.oddBranches());

    assertThat(branched.backbone().outputs()).containsExactly("probabilities");
    assertThat(branched.leftOut()).containsExactly("last");
    assertThat(branched.branches())
        .extracting(BranchedNetwork.Branch::output)
        .containsExactlyInAnyOrder("wide", "twin1", "twin2");
    assertThat(branched.branches().get(0).cut().tensors()).contains("c1", "c3");
    List<Integer> positions =
        branched.branches().stream().map(branch -> branch.cut().position()).toList();
    assertThat(positions).isSorted().doesNotHaveDuplicates();
    agrees(BranchedNetworks.oddBranches(), branched);
  }

  @Test
  void makesANetworkWithOneOutputTheBackboneItself() throws OnnxFormatException {
    BranchedNetwork branched = split(BranchedNetworks.plain());

    assertThat(branched.branches()).isEmpty();
    assertThat(branched.backbone().nodes())
        .isEqualTo(OnnxGraph.of(BranchedNetworks.plain(), "plain").nodes());
  }

  @Test
  void tellsExitsFromOtherOutputs() throws OnnxFormatException {
    assertThat(BranchedNetwork.isOne(OnnxGraph.of(BranchedNetworks.msdNet(), "msd"))).isTrue();
    assertThat(BranchedNetwork.isOne(OnnxGraph.of(BranchedNetworks.plain(), "plain"))).isFalse();
    assertThat(BranchedNetwork.isOne(OnnxGraph.of(BranchedNetworks.withFeatures(), "features")))
        .isFalse();
  }

  private static BranchedNetwork split(byte[] onnx) throws OnnxFormatException {
    return BranchedNetwork.of(OnnxGraph.of(onnx, "branched"));
  }

  /** Every head, fed with what the backbone has at its cut, says what the whole network says. */
  private static void agrees(byte[] onnx, BranchedNetwork branched) {
    float[] input =
        TinyNetworks.noise(BATCH * 3 * BranchedNetworks.SIDE * BranchedNetworks.SIDE, 9);
    long[] shape = {BATCH, 3, BranchedNetworks.SIDE, BranchedNetworks.SIDE};
    OnnxGraph backbone = branched.backbone();
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        OnnxEngine.Session whole = engine.load(onnx, "whole");
        OnnxEngine.Tensors in = engine.wrap(List.of(FloatBuffer.wrap(input)), List.of(shape))) {
      Map<String, float[]> expected = new LinkedHashMap<>();
      try (OnnxEngine.Tensors out = whole.run(in)) {
        for (int i = 0; i < whole.outputs().size(); i++) {
          expected.put(whole.outputs().get(i), values(out.floats(i)));
        }
      }
      for (BranchedNetwork.Branch branch : branched.branches()) {
        List<String> tensors = branch.cut().tensors();
        try (OnnxEngine.Session front =
                engine.load(backbone.extract(backbone.inputs(), tensors), "front");
            OnnxEngine.Session head = engine.load(branch.head(), "head");
            OnnxEngine.Session rest =
                engine.load(backbone.extract(tensors, backbone.outputs()), "rest");
            OnnxEngine.Tensors at = front.run(in);
            OnnxEngine.Tensors copy = copy(engine, at, tensors.size());
            OnnxEngine.Tensors logits = head.run(copy);
            OnnxEngine.Tensors last = rest.run(copy)) {
          assertThat(
                  TinyNetworks.relativeError(
                      values(logits.floats(0)), expected.get(branch.output())))
              .as(branch.output())
              .isLessThan(TOLERANCE);
          assertThat(
                  TinyNetworks.relativeError(
                      values(last.floats(0)), expected.get(backbone.outputs().get(0))))
              .as("behind " + branch.output())
              .isLessThan(TOLERANCE);
        }
      }
    }
  }

  private static OnnxEngine.Tensors copy(OnnxEngine engine, OnnxEngine.Tensors tensors, int count) {
    List<ByteBuffer> bytes = new ArrayList<>();
    List<TensorType> types = new ArrayList<>();
    List<long[]> shapes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      bytes.add(tensors.bytes(i));
      types.add(tensors.type(i));
      shapes.add(tensors.shape(i));
    }
    return engine.wrap(bytes, types, shapes);
  }

  private static float[] values(FloatBuffer buffer) {
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return values;
  }
}
