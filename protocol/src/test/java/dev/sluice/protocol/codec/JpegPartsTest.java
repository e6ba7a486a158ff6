package dev.sluice.protocol.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The steps of {@link JpegEncoder}, each against its definition. */
class JpegPartsTest {
  private static final int SIDE = ForwardDct.SIDE;

  /** Of values eight times too large: constants of 13 bits and two roundings. */
  private static final double TOLERANCE = 6;

  private static final int LARGEST = 8_200;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void coefficientsAreThoseOfTheDefinition(long seed) {
    Random random = new Random(seed);
    int blocks = 5;
    int[][] samples = new int[SIDE][SIDE * blocks];
    for (int[] row : samples) {
      for (int i = 0; i < row.length; i++) {
        row[i] = i < SIDE ? (random.nextBoolean() ? 127 : -128) : random.nextInt(256) - 128;
      }
    }
    ForwardDct dct = new ForwardDct(blocks);
    for (int y = 0; y < SIDE; y++) {
      dct.put(samples[y], y, 0, blocks);
    }
    dct.transform();
    int[] coefficients = new int[ForwardDct.SAMPLES];
    for (int block = 0; block < blocks; block++) {
      dct.take(block, coefficients);
      for (int k = 0; k < coefficients.length; k++) {
        int place = ForwardDct.place(k);
        assertThat((double) coefficients[k])
            .as("seed %d, block %d, coefficient %d", seed, block, k)
            .isCloseTo(
                8 * definition(samples, SIDE * block, place % SIDE, place / SIDE),
                within(TOLERANCE));
      }
    }
  }

