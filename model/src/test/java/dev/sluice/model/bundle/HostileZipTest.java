package dev.sluice.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostileZipTest {
  private static final long PLENTY = 1L << 30;
  private static final int CENTRAL = 0x02014b50;
  private static final int END = 0x06054b50;

  @TempDir Path folder;

  private static byte[] zip(String... names) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (String name : names) {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(("content of " + name).repeat(20).getBytes(StandardCharsets.UTF_8));
        zip.closeEntry();
      }
    }
    return bytes.toByteArray();
  }

  private static List<Integer> places(byte[] zip, int signature) {
    ByteBuffer bytes = ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN);
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i + 4 <= zip.length; i++) {
      if (bytes.getInt(i) == signature) {
        places.add(i);
      }
    }
    return places;
  }

  private static byte[] with16(byte[] zip, int at, int value) {
    return ByteBuffer.wrap(zip.clone())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(at, (short) value)
        .array();
  }

  private static byte[] with32(byte[] zip, int at, long value) {
    return ByteBuffer.wrap(zip.clone())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(at, (int) value)
        .array();
  }

  private static int get32(byte[] zip, int at) {
    return ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN).getInt(at);
  }

  private Path file(byte[] zip) throws IOException {
    return Files.write(folder.resolve("evil.zip"), zip);
  }

  private void assertRefused(byte[] zip, String... words) throws IOException {
    Path file = file(zip);
    assertThatThrownBy(
            () -> {
              try (ZipDirectory directory = ZipDirectory.open(file, PLENTY)) {
                for (String name : directory.names()) {
                  directory.content(name, PLENTY);
                }
              }
            })
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("evil.zip")
        .message()
        .contains(words);
  }

  @Test
  void readsAnHonestZip() throws IOException {
    try (ZipDirectory directory = ZipDirectory.open(file(zip("a", "b/c")), PLENTY)) {
      assertThat(directory.names()).containsExactlyInAnyOrder("a", "b/c");
      assertThat(directory.content("b/c", PLENTY).orElseThrow())
          .asString(StandardCharsets.UTF_8)
          .startsWith("content of b/c");
      assertThat(directory.content("none", PLENTY)).isEmpty();
      assertThatThrownBy(() -> directory.content("a", 10)).hasMessageContaining("more than 10");
    }
  }

  @Test
  void refusesLinks() throws IOException {
    byte[] zip = zip("link");
    int at = places(zip, CENTRAL).get(0);
    byte[] unix = with16(zip, at + 4, 3 << 8 | 20);
    assertRefused(with32(unix, at + 38, 0120777L << 16), "!link", "link");
    assertRefused(with32(unix, at + 38, 0060777L << 16), "!link", "device");
    try (ZipDirectory plain =
        ZipDirectory.open(file(with32(unix, at + 38, 0100644L << 16)), PLENTY)) {
      assertThat(plain.names()).containsExactly("link");
    }
  }

  @Test
  void refusesTwoOfAName() throws IOException {
    String text = new String(zip("one", "two"), StandardCharsets.ISO_8859_1);
    assertRefused(
        text.replace("two", "one").getBytes(StandardCharsets.ISO_8859_1), "!one", "twice");
    assertRefused(zip("Exits/1.onnx", "exits/1.onnx"), "exits/1.onnx", "Exits/1.onnx");
  }

  @Test
  void refusesNamesThatBreakALog() throws IOException {
    assertRefused(zip("a\nINFO all is well"), "!a?INFO", "leads out");
  }

  @Test
  void refusesEncryptedAndOddlyPackedEntries() throws IOException {
    byte[] zip = zip("one");
    int at = places(zip, CENTRAL).get(0);
    assertRefused(with16(zip, at + 8, 1), "!one", "encrypted");
    assertRefused(with16(zip, at + 10, 12), "!one", "method 12");
  }

  @Test
  void refusesADirectoryThatLies() throws IOException {
    byte[] zip = zip("one", "two");
    int first = places(zip, CENTRAL).get(0);
    int second = places(zip, CENTRAL).get(1);
    int end = places(zip, END).get(0);
    int size = get32(zip, first + 24);
    assertRefused(with32(zip, first + 24, size + 1), "!one", "directory");
    assertRefused(with32(zip, first + 24, size - 1), "!one", "directory");
    assertRefused(with32(zip, first + 24, 0xfffffff0L), "!one", "directory");
    assertRefused(with32(zip, first + 20, get32(zip, first + 20) - 1), "!one", "directory");
    assertRefused(with32(zip, first + 16, 77), "!one", "checksum");
    assertRefused(with32(zip, second + 42, 0), "overlaps");
    assertRefused(with32(zip, second + 42, 1), "overlaps");
    assertRefused(with32(zip, end + 16, get32(zip, end + 16) - 1), "directory");
    assertRefused(with16(with16(zip, end + 8, 1), end + 10, 1), "directory");
    assertRefused(with16(with16(zip, end + 8, 3), end + 10, 3), "directory");
    assertRefused(with16(with16(zip, end + 8, 9999), end + 10, 9999), "4096");
    assertRefused(with16(with16(zip, end + 8, 0xffff), end + 10, 0xffff), "64-bit");
    byte[] otherName = zip.clone();
    otherName[30] = 'x';
    assertRefused(otherName, "!one", "directory");
  }

  @Test
  void refusesBombsBeforeTheyUnpack() throws IOException {
    Path bomb = folder.resolve("evil.zip");
    try (OutputStream out = Files.newOutputStream(bomb);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("zeros"));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 65; i++) {
        zip.write(zeros);
      }
    }
    assertThat(Files.size(bomb)).isLessThan(1 << 20);
    assertThatThrownBy(() -> ZipDirectory.open(bomb, PLENTY))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("100 times");
    assertThatThrownBy(() -> ZipDirectory.open(bomb, 1 << 20))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("unpacks to 68157440 bytes, more than 1048576");
  }

  @Test
  void saysWhatToDoWhenTheFolderItselfWasZipped() throws IOException {
    assertThatThrownBy(
            () -> Bundle.open(file(zip("roadsigns/bundle.json", "roadsigns/backbone.onnx"))))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("zip what is in its folder 'roadsigns'");
  }

  @Test
  void neitherTruncationNorAFlippedByteGetsThrough() throws IOException {
    Bundle bundle = TinyBundles.write(folder.resolve("tiny"));
    Path file = folder.resolve("evil.zip");
    bundle.writeZip(file);
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length += length < 200 ? 1 : 37) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Bundle.open(file))
          .as("cut after %d bytes", length)
          .isInstanceOf(BundleException.class);
    }
    for (int i = 0; i < whole.length; i += 3) {
      byte[] flipped = whole.clone();
      flipped[i] ^= 0x15;
      Files.write(file, flipped);
      String digest;
      try {
        digest = Bundle.open(file).digest();
      } catch (BundleException e) {
        assertThat(e).hasMessageContaining("evil.zip");
        continue;
      }
      // Times and attributes say nothing about the content.
      assertThat(digest).as("flipped byte %d", i).isEqualTo(bundle.digest());
    }
  }
}
