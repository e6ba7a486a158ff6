package dev.sluice.protocol.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.protocol.fuzz.ByteMutator;
import dev.sluice.protocol.fuzz.FuzzRun;
import dev.sluice.protocol.message.ProtocolException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import net.jpountz.lz4.LZ4Factory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Damaged payloads against every decoder: a tensor or picture that is wholly what the payload says,
 * or the request's error. See {@link FuzzRun} for what is looked at and how a case is run again.
 */
class CodecFuzzTest {
  private static final List<String> ACTIVATIONS = ActivationCodec.names();
  private static final List<String> PICTURES =
      Stream.of(
              "raw",
              "png",
              "jpeg-75",
              "jpegs-75",
              "jpegm-50",
              "jpegm-75-444",
              "jpegm-50@0.75",
              "webp-75",
              "webp-50@0.5",
              "webp-lossless")
          .filter(name -> PictureCodec.hasWebP() || !name.startsWith("webp"))
          .toList();
  private static final int[][] SHAPES = {{1}, {17}, {4, 5, 7}, {16, 6, 6}};
  private static final int MOST_CHANGES = 4;
  private static final int BOMB_BYTES = 8 << 20;
  private static final int MAX_PIXELS = 1_024;
  private static final int SAMPLES = 4;

  /** Tables by codec and shape. */
  private static final Map<String, CodecTables> TABLES = new HashMap<>();

  @BeforeAll
  static void fitTables() {
    Random random = new Random(1);
    for (String wire : ACTIVATIONS) {
      for (int[] shape : SHAPES) {
        if (ActivationCodec.needsTables(wire)) {
          CodecTables.Fitting fitting = CodecTables.fitting(wire, shape);
          for (int i = 0; i < SAMPLES; i++) {
            fitting.add(FloatBuffer.wrap(values(shape, random)));
          }
          TABLES.put(wire + Arrays.toString(shape), fitting.build());
        }
      }
    }
  }

  @Test
  void everyActivationCodecSurvivesDamagedPayloads() {
    new FuzzRun("activations").run(FuzzRun.share(0.08), (random, unused) -> activation(random));
  }

  @Test
  void everyPictureCodecSurvivesDamagedPayloads() {
    new FuzzRun("pictures").run(FuzzRun.share(0.02), (random, unused) -> picture(random));
  }

  @Test
  void everyCodecsTablesSurviveDamage() {
    List<CodecTables> all = List.copyOf(TABLES.values());
    new FuzzRun("tables")
        .run(
            FuzzRun.share(0.02),
            (random, unused) -> {
              CodecTables whole = all.get(random.nextInt(all.size()));
              byte[] other = all.get(random.nextInt(all.size())).toBytes();
              byte[] damaged = damage(whole.toBytes(), other, random);
              try {
                use(CodecTables.read(damaged), whole.shape(), random);
              } catch (IllegalArgumentException refused) {
                assertThat(refused).hasMessageStartingWith("damaged codec tables");
              }
              return 1;
            });
  }

  /** Tables that are read at all code and decode without failing, whatever comes out. */
  private static void use(CodecTables tables, int[] shape, Random random) throws ProtocolException {
    if (Arrays.equals(tables.shape(), shape)) {
      ActivationCodec codec = ActivationCodec.of(tables.wire(), tables);
      byte[] payload = codec.encode(FloatBuffer.wrap(values(shape, random)), shape);
      codec.decode(ByteBuffer.wrap(payload), shape, FloatBuffer.allocate(Shapes.elements(shape)));
    }
  }

  private static long activation(Random random) throws ProtocolException {
    String wire = ACTIVATIONS.get(random.nextInt(ACTIVATIONS.size()));
    int[] shape = SHAPES[random.nextInt(SHAPES.length)];
    ActivationCodec codec = codec(wire, shape);
    byte[] whole = codec.encode(FloatBuffer.wrap(values(shape, random)), shape);
    byte[] other = codec.encode(FloatBuffer.wrap(values(shape, random)), shape);
    byte[] damaged = random.nextInt(10) == 0 ? bomb(whole, random) : damage(whole, other, random);
    // What one decoding leaves in the thread's scratch memory must not show in the next one.
    float[] first = decode(codec, damaged, shape);
    decode(codec, other, shape);
    float[] second = decode(codec, damaged, shape);
    if (first.length == 0) {
      assertThat(second).isEmpty();
    } else {
      assertThat(first).hasSize(Shapes.elements(shape));
      for (int i = 0; i < first.length; i++) {
        assertThat(Float.floatToRawIntBits(second[i])).isEqualTo(Float.floatToRawIntBits(first[i]));
      }
    }
    return 1;
  }

