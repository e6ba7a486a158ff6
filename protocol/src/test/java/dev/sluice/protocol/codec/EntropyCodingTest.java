package dev.sluice.protocol.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntropyCodingTest {
  private static final int[][] SHAPES = {
    {1}, {3}, {1, 1, 1}, {16, 7, 5}, {40, 4, 4}, {98, 1, 1}, {32, 2, 2}, {5, 1, 9}, {4, 13}
  };

  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.5, 2, 40, 3000})
  void readsWhatASlowReaderByTheSpecificationReads(double scale) throws Exception {
    for (int[] shape : SHAPES) {
      Random random = new Random(1);
      CoefficientModel model = model(shape, scale, random);
      EntropyCoding coding = new EntropyCoding(model, Optional.empty());
      Scratch scratch = Scratch.ofThisThread();
      int elements = Shapes.elements(shape);
      scratch.encoded(coding.maxEncodedBytes(elements));
      for (int i = 0; i < 5; i++) {
        float[] values = Samples.coefficients(shape, scale, random);
        int bytes = coding.encode(values, shape, scratch);
        if (bytes == 2 * elements) {
          continue;
        }
        float[] back = new float[elements];
        coding.decode(scratch.encoded(), bytes, back, shape, scratch);
        assertThat(new SlowReader(model, scratch.encoded(), bytes).read()).isEqualTo(back);
      }
    }
  }

  private static CoefficientModel model(int[] shape, double scale, Random random) {
    List<float[]> samples = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      samples.add(Samples.coefficients(shape, scale, random));
    }
    return ModelFitting.fit(Geometry.of(shape), samples, FittingOptions.HIGH_RATE_LAMBDA, true);
  }

  @Test
  void valuesThatCalibrationNeverSawTravelToo() throws Exception {
    int[] shape = {20, 4, 4};
    CoefficientModel model = model(shape, 0.3, new Random(2));
    EntropyCoding coding = new EntropyCoding(model, Optional.empty());
    Scratch scratch = Scratch.ofThisThread();
    scratch.encoded(coding.maxEncodedBytes(320));
    float[] values = new float[320];
    int[] places = {0, 17, 100, 319};
    float[] large = {32767, -32767, 1000, -25};
    for (int i = 0; i < places.length; i++) {
      values[places[i]] = large[i];
    }
    int bytes = coding.encode(values, shape, scratch);
    assertThat(bytes).isLessThan(100);
    float[] back = new float[320];
    coding.decode(scratch.encoded(), bytes, back, shape, scratch);
    for (int i = 0; i < places.length; i++) {
      assertThat(back[places[i]]).isBetween(large[i] - 1.5f, large[i] + 1.5f);
    }
    assertThat(new SlowReader(model, scratch.encoded(), bytes).read()).isEqualTo(back);
  }

  @Test
  void nothingButZerosTakesAByteOrTwo() {
    int[] shape = {200, 7, 7};
    ActivationCodec codec = ActivationCodec.of("step+rans", Samples.tables("step+rans", shape, 3));
    assertThat(codec.encode(FloatBuffer.allocate(200 * 49), shape).length).isLessThan(100);
    CodecTables.Fitting fitting = CodecTables.fitting("step+rans", shape);
    for (int i = 0; i < 64; i++) {
      fitting.add(FloatBuffer.allocate(200 * 49));
    }
    ActivationCodec quiet = ActivationCodec.of("step+rans", fitting.build());
    assertThat(quiet.encode(FloatBuffer.allocate(200 * 49), shape).length).isLessThanOrEqualTo(2);
  }

  @Test
  void needsLessThanTheAdaptiveCoderForTheSameIntegers() {
    Random random = new Random(4);
    for (int[] shape : new int[][] {{48, 6, 6}, {32, 12, 12}, {64, 14, 14}}) {
      for (double scale : new double[] {0.5, 1, 3}) {
        List<float[]> samples = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
          samples.add(Samples.coefficients(shape, scale, random));
        }
        // A lambda of 0 rounds to the nearest.
        CoefficientModel model = ModelFitting.fit(Geometry.of(shape), samples, 0, true);
        EntropyCoding coding = new EntropyCoding(model, Optional.empty());
        Scratch scratch = Scratch.ofThisThread();
        int staticBytes = 0;
        int adaptiveBytes = 0;
        for (int i = 0; i < 12; i++) {
          float[] values = Samples.coefficients(shape, scale, random);
          scratch.encoded(coding.maxEncodedBytes(values.length));
          staticBytes += coding.encode(values.clone(), shape, scratch);
          adaptiveBytes +=
              ActivationCodec.of("round-i8+range").encode(FloatBuffer.wrap(values), shape).length;
        }
        assertThat(staticBytes)
            .as("%d channels at %s", shape[0], scale)
            .isLessThan((int) (0.97 * adaptiveBytes));
      }
    }
  }

  @Test
  void divisionsByMultiplicationAreExact() {
    Random random = new Random(5);
    RansTables tables = new RansTables(model(new int[] {8, 4, 4}, 1, random));
    for (int symbol = 0; symbol < tables.shares.length; symbol++) {
      long frequency = tables.shares[symbol] & 0xFFFF;
      if (frequency == 0) {
        continue;
      }
      for (int i = 0; i < 20; i++) {
        long state = random.nextLong() >>> (1 + random.nextInt(62));
        long quotient =
            (Math.multiplyHigh(state, tables.reciprocals[symbol]) + state)
                >>> (int) (tables.shares[symbol] >>> 32);
        assertThat(quotient).isEqualTo(state / frequency);
      }
    }
  }

  /** Frozen: another payload for the same tables is another codec, and needs another name. */
  @Test
  void bytesNeverChange() throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (int seed = 0; seed < 8; seed++) {
      digest.update(frozenPayload(seed));
    }
    assertThat(HexFormat.of().formatHex(digest.digest())).isEqualTo(FROZEN);
  }

  private static final String FROZEN =
      "b7e81751891251852224f3e2955e614bf50fbb1171c2c85c6d5472f4e6ad69ab";

  /** Writes by a model of plain numbers, so that a better fitting changes nothing here. */
  private static byte[] frozenPayload(int seed) {
    int[] shape = {6, 5, 4};
    Geometry grid = Geometry.of(shape);
    byte[] means = {40, 36, 33, 30, 24, 12};
    int classes = 0;
    for (int set : CoefficientModel.classes(grid, means)) {
      classes = Math.max(classes, set + 1);
    }
    int[] weights = new int[classes * CoefficientModel.WEIGHTS];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = 400 - 60 * (i % CoefficientModel.WEIGHTS);
    }
    int[] filters = new int[6 * CoefficientModel.FILTER];
    filters[0] = 30;
    filters[1] = 20;
    filters[2] = -5;
    filters[3] = 3;
    filters[8] = 12;
    int[][] frequencies = new int[CoefficientModel.CONTEXTS][CoefficientModel.TOKENS];
    DeadZone[] zones = new DeadZone[CoefficientModel.CONTEXTS];
    for (int context = 0; context < zones.length; context++) {
      int left = CoefficientModel.TOTAL;
      for (int token = 0; token < 30; token++) {
        // The rarer a context's zeros the more of the others.
        int part = left * (80 - context + token) / 160;
        frequencies[context][token] = part;
        left -= part;
      }
      frequencies[context][CoefficientModel.ESCAPE] = left;
      zones[context] = new DeadZone(80 - context / 4, 70, 5, context / 8 - 4, 3, -2);
    }
    int[] empty = new int[CoefficientModel.FLAGS];
    for (int flag = 0; flag < empty.length; flag++) {
      empty[flag] = CoefficientModel.TOTAL * (flag < 24 ? 7 : 1) / 8 - flag;
    }
    CoefficientModel model =
        new CoefficientModel(grid, means, weights, filters, frequencies, zones, empty);
    EntropyCoding coding = new EntropyCoding(model, Optional.empty());
    Scratch scratch = Scratch.ofThisThread();
    scratch.encoded(coding.maxEncodedBytes(120));
    // Dyadic numbers by a generator that never changes.
    float[] values = new float[120];
    Random random = new Random(seed);
    for (int i = 0; i < values.length; i++) {
      int large = random.nextInt(1 << 12) == 0 ? 4000 : 1;
      values[i] = (random.nextInt(1025) - 512) * large / (float) (64 << (i / 20));
    }
    int bytes = coding.encode(values, shape, scratch);
    byte[] payload = java.util.Arrays.copyOf(scratch.encoded(), bytes);
    assertThat(new String(payload, StandardCharsets.ISO_8859_1)).isNotEmpty();
    return payload;
  }

  /**
   * Reads a payload as docs/protocol.md says, with numbers of any size, neighbours looked up in
   * what was read, and no table but the model's own.
   */
  private static final class SlowReader {
    private static final BigInteger TOTAL = BigInteger.valueOf(32768);

    private final CoefficientModel model;
    private final byte[] bytes;
    private final int length;
    private BigInteger state;
    private int at;

    SlowReader(CoefficientModel model, byte[] bytes, int length) {
      this.model = model;
      this.bytes = bytes;
      this.length = length;
      int stateBytes = length < 5 ? length : 5 + (length - 5) % 4;
      state = new BigInteger(1, bytes, 0, stateBytes);
      at = stateBytes;
    }

    private int symbol(int[] frequencies) {
      int slot = state.mod(TOTAL).intValueExact();
      int symbol = 0;
      int start = 0;
      while (slot >= start + frequencies[symbol]) {
        start += frequencies[symbol++];
      }
      state =
          BigInteger.valueOf(frequencies[symbol])
              .multiply(state.divide(TOTAL))
              .add(BigInteger.valueOf(slot - start));
      if (state.bitLength() <= 31 && at < length) {
        long word = LittleEndian.getInt(bytes, at) & 0xFFFFFFFFL;
        at += 4;
        state = state.shiftLeft(32).or(BigInteger.valueOf(word));
      }
      return symbol;
    }

    private int raw(int bits) {
      int[] even = new int[1 << bits];
      java.util.Arrays.fill(even, 32768 >> bits);
      return symbol(even);
    }

    float[] read() {
      int channels = model.grid.channels();
      int rows = model.grid.rows();
      int columns = model.grid.columns();
      int[][][] levels = new int[channels][rows][columns];
      int[][] fading = new int[rows][columns];
      float[] values = new float[channels * rows * columns];
      for (int c = 0; c < channels; c++) {
        int w = model.weightsAt(c);
        int[][] expected = new int[rows][columns];
        int sum = 0;
        for (int r = 0; r < rows; r++) {
          for (int i = 0; i < columns; i++) {
            expected[r][i] =
                own(c, r, i)
                    + model.weights[w + 4] * magnitude(levels, c - 1, r, i)
                    + ((model.weights[w + 5] * fading[r][i]) >> 4);
            sum += expected[r][i];
          }
        }
        int empty = model.emptyFrequencies[CoefficientModel.flagContext(sum)];
        int[][] readings = new int[rows][columns];
        if (symbol(new int[] {empty, 32768 - empty}) == 1) {
          for (int r = 0; r < rows; r++) {
            for (int i = 0; i < columns; i++) {
              int context =
                  CoefficientModel.context(
                      expected[r][i]
                          + model.weights[w + 1] * magnitude(levels, c, r, i - 1)
                          + model.weights[w + 2] * magnitude(levels, c, r - 1, i)
                          + model.weights[w + 3]
                              * (magnitude(levels, c, r - 1, i - 1)
                                  + magnitude(levels, c, r - 1, i + 1)));
              int token = symbol(model.frequencies[context]);
              int code = CoefficientModel.lowestCode(token);
              int bits = CoefficientModel.rawBits(token);
              if (bits > 8) {
                code += raw(bits - 8) << 8;
                bits = 8;
              }
              code += bits == 0 ? 0 : raw(bits);
              int level = code % 2 == 0 ? code / 2 : -(code + 1) / 2;
              levels[c][r][i] = level;
              int filtered =
                  model.filters[4 * c] * reading(readings, r, i - 1)
                      + model.filters[4 * c + 1] * reading(readings, r - 1, i)
                      + model.filters[4 * c + 2] * reading(readings, r - 1, i - 1)
                      + model.filters[4 * c + 3] * reading(readings, r - 1, i + 1);
              int prediction = Math.floorDiv(filtered + 32, 64);
              prediction = Math.max(-(1 << 22), Math.min(1 << 22, prediction));
              int difference = Math.round(128 * model.zones[context].reconstruct(level));
              readings[r][i] = prediction + difference;
              values[(c * rows + r) * columns + i] = readings[r][i] / 128f;
            }
          }
        }
        for (int r = 0; r < rows; r++) {
          for (int i = 0; i < columns; i++) {
            fading[r][i] += 16 * magnitude(levels, c, r, i) - (fading[r][i] + 3) / 4;
          }
        }
      }
      assertThat(state).isEqualTo(BigInteger.ONE);
      assertThat(at).isEqualTo(length);
      return values;
    }

    private int own(int c, int r, int i) {
      int run = model.grid.elements() / model.means.length;
      int index = (c * model.grid.rows() + r) * model.grid.columns() + i;
      long mean = CoefficientModel.lowest(model.means[index / run]);
      return (int) Math.min(1 << 19, mean * model.weights[model.weightsAt(c)] / 1024);
    }

    private static int magnitude(int[][][] levels, int c, int r, int i) {
      if (c < 0 || r < 0 || i < 0 || i >= levels[c][r].length) {
        return 0;
      }
      return Math.min(255, Math.abs(levels[c][r][i]));
    }

    private static int reading(int[][] readings, int r, int i) {
      return r < 0 || i < 0 || i >= readings[r].length ? 0 : readings[r][i];
    }
  }
}
