package dev.sluice.model.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.GraphNode;
import dev.sluice.model.graph.Nets;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.model.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every position of networks of the kinds that are hard to cut, against the uncut network. */
class HardNetworksTest {
  private static final int ANY = 100;

  /**
   * Compares every position that can be cut at all, and returns the cut points that are offered.
   */
  private static List<CutPoint> everyPosition(OnnxGraph graph) {
    return everyPosition(graph, NetworkInputs.seeded(graph, Map.of(), 3, 5));
  }

  private static List<CutPoint> everyPosition(OnnxGraph graph, NetworkInputs inputs) {
    List<CutPoint> all = graph.cutPoints(ANY);
    NetworkVerification verified = NetworkVerifier.verify(graph, all, inputs, done -> {});
    assertThat(verified.cuts())
        .allSatisfy(
            difference ->
                assertThat(difference.relative())
                    .as("%s", difference.cut())
                    .isLessThanOrEqualTo(NetworkVerification.TOLERANCE));
    assertThat(verified.batched()).isEqualTo(graph.hasDynamicBatch());
    List<CutPoint> offered = graph.cutPoints();
    assertThat(all).containsAll(offered);
    return offered;
  }

  @Test
  void findsLiveWhatOneSideComputesAndTheOtherNeeds() throws OnnxFormatException {
    for (Nets net : List.of(Nets.unet(), Nets.multiScale(), Nets.efficient(), Nets.interleaved())) {
      OnnxGraph graph = net.read();
      List<GraphNode> nodes = graph.nodes();
      for (int position = 0; position <= nodes.size(); position++) {
        Set<String> computed = new HashSet<>(graph.inputs());
        nodes.subList(0, position).forEach(node -> computed.addAll(node.outputs()));
        Set<String> needed = new HashSet<>(graph.outputs());
        nodes.subList(position, nodes.size()).forEach(node -> needed.addAll(node.inputs()));
        computed.retainAll(needed);
        assertThat(graph.liveAt(position)).containsExactlyInAnyOrderElementsOf(computed);
      }
    }
  }

  private static double longestStretch(OnnxGraph graph, List<CutPoint> cuts) {
    double longest = 0;
    for (int i = 1; i < cuts.size(); i++) {
      longest =
          Math.max(
              longest,
              (cuts.get(i).macsBefore() - cuts.get(i - 1).macsBefore())
                  / (double) graph.totalMacs());
    }
    return longest;
  }

  @Test
  void cutsThroughTheSkipsOfAUnet() throws OnnxFormatException {
    OnnxGraph graph = Nets.unet().read();
    List<CutPoint> cuts = everyPosition(graph);
    assertThat(cuts).anyMatch(cut -> cut.tensors().size() > 1);
    assertThat(longestStretch(graph, graph.offeredCutPoints(1))).isGreaterThan(0.7);
    assertThat(longestStretch(graph, cuts)).isLessThan(0.45);
  }

  @Test
  void cutsThroughAllScalesOfAMultiScaleNetwork() throws OnnxFormatException {
    OnnxGraph graph = Nets.multiScale().read();
    List<CutPoint> cuts = everyPosition(graph);
    assertThat(longestStretch(graph, graph.offeredCutPoints(1))).isGreaterThan(0.5);
    assertThat(longestStretch(graph, cuts)).isLessThan(0.3);
  }

