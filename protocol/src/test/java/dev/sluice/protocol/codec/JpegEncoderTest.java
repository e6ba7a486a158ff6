package dev.sluice.protocol.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class JpegEncoderTest {
  private static final int[][] SIZES = {
    {1, 1}, {7, 5}, {8, 8}, {9, 1}, {1, 9}, {16, 16}, {24, 8}, {17, 33}, {31, 18}, {40, 23}
  };
  private static final int[][] LARGE_SIZES = {{96, 96}, {224, 224}, {223, 97}};
  private static final int[] QUALITIES = {1, 10, 25, 49, 50, 75, 90, 97, 100};

  /** Pictures at the limits of what there is, and ordinary ones. */
  private enum Content {
    GRADIENTS {
      @Override
      int value(int x, int y, int channel, Random random) {
        double wave = 110 * Math.sin(x / 9.0 + channel) * Math.cos(y / 7.0);
        return (int) (128 + wave + 4 * random.nextGaussian());
      }
    },
    NOISE {
      @Override
      int value(int x, int y, int channel, Random random) {
        return random.nextInt(256);
      }
    },
    SATURATED_NOISE {
      @Override
      int value(int x, int y, int channel, Random random) {
        return random.nextBoolean() ? 255 : 0;
      }
    },
    GREY_CHECKERBOARD {
      @Override
      int value(int x, int y, int channel, Random random) {
        return (x + y) % 2 * 255;
      }
    },
    COLOUR_CHECKERBOARD {
      @Override
      int value(int x, int y, int channel, Random random) {
        return ((x >> channel) + (y >> channel)) % 2 * 255;
      }
    },
    BLACK {
      @Override
      int value(int x, int y, int channel, Random random) {
        return 0;
      }
    },
    WHITE {
      @Override
      int value(int x, int y, int channel, Random random) {
        return 255;
      }
    },
    BLUE {
      @Override
      int value(int x, int y, int channel, Random random) {
        return channel == 2 ? 255 : 0;
      }
    };

    abstract int value(int x, int y, int channel, Random random);

    byte[] picture(int width, int height, Random random) {
      byte[] rgb = new byte[3 * width * height];
      for (int i = 0; i < rgb.length; i++) {
        int pixel = i / 3;
        int value = value(pixel % width, pixel / width, i % 3, random);
        rgb[i] = (byte) Math.max(0, Math.min(255, value));
      }
      return rgb;
    }
  }

  private static byte[] file(
      byte[] rgb, int width, int height, int quality, boolean fullColour, boolean optimised) {
    JpegEncoder encoder = JpegEncoder.of(quality, fullColour);
    JpegSymbols symbols = encoder.symbols(rgb, width, height);
    List<JpegHuffman> codes = optimised ? symbols.optimalCodes() : JpegSymbols.STANDARD_CODES;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(encoder.prefix());
    out.writeBytes(encoder.frameHeader(width, height));
    JpegSegments.writeCodes(codes, out);
    out.writeBytes(JpegSegments.SCAN_HEADER);
    out.writeBytes(symbols.scan(codes));
    out.writeBytes(JpegSegments.END);
    return out.toByteArray();
  }

  private static void assertSameAsJavas(byte[] rgb, int width, int height, int quality, String of) {
    for (boolean fullColour : new boolean[] {false, true}) {
      for (boolean optimised : new boolean[] {false, true}) {
        assertThat(file(rgb, width, height, quality, fullColour, optimised))
            .as(
                "%s, %dx%d, quality %d, full colour %s, optimised %s",
                of, width, height, quality, fullColour, optimised)
            .isEqualTo(ImageIoJpeg.file(rgb, width, height, quality, fullColour, optimised));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Content.class)
  void writesTheBytesOfJavasWriterInAllSizes(Content content) {
    Random random = new Random(1);
    for (int[] size : SIZES) {
      byte[] rgb = content.picture(size[0], size[1], random);
      for (int quality : QUALITIES) {
        assertSameAsJavas(rgb, size[0], size[1], quality, content.name());
      }
    }
    for (int[] size : LARGE_SIZES) {
      byte[] rgb = content.picture(size[0], size[1], random);
      for (int quality : new int[] {20, 75, 100}) {
        assertSameAsJavas(rgb, size[0], size[1], quality, content.name());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Content.class,
      names = {"GRADIENTS", "NOISE"})
  void writesTheBytesOfJavasWriterAtEveryQuality(Content content) {
    byte[] rgb = content.picture(21, 19, new Random(2));
    for (int quality = 1; quality <= 100; quality++) {
      assertSameAsJavas(rgb, 21, 19, quality, content.name());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void writesTheBytesOfJavasWriterForAnyMixture(long seed) {
    Random random = new Random(seed);
    Content[] contents = Content.values();
    for (int i = 0; i < 25; i++) {
      int width = 1 + random.nextInt(70);
      int height = 1 + random.nextInt(70);
      byte[] left = contents[random.nextInt(contents.length)].picture(width, height, random);
      byte[] right = contents[random.nextInt(contents.length)].picture(width, height, random);
      int border = random.nextInt(left.length);
      System.arraycopy(right, border, left, border, left.length - border);
      assertSameAsJavas(left, width, height, 1 + random.nextInt(100), "seed " + seed);
    }
  }

  @ParameterizedTest
  @EnumSource(Content.class)
  void payloadsAreThoseOfJavasWriterAndReadTheSameBothWays(Content content) throws Exception {
    Random random = new Random(3);
    for (int[] size : new int[][] {{1, 1}, {13, 30}, {96, 96}, {131, 120}}) {
      int width = size[0];
      int height = size[1];
      byte[] rgb = content.picture(width, height, random);
      for (int quality : new int[] {5, 50, 75, 100}) {
        byte[] file = ImageIoJpeg.file(rgb, width, height, quality, false, true);
        assertPayload("jpeg-" + quality, rgb, width, height, file, file);
        assertPayload("jpegs-" + quality, rgb, width, height, ImageIoJpeg.shortened(file), file);
        byte[] minimal = ImageIoJpeg.minimal(rgb, width, height, quality, false);
        assertPayload("jpegm-" + quality, rgb, width, height, minimal, file);
        byte[] fullMinimal = ImageIoJpeg.minimal(rgb, width, height, quality, true);
        byte[] fullFile = ImageIoJpeg.file(rgb, width, height, quality, true, true);
        assertPayload("jpegm-" + quality + "-444", rgb, width, height, fullMinimal, fullFile);
      }
    }
  }

  private static void assertPayload(
      String name, byte[] rgb, int width, int height, byte[] old, byte[] oldFile) throws Exception {
    PictureCodec codec = PictureCodec.of(name);
    assertThat(codec.encode(rgb, width, height))
        .as("%s, %dx%d", name, width, height)
        .isEqualTo(old);
    PictureCodec.Picture read = codec.decode(ByteBuffer.wrap(old), width * height);
    assertThat(read.rgb())
        .as("%s, %dx%d, read", name, width, height)
        .isEqualTo(PictureFiles.read("jpeg", oldFile, width * height).rgb());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 50, 100})
  void leavesThePictureAlone(int quality) {
    byte[] rgb = Content.NOISE.picture(33, 17, new Random(4));
    byte[] before = rgb.clone();
    byte[] first = PictureCodec.of("jpegm-" + quality).encode(rgb, 33, 17);
    assertThat(rgb).isEqualTo(before);
    assertThat(PictureCodec.of("jpegm-" + quality).encode(rgb, 33, 17)).isEqualTo(first);
  }

  @ParameterizedTest
  @EnumSource(Content.class)
  void scansHoldNoMarker(Content content) {
    byte[] rgb = content.picture(64, 64, new Random(5));
    JpegSymbols symbols = JpegEncoder.of(100, true).symbols(rgb, 64, 64);
    for (List<JpegHuffman> codes : List.of(symbols.optimalCodes(), JpegSymbols.STANDARD_CODES)) {
      byte[] scan = symbols.scan(codes);
      int zeros = 0;
      for (int i = 0; i < scan.length; i++) {
        if (scan[i] == (byte) 0xFF) {
          zeros++;
          assertThat(scan[i + 1]).as("behind byte %d of %s", i, content).isZero();
        }
      }
      assertThat((long) scan.length - zeros).isEqualTo(symbols.leastBytes(codes));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 17, 33})
  void longPicturesAreWrittenToTheirEnd(int width) {
    int height = 20_000;
    byte[] rgb = new byte[3 * width * height];
    Arrays.fill(rgb, (byte) 77);
    byte[] file = PictureCodec.of("jpeg-75").encode(rgb, width, height);
    assertThat(file).isEqualTo(ImageIoJpeg.file(rgb, width, height, 75, false, true));
  }
}