  private static ActivationCodec codec(String wire, int[] shape) {
    CodecTables tables = TABLES.get(wire + Arrays.toString(shape));
    return tables == null ? ActivationCodec.of(wire) : ActivationCodec.of(wire, tables);
  }

  /** Returns the decoded values, none where the payload is refused. */
  private static float[] decode(ActivationCodec codec, byte[] payload, int[] shape) {
    FloatBuffer out = FloatBuffer.allocate(Shapes.elements(shape));
    try {
      codec.decode(ByteBuffer.wrap(payload), shape, out);
    } catch (ProtocolException refused) {
      assertThat(refused.scope()).isEqualTo(ProtocolException.Scope.REQUEST);
      return new float[0];
    }
    assertThat(out.hasRemaining()).as("wholly written").isFalse();
    return out.array();
  }

  private static float[] values(int[] shape, Random random) {
    return ActivationCodecTest.coefficients(shape, 1 << random.nextInt(8), random);
  }

  private static byte[] damage(byte[] whole, byte[] other, Random random) {
    ByteMutator mutator = new ByteMutator(random);
    byte[] damaged = whole;
    int changes = 1 + random.nextInt(MOST_CHANGES);
    for (int i = 0; i < changes; i++) {
      damaged = random.nextInt(6) == 0 ? mutator.splice(damaged, other) : mutator.damage(damaged);
    }
    return damaged;
  }

  /** Returns a few bytes that unpack to many, behind the beginning of a real payload. */
  private static byte[] bomb(byte[] whole, Random random) {
    byte[] zeros = new byte[random.nextInt(BOMB_BYTES / 8)];
    byte[] packed =
        random.nextBoolean()
            ? Zstd.compress(zeros, 19)
            : LZ4Factory.safeInstance().fastCompressor().compress(zeros);
    int kept = random.nextInt(Math.min(12, whole.length) + 1);
    byte[] bomb = Arrays.copyOf(whole, kept + packed.length);
    System.arraycopy(packed, 0, bomb, kept, packed.length);
    return bomb;
  }

  private static long picture(Random random) throws Exception {
    PictureCodec codec = PictureCodec.of(PICTURES.get(random.nextInt(PICTURES.size())));
    byte[] whole = pixels(codec, random);
    byte[] damaged =
        codec.name().equals("png") && random.nextInt(8) == 0
            ? pngBomb(random)
            : damage(whole, pixels(codec, random), random);
    try {
      Picture picture = codec.decode(ByteBuffer.wrap(damaged), MAX_PIXELS);
      assertThat((long) picture.width() * picture.height()).isBetween(1L, (long) MAX_PIXELS);
      assertThat(picture.rgb()).hasSize(3 * picture.width() * picture.height());
    } catch (ProtocolException refused) {
      assertThat(refused.scope()).isEqualTo(ProtocolException.Scope.REQUEST);
    }
    return 1;
  }

  private static byte[] pixels(PictureCodec codec, Random random) {
    int width = 1 + random.nextInt(32);
    int height = 1 + random.nextInt(32);
    byte[] rgb = new byte[3 * width * height];
    random.nextBytes(rgb);
    return codec.encode(rgb, width, height);
  }

  /**
   * Returns a small PNG whose compressed chunk, of pixels or of text, unpacks to megabytes, and
   * whose sides may be enormous.
   */
  private static byte[] pngBomb(Random random) throws Exception {
    Deflater deflater = new Deflater(9);
    deflater.setInput(new byte[BOMB_BYTES]);
    deflater.finish();
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    byte[] part = new byte[4096];
    while (!deflater.finished()) {
      packed.write(part, 0, deflater.deflate(part));
    }
    deflater.end();
    int side = random.nextBoolean() ? 1 + random.nextInt(32) : 1 << 15 + random.nextInt(15);
    ByteBuffer header = ByteBuffer.allocate(13).putInt(side).putInt(side);
    header.put((byte) (random.nextBoolean() ? 8 : 16)).put((byte) 2).put(new byte[3]);
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    text.write(new byte[] {'a', 0, 0});
    text.write(packed.toByteArray());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
    out.write(chunk("IHDR", header.array()));
    out.write(chunk(random.nextBoolean() ? "zTXt" : "iCCP", text.toByteArray()));
    out.write(chunk("IDAT", packed.toByteArray()));
    out.write(chunk("IEND", new byte[0]));
    return out.toByteArray();
  }

  private static byte[] chunk(String type, byte[] data) {
    ByteBuffer chunk = ByteBuffer.allocate(12 + data.length).putInt(data.length);
    chunk.put(type.getBytes(java.nio.charset.StandardCharsets.US_ASCII)).put(data);
    CRC32 crc = new CRC32();
    crc.update(chunk.array(), 4, 4 + data.length);
    return chunk.putInt((int) crc.getValue()).array();
  }
}
