package dev.sluice.training.quantise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.OnnxGraph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantiserTest {
  private static final int SAMPLES = 8;

  /**
   * Eight bits through random weights: a gross mistake is far beyond, a fine one is found above.
   */
  private static final double COARSE = 0.1;

  private static OnnxEngine engine;

  @BeforeAll
  static void startEngine() {
    engine = OnnxEngine.start(EngineOptions.singleThread());
  }

  @AfterAll
  static void stopEngine() {
    engine.close();
  }

  private static int elements(int... shape) {
    int elements = 1;
    for (int side : shape) {
      elements *= side;
    }
    return elements;
  }

  private static float[] input(int sample, int... shape) {
    return SmallNetwork.random(new SplittableRandom(100 + sample), elements(shape), 1);
  }

  private static QuantisedNetwork quantise(OnnxGraph graph, Set<String> cuts, int... shape)
      throws Exception {
    Quantiser quantiser = Quantiser.of(graph, cuts, Quantiser.Options.standard());
    RangeObserver.Seen seen =
        RangeObserver.watch(
            graph,
            shape,
            quantiser.tensors(),
            engine,
            sample -> input(sample, shape),
            SAMPLES,
            2,
            done -> {});
    return quantiser.quantise(seen.grids(RangeMethod.MIN_MAX), Set.of());
  }

  private static float[] run(byte[] onnx, float[] input, int... shape) {
    var direct = OnnxEngine.allocate(input.length).put(input).flip();
    try (var session = engine.load(onnx, "test");
        var in = engine.wrap(List.of(direct), List.of(RangeObserver.batchOfOne(shape)));
        var out = session.run(in)) {
      return out.removeLast();
    }
  }

  private static List<String> operators(byte[] onnx) throws Exception {
    List<String> operators = new ArrayList<>();
    for (NodeProto node : ModelProto.parseFrom(onnx).getGraph().getNodeList()) {
      operators.add(node.getOpType());
    }
    return operators;
  }

  private static double largest(float[] values) {
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  private static double difference(float[] one, float[] other) {
    double difference = 0;
    for (int i = 0; i < one.length; i++) {
      difference = Math.max(difference, Math.abs(one[i] - other[i]));
    }
    return difference;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void computesAConvolutionAsIntegersDoOnPaper(long seed) throws Exception {
    // Two channels of 2x2 pixels, 1x1 kernel, ReLU; a second convolution makes the bytes wanted.
    SplittableRandom random = new SplittableRandom(seed);
    float[] weight = SmallNetwork.random(random, 3 * 2, 1);
    float[] bias = SmallNetwork.random(random, 3, 0.3);
    SmallNetwork network = new SmallNetwork(seed, 2, 2, 2);
    network.node(
        "Conv",
        "one",
        List.of("input", network.floats("w", weight, 3, 2, 1, 1), network.floats("b", bias, 3)),
        SmallNetwork.ints("kernel_shape", 1, 1));
    network.relu("one", "rectified");
    network.conv("rectified", "two", 3, 4, 1, 1);
    network.end("two", 4, 2);
    OnnxGraph graph = network.graph(13);
    QuantisedNetwork quantised = quantise(graph, Set.of("rectified"), 2, 2, 2);
    OnnxGraph integers = OnnxGraph.of(quantised.onnx(), "int8");
    float[] input = input(50, 2, 2, 2);

    float[] actual = run(integers.extract(List.of("input"), List.of("rectified")), input, 2, 2, 2);

    Grid in = grid(quantised, "input");
    Grid out = grid(quantised, "rectified");
    assertThat(out.zeroPoint()).isZero();
    for (int c = 0; c < 3; c++) {
      double scale = Math.max(Math.abs(weight[2 * c]), Math.abs(weight[2 * c + 1])) / 127.0;
      long storedBias = Math.round(bias[c] / (in.scale() * scale));
      for (int pixel = 0; pixel < 4; pixel++) {
        long sum = storedBias;
        for (int i = 0; i < 2; i++) {
          long stored = (long) Math.rint(weight[2 * c + i] / scale);
          sum += stored * (in.quantise(input[4 * i + pixel]) - in.zeroPoint());
        }
        double exact = sum * in.scale() * scale / out.scale();
        double rounded = Math.max(0, Math.min(255, Math.rint(exact)));
        // The engine's float multiplier may fall on the other side of a tie.
        assertThat((double) actual[4 * c + pixel] / out.scale())
            .as("seed %d channel %d pixel %d", seed, c, pixel)
            .isCloseTo(
                rounded,
                org.assertj.core.data.Offset.offset(
                    Math.abs(exact - Math.floor(exact) - 0.5) < 1e-3 ? 1.01 : 1e-3));
      }
    }
  }

  private static Grid grid(QuantisedNetwork network, String tensor) {
    return java.util.Objects.requireNonNull(network.grids().get(tensor), tensor);
  }

  @Test
  void computesALastLayerInIntegersWithAnswersInFloats() throws Exception {
    SmallNetwork network = new SmallNetwork(5, 6);
    float[] weight = SmallNetwork.random(new SplittableRandom(8), 3 * 6, 2);
    float[] bias = {0.5f, -0.25f, 0};
    network.node(
        "Gemm",
        "logits",
        List.of("input", network.floats("w", weight, 3, 6), network.floats("b", bias, 3)),
        SmallNetwork.integer("transB", 1));
    network.output("logits", 3);
    QuantisedNetwork quantised = quantise(network.graph(13), Set.of(), 6);
    float[] input = input(9, 6);

    float[] actual = run(quantised.onnx(), input, 6);

    Grid in = grid(quantised, "input");
    assertThat(quantised.grids()).containsOnlyKeys("input");
    for (int c = 0; c < 3; c++) {
      float most = 0;
      for (int i = 0; i < 6; i++) {
        most = Math.max(most, Math.abs(weight[6 * c + i]));
      }
      double scale = most / 127.0;
      double sum = Math.rint(bias[c] / (in.scale() * scale));
      for (int i = 0; i < 6; i++) {
        sum += Math.rint(weight[6 * c + i] / scale) * (in.quantise(input[i]) - in.zeroPoint());
      }
      assertThat(actual[c])
          .isCloseTo(
              (float) (sum * in.scale() * scale), org.assertj.core.data.Offset.offset(1e-5f));
    }
  }

  /** A residual network with all that quantisation must get through. */
  private static SmallNetwork residual() {
    SmallNetwork network = new SmallNetwork(6, 3, 16, 16);
    network.relu(network.conv("input", "stem.conv", 3, 8, 1, 1), "stem");
    network.relu(network.conv("stem", "depthwise.conv", 8, 8, 1, 8), "depthwise");
    network.node("Add", "sum", List.of(network.conv("depthwise", "second", 8, 8, 1, 1), "stem"));
    network.relu("sum", "block1");
    // An option-A shortcut: every second pixel, padded with empty channels.
    network.node(
        "Slice",
        "half",
        List.of(
            "block1",
            network.longs("starts", 0, 0),
            network.longs("ends", 16, 16),
            network.longs("axes", 2, 3),
            network.longs("steps", 2, 2)));
    network.node("Pad", "shortcut", List.of("half", network.longs("pads", 0, 4, 0, 0, 0, 4, 0, 0)));
    network.relu(network.conv("block1", "third.conv", 8, 16, 2, 1), "third");
    network.node("Add", "sum2", List.of(network.conv("third", "fourth", 16, 16, 1, 1), "shortcut"));
    network.node(
        "Clip",
        "block2",
        List.of(
            "sum2",
            network.floats("zero", new float[] {0}),
            network.floats("six", new float[] {6})));
    network.node(
        "Concat",
        "both",
        List.of(network.conv("block2", "left", 16, 4, 1, 1), "block2"),
        SmallNetwork.integer("axis", 1));
    network.relu(network.conv("both", "last.conv", 20, 12, 1, 1), "last");
    network.end("last", 12, 5);
    return network;
  }

  @Test
  void quantisesResidualsConcatenationsSlicesAndPads() throws Exception {
    OnnxGraph graph = residual().graph(13);

    QuantisedNetwork quantised = quantise(graph, Set.of(), 3, 16, 16);

    assertThat(quantised.floatNodes()).isEmpty();
    // ReLU and Clip have gone into the ranges.
    assertThat(operators(quantised.onnx())).doesNotContain("Relu", "Clip");
    assertThat(grid(quantised, "half")).isEqualTo(grid(quantised, "block1"));
    assertThat(grid(quantised, "shortcut")).isEqualTo(grid(quantised, "block1"));
    for (int sample = 20; sample < 24; sample++) {
      float[] input = input(sample, 3, 16, 16);
      float[] floats = run(graph.toBytes(), input, 3, 16, 16);
      float[] integers = run(quantised.onnx(), input, 3, 16, 16);
      assertThat(difference(floats, integers)).isLessThan(COARSE * largest(floats));
    }
  }

  @Test
  void givesTheSameBitsWhereverItIsCut() throws Exception {
    Set<String> cuts = Set.of("stem", "block1", "block2", "both", "last", "flat");
    OnnxGraph graph = OnnxGraph.of(quantise(residual().graph(13), cuts, 3, 16, 16).onnx(), "int8");
    Map<String, int[]> shapes = new HashMap<>();
    cuts.forEach(cut -> shapes.put(cut, graph.shape(cut)));
    for (int sample = 30; sample < 33; sample++) {
      float[] input = input(sample, 3, 16, 16);
      float[] uncut = run(graph.toBytes(), input, 3, 16, 16);
      for (String cut : cuts) {
        float[] live = run(graph.extract(List.of("input"), List.of(cut)), input, 3, 16, 16);
        float[] behind =
            run(
                graph.extract(List.of(cut), List.of("logits")),
                live,
                shapes.getOrDefault(cut, new int[0]));
        assertThat(behind).as(cut).isEqualTo(uncut);
      }
    }
  }

  @Test
  void leavesOperatorsThatItDoesNotKnowInFloats() throws Exception {
    SmallNetwork network = new SmallNetwork(7, 3, 8, 8);
    network.node("Tanh", "bent", List.of(network.conv("input", "one", 3, 4, 1, 1)));
    network.node("Exp", "grown", List.of("bent"));
    network.relu(network.conv("grown", "two.conv", 4, 4, 1, 1), "two");
    network.end("two", 4, 3);
    OnnxGraph graph = network.graph(13);

    QuantisedNetwork quantised = quantise(graph, Set.of(), 3, 8, 8);

    assertThat(quantised.floatNodes()).containsExactly("bent", "grown");
    assertThat(quantised.integerNodes()).contains("one", "two.conv", "logits");
    float[] input = input(40, 3, 8, 8);
    float[] floats = run(graph.toBytes(), input, 3, 8, 8);
    assertThat(difference(floats, run(quantised.onnx(), input, 3, 8, 8)))
        .isLessThan(COARSE * largest(floats));
  }

  @Test
  void leavesNodesInFloatsThatItIsTold() throws Exception {
    OnnxGraph graph = residual().graph(13);
    Quantiser quantiser = Quantiser.of(graph, Set.of(), Quantiser.Options.standard());
    RangeObserver.Seen seen =
        RangeObserver.watch(
            graph,
            new int[] {3, 16, 16},
            quantiser.tensors(),
            engine,
            sample -> input(sample, 3, 16, 16),
            SAMPLES,
            1,
            done -> {});

    QuantisedNetwork quantised =
        quantiser.quantise(seen.grids(RangeMethod.MIN_MAX), Set.copyOf(quantiser.heavyNodes()));

    assertThat(quantised.integerNodes()).isEmpty();
    float[] input = input(41, 3, 16, 16);
    assertThat(run(quantised.onnx(), input, 3, 16, 16))
        .isEqualTo(run(graph.toBytes(), input, 3, 16, 16));
  }

  @Test
  void findsTheSameRangesOnAnyNumberOfThreads() throws Exception {
    OnnxGraph graph = residual().graph(13);

    byte[] one = quantise(graph, Set.of("block1"), 3, 16, 16).onnx();

    assertThat(quantise(graph, Set.of("block1"), 3, 16, 16).onnx()).isEqualTo(one);
  }

  @Test
  void raisesAnOldOperatorSetWhereThatChangesNothing() throws Exception {
    OnnxGraph graph = residual().graph(11);

    OnnxGraph quantised = OnnxGraph.of(quantise(graph, Set.of(), 3, 16, 16).onnx(), "raised");

    assertThat(quantised.opset()).isEqualTo(13);
  }

  @Test
  void refusesOperatorSetsThatKnowNoQuantisationPerChannel() throws Exception {
    SmallNetwork network = new SmallNetwork(7, 3, 8, 8);
    network.node("Softmax", "bent", List.of(network.conv("input", "one", 3, 4, 1, 1)));
    network.end("bent", 4, 3);

    assertThatThrownBy(
            () -> Quantiser.of(network.graph(12), Set.of(), Quantiser.Options.standard()))
        .isInstanceOf(QuantisationException.class)
        .hasMessageContaining("small.onnx")
        .hasMessageContaining("'bent' (Softmax)")
        .hasMessageContaining("operator set 13");
  }

  @Test
  void refusesANetworkThatIsQuantisedAlready() throws Exception {
    byte[] once = quantise(residual().graph(13), Set.of(), 3, 16, 16).onnx();

    assertThatThrownBy(
            () ->
                Quantiser.of(
                    OnnxGraph.of(once, "once.onnx"), Set.of(), Quantiser.Options.standard()))
        .isInstanceOf(QuantisationException.class)
        .hasMessageContaining("once.onnx")
        .hasMessageContaining("quantised already");
  }

  @Test
  void refusesValuesThatAreNotFinite() throws Exception {
    OnnxGraph graph = residual().graph(13);
    float[] broken = new float[3 * 16 * 16];
    broken[5] = Float.NaN;

    assertThatThrownBy(
            () ->
                RangeObserver.watch(
                    graph,
                    new int[] {3, 16, 16},
                    List.of("input", "stem"),
                    engine,
                    sample -> broken,
                    1,
                    1,
                    done -> {}))
        .isInstanceOf(QuantisationException.class)
        .hasMessageContaining("'input'")
        .hasMessageContaining("not finite");
  }

  @Test
  void keepsWhatASubgraphReadsOfTheNodeBeforeAnActivation() throws Exception {
    // If reads the convolution itself, which the ReLU behind it must not swallow.
    int[] shape = {2, 6, 6};
    SmallNetwork small = new SmallNetwork(3, shape);
    small.conv("input", "c1", 2, 4, 1, 1);
    small.relu("c1", "r1");
    small.choice("chosen", "c1");
    small.node("Add", "both", List.of("r1", "chosen"));
    small.conv("both", "c2", 4, 4, 1, 1);
    small.relu("c2", "r2");
    small.end("r2", 4, 5);
    OnnxGraph graph = small.graph(13);
    QuantisedNetwork quantised = quantise(graph, Set.of(), shape);
    float[] input = input(1, shape);
    float[] floats = run(graph.toBytes(), input, shape);
    assertThat(difference(run(quantised.onnx(), input, shape), floats))
        .isLessThan(COARSE * largest(floats));
  }

  @Test
  void hasNoMeansToCompareWhereNoNodeHasABias() throws Exception {
    int[] shape = {2, 6, 6};
    SmallNetwork small = new SmallNetwork(3, shape);
    small.conv("input", "c1", 2, 4, 1, 1);
    small.end("c1", 4, 5);
    assertThat(
            ChannelMeans.of(
                small.graph(13), shape, List.of(), engine, sample -> input(sample, shape), 2, 1))
        .isEmpty();
  }
}
