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
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import net.jpountz.lz4.LZ4Factory;
import org.junit.jupiter.api.Test;

/**
 * Damaged payloads against every decoder: a tensor or picture that is wholly what the payload says,
 * or the request's error. See {@link FuzzRun} for what is looked at and how a case is run again.
 */
class CodecFuzzTest {
  private static final List<String> ACTIVATIONS =
      List.of("f32", "q8+bitshuffle+lz4", "round-i8+zstd", "round-i8+lz4", "round-i8+range");
  private static final List<String> PICTURES = List.of("raw", "png", "jpeg-75", "jpegs-75");
  private static final int[][] SHAPES = {{1}, {17}, {4, 5, 7}, {16, 6, 6}, {3, 2, 9, 2}};
  private static final int MOST_CHANGES = 4;
  private static final int BOMB_BYTES = 8 << 20;
  private static final int MAX_PIXELS = 1_024;

  @Test
  void everyActivationCodecSurvivesDamagedPayloads() {
    new FuzzRun("activations").run(FuzzRun.share(0.08), (random, unused) -> activation(random));
  }

  @Test
  void everyPictureCodecSurvivesDamagedPayloads() {
    new FuzzRun("pictures").run(FuzzRun.share(0.02), (random, unused) -> picture(random));
  }

  private static long activation(Random random) throws ProtocolException {
    ActivationCodec codec = ActivationCodec.of(ACTIVATIONS.get(random.nextInt(ACTIVATIONS.size())));
    int[] shape = SHAPES[random.nextInt(SHAPES.length)];
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
    byte[] bomb = java.util.Arrays.copyOf(whole, kept + packed.length);
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
