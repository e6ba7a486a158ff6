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
  @ValueSource(strings = {"raw", "png"})
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

  @ParameterizedTest
  @ValueSource(strings = {"raw", "png", "jpeg-50", "jpegs-50"})
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
      huge[at + i] = (byte) (name.equals("png") && i % 4 == 0 ? 0x7F : 0xFF);
    }
    assertThatThrownBy(() -> codec.decode(ByteBuffer.wrap(huge), MAX_PIXELS))
        .isInstanceOf(ProtocolException.class);
  }

  private static int indexOfSides(String name, byte[] encoded) {
    if (name.equals("raw")) {
      return 0;
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
  @ValueSource(strings = {"raw", "png", "jpeg-50", "jpegs-50"})
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
  @ValueSource(strings = {"jpeg", "jpeg-0", "jpeg-101", "jpeg-075", "webp", ""})
  void refusesUnknownNames(String name) {
    assertThatThrownBy(() -> PictureCodec.of(name)).isInstanceOf(UnknownCodecException.class);
  }
}
