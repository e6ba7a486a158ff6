package dev.sluice.protocol.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ProtocolException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PictureCodecTest {
  private static final int MAX_PIXELS = 1 << 20;

  private static byte[] picture(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = 3 * (y * width + x);
        rgb[at] = (byte) (2 * x + y);
        rgb[at + 1] = (byte) (128 + 60 * Math.sin(x / 9.0) * Math.cos(y / 7.0));
        rgb[at + 2] = (byte) (y * 2);
      }
    }
    return rgb;
  }

  @ParameterizedTest
  @ValueSource(strings = {"raw", "png", "webp-lossless"})
  void losslessOnesAreExact(String name) throws Exception {
    PictureCodec codec = PictureCodec.of(name);
    for (int[] size : new int[][] {{1, 1}, {96, 96}, {31, 7}}) {
      byte[] rgb = picture(size[0], size[1]);
      PictureCodec.Picture back =
          codec.decode(ByteBuffer.wrap(codec.encode(rgb, size[0], size[1])), MAX_PIXELS);
      assertThat(back.rgb()).isEqualTo(rgb);
      assertThat(back.width()).isEqualTo(size[0]);
      assertThat(back.height()).isEqualTo(size[1]);
    }
  }

  @Test
  void jpegComesCloseAndSmallerWithLessQuality() throws Exception {
    byte[] rgb = picture(90, 70);
    int last = Integer.MAX_VALUE;
    for (int quality : new int[] {95, 75, 50, 20}) {
      PictureCodec codec = PictureCodec.of("jpeg-" + quality);
      byte[] encoded = codec.encode(rgb, 90, 70);
      PictureCodec.Picture back = codec.decode(ByteBuffer.wrap(encoded), MAX_PIXELS);
      double error = 0;
      for (int i = 0; i < rgb.length; i++) {
        error += Math.abs((rgb[i] & 0xFF) - (back.rgb()[i] & 0xFF));
      }
      assertThat(error / rgb.length).as("quality %d", quality).isLessThan(12);
      assertThat(encoded.length).isLessThan(last);
      last = encoded.length;
    }
  }

  @Test
  void shortJpegIsTheSamePictureInFewerBytes() throws Exception {
    byte[] rgb = picture(96, 96);
    for (int quality : new int[] {1, 20, 50, 75, 100}) {
      byte[] whole = PictureCodec.of("jpeg-" + quality).encode(rgb, 96, 96);
      PictureCodec codec = PictureCodec.of("jpegs-" + quality);
      byte[] shorter = codec.encode(rgb, 96, 96);
      assertThat(shorter.length).isLessThan(whole.length - 150);
      assertThat(codec.decode(ByteBuffer.wrap(shorter), MAX_PIXELS).rgb())
          .isEqualTo(
              PictureCodec.of("jpeg-" + quality).decode(ByteBuffer.wrap(whole), MAX_PIXELS).rgb());
    }
  }

  @Test
  void minimalJpegIsTheSamePictureInEvenFewerBytes() throws Exception {
    for (int side : new int[] {24, 96, 224}) {
      byte[] rgb = picture(side, side);
      for (int quality : new int[] {1, 20, 50, 75, 100}) {
        byte[] shorter = PictureCodec.of("jpegs-" + quality).encode(rgb, side, side);
        PictureCodec codec = PictureCodec.of("jpegm-" + quality);
        byte[] minimal = codec.encode(rgb, side, side);
        assertThat(minimal.length).isLessThan(shorter.length - 40);
        assertThat(codec.decode(ByteBuffer.wrap(minimal), MAX_PIXELS).rgb())
            .as("side %d, quality %d", side, quality)
            .isEqualTo(
                PictureCodec.of("jpegs-" + quality)
                    .decode(ByteBuffer.wrap(shorter), MAX_PIXELS)
                    .rgb());
      }
    }
  }

  @Test
  void minimalJpegBringsItsTablesOnlyWhereThatIsShorter() {
    PictureCodec codec = PictureCodec.of("jpegm-75");
    assertThat(codec.encode(picture(16, 16), 16, 16)[4]).isZero();
    byte[] noise = new byte[3 * 224 * 224];
    new Random(1).nextBytes(noise);
    assertThat(codec.encode(noise, 224, 224)[4]).isOne();
  }

  @Test
  void colourAtFullResolutionComesCloser() throws Exception {
    byte[] rgb = new byte[3 * 32 * 32];
    for (int i = 0; i < 32 * 32; i++) {
      rgb[3 * i + (i / 2 + i / 64) % 3] = (byte) 200;
    }
    assertThat(error(rgb, 32, "jpegm-90-444")).isLessThan(0.6 * error(rgb, 32, "jpegm-90"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"jpegm-90", "jpegm-90-444", "webp-90"})
  void scaledPicturesComeBackInTheirSizeAndLoseWithTheScale(String name) throws Exception {
    byte[] rgb = picture(90, 90);
    double whole = error(rgb, 90, name);
    double most = error(rgb, 90, name + "@0.75");
    double half = error(rgb, 90, name + "@0.5");
    double tenth = error(rgb, 90, name + "@0.1");
    assertThat(whole).isLessThan(4);
    assertThat(most).isLessThan(5);
    assertThat(half).isLessThan(6);
    assertThat(tenth).isBetween(half, 40.0);
    assertThat(PictureCodec.of(name + "@0.5").encode(rgb, 90, 90).length)
        .isLessThan(PictureCodec.of(name).encode(rgb, 90, 90).length);
  }

  /** Returns the mean absolute difference of a square picture after encoding and decoding. */
  private static double error(byte[] rgb, int side, String name) throws Exception {
    PictureCodec codec = PictureCodec.of(name);
    PictureCodec.Picture back =
        codec.decode(ByteBuffer.wrap(codec.encode(rgb, side, side)), MAX_PIXELS);
    assertThat(back.width()).isEqualTo(side);
    assertThat(back.height()).isEqualTo(side);
    double error = 0;
    for (int i = 0; i < rgb.length; i++) {
      error += Math.abs((rgb[i] & 0xFF) - (back.rgb()[i] & 0xFF));
    }
    return error / rgb.length;
  }

  @ParameterizedTest
  @ValueSource(strings = {"jpegm-60@0.5", "jpegm-60-444@0.333", "webp-60@0.5", "webp-60"})
  void oddSizesDownToASinglePixelPass(String name) throws Exception {
    PictureCodec codec = PictureCodec.of(name);
    for (int[] size : new int[][] {{1, 1}, {1, 9}, {31, 7}, {17, 64}}) {
      PictureCodec.Picture back =
          codec.decode(
              ByteBuffer.wrap(codec.encode(picture(size[0], size[1]), size[0], size[1])),
              MAX_PIXELS);
      assertThat(new int[] {back.width(), back.height()}).isEqualTo(size);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"jpegm-50", "jpegm-50@0.5", "webp-50", "webp-50@0.5", "webp-lossless"})
  void answersTruncationAtEveryByteWithAPictureOrARefusal(String name) {
    PictureCodec codec = PictureCodec.of(name);
    byte[] encoded = codec.encode(picture(40, 24), 40, 24);
    for (int length = 0; length < encoded.length; length++) {
      try {
        assertThat(codec.decode(ByteBuffer.wrap(encoded, 0, length), MAX_PIXELS).width())
            .isEqualTo(40);
      } catch (ProtocolException refused) {
        assertThat(refused.scope()).isEqualTo(ProtocolException.Scope.REQUEST);
      }
    }
  }

  @Test
  void refusesMinimalJpegTablesThatClaimMoreThanThereIs() {
    PictureCodec codec = PictureCodec.of("jpegm-50");
    byte[] header = {16, 0, 16, 0, 1};
    byte[] claim = Arrays.copyOf(header, header.length + 16 + 300);
    Arrays.fill(claim, header.length, header.length + 16, (byte) 0xFF);
    assertThatThrownBy(() -> codec.decode(ByteBuffer.wrap(claim), MAX_PIXELS))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("4080 values");
    byte[] kind = {16, 0, 16, 0, 2, 0};
    assertThatThrownBy(() -> codec.decode(ByteBuffer.wrap(kind), MAX_PIXELS))
        .isInstanceOf(ProtocolException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "raw",
        "png",
        "jpeg-50",
        "jpegs-50",
        "jpegm-50",
        "jpegm-50@0.1",
        "webp-50",
        "webp-50@0.1",
        "webp-lossless"
      })
  void refusesTooManyPixelsOnTheHeaderAlone(String name) {
    PictureCodec codec = PictureCodec.of(name);
    byte[] encoded = codec.encode(picture(96, 96), 96, 96);
    assertThatThrownBy(() -> codec.decode(ByteBuffer.wrap(encoded), 96 * 96 - 1))
        .isInstanceOfSatisfying(
            ProtocolException.class,
            fault -> assertThat(fault.code()).isEqualTo(ErrorCode.TOO_LARGE));
    byte[] huge = encoded.clone();
    int at = indexOfSides(name, huge);
    for (int i = 0; i < (name.equals("png") ? 8 : 4); i++) {
      boolean isTop = name.equals("png") && i % 4 == 0;
      huge[at + i] = (byte) (isTop ? 0x7F : 0xFF);
    }
    assertThatThrownBy(() -> codec.decode(ByteBuffer.wrap(huge), MAX_PIXELS))
        .isInstanceOf(ProtocolException.class);
  }

  private static int indexOfSides(String name, byte[] encoded) {
    if (name.equals("raw") || name.startsWith("jpegm") || name.startsWith("webp-5")) {
      return 0;
    }
    if (name.equals("webp-lossless")) {
      return 1;
    }
    if (name.equals("png")) {
      return 16;
    }
    for (int i = 0; ; i++) {
      if ((encoded[i] & 0xFF) == 0xFF && (encoded[i + 1] & 0xFF) == 0xC0) {
        return i + 5;
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "raw",
        "png",
        "jpeg-50",
        "jpegs-50",
        "jpegm-50",
        "jpegm-50@0.5",
        "webp-50",
        "webp-50@0.5",
        "webp-lossless"
      })
  void answersDamageWithAPictureOrARefusal(String name) {
    PictureCodec codec = PictureCodec.of(name);
    byte[] encoded = codec.encode(picture(24, 24), 24, 24);
    Random random = new Random(3);
    for (int i = 0; i < 300; i++) {
      byte[] damaged = Arrays.copyOf(encoded, random.nextInt(encoded.length + 1));
      for (int k = 0; k < 3 && damaged.length > 0; k++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try {
        assertThat(codec.decode(ByteBuffer.wrap(damaged), MAX_PIXELS).rgb().length)
            .isLessThanOrEqualTo(3 * MAX_PIXELS);
      } catch (ProtocolException refused) {
        assertThat(refused.scope()).isEqualTo(ProtocolException.Scope.REQUEST);
      } catch (RuntimeException thrown) {
        fail("damage " + i, thrown);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jpeg",
        "jpeg-0",
        "jpeg-101",
        "jpeg-075",
        "webp",
        "",
        "jpegm-50@1",
        "jpegm-50@0.50",
        "jpegm-50@0.05",
        "jpegm-50@0.0",
        "jpegm-50@.5",
        "jpegm-50@0.1234",
        "jpegm-50-420",
        "jpeg-50@0.5",
        "jpegs-50@0.5",
        "jpegs-50-444",
        "webp-50-444",
        "webp-lossless@0.5"
      })
  void refusesUnknownNames(String name) {
    assertThatThrownBy(() -> PictureCodec.of(name))
        .isInstanceOf(UnknownCodecException.class)
        .hasMessageContaining("known are raw");
  }
}
