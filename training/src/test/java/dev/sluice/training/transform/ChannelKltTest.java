package dev.sluice.training.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.export.OnnxPieces.ValueRange;
import dev.sluice.training.export.TinyNetwork;
import dev.sluice.training.transform.LinearTransform.Band;
import dev.sluice.training.transform.LinearTransform.Correction;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChannelKltTest {
  /** Sums of products are kept in float32 within a block. */
  private static final double TOLERANCE = 1e-5;

  @Test
  void findsTheKnownAxesAndVariancesOfHandMadeData() {
    // ±√6 along (1,1)/√2 and ±√2 along (1,-1)/√2, about (5, 1): variances 3 and 1.
    float a = (float) Math.sqrt(3);
    float[] first = {5 + a, 5 - a, 5 + 1, 5 - 1};
    float[] second = {1 + a, 1 - a, 1 - 1, 1 + 1};
    ChannelStatistics statistics = new ChannelStatistics(2);
    statistics.add(concatenated(first, second), 4, 4, new SplittableRandom(1));

    ChannelKlt klt = ChannelKlt.of(statistics);

    assertThat(klt.mean()).containsExactly(new double[] {5, 1}, within(TOLERANCE));
    assertThat(klt.variance(0)).isCloseTo(3, within(TOLERANCE));
    assertThat(klt.variance(1)).isCloseTo(1, within(TOLERANCE));
    double half = Math.sqrt(0.5);
    assertThat(Math.abs(dot(klt.component(0), half, half))).isCloseTo(1, within(TOLERANCE));
    assertThat(Math.abs(dot(klt.component(1), half, -half))).isCloseTo(1, within(TOLERANCE));
    assertThat(klt.meanVariance()).isCloseTo(2, within(TOLERANCE));
  }

  @Test
  void reproducesTheTensorWithAllComponentsAndATinyStep() {
    float[] tensor = correlated(6, 20, 7);
    ChannelKlt klt = fitted(tensor, 6, 20);
    Transform transform = graphs(klt, 6, 1e-4, Optional.empty());

    assertThat(transform.sentShape()).containsExactly(6, 4, 5);
    assertThat(roundTrip(transform, tensor, 6)).containsExactly(tensor, within(1e-3f));
  }

  @Test
  void affordsOneComponentForEachTimeItsProductsFitTheBudget() {
    ChannelKlt klt = fitted(correlated(6, 20, 7), 6, 20);

    LinearTransform transform =
        LinearTransform.affordable(List.of(klt), new double[6], new BlockDct(1), 4, 5, 2L * 6 * 20);

    assertThat(transform.shape()).containsExactly(2, 4, 5);
    assertThat(transform.encoderMacs()).isEqualTo(2L * 6 * 20);
  }

  @Test
  void sortsComponentsByWhatTheAnswerFeelsOfThem() {
    // Variances 3 along (1,1)/√2 and 1 along (1,-1)/√2, of which only the second is felt much.
    float a = (float) Math.sqrt(3);
    float[] first = {a, -a, 1, -1};
    float[] second = {a, -a, -1, 1};
    ChannelStatistics statistics = new ChannelStatistics(2);
    statistics.add(concatenated(first, second), 4, 4, new SplittableRandom(1));
    double[][] metric = {{1, -1}, {-1, 1}};

    ChannelKlt klt = ChannelKlt.of(statistics, ChannelMetric.of(metric));

    // Metric 0.7 [1 -1; -1 1] + 0.3 I has eigenvalues 1.7 along (1,-1) and 0.3 along (1,1).
    assertThat(klt.variance(0)).isCloseTo(1.7 * 1, within(TOLERANCE));
    assertThat(klt.variance(1)).isCloseTo(0.3 * 3, within(TOLERANCE));
    double half = Math.sqrt(0.5);
    assertThat(Math.abs(dot(klt.component(0), half, -half)))
        .isCloseTo(Math.sqrt(1.7), within(TOLERANCE));
  }

  @Test
  void goesBackAndForthUnderAnyMetric() {
    float[] tensor = correlated(6, 20, 7);
    ChannelStatistics statistics = new ChannelStatistics(6);
    statistics.add(FloatBuffer.wrap(tensor), 20, 20, new SplittableRandom(3));
    double[][] metric = new double[6][6];
    for (int c = 0; c < 6; c++) {
      metric[c][c] = c;
      metric[c][5 - c] += 0.5;
    }

    Transform transform =
        graphs(ChannelKlt.of(statistics, ChannelMetric.of(metric)), 6, 1e-4, Optional.empty());

    assertThat(roundTrip(transform, tensor, 6)).containsExactly(tensor, within(1e-3f));
  }

  @Test
  void clipsWhatIsReceivedToTheRangeOfTheActivation() {
    float[] tensor = correlated(6, 20, 7);
    for (int i = 0; i < tensor.length; i++) {
      tensor[i] = Math.max(0, Math.min(2, tensor[i]));
    }
    ChannelKlt klt = fitted(tensor, 6, 20);

    float[] received = roundTrip(graphs(klt, 6, 2, Optional.of(new ValueRange(0, 2))), tensor, 6);

    for (float value : received) {
      assertThat(value).isBetween(0f, 2f);
    }
  }

  @Test
  void readsTheRangeFromTheActivationThatMakesTheTensor() {
    byte[] network = TinyNetwork.onnx();

    assertThat(OnnxPieces.rangeOf(network, TinyNetwork.RELU))
        .contains(new ValueRange(0, Float.POSITIVE_INFINITY));
    assertThat(OnnxPieces.rangeOf(network, TinyNetwork.CLIPPED)).contains(new ValueRange(0, 6));
    assertThat(OnnxPieces.rangeOf(network, TinyNetwork.LOGITS)).isEmpty();
  }

  private static Transform graphs(
      ChannelKlt klt, int components, double step, Optional<ValueRange> range) {
    int[] rows = IntStream.range(0, components).toArray();
    return new LinearTransform(
            List.of(new Band(klt, 1, components)), new double[6], new BlockDct(1), 4, 5)
        .graphs(
            OnnxPieces.forBackbone(TinyNetwork.onnx()),
            step,
            rows,
            Correction.none(klt.channels()),
            range);
  }

  private static float[] roundTrip(Transform transform, float[] tensor, int channels) {
    int sent = transform.sentShape()[0];
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        var encoder = engine.load(transform.encoder(), "encoder");
        var decoder = engine.load(transform.decoder(), "decoder");
        var in = engine.wrap(List.of(FloatBuffer.wrap(tensor)), List.of(shape(channels)));
        var coefficients = encoder.run(in)) {
      float[] rounded = new float[sent * 20];
      coefficients.floats(0).get(rounded);
      for (int i = 0; i < rounded.length; i++) {
        rounded[i] = Math.round(rounded[i]);
      }
      try (var back = engine.wrap(List.of(FloatBuffer.wrap(rounded)), List.of(shape(sent)));
          var out = decoder.run(back)) {
        float[] received = new float[tensor.length];
        out.floats(0).get(received);
        return received;
      }
    }
  }

  private static long[] shape(int channels) {
    return new long[] {1, channels, 4, 5};
  }

  private static ChannelKlt fitted(float[] tensor, int channels, int area) {
    ChannelStatistics statistics = new ChannelStatistics(channels);
    statistics.add(FloatBuffer.wrap(tensor), area, area, new SplittableRandom(3));
    return ChannelKlt.of(statistics);
  }

  /** Channels that are mixtures of two sources with a little noise of their own. */
  private static float[] correlated(int channels, int area, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] tensor = new float[channels * area];
    for (int i = 0; i < area; i++) {
      double one = random.nextDouble() * 4 - 2;
      double two = random.nextDouble() * 2 - 1;
      for (int c = 0; c < channels; c++) {
        tensor[c * area + i] = (float) (one * c - two * (c % 2) + 0.1 * random.nextDouble());
      }
    }
    return tensor;
  }

  private static double dot(double[] v, double x, double y) {
    return v[0] * x + v[1] * y;
  }

  private static FloatBuffer concatenated(float[] first, float[] second) {
    return FloatBuffer.allocate(first.length + second.length).put(first).put(second).flip();
  }
}
