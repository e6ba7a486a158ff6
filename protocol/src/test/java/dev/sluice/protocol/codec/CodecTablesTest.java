package dev.sluice.protocol.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.protocol.message.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CodecTablesTest {
  private static final int[] SHAPE = {12, 6, 5};

  static List<String> names() {
    return ActivationCodec.names().stream().filter(ActivationCodec::needsTables).toList();
  }

  @ParameterizedTest
  @MethodSource("names")
  void readAsTheyWereWritten(String wire) {
    CodecTables tables = Samples.tables(wire, SHAPE, 1);
    CodecTables back = CodecTables.read(tables.toBytes());
    assertThat(back).isEqualTo(tables).hasSameHashCodeAs(tables);
    assertThat(back.wire()).isEqualTo(wire);
    assertThat(back.shape()).isEqualTo(SHAPE);
    FloatBuffer values = FloatBuffer.wrap(Samples.tensor(wire, SHAPE, new Random(2)));
    assertThat(ActivationCodec.of(wire, back).encode(values, SHAPE))
        .isEqualTo(ActivationCodec.of(wire, tables).encode(values, SHAPE));
  }

  @ParameterizedTest
  @MethodSource("names")
  void sameSamplesMakeTheSameTables(String wire) {
    assertThat(Samples.tables(wire, SHAPE, 3)).isEqualTo(Samples.tables(wire, SHAPE, 3));
    assertThat(Samples.tables(wire, SHAPE, 3)).isNotEqualTo(Samples.tables(wire, SHAPE, 4));
  }

  @ParameterizedTest
  @MethodSource("names")
  void areRefusedWhenCutAnywhereOrFollowedByMore(String wire) {
    byte[] bytes = Samples.tables(wire, SHAPE, 5).toBytes();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> CodecTables.read(cut))
          .as("%d of %d bytes", length, bytes.length)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("damaged codec tables");
    }
    assertThatThrownBy(() -> CodecTables.read(Arrays.copyOf(bytes, bytes.length + 1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @MethodSource("names")
  void damagedOnesAreRefusedOrStillCode(String wire) {
    Random random = new Random(6);
    CodecTables tables = Samples.tables(wire, SHAPE, 7);
    byte[] bytes = tables.toBytes();
    for (int i = 0; i < 400; i++) {
      byte[] damaged = bytes.clone();
      for (int k = 0; k <= i % 3; k++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try {
        CodecTables read = CodecTables.read(damaged);
        if (Arrays.equals(read.shape(), SHAPE)) {
          ActivationCodec codec = ActivationCodec.of(read.wire(), read);
          float[] values = Samples.tensor(wire, SHAPE, random);
          byte[] payload = codec.encode(FloatBuffer.wrap(values), SHAPE);
          codec.decode(ByteBuffer.wrap(payload), SHAPE, FloatBuffer.allocate(360));
        }
      } catch (IllegalArgumentException refused) {
        assertThat(refused).hasMessageContaining("damaged codec tables");
      } catch (ProtocolException | RuntimeException thrown) {
        fail(wire + " damage " + i, thrown);
      }
    }
  }

  /** The same without Zstandard around it, which hides most damage from what reads the body. */
  @Test
  void damagedModelsAreRefusedOrStillCode() {
    Random random = new Random(8);
    CoefficientModel model = model(9);
    TableBytes.Writer out = new TableBytes.Writer();
    model.write(out);
    byte[] bytes = out.toBytes();
    int read = 0;
    for (int i = 0; i < 4000; i++) {
      byte[] damaged = bytes.clone();
      for (int k = 0; k <= i % 3; k++) {
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        TableBytes.Reader in = new TableBytes.Reader(damaged);
        CoefficientModel other = CoefficientModel.read(360, in);
        in.checkEnd();
        read++;
        for (int[] frequencies : other.frequencies) {
          assertThat(Arrays.stream(frequencies).sum()).isEqualTo(CoefficientModel.TOTAL);
        }
        EntropyCoding coding = new EntropyCoding(other, java.util.Optional.empty());
        Scratch scratch = Scratch.ofThisThread();
        scratch.encoded(coding.maxEncodedBytes(360));
        float[] values = Samples.coefficients(SHAPE, 3, random);
        int length = coding.encode(values, SHAPE, scratch);
        coding.decode(scratch.encoded(), length, values, SHAPE, scratch);
      } catch (IllegalArgumentException refused) {
        assertThat(refused.getMessage()).isNotEmpty();
      } catch (ProtocolException | RuntimeException thrown) {
        fail("damage " + i, thrown);
      }
    }
    assertThat(read).isPositive();
  }

  private static CoefficientModel model(long seed) {
    Random random = new Random(seed);
    List<float[]> samples =
        List.of(
            Samples.coefficients(SHAPE, 2, random),
            Samples.coefficients(SHAPE, 2, random),
            Samples.coefficients(SHAPE, 2, random));
    return ModelFitting.fit(Geometry.of(SHAPE), samples, 0.1, true);
  }

  @Test
  void claimsDecideNoAllocation() {
    // q4c for 64 Mi channels: a step and a zero each, of which there is one.
    assertDamaged("5354" + "01" + "03713463" + "01" + "80808020" + "05" + "0000803f00", "range");
    // A body of 2 MB in 20 bytes that are no Zstandard frame.
    assertDamaged(
        "5354" + "01" + "03713463" + "01" + "808001" + "80a006" + "00".repeat(20), "body");
    // A body longer than any for that shape.
    assertDamaged("5354" + "01" + "03713463" + "01" + "01" + "80808008" + "00", "length");
    // 2^40 elements.
    assertDamaged("5354" + "01" + "03713463" + "02" + "80804080804005", "elements");
    assertDamaged("5354" + "02" + "03713463" + "01" + "01" + "05" + "0000803f00", "version");
    assertDamaged("5354" + "01" + "03663332" + "01" + "01" + "05" + "0000803f00", "needs no");
    // A step that is no number, a zero that is no level of four bits.
    assertDamaged("5354" + "01" + "03713463" + "01" + "01" + "05" + "0000c07f00", "no step");
    assertDamaged("5354" + "01" + "03713463" + "01" + "01" + "05" + "0000803f10", "zero");
  }

  private static void assertDamaged(String hex, String reason) {
    assertThatThrownBy(() -> CodecTables.read(HexFormat.of().parseHex(hex)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("damaged codec tables")
        .hasMessageContaining(reason);
  }

  @Test
  void tablesAreForOneCodecAndShape() {
    CodecTables tables = Samples.tables("step+rans", SHAPE, 10);
    assertThatThrownBy(() -> ActivationCodec.of("q4c+rans", tables))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("step+rans");
    assertThatThrownBy(() -> ActivationCodec.of("step+rans"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tables");
    ActivationCodec codec = ActivationCodec.of("step+rans", tables);
    assertThatThrownBy(() -> codec.encode(FloatBuffer.allocate(360), new int[] {12, 5, 6}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[12, 5, 6]");
    assertThatThrownBy(() -> CodecTables.fitting("f32", SHAPE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void fittingRefusesWhatIsNoSample() {
    CodecTables.Fitting fitting = CodecTables.fitting("q4c", SHAPE);
    assertThatThrownBy(fitting::build).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> fitting.add(FloatBuffer.allocate(359)))
        .isInstanceOf(IllegalArgumentException.class);
    float[] values = new float[360];
    values[7] = Float.NaN;
    assertThatThrownBy(() -> fitting.add(FloatBuffer.wrap(values)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NaN");
  }

  @Test
  void samplesBeyondTheLimitAreThinnedEvenly() {
    FittingOptions few = new FittingOptions(0.1, 4 * 360);
    CodecTables.Fitting all = CodecTables.fitting("q4c", SHAPE, few);
    CodecTables.Fitting some = CodecTables.fitting("q4c", SHAPE, few);
    Random random = new Random(11);
    for (int i = 0; i < 10; i++) {
      FloatBuffer values = FloatBuffer.wrap(Samples.activations(SHAPE, random));
      all.add(values);
      // Of ten samples at most four are kept: every fourth.
      if (i % 4 == 0) {
        some.add(values);
      }
    }
    assertThat(all.build()).isEqualTo(some.build());
  }

  @Test
  void aLargerLambdaMakesFewerBytesAndMoreError() throws Exception {
    int[] shape = {24, 8, 8};
    double[] bytes = new double[3];
    double[] errors = new double[3];
    double[] lambdas = {0, FittingOptions.HIGH_RATE_LAMBDA, 0.4};
    for (int k = 0; k < lambdas.length; k++) {
      Random random = new Random(12);
      CodecTables.Fitting fitting =
          CodecTables.fitting("step+rans", shape, FittingOptions.defaults().withLambda(lambdas[k]));
      for (int i = 0; i < 20; i++) {
        fitting.add(FloatBuffer.wrap(Samples.coefficients(shape, 1.5, random)));
      }
      ActivationCodec codec = ActivationCodec.of("step+rans", fitting.build());
      for (int i = 0; i < 20; i++) {
        float[] values = Samples.coefficients(shape, 1.5, random);
        byte[] payload = codec.encode(FloatBuffer.wrap(values), shape);
        bytes[k] += payload.length;
        float[] back = Samples.decode(codec, payload, shape);
        for (int n = 0; n < values.length; n++) {
          errors[k] += (back[n] - values[n]) * (double) (back[n] - values[n]);
        }
      }
    }
    assertThat(bytes[0]).isGreaterThan(bytes[1]);
    assertThat(bytes[1]).isGreaterThan(bytes[2]);
    assertThat(errors[0]).isLessThan(errors[1]);
    assertThat(errors[1]).isLessThan(errors[2]);
  }
}