  /** ITU-T T.81, A.3.3. */
  private static double definition(int[][] samples, int left, int u, int v) {
    double sum = 0;
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        sum +=
            samples[y][left + x]
                * Math.cos((2 * x + 1) * u * Math.PI / 16)
                * Math.cos((2 * y + 1) * v * Math.PI / 16);
      }
    }
    return sum * (u == 0 ? Math.sqrt(0.5) : 1) * (v == 0 ? Math.sqrt(0.5) : 1) / 4;
  }

  /** The samples that make a coefficient largest have the signs of its cosines. */
  @Test
  void noSamplesMakeACoefficientTooLarge() {
    ForwardDct dct = new ForwardDct(2);
    int[] row = new int[2 * SIDE];
    int[] coefficients = new int[ForwardDct.SAMPLES];
    for (int k = 0; k < ForwardDct.SAMPLES; k++) {
      int u = ForwardDct.place(k) % SIDE;
      int v = ForwardDct.place(k) / SIDE;
      for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
          double sign =
              Math.cos((2 * x + 1) * u * Math.PI / 16) * Math.cos((2 * y + 1) * v * Math.PI / 16);
          row[x] = sign < 0 ? -128 : 127;
          row[SIDE + x] = sign < 0 ? 127 : -128;
        }
        dct.put(row, y, 0, 2);
      }
      dct.transform();
      for (int block = 0; block < 2; block++) {
        dct.take(block, coefficients);
        assertThat(Math.abs(coefficients[k])).as("coefficient %d", k).isLessThanOrEqualTo(LARGEST);
        int[] levels = coefficients.clone();
        JpegQuantization.luminance(100).quantize(levels);
        assertThat(Math.abs(levels[k])).isLessThanOrEqualTo(k == 0 ? 1024 : 1023);
      }
    }
  }

  @Test
  void quotientsAreExact() {
    Set<Integer> seen = new HashSet<>();
    int[] block = new int[ForwardDct.SAMPLES];
    for (int quality = 1; quality <= 100; quality++) {
      JpegQuantization table = JpegQuantization.luminance(quality);
      for (int k = 0; k < block.length; k++) {
        int step = table.step(k);
        if (seen.add(step)) {
          for (int coefficient = -LARGEST; coefficient <= LARGEST; coefficient++) {
            block[k] = coefficient;
            table.quantize(block);
            long magnitude = Math.round(Math.abs(coefficient) / (8.0 * step));
            if (block[k] != Integer.signum(coefficient) * magnitude) {
              assertThat(block[k]).as("%d by %d", coefficient, step).isEqualTo(magnitude);
            }
          }
        }
      }
    }
    assertThat(seen).contains(1, 2, 3, 16, 255).hasSizeGreaterThan(100);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void codesAreTheBestWhereNoneIsLong(long seed) {
    Random random = new Random(seed);
    int[] counts = new int[256];
    PriorityQueue<Long> trees = new PriorityQueue<>();
    trees.add(1L);
    int used = 1 + random.nextInt(200);
    for (int i = 0; i < used; i++) {
      int symbol = random.nextInt(256);
      if (counts[symbol] == 0) {
        counts[symbol] = 1 + random.nextInt(1 << random.nextInt(12));
        trees.add((long) counts[symbol]);
      }
    }
    long least = 0;
    while (trees.size() > 1) {
      long joined = trees.remove() + trees.remove();
      least += joined;
      trees.add(joined);
    }
    JpegHuffman code = JpegHuffman.optimal(counts, 0);
    long bits = 0;
    int longest = 0;
    for (int symbol = 0; symbol < counts.length; symbol++) {
      bits += (long) counts[symbol] * code.length(symbol);
      longest = Math.max(longest, code.length(symbol));
    }
    assertDecodable(code, counts);
    assertThat(longest).isLessThan(16);
    // The unused code counts once, and has the greatest length.
    assertThat(bits + longest).as("seed %d", seed).isEqualTo(least);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 17, 30, 44})
  void codesEndAtSixteenBitsHoweverSkewTheCounts(int symbols) {
    int[] fibonacci = new int[256];
    int a = 1;
    int b = 1;
    for (int symbol = 0; symbol < symbols; symbol++) {
      fibonacci[7 + symbol] = a;
      int sum = a + b;
      a = b;
      b = sum;
    }
    assertDecodable(JpegHuffman.optimal(fibonacci, 0), fibonacci);
    int[] all = new int[256];
    Arrays.fill(all, 1);
    all[0] = 1 << 30;
    assertDecodable(JpegHuffman.optimal(all, 0), all);
  }

  /** Every symbol that occurs has a code, none begins another, and none is of ones only. */
  private static void assertDecodable(JpegHuffman code, int[] counts) {
    Set<String> codes = new HashSet<>();
    for (int symbol = 0; symbol < counts.length; symbol++) {
      int length = code.length(symbol);
      assertThat(length > 0).isEqualTo(counts[symbol] > 0);
      if (length > 0) {
        assertThat(length).isLessThanOrEqualTo(16);
        assertThat(code.code(symbol)).isBetween(0, (1 << length) - 2);
        String bits = Integer.toBinaryString(1 << length | code.code(symbol)).substring(1);
        assertThat(codes.add(bits)).isTrue();
      }
    }
    for (String bits : codes) {
      for (int length = 1; length < bits.length(); length++) {
        assertThat(codes).doesNotContain(bits.substring(0, length));
      }
    }
  }

  @Test
  void aByteOfOnesIsFollowedByOneOfZeros() {
    JpegBits bits = new JpegBits(2);
    bits.put(0xFF, 8);
    bits.put(0b0101, 4);
    bits.put(0xFFF, 12);
    bits.put(0b1, 1);
    assertThat(bits.finish()).isEqualTo(bytes(0xFF, 0, 0x5F, 0xFF, 0, 0xFF, 0));
  }

  @Test
  void aScanOfOnesOnlyHasRoom() {
    JpegBits bits = new JpegBits(1);
    for (int i = 0; i < 1000; i++) {
      bits.put((1 << 24) - 1, 24);
    }
    byte[] expected = new byte[6000];
    for (int i = 0; i < expected.length; i += 2) {
      expected[i] = (byte) 0xFF;
    }
    assertThat(bits.finish()).isEqualTo(expected);
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }
}
