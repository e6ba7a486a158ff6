package dev.sluice.edge.agent;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.edge.session.Frame;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PpmFramesTest {
  private static byte[] image(String header, int bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(header.getBytes(US_ASCII));
    for (int i = 0; i < bytes; i++) {
      out.write(i + 1);
    }
    return out.toByteArray();
  }

  private static List<Frame> read(byte[] stream) throws IOException {
    List<Frame> frames = new ArrayList<>();
    long[] clock = {100};
    try (FrameSource source =
        FrameSource.ppm(new ByteArrayInputStream(stream), "the test", () -> clock[0]++)) {
      for (Optional<Frame> f = source.next(); f.isPresent(); f = source.next()) {
        frames.add(f.get());
      }
    }
    return frames;
  }

  @Test
  void readsOneImageAfterAnother() throws IOException {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(image("P6\n2 1\n255\n", 6));
    both.writeBytes(image("P6 # a comment\n# another\n 1\t3 \n#last\n255 ", 9));
    List<Frame> frames = read(both.toByteArray());
    assertThat(frames).hasSize(2);
    assertThat(frames.get(0).rgb()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(frames.get(0).captureNanos()).isEqualTo(100);
    assertThat(frames.get(1).id()).isEqualTo(1);
    assertThat(frames.get(1).width()).isEqualTo(1);
    assertThat(frames.get(1).height()).isEqualTo(3);
  }

  @Test
  void takesPixelsThatLookLikeHeaders() throws IOException {
    byte[] image = image("P6 2 1 255\n", 6);
    System.arraycopy("P6 1#\n".getBytes(US_ASCII), 0, image, image.length - 6, 6);
    assertThat(read(image).get(0).rgb()).containsExactly('P', '6', ' ', '1', '#', '\n');
  }

  @Test
  void isEmptyWithoutInput() throws IOException {
    assertThat(read(new byte[0])).isEmpty();
  }

  @Test
  void refusesAnImageCutShortAnywhere() {
    byte[] whole = image("P6\n# c\n2 1\n255\n", 6);
    for (int length = 1; length < whole.length; length++) {
      byte[] part = java.util.Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> read(part))
          .as("%d bytes", length)
          .isInstanceOf(FrameFormatException.class)
          .hasMessageContaining("image 0 on the test");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "P5 1 1 255 ",
        "P3 1 1 255 ",
        "Q6 1 1 255 ",
        "P61 1 255 ",
        "P6 0 1 255 ",
        "P6 1 0 255 ",
        "P6 -1 1 255 ",
        "P6 a 1 255 ",
        "P6 1 1 65535 ",
        "P6 1 1 254 ",
        "P6 1 1 0 ",
        "P6 1 1 255#",
        "P6 9999999999 1 255 ",
        "P6 999999999 999999999 255 ",
        "P6 8193 8193 255 ",
        "P6 1x1 255 ",
        "\n\nP6 1 1 255 ",
      })
  void refusesWhatIsNotAnImageOfThisKind(String header) {
    assertThatThrownBy(() -> read(image(header, 3))).isInstanceOf(FrameFormatException.class);
  }

  @Test
  void refusesAHeaderWithoutEnd() {
    InputStream endless =
        new InputStream() {
          private long n;

          @Override
          public int read() {
            n++;
            return n == 1 ? 'P' : n == 2 ? '6' : ' ';
          }
        };
    FrameSource source = FrameSource.ppm(endless, "the test", () -> 0);
    assertThatThrownBy(source::next)
        .isInstanceOf(FrameFormatException.class)
        .hasMessageContaining("header");
  }

  @Test
  void allocatesLittleForAHeaderThatClaimsMuch() {
    Runtime runtime = Runtime.getRuntime();
    long before = runtime.totalMemory() - runtime.freeMemory();
    assertThatThrownBy(() -> read(image("P6 8192 8192 255\n", 3)))
        .isInstanceOf(FrameFormatException.class)
        .hasMessageContaining("3 of 201326592 bytes");
    long after = runtime.totalMemory() - runtime.freeMemory();
    assertThat(after - before).isLessThan(100L << 20);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void survivesRandomBytes(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      byte[] stream = image("P6\n3 2\n255\n", 18);
      for (int n = random.nextInt(4); n >= 0; n--) {
        stream[random.nextInt(stream.length)] = (byte) random.nextInt();
      }
      try {
        for (Frame frame : read(stream)) {
          assertThat(frame.rgb()).hasSize(3 * frame.width() * frame.height());
        }
      } catch (FrameFormatException expected) {
        assertThat(expected).hasMessageContaining("the test");
      } catch (IOException other) {
        throw new AssertionError("seed " + seed, other);
      }
    }
  }
}
