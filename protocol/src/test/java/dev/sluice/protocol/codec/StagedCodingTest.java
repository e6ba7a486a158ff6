package dev.sluice.protocol.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.protocol.message.ProtocolException;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StagedCodingTest {
  private static final int[][] SHAPES = {
    {1}, {7}, {13}, {1, 1, 1}, {3, 11}, {5, 7, 3}, {2, 1, 9}, {17, 4, 4}, {2, 3, 4, 5}, {64, 1, 1}
  };

  static List<String> names() {
    return ActivationCodec.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void layoutsAndStagesChangeNothingThatPrecisionLeaves(String wire) throws Exception {
    CodecName name = CodecName.parse(wire);
    for (int[] shape : SHAPES) {
      Random random = new Random(3);
      ActivationCodec codec = Samples.codec(wire, shape, 2);
      for (int i = 0; i < 4; i++) {
        float[] values = Samples.tensor(wire, shape, random);
        byte[] payload = codec.encode(FloatBuffer.wrap(values), shape);
        assertThat(payload.length).isLessThanOrEqualTo(codec.maxEncodedBytes(shape));
        float[] back = Samples.decode(codec, payload, shape);
        Precision.Kind kind = name.precision().kind();
        if (kind == Precision.Kind.COEFFICIENTS || kind == Precision.Kind.ROUNDED) {
          // Thresholds depend on the coder; none is two steps away.
          assertNear(back, values, 2);
        } else {
          String plain = name.precision().text();
          ActivationCodec reference = Samples.codec(plain, shape, 2);
          byte[] plainPayload = reference.encode(FloatBuffer.wrap(values), shape);
          float[] expected = Samples.decode(reference, plainPayload, shape);
          if (name.stage().codesIntegers()) {
            assertNear(back, expected, 2 * Samples.tables(plain, shape, 2).largestStep());
          } else {
            assertThat(back).as(wire).isEqualTo(expected);
          }
        }
      }
    }
  }

  private static void assertNear(float[] actual, float[] expected, float tolerance) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).isBetween(expected[i] - tolerance, expected[i] + tolerance);
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void takesDirectAndHeapBuffersAnywhereWithTheSameBytes(String wire) throws Exception {
    int[] shape = {6, 5, 3};
    ActivationCodec codec = Samples.codec(wire, shape, 4);
    float[] values = Samples.tensor(wire, shape, new Random(5));
    byte[] payload = codec.encode(FloatBuffer.wrap(values), shape);
    FloatBuffer direct =
        ByteBuffer.allocateDirect(4 * 92).order(ByteOrder.nativeOrder()).asFloatBuffer();
    direct.put(1, values).position(1).limit(91);
    ByteBuffer out = ByteBuffer.allocateDirect(codec.maxEncodedBytes(shape) + 5).position(5);
    assertThat(codec.encode(direct, shape, out)).isEqualTo(payload.length);
    assertThat(direct.position()).isEqualTo(1);
    assertThatThrownBy(() -> codec.encode(direct, shape, ByteBuffer.allocate(payload.length - 1)))
        .isInstanceOf(BufferOverflowException.class);
    assertThat(out.flip().position(5)).isEqualTo(ByteBuffer.wrap(payload));
    float[] back = Samples.decode(codec, payload, shape);
    FloatBuffer target = direct.duplicate();
    codec.decode(out.asReadOnlyBuffer(), shape, target);
    assertThat(target.hasRemaining()).isFalse();
    assertThat(target.position(1)).isEqualTo(FloatBuffer.wrap(back));
  }

  @ParameterizedTest
  @MethodSource("names")
  void survivesNumbersThatAreNone(String wire) throws Exception {
    int[] shape = {2, 3, 3};
    ActivationCodec codec = Samples.codec(wire, shape, 6);
    float[] values = Samples.tensor(wire, shape, new Random(7));
    values[0] = Float.NaN;
    values[5] = Float.POSITIVE_INFINITY;
    values[9] = Float.NEGATIVE_INFINITY;
    values[10] = Float.MAX_VALUE;
    float[] back = Samples.decode(codec, codec.encode(FloatBuffer.wrap(values), shape), shape);
    if (CodecName.parse(wire).precision().kind() != Precision.Kind.FLOAT) {
      for (float value : back) {
        assertThat(Math.abs(value)).isLessThanOrEqualTo(Float.MAX_VALUE);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void refusesPayloadsCutAtAnyByteButThoseOfTheAdaptiveCoder(String wire) {
    CodecName name = CodecName.parse(wire);
    int[] shape = {7, 5, 5};
    ActivationCodec codec = Samples.codec(wire, shape, 8);
    byte[] payload =
        codec.encode(FloatBuffer.wrap(Samples.tensor(wire, shape, new Random(9))), shape);
    for (int length = 0; length < payload.length; length++) {
      ByteBuffer cut = ByteBuffer.wrap(payload, 0, length);
      if (name.stage() == Stage.RANGE) {
        // It supplies zeros behind the end, so that a cut makes other values, never other sizes.
        continue;
      }
      assertThatThrownBy(() -> codec.decode(cut, shape, FloatBuffer.allocate(175)))
          .as("%s cut to %d of %d bytes", wire, length, payload.length)
          .isInstanceOfSatisfying(
              ProtocolException.class,
              fault -> assertThat(fault.scope()).isEqualTo(ProtocolException.Scope.REQUEST));
    }
    byte[] longer = new byte[codec.maxEncodedBytes(shape) + 1];
    assertThatThrownBy(
            () -> codec.decode(ByteBuffer.wrap(longer), shape, FloatBuffer.allocate(175)))
        .isInstanceOf(ProtocolException.class);
  }

  @ParameterizedTest
  @MethodSource("names")
  void answersDamageWithTheRightNumberOfValuesOrARefusal(String wire) {
    int[] shape = {5, 4, 3};
    ActivationCodec codec = Samples.codec(wire, shape, 10);
    Random random = new Random(11);
    for (int i = 0; i < 600; i++) {
      byte[] payload = codec.encode(FloatBuffer.wrap(Samples.tensor(wire, shape, random)), shape);
      if (i % 3 == 0) {
        payload = new byte[random.nextInt(codec.maxEncodedBytes(shape))];
        random.nextBytes(payload);
      } else {
        for (int k = 0; k < 3 && payload.length > 0; k++) {
          payload[random.nextInt(payload.length)] = (byte) random.nextInt();
        }
      }
      FloatBuffer out = FloatBuffer.allocate(60);
      try {
        codec.decode(ByteBuffer.wrap(payload), shape, out);
        assertThat(out.remaining()).isZero();
      } catch (ProtocolException refused) {
        assertThat(out.position()).isZero();
        assertThat(refused.scope()).isEqualTo(ProtocolException.Scope.REQUEST);
      } catch (RuntimeException thrown) {
        fail(wire + " damage " + i, thrown);
      }
    }
  }

  @Test
  void halvesAreTheNearestOnes() {
    assertThat(hex("f16", new float[] {1, -2, 65504, 1e9f, -1e9f}, 5))
        .isEqualTo("003c" + "00c0" + "ff7b" + "ff7b" + "fffb");
    assertThat(hex("f16", new float[] {Float.POSITIVE_INFINITY, Float.NaN, 0x1p-24f, -0f}, 4))
        .isEqualTo("007c" + "007e" + "0100" + "0080");
    // A tie between two halves goes to the even one.
    assertThat(hex("f16", new float[] {1 + 0x1p-11f, 1 + 3 * 0x1p-11f}, 2))
        .isEqualTo("003c" + "023c");
  }

  @Test
  void everyHalfReadsAsItself() {
    for (int bits = 0; bits <= 0xFFFF; bits++) {
      float single = FloatQuantizer.single((short) bits);
      if (!Float.isNaN(single)) {
        assertThat(FloatQuantizer.half(single)).isEqualTo((short) bits);
      }
    }
  }

  @Test
  void layoutsStandAsTheSpecificationSays() {
    // Bytes 00 00 80 3f and 00 00 00 c0, plane by plane; LZ4 cannot shorten eight bytes.
    assertThat(hex("f32+byteshuffle+lz4", new float[] {1, -2}, 2))
        .isEqualTo("0000" + "0000" + "8000" + "3fc0");
    // Bits 10 to 13 are set in the first half, 14 and 15 in the second; LZ4 writes a zero, repeats
    // it
    // nine times (offset 1, 5 more than the least), then six literals.
    assertThat(hex("f16+bitshuffle+lz4", new float[] {1, -2}, 2))
        .isEqualTo("15" + "00" + "0100" + "60" + "01010101" + "0202");
    // The range 0 to 255; one word, in the second place; 255.
    assertThat(hex("q8+zeromap", new float[] {0, 255, 0}, 3))
        .isEqualTo("00000000" + "00007f43" + "01" + "02" + "ff");
    // 0, 10 - 0, then of the next row 20 - 0, 255 - 20; of the next channel 255.
    assertThat(hex("q8+delta+lz4", new float[] {0, 10, 20, 255, 255, 0, 0, 0}, 2, 2, 2))
        .isEqualTo("00000000" + "00007f43" + "000a14eb" + "ff010100");
  }

  @Test
  void levelsArePackedLowBitsFirst() throws Exception {
    // Two channels of two values in q4c: steps 1 and 0.5, zeros 0 and 8.
    CodecTables tables =
        CodecTables.read(
            HexFormat.of()
                .parseHex(
                    "5354" + "01" + "03713463" + "03020102" + "0a" + "0000803f00" + "0000003f08"));
    ActivationCodec codec = ActivationCodec.of("q4c", tables);
    int[] shape = {2, 1, 2};
    byte[] payload = codec.encode(FloatBuffer.wrap(new float[] {3, 20, -1, 0.5f}), shape);
    assertThat(HexFormat.of().formatHex(payload)).isEqualTo("f3" + "96");
    assertThat(Samples.decode(codec, payload, shape)).containsExactly(3, 15, -1, 0.5f);
  }

  @Test
  void stepsHaveDeadZonesAndReadings() throws Exception {
    // One class for one channel: 1 from 0.75 on, 2 from 1.5 on, others half-way; 1 is read as 1 -
    // 1/8.
    CodecTables tables =
        CodecTables.read(
            HexFormat.of()
                .parseHex(
                    "5354"
                        + "01"
                        + "0473746570"
                        + "03010105"
                        + "08"
                        + "01"
                        + "60"
                        + "40"
                        + "00"
                        + "1f"
                        + "00"
                        + "00"
                        + "00"));
    ActivationCodec codec = ActivationCodec.of("step", tables);
    int[] shape = {1, 1, 5};
    byte[] payload = codec.encode(FloatBuffer.wrap(new float[] {0.7f, -0.8f, 1.6f, 300, 0}), shape);
    // One escape, 300; then the zigzag codes of 0, -1, 2, its mark, and that of 0.
    assertThat(HexFormat.of().formatHex(payload)).isEqualTo("01" + "2c01" + "0001" + "04ff00");
    assertThat(Samples.decode(codec, payload, shape)).containsExactly(0, -0.875f, 2, 300, 0);
  }

  @Test
  void zeroIsExactUnderCalibratedRanges() throws Exception {
    int[] shape = {3, 8, 8};
    Random random = new Random(12);
    for (String wire : List.of("q8t", "q8c", "q6c", "q4c", "q3c", "q2c", "q2c+rans", "q4c+rans")) {
      CodecTables.Fitting fitting = CodecTables.fitting(wire, shape);
      float[] values = new float[192];
      for (int i = 0; i < values.length; i++) {
        values[i] = i % 2 == 0 ? 0 : (float) random.nextGaussian() + 0.3f;
      }
      fitting.add(FloatBuffer.wrap(values));
      ActivationCodec codec = ActivationCodec.of(wire, fitting.build());
      float[] back = Samples.decode(codec, codec.encode(FloatBuffer.wrap(values), shape), shape);
      for (int i = 0; i < values.length; i += 2) {
        assertThat(back[i]).as(wire).isEqualTo(0);
      }
    }
  }

  @Test
  void refusesBombs() {
    int[] shape = {8, 32, 32};
    byte[] zeros = new byte[1 << 24];
    byte[] lz4 = net.jpountz.lz4.LZ4Factory.fastestInstance().fastCompressor().compress(zeros);
    byte[] zstd = com.github.luben.zstd.Zstd.compress(zeros);
    for (String wire : ActivationCodec.names()) {
      if (!wire.endsWith("lz4") && !wire.endsWith("zstd")) {
        continue;
      }
      ActivationCodec codec = Samples.codec(wire, shape, 13);
      byte[] bomb = wire.endsWith("lz4") ? lz4 : zstd;
      for (int side = 0; side < 12; side++) {
        byte[] payload = new byte[Math.min(codec.maxEncodedBytes(shape) - 1, side + bomb.length)];
        System.arraycopy(bomb, 0, payload, side, payload.length - side);
        assertThatThrownBy(
                () -> codec.decode(ByteBuffer.wrap(payload), shape, FloatBuffer.allocate(8192)))
            .as("%s behind %d bytes", wire, side)
            .isInstanceOf(ProtocolException.class);
      }
    }
  }

  private static String hex(String wire, float[] values, int... shape) {
    return HexFormat.of()
        .formatHex(ActivationCodec.of(wire).encode(FloatBuffer.wrap(values), shape));
  }
}
