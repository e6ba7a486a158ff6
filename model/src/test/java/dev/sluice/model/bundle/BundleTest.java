package dev.sluice.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.graph.TinyNetworks;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleTest {
  @TempDir Path folder;

  private static void assertRefused(Path bundle, String file, String what) {
    assertThatThrownBy(() -> Bundle.open(bundle))
        .as(what)
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(file)
        .hasMessageContaining(";");
  }

  @Test
  void opensWhatItWrote() throws IOException {
    Bundle bundle = TinyBundles.write(folder.resolve("tiny"));
    BundleManifest manifest = bundle.manifest();
    assertThat(manifest)
        .isEqualTo(TinyBundles.manifest().withFiles(manifest.digests(), manifest.sizes()));
    assertThat(bundle.digest()).matches("[0-9a-f]{64}");
    assertThat(bundle.file(Bundle.BACKBONE)).isEqualTo(TinyNetworks.residual());
    assertThat(bundle.has("calibration.bin")).isTrue();
    assertThat(bundle.has("bundle.json")).isFalse();
    assertThatThrownBy(() -> bundle.file("absent")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void givesTheSameBytesForTheSameContent() throws IOException {
    Bundle first = TinyBundles.write(folder.resolve("first"));
    Bundle second = TinyBundles.write(folder.resolve("second"));
    assertThat(second.digest()).isEqualTo(first.digest());
    Path zip = folder.resolve("tiny.zip");
    first.writeZip(zip);
    byte[] once = Files.readAllBytes(zip);
    second.writeZip(zip);
    assertThat(Files.readAllBytes(zip)).isEqualTo(once);
    Bundle zipped = Bundle.open(zip);
    assertThat(zipped.digest()).isEqualTo(first.digest());
    assertThat(zipped.paths()).isEqualTo(first.paths());
  }

  @Test
  void noticesAFlippedByteInEveryFile() throws IOException {
    Path directory = folder.resolve("tiny");
    Bundle bundle = TinyBundles.write(directory);
    for (String path : bundle.paths()) {
      Path file = directory.resolve(path);
      byte[] content = Files.readAllBytes(file);
      content[content.length / 2] ^= 1;
      Files.write(file, content);
      assertRefused(directory, path, "flipped");
      content[content.length / 2] ^= 1;
      Files.write(file, content);
    }
    assertThat(Bundle.open(directory).digest()).isEqualTo(bundle.digest());
  }

  @Test
  void namesTheFileThatIsMissing() throws IOException {
    Path directory = folder.resolve("tiny");
    TinyBundles.write(directory);
    Files.delete(directory.resolve("exits/2.onnx"));
    assertRefused(directory, "exits/2.onnx", "missing head");
    Files.delete(directory.resolve("bundle.json"));
    assertRefused(directory, "bundle.json", "missing manifest");
    assertRefused(folder.resolve("nowhere"), "nowhere", "missing bundle");
  }

  @Test
  void refusesANewerSchemaButToleratesUnknownFields() throws IOException {
    Path directory = folder.resolve("tiny");
    TinyBundles.write(directory);
    Path file = directory.resolve("bundle.json");
    String json = Files.readString(file);
    Files.writeString(file, json.replaceFirst("\\{", "{ \"colour\" : [1, {\"x\": 2}],"));
    assertThat(Bundle.open(directory).manifest().name()).isEqualTo("tiny");
    Files.writeString(file, json.replace("\"schemaVersion\" : 3", "\"schemaVersion\" : 4"));
    assertThatThrownBy(() -> Bundle.open(directory))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("newer");
  }

  @Test
  void refusesManifestsThatAreNone() throws IOException {
    Path directory = folder.resolve("tiny");
    TinyBundles.write(directory);
    Path file = directory.resolve("bundle.json");
    String json = Files.readString(file);
    for (String broken :
        List.of(
            "",
            "[]",
            "null",
            "{}",
            json.substring(0, json.length() / 2),
            json.replace("\"temperature\" : 1.5", "\"temperature\" : -1"),
            json.replace("\"labels\"", "\"lables\""),
            json.replace("\"cut\" : 2", "\"cut\" : 77"),
            json.replace("exits/1.onnx", "../1.onnx"),
            json.replace("\"width\" : 8", "\"width\" : 100000"),
            json.replace("\"backbone.onnx\"", "\"otherbone.onnx\""),
            json.replaceFirst("\"shapes\" : \\[ \\[ 3", "\"shapes\" : [ [ 2000000000"))) {
      assertThat(broken).isNotEqualTo(json);
      Files.writeString(file, broken);
      assertThatThrownBy(() -> Bundle.open(directory))
          .as(broken)
          .isInstanceOf(BundleException.class)
          .hasMessageContaining(directory.toString());
    }
  }

  @Test
  void refusesAZipThatLeadsOutOfItself() throws IOException {
    for (String path : List.of("../evil", "/etc/evil", "a/../../evil", "a\\..\\evil", "C:evil")) {
      Path zip = folder.resolve("evil.zip");
      try (OutputStream out = Files.newOutputStream(zip);
          ZipOutputStream entries = new ZipOutputStream(out)) {
        entries.putNextEntry(new ZipEntry(path));
        entries.write(1);
      }
      assertRefused(zip, "evil.zip", path);
    }
    assertThat(folder.resolveSibling("evil")).doesNotExist();
  }

  @Test
  void unpacksOfAZipOnlyWhatTheManifestLists() throws IOException {
    Bundle bundle = TinyBundles.write(folder.resolve("tiny"));
    Path zip = folder.resolve("tiny.zip");
    byte[] junk = "junk that nobody asked for".getBytes(StandardCharsets.US_ASCII);
    try (OutputStream out = Files.newOutputStream(zip);
        ZipOutputStream entries = new ZipOutputStream(out)) {
      for (String path : bundle.paths()) {
        entries.putNextEntry(new ZipEntry(path));
        entries.write(bundle.file(path));
      }
      entries.putNextEntry(new ZipEntry("bundle.json"));
      entries.write(Files.readAllBytes(folder.resolve("tiny/bundle.json")));
      entries.setLevel(0);
      entries.putNextEntry(new ZipEntry("bomb"));
      entries.write(junk);
    }
    // Whoever unpacks the entry finds its block's length and the complement at odds.
    byte[] bytes = Files.readAllBytes(zip);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    bytes[text.indexOf("junk that") - 1] ^= 1;
    Files.write(zip, bytes);

    assertThat(Bundle.open(zip).digest()).isEqualTo(bundle.digest());
  }

  @Test
  void namesTheDamagedFileOfAZip() throws IOException {
    Bundle bundle = TinyBundles.write(folder.resolve("tiny"));
    Path zip = folder.resolve("tiny.zip");
    try (OutputStream out = Files.newOutputStream(zip);
        ZipOutputStream entries = new ZipOutputStream(out)) {
      entries.setLevel(0);
      for (String path : bundle.paths()) {
        entries.putNextEntry(new ZipEntry(path));
        byte[] content = bundle.file(path);
        content[0] ^= path.equals("calibration.bin") ? 1 : 0;
        entries.write(content);
      }
      entries.putNextEntry(new ZipEntry("bundle.json"));
      entries.write(Files.readAllBytes(folder.resolve("tiny/bundle.json")));
    }
    assertRefused(zip, "tiny.zip!calibration.bin", "changed inside of a zip");
  }

  @Test
  void boundsAllTensorsOfACutTogether() {
    int[] large = {1 << 13, 1 << 13};
    assertThat(new CutInfo(1, "one", List.of("a"), List.of(large), 0).elements())
        .isEqualTo(1L << 26);
    assertThatThrownBy(
            () -> new CutInfo(1, "two", List.of("a", "b"), List.of(large, new int[] {1}), 0))
        .hasMessageContaining("too large");
  }

  @Test
  void refusesFilesThatAreNoZip() throws IOException {
    Path file = folder.resolve("bundle.zip");
    Files.writeString(file, "PK but not really");
    assertRefused(file, "bundle.zip", "text");
  }

  @Test
  void refusesALinkOutOfTheBundle() throws IOException {
    Path directory = folder.resolve("tiny");
    TinyBundles.write(directory);
    Path outside = folder.resolve("outside");
    Path table = directory.resolve("calibration.bin");
    Files.move(table, outside);
    Files.createSymbolicLink(table, outside);
    assertRefused(directory, "calibration.bin", "link");
  }

  @Test
  void writesAllOrNothing() throws IOException {
    Path target = folder.resolve("tiny");
    BundleWriter incomplete = BundleWriter.to(target).put(Bundle.BACKBONE, TinyNetworks.residual());
    assertThatThrownBy(() -> incomplete.commit(TinyBundles.manifest(), false))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("exits/1.onnx");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void overwritesABundleOnlyWhenAskedAndNothingElseEver() throws IOException {
    Path target = folder.resolve("tiny");
    TinyBundles.write(target);
    BundleWriter again =
        TinyBundles.writer(target, TinyNetworks.residual()).put("extra", new byte[1]);
    assertThatThrownBy(() -> again.commit(TinyBundles.manifest(), false))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("exists");
    assertThat(again.commit(TinyBundles.manifest(), true).has("extra")).isTrue();
    Path precious = Files.createDirectories(folder.resolve("precious"));
    Files.writeString(precious.resolve("thesis.txt"), "work", StandardCharsets.UTF_8);
    assertThatThrownBy(
            () ->
                TinyBundles.writer(precious, TinyNetworks.residual())
                    .commit(TinyBundles.manifest(), true))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("no bundle");
    assertThat(precious.resolve("thesis.txt")).exists();
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactlyInAnyOrder(target, precious);
    }
  }

  @Test
  void refusesManifestsThatContradictThemselves() throws IOException {
    BundleManifest good = TinyBundles.manifest();
    assertThatThrownBy(
            () ->
                new BundleManifest(
                    1,
                    "x",
                    good.labels(),
                    good.preprocessing(),
                    good.cuts(),
                    List.of(good.exits().get(2)),
                    List.of(),
                    Map.of(),
                    Map.of()))
        .hasMessageContaining("exit 2 in place 0");
    assertThatThrownBy(() -> new ExitInfo(0, 1, "../../etc/passwd", 0, 1, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new CodecInfo(1, "half", "f32", "a.onnx", "", 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