  @Test
  void leavesOutTheExitsThatAreNotOfInterest() throws OnnxFormatException {
    OnnxGraph last = Nets.multiScale().read().select(List.of("exit5"));
    List<CutPoint> cuts = everyPosition(last);
    assertThat(last.outputs()).containsExactly("exit5");
    assertThat(cuts).noneMatch(cut -> cut.tensors().contains("exit1"));
    assertThat(last.totalMacs()).isLessThan(Nets.multiScale().read().totalMacs());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void carriesTheMaskBesideTheResidualStream(boolean maskIsBool) throws OnnxFormatException {
    OnnxGraph graph = Nets.transformer(4, maskIsBool).read();
    List<CutPoint> cuts = everyPosition(graph);
    assertThat(cuts.get(0).types())
        .containsExactly(TensorType.INT64, maskIsBool ? TensorType.BOOL : TensorType.INT64);
    assertThat(cuts)
        .filteredOn(cut -> cut.tensors().contains("mask.added"))
        .allSatisfy(cut -> assertThat(cut.tensors()).hasSizeBetween(2, 3))
        .filteredOn(cut -> cut.tensors().size() == 2)
        .hasSizeGreaterThanOrEqualTo(6);
    assertThat(longestStretch(graph, cuts)).isLessThan(0.3);
  }

  @Test
  void losesNoCutToShapesThatAreComputedAtRunTime() throws OnnxFormatException {
    OnnxGraph graph = Nets.transformer(3, false).read();
    for (int position = 1; position < graph.nodes().size(); position++) {
      assertThat(graph.liveAt(position))
          .noneMatch(tensor -> tensor.endsWith(".shape") || tensor.endsWith(".to"));
    }
  }

  @Test
  void computesCheapThingsAgainInsteadOfSendingThem() throws OnnxFormatException {
    OnnxGraph graph = Nets.efficient().read();
    everyPosition(graph);
    assertThat(graph.offeredCutPoints(1))
        .extracting(CutPoint::name)
        .containsExactly("image", "stem", "b0.sum", "b1.sum", "b2.sum", "logits.flat", "logits");
    assertThat(graph.cutPoints(ANY)).noneMatch(cut -> cut.tensors().contains("b0.sig"));
  }

  @Test
  void takesABetterOrderThanTheFiles() throws OnnxFormatException {
    OnnxGraph graph = Nets.interleaved().read();
    everyPosition(graph);
    long most = 0;
    for (int position = 0; position <= graph.nodes().size(); position++) {
      most = Math.max(most, graph.liveAt(position).size());
    }
    assertThat(most).isEqualTo(3);
    List<String> order = graph.nodes().stream().map(node -> node.name()).toList();
    // One branch is finished before the next one begins.
    assertThat(order.indexOf("branch0.3")).isLessThan(order.indexOf("branch1.1"));
  }

  @Test
  void keepsWhatAnEarlyExitGivesWhileItsTensorIsUsedFurtherOn() throws OnnxFormatException {
    OnnxGraph graph =
        new Nets(21)
            .image("image", 3, 8, 8)
            .conv("c1", "image", 3, 4, 3, 1)
            .op("Relu", "features", "c1")
            .output("features")
            .conv("c2", "features", 4, 4, 3, 1)
            .op("Relu", "r2", "c2")
            .classifier("exit", "r2", 4, 3)
            .output("exit")
            .op("Softmax", "exit.again", "exit")
            .conv("c3", "r2", 4, 4, 3, 1)
            .classifier("last", "c3", 4, 3)
            .op("Add", "logits", "last", "exit.again")
            .output("logits")
            .read();
    List<CutPoint> cuts = everyPosition(graph);
    assertThat(cuts.get(cuts.size() - 1).tensors()).containsExactly("features", "exit", "logits");
  }

  @Test
  void sharesWeightsAndConstantsBetweenBothSides() throws OnnxFormatException {
    OnnxGraph graph =
        new Nets(22)
            .image("image", 4, 8, 8)
            .weights("shared", 4, 4, 3, 3)
            .op("Conv", "a", "image", "shared")
            .with("pads", new int[] {1, 1, 1, 1})
            .op("Conv", "b", "a", "shared")
            .with("pads", new int[] {1, 1, 1, 1})
            .scalar("x", 2)
            .scalar("y", 3)
            .op("Add", "five", "x", "y")
            .op("Mul", "c", "b", "five")
            .op("Conv", "d", "c", "shared")
            .with("pads", new int[] {1, 1, 1, 1})
            .op("Mul", "e", "d", "five")
            .classifier("logits", "e", 4, 3)
            .output("logits")
            .output("five")
            .read();
    List<CutPoint> cuts = everyPosition(graph);
    assertThat(cuts)
        .filteredOn(cut -> cut.position() < graph.nodes().size())
        .noneMatch(cut -> cut.tensors().contains("five") || cut.tensors().contains("shared"));
    assertThat(graph.nodes().get(0).weightBytes()).isEqualTo(4 * 4 * 9 * 4);
    assertThat(graph.nodes().get(0).outputBytes()).isEqualTo(4 * 64 * 4);
  }

  @Test
  void takesSeveralInputsOfWhichOneIsUsedLate() throws OnnxFormatException {
    OnnxGraph graph =
        new Nets(23)
            .image("image", 3, 8, 8)
            .input("length", TensorType.FLOAT32, "N", 4)
            .input("kind", TensorType.INT32, "N", 1)
            .conv("c1", "image", 3, 4, 3, 1)
            .op("Relu", "r1", "c1")
            .conv("c2", "r1", 4, 4, 3, 1)
            .op("GlobalAveragePool", "pool", "c2")
            .op("Flatten", "flat", "pool")
            .op("Cast", "kind.float", "kind")
            .with("to", 1)
            .op("Concat", "all", "flat", "length", "kind.float")
            .with("axis", 1)
            .weights("w", 9, 3)
            .op("MatMul", "logits", "all", "w")
            .output("logits")
            .read();
    List<CutPoint> cuts = everyPosition(graph);
    assertThat(cuts.get(0).tensors()).containsExactly("image", "length", "kind");
    assertThat(cuts.get(0).bytes()).isEqualTo(3 * 64 * 4 + 16 + 4);
    assertThat(cuts).anyMatch(cut -> cut.tensors().equals(List.of("length", "kind", "r1")));
  }

  @Test
  void takesBranchesThatReadWhatIsOutside() throws OnnxFormatException {
    GraphProto inner =
        new Nets(1)
            .op("Mul", "then.out", "r1", "captured").graph().toBuilder()
                .addOutput(ValueInfoProto.newBuilder().setName("then.out"))
                .build();
    GraphProto other =
        new Nets(2)
            .op("Sub", "else.out", "r1", "derived").graph().toBuilder()
                .addOutput(ValueInfoProto.newBuilder().setName("else.out"))
                .build();
    Nets net =
        new Nets(24)
            .image("image", 3, 8, 8)
            .conv("c1", "image", 3, 4, 3, 1)
            .op("Relu", "r1", "c1")
            .conv("c2", "r1", 4, 4, 3, 1)
            .op("Relu", "r2", "c2")
            .scalar("captured", 2)
            .scalar("half", 0.5f)
            .op("Mul", "derived", "captured", "half")
            .op("ReduceMax", "most", "r2")
            .with("keepdims", 0)
            .op("Greater", "cond", "most", "half")
            .op("If", "chosen", "cond")
            .with("then_branch", inner)
            .with("else_branch", other);
    OnnxGraph graph =
        net.op("Add", "sum", "chosen", "r2")
            .classifier("logits", "sum", 4, 3)
            .output("logits")
            .read();
    List<CutPoint> cuts = everyPosition(graph);
    assertThat(cuts)
        .anyMatch(cut -> cut.tensors().equals(List.of("r1", "r2")) || cut.name().equals("sum"));
  }

  private static TypeProto anyFloats() {
    return TypeProto.newBuilder()
        .setTensorType(TypeProto.Tensor.newBuilder().setElemType(1))
        .build();
  }

  @Test
  void takesLoopsAndSequences() throws OnnxFormatException {
    GraphProto body =
        GraphProto.newBuilder()
            .setName("body")
            .addInput(Nets.info("i", 7))
            .addInput(Nets.info("go", 9))
            .addInput(ValueInfoProto.newBuilder().setName("state").setType(anyFloats()))
            .addNode(NodeProto.newBuilder().setOpType("Identity").addInput("go").addOutput("go.on"))
            .addNode(
                NodeProto.newBuilder()
                    .setOpType("Mul")
                    .addInput("state")
                    .addInput("factor")
                    .addOutput("scaled"))
            .addNode(
                NodeProto.newBuilder()
                    .setOpType("Add")
                    .addInput("scaled")
                    .addInput("r1")
                    .addOutput("next"))
            .addOutput(ValueInfoProto.newBuilder().setName("go.on"))
            .addOutput(ValueInfoProto.newBuilder().setName("next"))
            .build();
    OnnxGraph graph =
        new Nets(25)
            .image("image", 3, 8, 8)
            .conv("c1", "image", 3, 4, 3, 1)
            .op("Relu", "r1", "c1")
            .scalar("factor", 0.5f)
            .scalarLong("times", 3)
            .op("Loop", "looped", "times", "", "r1")
            .with("body", body)
            .op("SplitToSequence", "parts", "looped")
            .with("axis", 1)
            .op("ConcatFromSequence", "joined", "parts")
            .with("axis", 1)
            .conv("c2", "joined", 4, 4, 3, 1)
            .classifier("logits", "c2", 4, 3)
            .output("logits")
            .read();
    List<CutPoint> cuts = everyPosition(graph);
    assertThat(cuts).noneMatch(cut -> cut.tensors().contains("parts"));
    assertThat(graph.nodes()).anyMatch(node -> node.outputs().contains("parts"));
  }

  @Test
  void takesRandomOperatorsWithSeedsAndRefusesThoseWithout() throws OnnxFormatException {
    for (boolean seeded : List.of(true, false)) {
      Nets net =
          new Nets(26)
              .image("image", 3, 8, 8)
              .conv("c1", "image", 3, 4, 3, 1)
              .op("RandomNormalLike", "noise", "c1");
      if (seeded) {
        net.with("seed", 3f);
      }
      OnnxGraph graph =
          net.op("Add", "noisy", "c1", "noise")
              .conv("c2", "noisy", 4, 4, 3, 1)
              .op("Add", "again", "c2", "noise")
              .classifier("logits", "again", 4, 3)
              .output("logits")
              .read();
      assertThat(graph.liveAt(3)).contains("noise");
      if (seeded) {
        everyPosition(graph);
      } else {
        NetworkInputs inputs = NetworkInputs.seeded(graph, Map.of(), 1, 5);
        assertThatThrownBy(
                () -> NetworkVerifier.verify(graph, graph.cutPoints(), inputs, done -> {}))
            .isInstanceOf(NotComparableException.class)
            .hasMessageContaining("'noise'");
      }
    }
  }

  @Test
  void takesInputsThatAreLeftOut() throws OnnxFormatException {
    OnnxGraph graph =
        new Nets(27)
            .image("image", 3, 8, 8)
            .conv("c1", "image", 3, 4, 3, 1)
            .scalar("six", 6)
            .op("Clip", "clipped", "c1", "", "six")
            .doubledUp("larger", "clipped")
            .node("MaxPool", List.of("pooled", ""), List.of("larger"))
            .with("kernel_shape", new int[] {2, 2})
            .with("strides", new int[] {2, 2})
            .classifier("logits", "pooled", 4, 3)
            .output("logits")
            .read();
    assertThat(everyPosition(graph)).hasSizeGreaterThan(2);
  }

  @Test
  void takesRecurrentLayersWhoseBatchComesSecond() throws OnnxFormatException {
    OnnxGraph graph =
        new Nets(28)
            .input("x", TensorType.FLOAT32, "N", 5, 4)
            .op("Transpose", "time.first", "x")
            .with("perm", new int[] {1, 0, 2})
            .weights("W", 1, 24, 4)
            .weights("R", 1, 24, 6)
            .weights("B", 1, 48)
            .op("LSTM", "y", "time.first", "W", "R", "B")
            .with("hidden_size", 6)
            .longs("axis", 1)
            .op("Squeeze", "y3", "y", "axis")
            .op("Transpose", "back", "y3")
            .with("perm", new int[] {1, 0, 2})
            .op("Flatten", "flat", "back")
            .weights("w", 30, 3)
            .op("MatMul", "logits", "flat", "w")
            .output("logits")
            .read();
    List<CutPoint> cuts = everyPosition(graph);
    assertThat(cuts).noneMatch(cut -> cut.tensors().contains("time.first"));
    // Five steps of 24 gates, each from 4 inputs and 6 states; then 30 x 3.
    assertThat(graph.totalMacs()).isEqualTo(5 * 24 * 10 + 90);
  }

  @Test
  void takesNetworksOfAFixedBatchAndThoseThatOnlyClaimAnOpenOne() throws OnnxFormatException {
    for (Object batch : List.of(1, "N")) {
      OnnxGraph graph =
          new Nets(29)
              .input("image", TensorType.FLOAT32, batch, 3, 8, 8)
              .conv("c1", "image", 3, 4, 3, 1)
              .longs("to", 1, 4, 64)
              .op("Reshape", "rows", "c1", "to")
              .weights("w", 64, 5)
              .op("MatMul", "mixed", "rows", "w")
              .op("Flatten", "flat", "mixed")
              .weights("w2", 20, 3)
              .op("MatMul", "logits", "flat", "w2")
              .output("logits")
              .read();
      everyPosition(graph);
      assertThat(graph.hasDynamicBatch()).isFalse();
      assertThat(graph.fixedBatch()).isEqualTo(1);
    }
  }

  @Test
  void takesTensorsOfHalfPrecisionAndOfEightBits() throws OnnxFormatException {
    OnnxGraph graph =
        new Nets(30)
            .image("image", 3, 8, 8)
            .conv("c1", "image", 3, 4, 3, 1)
            .scalar("scale", 0.02f)
            .initializer(
                TensorProto.newBuilder().setName("zero").setDataType(2).addInt32Data(128).build())
            .op("QuantizeLinear", "q", "c1", "scale", "zero")
            .op("DequantizeLinear", "dq", "q", "scale", "zero")
            .conv("c2", "dq", 4, 4, 3, 1)
            .op("Cast", "half", "c2")
            .with("to", 10)
            .op("Cast", "single", "half")
            .with("to", 1)
            .classifier("logits", "single", 4, 3)
            .output("logits")
            .read();
    List<CutPoint> cuts = everyPosition(graph);
    assertThat(cuts)
        .anyMatch(cut -> cut.types().equals(List.of(TensorType.UINT8)) && cut.bytes() == 256);
    assertThat(cuts).anyMatch(cut -> cut.types().equals(List.of(TensorType.FLOAT16)));
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26})
  void takesEveryOperatorSetFromSevenOn(int opset) throws OnnxFormatException {
    OnnxGraph graph =
        new Nets(31)
            .opset(opset)
            .image("image", 3, 8, 8)
            .conv("c1", "image", 3, 4, 3, 1)
            .op("Relu", "r1", "c1")
            .conv("c2", "r1", 4, 4, 3, 1)
            .op("Add", "sum", "c2", "r1")
            .op("MaxPool", "pool", "sum")
            .with("kernel_shape", new int[] {2, 2})
            .with("strides", new int[] {2, 2})
            .op("Shape", "shape", "pool")
            .op("Sigmoid", "s", "pool")
            .op("Mul", "m", "pool", "s")
            .op("Transpose", "t", "m")
            .with("perm", new int[] {0, 2, 3, 1})
            .op("Reshape", "back", "t", "shape")
            .classifier("logits", "back", 4, 3)
            .output("logits")
            .read();
    assertThat(graph.inputs()).containsExactly("image");
    assertThat(everyPosition(graph)).hasSizeGreaterThan(3);
  }

