package dev.sluice.training.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.export.TinyNetwork;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinearTransformTest {
  /** Products in float32 of values up to 10. */
  private static final float TOLERANCE = 1e-4f;

  private static final OnnxPieces PIECES = OnnxPieces.forBackbone(TinyNetwork.onnx());

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
  void transformsBlocksOfTwoAsWorkedByHand() {
    assertThat(new BlockDct(2).matrix())
        .containsExactly(
            new float[] {
              .5f, .5f, .5f, .5f, // the mean
              .5f, -.5f, .5f, -.5f, // left to right
              .5f, .5f, -.5f, -.5f, // top to bottom
              .5f, -.5f, -.5f, .5f
            },
            within(TOLERANCE));
  }

  @ParameterizedTest
  @CsvSource({"1, 4, 6", "2, 4, 6", "4, 8, 4", "7, 14, 14"})
  void goesBackAndForthWithAllRowsInAnyOrder(int side, int height, int width) {
    float[] tensor = smooth(3, height, width);
    LinearTransform transform = transform(tensor, 3, side, height, width);
    int[] rows = reversed(transform.shape()[0]);

    Transform graphs = transform.graphs(PIECES, 0.5, rows, Optional.empty());
    float[] sent = run(graphs.encoder(), tensor, 3, height, width);
    float[] back = run(graphs.decoder(), sent, graphs.sentShape());

    assertThat(back).containsExactly(tensor, within(TOLERANCE));
  }

  @Test
  void keepsTheEnergyOfACenteredMap() {
    float[] tensor = smooth(3, 8, 8);
    LinearTransform transform = transform(tensor, 3, 4, 8, 8);
    float[] coefficients = run(transform.wholeEncoder(PIECES), tensor, 3, 8, 8);

    double[] mean = transform.klt().mean();
    double expected = 0;
    for (int i = 0; i < tensor.length; i++) {
      expected += Math.pow(tensor[i] - mean[i / 64], 2);
    }
    double energy = 0;
    for (float coefficient : coefficients) {
      energy += coefficient * coefficient;
    }
    assertThat(energy).isCloseTo(expected, within(1e-3 * expected));
  }

  @Test
  void takesRowsThatAreNotSentForZeros() {
    float[] tensor = smooth(3, 4, 4);
    LinearTransform transform = transform(tensor, 3, 2, 4, 4);
    Transform some = transform.graphs(PIECES, 1, new int[] {4, 0}, Optional.empty());
    Transform all = transform.graphs(PIECES, 1, identity(12), Optional.empty());
    float[] whole = run(all.encoder(), tensor, 3, 4, 4);
    float[] masked = new float[whole.length];
    System.arraycopy(whole, 0, masked, 0, 4);
    System.arraycopy(whole, 16, masked, 16, 4);

    float[] sent = run(some.encoder(), tensor, 3, 4, 4);

    assertThat(some.sentShape()).containsExactly(2, 2, 2);
    assertThat(sent).startsWith(java.util.Arrays.copyOfRange(whole, 16, 20));
    assertThat(run(some.decoder(), sent, some.sentShape()))
        .containsExactly(run(all.decoder(), masked, all.sentShape()), within(TOLERANCE));
  }

  @Test
  void treatsTheSamplesOfABatchAlike() {
    float[] tensor = smooth(3, 4, 4);
    LinearTransform transform = transform(tensor, 3, 2, 4, 4);
    Transform graphs = transform.graphs(PIECES, 1, new int[] {2, 0, 7}, Optional.empty());
    float[] twice = new float[2 * tensor.length];
    System.arraycopy(tensor, 0, twice, tensor.length, tensor.length);

    try (var encoder = engine.load(graphs.encoder(), "encoder");
        var in = engine.wrap(List.of(FloatBuffer.wrap(twice)), List.of(new long[] {2, 3, 4, 4}));
        var out = encoder.run(in)) {
      float[] both = new float[24];
      out.floats(0).get(both);
      assertThat(java.util.Arrays.copyOfRange(both, 12, 24))
          .containsExactly(run(graphs.encoder(), tensor, 3, 4, 4), within(TOLERANCE));
    }
  }

  @ParameterizedTest
  @CsvSource({"14, 14, 8, 7", "112, 112, 8, 8", "6, 6, 8, 6", "7, 5, 8, 1", "12, 8, 8, 4"})
  void findsTheLargestBlocksThatDivideAMap(int height, int width, int most, int side) {
    assertThat(BlockDct.dividing(height, width, most).side()).isEqualTo(side);
  }

  private static LinearTransform transform(
      float[] tensor, int channels, int side, int height, int width) {
    ChannelStatistics statistics = new ChannelStatistics(channels);
    statistics.add(
        FloatBuffer.wrap(tensor), height * width, height * width, new SplittableRandom(1));
    return new LinearTransform(
        ChannelKlt.of(statistics), channels, new BlockDct(side), height, width);
  }

  private static int[] identity(int count) {
    return IntStream.range(0, count).toArray();
  }

  private static int[] reversed(int count) {
    return IntStream.range(0, count).map(i -> count - 1 - i).toArray();
  }

  private static float[] smooth(int channels, int height, int width) {
    SplittableRandom random = new SplittableRandom(5);
    float[] tensor = new float[channels * height * width];
    for (int i = 0; i < tensor.length; i++) {
      int c = i / (height * width);
      tensor[i] = (float) (Math.sin(i * 0.2 + c) + 0.3 * c + 0.2 * random.nextDouble());
    }
    return tensor;
  }

  private static float[] run(byte[] onnx, float[] values, int... shape) {
    long[] batched = new long[shape.length + 1];
    batched[0] = 1;
    for (int i = 0; i < shape.length; i++) {
      batched[i + 1] = shape[i];
    }
    try (var session = engine.load(onnx, "transform");
        var in = engine.wrap(List.of(FloatBuffer.wrap(values)), List.of(batched));
        var out = session.run(in)) {
      FloatBuffer made = out.floats(0);
      float[] copy = new float[made.remaining()];
      made.get(copy);
      return copy;
    }
  }
}
