package dev.sluice.training.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.export.TinyNetwork;
import dev.sluice.training.transform.LinearTransform.Band;
import dev.sluice.training.transform.LinearTransform.Correction;
import dev.sluice.training.transform.LinearTransform.Sending;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
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

    Transform graphs = graphs(transform, 0.5, rows);
    float[] sent = run(graphs.encoder(), tensor, 3, height, width);
    float[] back = run(graphs.decoder(), sent, graphs.sentShape());

    assertThat(back).containsExactly(tensor, within(TOLERANCE));
  }

  @Test
  void keepsTheEnergyOfACenteredMap() {
    float[] tensor = smooth(3, 8, 8);
    LinearTransform transform = transform(tensor, 3, 4, 8, 8);
    float[] coefficients = run(transform.wholeEncoder(PIECES), tensor, 3, 8, 8);

    // What is left of a band's own mean is taken away too.
    float[] frequencies = transform.dct().forward(centred(tensor, 64), 3, 8, 8);
    double expected = 0;
    for (int i = 0; i < frequencies.length; i++) {
      int frequency = i / 4 % 16;
      int band = frequency < 3 ? 0 : frequency < 13 ? 1 : 2;
      expected += Math.pow(frequencies[i] - transform.bands().get(band).klt().mean()[i / 64], 2);
    }
    double energy = 0;
    for (float coefficient : coefficients) {
      energy += coefficient * coefficient;
    }
    assertThat(energy).isCloseTo(expected, within(1e-3 * expected));
  }

  @Test
  void leavesNoMeanInAnyFrequency() {
    float[] tensor = smooth(3, 8, 8);
    for (int i = 0; i < tensor.length; i++) {
      tensor[i] += 100;
    }
    LinearTransform transform = transform(tensor, 3, 4, 8, 8);

    float[] coefficients = run(transform.wholeEncoder(PIECES), tensor, 3, 8, 8);

    for (float coefficient : coefficients) {
      assertThat(coefficient).isBetween(-10f, 10f);
    }
  }

  @Test
  void takesRowsThatAreNotSentForZeros() {
    float[] tensor = smooth(3, 4, 4);
    LinearTransform transform = transform(tensor, 3, 2, 4, 4);
    Transform some = graphs(transform, 1, 4, 0);
    Transform all = graphs(transform, 1, identity(12));
    float[] whole = run(all.encoder(), tensor, 3, 4, 4);
    float[] masked = new float[whole.length];
    System.arraycopy(whole, 0, masked, 0, 4);
    System.arraycopy(whole, 16, masked, 16, 4);

    float[] sent = run(some.encoder(), tensor, 3, 4, 4);

    assertThat(some.sentShape()).containsExactly(2, 2, 2);
    assertThat(sent).startsWith(Arrays.copyOfRange(whole, 16, 20));
    assertThat(run(some.decoder(), sent, some.sentShape()))
        .containsExactly(run(all.decoder(), masked, all.sentShape()), within(TOLERANCE));
  }

  @Test
  void transformsMapsAsItsGraphDoes() {
    float[] tensor = smooth(3, 8, 4);
    LinearTransform transform = transform(tensor, 3, 4, 8, 4);
    float[] frequencies = transform.dct().forward(centred(tensor, 32), 3, 8, 4);
    float[] expected = new float[tensor.length];
    int firstRow = 0;
    int first = 0;
    for (Band band : transform.bands()) {
      float[] weight = band.klt().encoderWeight(3, 1);
      double[] mean = band.klt().mean();
      for (int k = 0; k < 3; k++) {
        for (int f = 0; f < band.frequencies(); f++) {
          for (int block = 0; block < 2; block++) {
            double sum = 0;
            for (int c = 0; c < 3; c++) {
              float value = frequencies[(c * 16 + first + f) * 2 + block];
              sum += weight[k * 3 + c] * (value - mean[c]);
            }
            expected[(firstRow + k * band.frequencies() + f) * 2 + block] = (float) sum;
          }
        }
      }
      firstRow += band.rows();
      first += band.frequencies();
    }

    assertThat(run(transform.wholeEncoder(PIECES), tensor, 3, 8, 4))
        .containsExactly(expected, within(TOLERANCE));
  }

  @Test
  void leavesOutComponentsOfWhichNothingIsSent() {
    float[] tensor = smooth(3, 8, 8);
    LinearTransform transform = transform(tensor, 3, 4, 8, 8);
    // Of the bands' 9, 30 and 9 rows: first component, first, second; second; second.
    int[] rows = {0, 12, 2, 20, 44};

    Sending sending = transform.sending(rows);

    assertThat(sending.transform().shape()).containsExactly(3 + 20 + 6, 2, 2);
    assertThat(sending.transform().encoderMacs()).isLessThan(transform.encoderMacs());
    float[] whole = run(transform.wholeEncoder(PIECES), tensor, 3, 8, 8);
    float[] sent = run(graphs(sending.transform(), 1, sending.rows()).encoder(), tensor, 3, 8, 8);
    for (int i = 0; i < rows.length; i++) {
      assertThat(Arrays.copyOfRange(sent, 4 * i, 4 * i + 4))
          .containsExactly(
              Arrays.copyOfRange(whole, 4 * rows[i], 4 * rows[i] + 4), within(TOLERANCE));
    }
  }

  @Test
  void multipliesAndMovesWhatIsReceivedAsItsCorrectionSays() {
    float[] tensor = smooth(3, 4, 6);
    LinearTransform transform = transform(tensor, 3, 2, 4, 6);
    int[] rows = identity(12);
    Correction correction = new Correction(1.5, new double[] {0.25, -1, 0});

    Transform graphs = transform.graphs(PIECES, 1, rows, correction, Optional.empty());
    float[] sent = run(graphs.encoder(), tensor, 3, 4, 6);

    float[] expected = new float[tensor.length];
    for (int i = 0; i < tensor.length; i++) {
      expected[i] = 1.5f * tensor[i] + (float) correction.bias()[i / 24];
    }
    assertThat(run(graphs.decoder(), sent, graphs.sentShape()))
        .containsExactly(expected, within(TOLERANCE));
  }

  @Test
  void spendsWhatASenderCanAffordOnTheComponentsOfMostVariance() {
    float[] tensor = smooth(3, 8, 8);
    LinearTransform all = transform(tensor, 3, 4, 8, 8);
    List<ChannelKlt> klts = all.bands().stream().map(Band::klt).toList();
    long most = all.encoderMacs() - 1;

    LinearTransform some = LinearTransform.affordable(klts, all.mean(), all.dct(), 8, 8, most);

    assertThat(some.encoderMacs()).isLessThanOrEqualTo(most);
    double least = Double.POSITIVE_INFINITY;
    double mostLeftOut = 0;
    for (Band band : some.bands()) {
      // The first of each band is there whatever it is worth.
      for (int k = 1; k < 3; k++) {
        double variance = band.klt().variance(k);
        if (k < band.components()) {
          least = Math.min(least, variance);
        } else {
          mostLeftOut = Math.max(mostLeftOut, variance);
        }
      }
    }
    assertThat(mostLeftOut).isPositive().isLessThanOrEqualTo(least);
  }

  @Test
  void treatsTheSamplesOfABatchAlike() {
    float[] tensor = smooth(3, 4, 4);
    LinearTransform transform = transform(tensor, 3, 2, 4, 4);
    Transform graphs = graphs(transform, 1, 2, 0, 7);
    float[] twice = new float[2 * tensor.length];
    System.arraycopy(tensor, 0, twice, tensor.length, tensor.length);

    try (var encoder = engine.load(graphs.encoder(), "encoder");
        var in = engine.wrap(List.of(FloatBuffer.wrap(twice)), List.of(new long[] {2, 3, 4, 4}));
        var out = encoder.run(in)) {
      float[] both = new float[24];
      out.floats(0).get(both);
      assertThat(Arrays.copyOfRange(both, 12, 24))
          .containsExactly(run(graphs.encoder(), tensor, 3, 4, 4), within(TOLERANCE));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 3 1", "4, 3 10 3", "7, 3 12 34", "8, 3 12 49"})
  void partsLowFrequenciesFromHighOnes(int side, String bands) {
    assertThat(new BlockDct(side).bands().stream().map(String::valueOf).toList())
        .isEqualTo(List.of(bands.split(" ")));
  }

  @ParameterizedTest
  @CsvSource({"14, 14, 8, 7", "112, 112, 8, 8", "6, 6, 8, 6", "7, 5, 8, 1", "12, 8, 8, 4"})
  void findsTheLargestBlocksThatDivideAMap(int height, int width, int most, int side) {
    assertThat(BlockDct.dividing(height, width, most).side()).isEqualTo(side);
  }

  private static LinearTransform transform(
      float[] tensor, int channels, int side, int height, int width) {
    BlockDct dct = new BlockDct(side);
    float[] centred = centred(tensor, height * width);
    FloatBuffer values = FloatBuffer.wrap(dct.forward(centred, channels, height, width));
    int blocks = height * width / dct.frequencies();
    List<Band> bands = new ArrayList<>();
    int from = 0;
    for (int frequencies : dct.bands()) {
      int to = from + frequencies * blocks;
      ChannelStatistics statistics = new ChannelStatistics(channels);
      statistics.add(values, height * width, from, to, to - from, new SplittableRandom(1));
      bands.add(new Band(ChannelKlt.of(statistics), frequencies, channels));
      from = to;
    }
    return new LinearTransform(bands, means(tensor, height * width), dct, height, width);
  }

  private static double[] means(float[] tensor, int area) {
    double[] means = new double[tensor.length / area];
    for (int i = 0; i < tensor.length; i++) {
      means[i / area] += tensor[i] / (double) area;
    }
    return means;
  }

  private static float[] centred(float[] tensor, int area) {
    double[] means = means(tensor, area);
    float[] centred = tensor.clone();
    for (int i = 0; i < tensor.length; i++) {
      centred[i] -= (float) means[i / area];
    }
    return centred;
  }

  private static Transform graphs(LinearTransform transform, double step, int... rows) {
    return transform.graphs(PIECES, step, rows, Correction.none(3), Optional.empty());
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
