package dev.sluice.protocol.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.github.luben.zstd.ZstdCompressCtx;
import dev.sluice.protocol.message.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import net.jpountz.lz4.LZ4Factory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ActivationCodecTest {
  private static final int[][] SHAPES = {
    {1}, {3}, {10}, {257}, {1, 1, 1}, {16, 7, 5}, {3, 1, 9}, {5, 9, 1}, {64, 12, 12}, {2, 3, 4, 5}
  };

  /**
   * Integers like transform coefficients: Laplacian, the variance falling from channel to channel.
   */
  static float[] coefficients(int[] shape, double scale, Random random) {
    float[] values = new float[Shapes.elements(shape)];
    for (int i = 0; i < values.length; i++) {
      double u = random.nextDouble() - 0.5;
      double decay = Math.exp(-4.0 * i / values.length);
      values[i] = Math.round(-Math.signum(u) * Math.log(1 - 2 * Math.abs(u)) * scale * decay);
    }
    return values;
  }

  private static float[] roundTrip(ActivationCodec codec, float[] values, int[] shape)
      throws ProtocolException {
    ByteBuffer out = ByteBuffer.allocateDirect(codec.maxEncodedBytes(shape) + 3).position(1);
    int bytes = codec.encode(FloatBuffer.wrap(values), shape, out);
    assertThat(bytes).isLessThanOrEqualTo(codec.maxEncodedBytes(shape));
    assertThat(out.position()).isEqualTo(1 + bytes);
    assertThat(codec.encode(FloatBuffer.wrap(values), shape))
        .isEqualTo(ByteBufferBytes.copy(out.duplicate().flip().position(1)));
    FloatBuffer back = FloatBuffer.allocate(values.length);
    codec.decode(out.flip().position(1), shape, back);
    assertThat(back.hasRemaining()).isFalse();
    return back.array();
  }

  @Test
  void float32IsExactToTheBit() throws Exception {
    float[] values = {
      0f, -0f, 1.5f, Float.MIN_VALUE, Float.MAX_VALUE, Float.NaN, Float.NEGATIVE_INFINITY
    };
    float[] back = roundTrip(ActivationCodec.of("f32"), values, new int[] {7});
    for (int i = 0; i < values.length; i++) {
      assertThat(Float.floatToRawIntBits(back[i])).isEqualTo(Float.floatToRawIntBits(values[i]));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void eightBitsStayWithinHalfAStep(long seed) throws Exception {
    Random random = new Random(seed);
    ActivationCodec codec = ActivationCodec.of("q8+bitshuffle+lz4");
    for (int[] shape : SHAPES) {
      float[] values = new float[Shapes.elements(shape)];
      float scale = (float) Math.pow(10, random.nextInt(60) - 30);
      float min = Float.MAX_VALUE;
      float max = -Float.MAX_VALUE;
      for (int i = 0; i < values.length; i++) {
        values[i] = scale * Math.max(-0.2f, (float) random.nextGaussian());
        min = Math.min(min, values[i]);
        max = Math.max(max, values[i]);
      }
      // Half a step, and what float rounding of the level and of the result adds.
      double tolerance = ((double) max - min) / 255 * 0.5001 + 1e-6 * Math.max(-min, max);
      float[] back = roundTrip(codec, values, shape);
      for (int i = 0; i < values.length; i++) {
        assertThat(Math.abs((double) back[i] - values[i])).isLessThanOrEqualTo(tolerance);
      }
    }
  }

  @Test
  void eightBitsSurviveConstantsHugeRangesAndNumbersThatAreNone() throws Exception {
    ActivationCodec codec = ActivationCodec.of("q8+bitshuffle+lz4");
    int[] shape = {4};
    assertThat(roundTrip(codec, new float[] {7, 7, 7, 7}, shape)).containsOnly(7f);
    assertThat(
            roundTrip(codec, new float[] {-Float.MAX_VALUE, 0, Float.MAX_VALUE, Float.NaN}, shape))
        .startsWith(-Float.MAX_VALUE)
        .doesNotContain(Float.NaN, Float.POSITIVE_INFINITY);
    assertThat(
            roundTrip(
                codec, new float[] {Float.POSITIVE_INFINITY, 2, 1, Float.NEGATIVE_INFINITY}, shape))
        .containsExactly(2, 2, 1, 1);
    assertThat(roundTrip(codec, new float[] {Float.NaN, Float.NaN, Float.NaN, Float.NaN}, shape))
        .containsOnly(0f);
  }

  @ParameterizedTest
  @ValueSource(strings = {"round-i8+zstd", "round-i8+lz4", "round-i8+range"})
  void integersAreExactWhateverTheirSize(String wire) throws Exception {
    ActivationCodec codec = ActivationCodec.of(wire);
    Random random = new Random(4);
    for (double scale : new double[] {0, 0.1, 1, 5, 50, 3000, 1e6}) {
      for (int[] shape : SHAPES) {
        float[] values = coefficients(shape, scale, random);
        for (int i = 0; i < values.length; i++) {
          values[i] = Math.max(-32767, Math.min(32767, values[i]));
        }
        assertThat(roundTrip(codec, values, shape)).isEqualTo(positiveZeros(values));
      }
    }
  }

  private static float[] positiveZeros(float[] values) {
    float[] copy = values.clone();
    for (int i = 0; i < copy.length; i++) {
      copy[i] += 0f;
    }
    return copy;
  }

  @ParameterizedTest
  @ValueSource(strings = {"round-i8+zstd", "round-i8+lz4", "round-i8+range"})
  void othersAreRoundedToTheNearestAndSaturate(String wire) throws Exception {
    float[] values = {
      0.4f, -0.6f, 126.6f, -127.4f, 128, 129, 40_000, -1e30f, Float.NaN, Float.POSITIVE_INFINITY
    };
    assertThat(roundTrip(ActivationCodec.of(wire), values, new int[] {10}))
        .containsExactly(0, -1, 127, -127, 128, 129, 32767, -32767, 0, 32767);
  }

  @Test
  void writesTheBytesOfTheSpecification() {
    assertThat(hex("f32", new float[] {1, -2}, 2)).isEqualTo("0000803f" + "000000c0");
    // min 0, max 255, then the planes of 0, 1, 2, 128, 255 (3 bytes of padding are no levels).
    assertThat(hex("q8+bitshuffle+lz4", new float[] {0, 1, 2, 128, 255}, 5))
        .isEqualTo("00000000" + "00007f43" + "12" + "14" + "10" + "10" + "10" + "10" + "10" + "18");
    // No escapes, then 1, -1, 0 as zigzag codes.
    assertThat(hex("round-i8+zstd", new float[] {1, -1, 0}, 3)).isEqualTo("00" + "020100");
    // One escape, 300; then its mark and 1.
    assertThat(hex("round-i8+zstd", new float[] {300, 1}, 2)).isEqualTo("01" + "2c01" + "ff02");
    // One byte of larger values, 5 as 10 - 3; then 0, -1, 1 and "larger", two bits each.
    assertThat(hex("round-i8+lz4", new float[] {0, -1, 1, 5}, 4)).isEqualTo("01" + "07" + "e4");
  }

  /** Frozen bytes: a change of the model of probabilities is a new codec name, not this one. */
  @Test
  void theRangeCodersProbabilitiesNeverChange() {
    float[] values = coefficients(new int[] {8, 4, 4}, 3, new Random(11));
    ActivationCodec codec = ActivationCodec.of("round-i8+range");
    byte[] bytes = codec.encode(FloatBuffer.wrap(values), new int[] {8, 4, 4});
    assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(FROZEN);
  }

  private static final String FROZEN = "0c1e594fd42b41aba70f343c01341db423422d91513f2cd81de7";

  private static String hex(String wire, float[] values, int... shape) {
    return HexFormat.of()
        .formatHex(ActivationCodec.of(wire).encode(FloatBuffer.wrap(values), shape));
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32", "q8+bitshuffle+lz4", "round-i8+zstd", "round-i8+lz4"})
  void refusesAPayloadCutAtAnyIndexOrOfAnotherShape(String wire) {
    ActivationCodec codec = ActivationCodec.of(wire);
    int[] shape = {8, 6, 6};
    byte[] encoded = codec.encode(FloatBuffer.wrap(coefficients(shape, 40, new Random(5))), shape);
    for (int length = 0; length < encoded.length; length++) {
      ByteBuffer cut = ByteBuffer.wrap(encoded, 0, length);
      assertThatThrownBy(() -> codec.decode(cut, shape, FloatBuffer.allocate(288)))
          .as("cut to %d of %d bytes", length, encoded.length)
          .isInstanceOfSatisfying(
              ProtocolException.class,
              fault -> assertThat(fault.scope()).isEqualTo(ProtocolException.Scope.REQUEST));
    }
    int[] other = {8, 6, 7};
    assertThatThrownBy(
            () -> codec.decode(ByteBuffer.wrap(encoded), other, FloatBuffer.allocate(336)))
        .isInstanceOf(ProtocolException.class);
    int[] tiny = {1};
    assertThatThrownBy(() -> codec.decode(ByteBuffer.wrap(encoded), tiny, FloatBuffer.allocate(1)))
        .isInstanceOf(ProtocolException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"f32", "q8+bitshuffle+lz4", "round-i8+zstd", "round-i8+lz4", "round-i8+range"})
  void answersDamageWithTheRightNumberOfValuesOrARefusal(String wire) {
    ActivationCodec codec = ActivationCodec.of(wire);
    Random random = new Random(6);
    int[] shape = {6, 5, 5};
    for (int i = 0; i < 3000; i++) {
      byte[] encoded =
          codec.encode(FloatBuffer.wrap(coefficients(shape, 1 + i % 60, random)), shape);
      if (i % 3 == 0) {
        encoded = new byte[random.nextInt(200)];
        random.nextBytes(encoded);
      } else {
        for (int k = 0; k < 3 && encoded.length > 0; k++) {
          encoded[random.nextInt(encoded.length)] = (byte) random.nextInt();
        }
      }
      FloatBuffer out = FloatBuffer.allocate(150);
      try {
        codec.decode(ByteBuffer.wrap(encoded), shape, out);
        assertThat(out.remaining()).isZero();
      } catch (ProtocolException refused) {
        assertThat(out.position()).isZero();
      } catch (RuntimeException thrown) {
        fail("damage " + i, thrown);
      }
    }
  }

  @Test
  void refusesBombs() {
    byte[] zeros = new byte[1 << 24];
    byte[] lz4 = LZ4Factory.fastestInstance().fastCompressor().compress(zeros);
    byte[] lz4Payload = new byte[8 + 4000];
    System.arraycopy(lz4, 0, lz4Payload, 8, 4000);
    assertRefused("q8+bitshuffle+lz4", lz4Payload);
    byte[] roundPayload = new byte[1 + 200];
    System.arraycopy(lz4, 0, roundPayload, 1, 200);
    assertRefused("round-i8+lz4", roundPayload);
    byte[] zstd;
    try (ZstdCompressCtx context = new ZstdCompressCtx()) {
      context.setMagicless(true);
      zstd = context.compress(zeros);
    }
    assertThat(zstd.length).isLessThan(2000);
    byte[] zstdPayload = new byte[1 + zstd.length];
    System.arraycopy(zstd, 0, zstdPayload, 1, zstd.length);
    assertRefused("round-i8+zstd", zstdPayload);
    // Two billion escapes in five bytes.
    assertRefused("round-i8+zstd", new byte[] {-1, -1, -1, -1, 7});
  }

  private static void assertRefused(String wire, byte[] payload) {
    assertThatThrownBy(
            () ->
                ActivationCodec.of(wire)
                    .decode(ByteBuffer.wrap(payload), new int[] {8192}, FloatBuffer.allocate(8192)))
        .isInstanceOf(ProtocolException.class);
  }

  @Test
  void theRangeCoderNeedsLessThanZstandardOnCoefficients() {
    Random random = new Random(7);
    for (int[] shape : new int[][] {{48, 6, 6}, {32, 12, 12}, {64, 14, 14}}) {
      for (double scale : new double[] {0.5, 1, 3}) {
        FloatBuffer values = FloatBuffer.wrap(coefficients(shape, scale, random));
        int range = ActivationCodec.of("round-i8+range").encode(values, shape).length;
        int zstd = ActivationCodec.of("round-i8+zstd").encode(values, shape).length;
        int lz4 = ActivationCodec.of("round-i8+lz4").encode(values, shape).length;
        assertThat(range).as("%s at %s", Arrays.toString(shape), scale).isLessThan(zstd);
        assertThat(zstd).isLessThan(lz4);
      }
    }
  }

  @Test
  void namesTheKnownCodecsWhenOneIsUnknown() {
    assertThatThrownBy(() -> ActivationCodec.of("q4"))
        .isInstanceOf(UnknownCodecException.class)
        .hasMessageContaining("q4")
        .hasMessageContaining("round-i8+range");
  }

  @Test
  void transposesBits() {
    Random random = new Random(8);
    for (int i = 0; i < 100; i++) {
      long matrix = random.nextLong();
      long expected = 0;
      for (int row = 0; row < 8; row++) {
        for (int column = 0; column < 8; column++) {
          expected |= ((matrix >>> (8 * row + column)) & 1) << (8 * column + row);
        }
      }
      assertThat(BitPlanes.transpose(matrix)).isEqualTo(expected);
    }
  }

  /** What remains in a buffer. */
  private static final class ByteBufferBytes {
    static byte[] copy(ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      return bytes;
    }
  }
}
