package dev.sluice.experiments.study.codec.rival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClippedTensorCodecTest {
  private static final double RATE = 2;

  /** Rectified asymmetric Laplace values of mode -0.2: exponential above 0, many zeros. */
  private static FloatBuffer rectified(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    FloatBuffer values = FloatBuffer.allocate(count);
    for (int i = 0; i < count; i++) {
      double chance = 0.8 * Math.exp(-0.2 * RATE);
      values.put(
          random.nextDouble() < chance ? (float) (-Math.log(1 - random.nextDouble()) / RATE) : 0);
    }
    return values.flip();
  }

  private static FloatBuffer signed(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    FloatBuffer values = FloatBuffer.allocate(count);
    for (int i = 0; i < count; i++) {
      values.put((float) (random.nextDouble() + random.nextDouble() - random.nextDouble()));
    }
    return values.flip();
  }

  private static LevelHistogram histogram(FloatBuffer values) {
    return new LevelHistogram(List.of(values));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8, 16})
  void decodingGivesTheReconstruction(int levels) {
    for (FloatBuffer train : List.of(rectified(20_000, 1), signed(20_000, 2))) {
      for (ClippedTensorCodec codec :
          ClippedTensorCodec.design(List.of(train), List.of(levels), List.of(0.05, 0.3))) {
        for (int count : new int[] {1, 7, 5_000}) {
          FloatBuffer values = count == 7 ? signed(count, 3) : rectified(count, 4);
          assertThat(codec.decode(codec.encode(values), count))
              .as(codec.name())
              .isEqualTo(codec.reconstruct(values));
        }
      }
    }
  }

  @Test
  void valuesOutsideTheRangeAndNanAreClipped() {
    Quantiser quantiser = Quantiser.uniform(new ClippingRange(0, 3), 4);
    float[] values = {-1, Float.NaN, Float.NEGATIVE_INFINITY, 99, Float.POSITIVE_INFINITY, 1.2f};
    int[] expected = {0, 0, 0, 3, 3, 1};
    for (int i = 0; i < values.length; i++) {
      assertThat(quantiser.level(values[i])).isEqualTo(expected[i]);
    }
  }

  @Test
  void bytesComeNearTheEntropyOfTheBins() {
    FloatBuffer values = rectified(50_000, 5);
    LevelHistogram histogram = histogram(rectified(50_000, 6));
    Quantiser quantiser = Quantiser.uniform(ClippingRange.measured(histogram, 4), 4);
    double bits = 0;
    for (double share : quantiser.shares(histogram)) {
      bits -= share * Math.log(share) / Math.log(2);
    }
    byte[] levels = new byte[values.remaining()];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (byte) quantiser.level(values.get(i));
    }
    double sent = 8.0 * new BinCoder(quantiser.shares(histogram)).encode(levels).length;
    assertThat(sent / levels.length).isBetween(0.98 * bits, 1.05 * bits);
  }

  @Test
  void modelledRangeIsThatOfLeastMeasuredErrorWhereTheModelHolds() {
    LevelHistogram histogram = histogram(rectified(400_000, 7));
    for (int levels : new int[] {2, 4, 8}) {
      double modelled = ClippingRange.modelled(histogram, levels).high();
      double measured = ClippingRange.measured(histogram, levels).high();
      // Both search in steps: a 64th of 8 here, a 64th of the largest value there.
      assertThat(modelled).as("%d levels", levels).isEqualTo(measured, within(0.25));
    }
  }

  @Test
  void moreLevelsDeserveAWiderRange() {
    LevelHistogram histogram = histogram(rectified(100_000, 8));
    List<Double> ends = new ArrayList<>();
    for (int levels : new int[] {2, 4, 8, 16}) {
      ends.add(ClippingRange.modelled(histogram, levels).high());
    }
    assertThat(ends).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void entropyConstrainedLevelsKeepTheEndsAndTakeFewerBytesTheMoreABitIsWorth() {
    FloatBuffer train = rectified(50_000, 9);
    LevelHistogram histogram = histogram(train);
    ClippingRange range = ClippingRange.measured(histogram, 4);
    int last = Integer.MAX_VALUE;
    double lastError = 0;
    for (double exchange : new double[] {0, 0.1, 0.3}) {
      Quantiser quantiser = Quantiser.entropyConstrained(histogram, range, 4, exchange);
      assertThat(quantiser.value(0)).isEqualTo((float) range.low());
      assertThat(quantiser.value(3)).isEqualTo((float) range.high());
      byte[] levels = new byte[train.remaining()];
      for (int i = 0; i < levels.length; i++) {
        levels[i] = (byte) quantiser.level(train.get(i));
      }
      int bytes = new BinCoder(quantiser.shares(histogram)).encode(levels).length;
      double error = quantiser.squaredError(histogram);
      assertThat(bytes).isLessThan(last);
      assertThat(error).isGreaterThan(lastError);
      last = bytes;
      lastError = error;
    }
  }

  @Test
  void aTensorThatIsAlwaysTheSameNeedsNoCodec() {
    FloatBuffer same = FloatBuffer.allocate(10);
    Arrays.fill(same.array(), 3f);
    assertThat(ClippedTensorCodec.design(List.of(same), List.of(2), List.of())).isEmpty();
  }
}