  @Test
  void passesAnInputThatIsAnOutputToo() throws OnnxFormatException {
    OnnxGraph graph =
        new Nets(32)
            .image("image", 3, 8, 8)
            .conv("c1", "image", 3, 4, 3, 1)
            .op("Identity", "seen", "image")
            .output("seen")
            .classifier("logits", "c1", 4, 3)
            .output("logits")
            .read();
    everyPosition(graph);
  }

  @Test
  void drawsWordsThatTheNetworkKnows() throws OnnxFormatException {
    OnnxGraph graph = Nets.transformer(1, false).read();
    assertThat(graph.rowsChosenBy("ids")).hasValue(50);
    assertThat(graph.rowsChosenBy("mask")).isEmpty();
    assertThatThrownBy(
            () -> NetworkInputs.seeded(graph, ValueRange.parse(List.of("words=0..3")), 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'words'");
    NetworkInputs outside =
        NetworkInputs.seeded(graph, ValueRange.parse(List.of("ids=50..60")), 1, 1);
    assertThatThrownBy(() -> NetworkVerifier.verify(graph, graph.cutPoints(), outside, done -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("embedded");
  }

  /** A feature map whose early shape is wanted late, through one operator or another. */
  private static Nets lateShape(Object batch) {
    return new Nets(40)
        .input("image", TensorType.FLOAT32, batch, 3, 8, 8)
        .conv("c1", "image", 3, 4, 3, 1)
        .op("Relu", "r1", "c1")
        .conv("c2", "r1", 4, 8, 3, 2)
        .op("Relu", "r2", "c2")
        .conv("c3", "r2", 8, 16, 1, 1)
        .op("Relu", "r3", "c3");
  }

  @Test
  void makesShapesAnewOnBothSides() throws OnnxFormatException {
    for (Object batch : List.of("N", 1, 2)) {
      OnnxGraph graph =
          lateShape(batch)
              .op("Shape", "early", "r1")
              .op("Reshape", "as.r1", "r3", "early")
              .op("Shape", "front", "r1")
              .with("end", 1)
              .op("Shape", "back", "r1")
              .with("start", -2)
              .longs("four", 4)
              .op("Concat", "to", "front", "four", "back")
              .with("axis", 0)
              .op("Reshape", "again", "r3", "to")
              .op("Shape", "rank", "early")
              .op("ConstantOfShape", "zeros", "early")
              .op("Cast", "rank.float", "rank")
              .with("to", 1)
              .op("Sum", "sum", "as.r1", "again", "zeros", "rank.float")
              .classifier("logits", "sum", 4, 3)
              .output("logits")
              .read();
      List<CutPoint> cuts = everyPosition(graph);
      assertThat(cuts).extracting(CutPoint::name).contains("r1", "r2", "r3");
      assertThat(cuts).allMatch(cut -> cut.tensors().size() == 1);
      assertThat(graph.cutPoints(ANY)).noneMatch(cut -> cut.tensors().contains("zeros"));
    }
  }

  @Test
  void doesNotTakeAShapeThatDependsOnTheValuesForAKnownOne() throws OnnxFormatException {
    OnnxGraph graph =
        lateShape("N")
            .op("NonZero", "places", "r1")
            .op("Shape", "places.shape", "places")
            .op("Cast", "places.float", "places.shape")
            .with("to", 1)
            .op("ReduceSum", "count", "places.float")
            .op("Mul", "counted", "r3", "count")
            .classifier("logits", "counted", 16, 3)
            .output("logits")
            .read();
    // It has no batch dimension, so it cannot cross, nor be made anew: what it is taken of crosses.
    List<CutPoint> cuts = everyPosition(graph);
    assertThat(cuts).extracting(CutPoint::name).contains("r1");
    assertThat(graph.cutPoints(ANY))
        .filteredOn(cut -> cut.macsBefore() > 0 && !cut.name().equals("r1"))
        .filteredOn(
            cut ->
                graph.nodes().stream().map(GraphNode::name).toList().indexOf("counted")
                    >= cut.position())
        .allMatch(cut -> cut.tensors().contains("r1") || cut.tensors().contains("c1"));
  }

  @Test
  void takesAShapeAsItIsWhereItsTensorCrosses() throws OnnxFormatException {
    OnnxGraph graph =
        lateShape("N")
            .op("Shape", "late", "r3")
            .op("ConstantOfShape", "zeros", "late")
            .op("Add", "sum", "r3", "zeros")
            .classifier("logits", "sum", 16, 3)
            .output("logits")
            .output("late")
            .read();
    everyPosition(graph);
    byte[] piece = graph.extract(List.of("r3"), List.of("logits"));
    assertThat(OnnxGraph.of(piece, "piece").nodes())
        .noneMatch(node -> node.name().startsWith("sluice.batch"));
  }

  @Test
  void takesFunctionsOfTheFile() throws OnnxFormatException {
    ModelProto plain =
        lateShape("N")
            .op("Swish", "s", "r3")
            .classifier("logits", "s", 16, 3)
            .output("logits")
            .model();
    ModelProto.Builder model = plain.toBuilder();
    GraphProto.Builder graph = model.getGraphBuilder();
    for (int i = 0; i < graph.getNodeCount(); i++) {
      if (graph.getNode(i).getOpType().equals("Swish")) {
        graph.getNodeBuilder(i).setDomain("local");
      }
    }
    model.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("local").setVersion(1));
    model.addFunctions(
        FunctionProto.newBuilder()
            .setName("Swish")
            .setDomain("local")
            .addInput("x")
            .addOutput("y")
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
            .addNode(NodeProto.newBuilder().setOpType("Sigmoid").addInput("x").addOutput("gate"))
            .addNode(
                NodeProto.newBuilder()
                    .setOpType("Mul")
                    .addInput("x")
                    .addInput("gate")
                    .addOutput("y")));
    OnnxGraph read = OnnxGraph.of(model.build().toByteArray(), "functions");
    assertThat(everyPosition(read)).extracting(CutPoint::name).contains("r3");
  }

  @Test
  void takesSparseConstants() throws OnnxFormatException {
    ModelProto plain =
        lateShape("N")
            .op("Mul", "weighted", "r3", "sparse")
            .classifier("logits", "weighted", 16, 3)
            .output("logits")
            .model();
    ModelProto.Builder model = plain.toBuilder();
    model
        .getGraphBuilder()
        .addSparseInitializer(
            SparseTensorProto.newBuilder()
                .setValues(
                    TensorProto.newBuilder()
                        .setName("sparse")
                        .setDataType(1)
                        .addDims(2)
                        .addFloatData(2)
                        .addFloatData(3))
                .setIndices(
                    TensorProto.newBuilder()
                        .setDataType(7)
                        .addDims(2)
                        .addInt64Data(0)
                        .addInt64Data(3))
                .addDims(4));
    OnnxGraph read = OnnxGraph.of(model.build().toByteArray(), "sparse");
    assertThat(everyPosition(read)).noneMatch(cut -> cut.tensors().contains("sparse"));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void cutsNetworksThatNobodyThoughtOf(long seed) throws OnnxFormatException {
    Random random = new Random(seed);
    Nets net = new Nets(seed).image("t0", 4, 6, 6);
    List<String> tensors = new ArrayList<>(List.of("t0"));
    int nodes = 12 + random.nextInt(10);
    for (int i = 1; i <= nodes; i++) {
      String name = "t" + i;
      // Mostly near ones, so that there are chains as well as skips.
      int back = Math.min(tensors.size(), 1 + (int) Math.abs(random.nextGaussian() * 2));
      String one = tensors.get(tensors.size() - back);
      String other = tensors.get(random.nextInt(tensors.size()));
      switch (random.nextInt(7)) {
        case 0, 1 -> net.conv(name, one, 4, 4, 3, 1);
        case 2 -> net.op("Relu", name, one);
        case 3 -> net.op("Add", name, one, other);
        case 4 -> net.op("Sigmoid", name, one);
        case 5 -> net.op("Shape", name + ".s", other).op("Reshape", name, one, name + ".s");
        default -> net.scalar(name + ".k", 0.5f).op("Mul", name, one, name + ".k");
      }
      tensors.add(name);
      if (random.nextInt(8) == 0) {
        net.output(name);
      }
    }
    if (net.graph().getOutputList().stream()
        .noneMatch(output -> output.getName().equals("t" + nodes))) {
      net.output("t" + nodes);
    }
    everyPosition(net.read());
  }

  @Test
  void takesTheBatchFromAnInputThatHasIt() throws OnnxFormatException {
    // Only the shape of 'clamped' is read: whoever has the inputs makes it of the batch.
    OnnxGraph graph =
        new Nets(7)
            .input("gain", TensorType.FLOAT32, 1, 4)
            .input("x", TensorType.FLOAT32, "N", 4)
            .op("Relu", "clamped", "x")
            .op("Shape", "form", "clamped")
            .op("Expand", "wide", "gain", "form")
            .op("Sigmoid", "result", "wide")
            .output("result")
            .read();
    everyPosition(graph);
  }
}
