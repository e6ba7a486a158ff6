package dev.sluice.training.gradient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.training.export.TinyNetwork;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskGradientsTest {
  /** Two engines add up hundreds of products in float32 in different orders. */
  private static final float SAME = 2e-3f;

  /** Differences of float32 logits over a small step. */
  private static final double DIFFERENCES = 5e-3;

  private static OnnxEngine engine;

  @BeforeAll
  static void start() {
    engine = OnnxEngine.start(EngineOptions.singleThread());
  }

  @AfterAll
  static void stop() {
    engine.close();
  }

  @Test
  void equalsTheDifferencesOfTheLogProbabilityOfOneClass() throws Exception {
    byte[] network = TinyNetwork.onnx();
    float[] input = noise(3 * 16 * 16, 4);
    String cut = TinyNetwork.CLIPPED;
    float[] gradient;
    try (TaskGradients gradients = TaskGradients.of(network, List.of(cut))) {
      gradient =
          gradients.of(List.of(input), new int[] {3, 16, 16}, new SplittableRandom(2)).get(cut);
    }
    OnnxGraph graph = OnnxGraph.of(network, "tiny");
    float[] live = run(graph.extract(List.of("input"), List.of(cut)), input, 3, 16, 16);
    byte[] rest = graph.extract(List.of(cut), List.of(TinyNetwork.LOGITS));
    // Where a value is zero a ReLU behind it has a corner. All channels, as each tells one class.
    int[] places =
        IntStream.range(0, live.length).filter(i -> live[i] > 0.1f && i % 5 == 0).toArray();
    double[] errors = new double[3];
    for (int drawn = 0; drawn < 3; drawn++) {
      for (int place : places) {
        double error = Math.abs(difference(rest, live, place, drawn) - gradient[place]);
        errors[drawn] = Math.max(errors[drawn], error);
      }
    }
    assertThat(gradient).hasSize(live.length);
    assertThat(java.util.Arrays.stream(errors).boxed().toList())
        .as("largest differences, by the class that may have been drawn")
        .satisfiesOnlyOnce(error -> assertThat(error).isLessThan(DIFFERENCES));
  }

  private static double difference(byte[] rest, float[] live, int place, int drawn) {
    float step = 0.001f;
    float[] more = live.clone();
    float[] less = live.clone();
    more[place] += step;
    less[place] -= step;
    return (logProbability(run(rest, more, 8, 8, 8), drawn)
            - logProbability(run(rest, less, 8, 8, 8), drawn))
        / (2 * step);
  }

  private static double logProbability(float[] logits, int drawn) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - logits[drawn]);
    }
    return -Math.log(sum);
  }

  @Test
  void drawsTheSameClassesForTheSameSeed() throws Exception {
    List<float[]> inputs = List.of(noise(768, 1), noise(768, 2), noise(768, 3));
    int[] shape = {3, 16, 16};
    try (TaskGradients gradients =
        TaskGradients.of(TinyNetwork.onnx(), List.of(TinyNetwork.RELU))) {
      float[] once = gradients.of(inputs, shape, new SplittableRandom(9)).get(TinyNetwork.RELU);
      float[] again = gradients.of(inputs, shape, new SplittableRandom(9)).get(TinyNetwork.RELU);
      assertThat(again).isEqualTo(once);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "resnet20-cifar10.onnx, 32",
    "resnet56-cifar10.onnx, 32",
    "mobilenet-v1-0.75-224.onnx, 224"
  })
  void computesWhatTheEngineComputesThatRunsTheNetwork(String file, int side) throws Exception {
    Path network = Path.of(System.getProperty("sluice.shared", ""), "models", file);
    assumeTrue(Files.isRegularFile(network), network + " is not there");
    byte[] onnx = Files.readAllBytes(network);
    float[] input = noise(3 * side * side, 6);

    float[] expected = run(onnx, input, 3, side, side);
    try (TaskGradients gradients = TaskGradients.of(onnx, List.of())) {
      assertThat(gradients.logits(List.of(input), new int[] {3, side, side}))
          .containsExactly(expected, within(SAME));
    }
  }

  @Test
  void saysWhichOperatorItTakesNoGradientThrough() throws Exception {
    byte[] sorting = TinyNetwork.with("TopK");

    assertThatThrownBy(() -> TaskGradients.of(sorting, List.of()))
        .isInstanceOf(NotDifferentiableException.class)
        .hasMessageContaining("[TopK]");
  }

  private static float[] noise(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (2 * random.nextDouble() - 1);
    }
    return values;
  }

  private static float[] run(byte[] onnx, float[] values, int... shape) {
    long[] batched = {1, shape[0], shape[1], shape[2]};
    try (var session = engine.load(onnx, "network");
        var in = engine.wrap(List.of(FloatBuffer.wrap(values)), List.of(batched));
        var out = session.run(in)) {
      FloatBuffer made = out.floats(0);
      float[] copy = new float[made.remaining()];
      made.get(copy);
      return copy;
    }
  }
}
