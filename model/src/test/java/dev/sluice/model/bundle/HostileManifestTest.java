package dev.sluice.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.graph.TinyNetworks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostileManifestTest {
  @TempDir Path folder;
  private String json = "";

  @BeforeEach
  void writeBundle() throws IOException {
    TinyBundles.write(folder.resolve("tiny"));
    json = Files.readString(folder.resolve("tiny/bundle.json"));
  }

  private static void assertRefused(String manifest, String... words) {
    assertThatThrownBy(
            () -> BundleManifest.parse(manifest.getBytes(StandardCharsets.UTF_8), "bundle.json"))
        .isInstanceOf(BundleException.class)
        .hasMessageStartingWith("bundle.json: ")
        .message()
        .satisfies(text -> assertThat(List.of(words)).allMatch(text::contains))
        .hasSizeLessThan(300)
        .doesNotContain("fasterxml", "Stream", "JsonToken", "ByteArray", "REDACTED", "\n");
  }

  @Test
  void refusesTruncationAnywhereWithoutShowingTheParser() {
    for (int length = 0; length < json.length() - 2; length++) {
      assertRefused(json.substring(0, length));
    }
  }

  @Test
  void namesThePlaceOfBrokenText() {
    assertRefused(json.replace("\"cuts\" : [", "\"cuts\" : [ oops"), "broken JSON at line ");
    assertRefused(json + "{}", "broken JSON");
    assertRefused(json.replaceFirst("\\{", "{ \"name\" : \"twin\","), "broken JSON");
  }

  @Test
  void refusesDepthLengthAndNumberBeyondMeasure() {
    assertRefused("[".repeat(1000), "nested deeper than 32");
    assertRefused(
        json.replaceFirst("\\{", "{ \"x\" : " + "[".repeat(40) + "]".repeat(40) + ","), "nested");
    assertRefused(json.replace("\"tiny\"", "\"" + "x".repeat(1 << 17) + "\""), "longer texts");
    assertRefused(
        json.replaceFirst("\\{", "{ \"x\" : [" + "1,".repeat(1 << 19) + "1],"), "more values");
    assertRefused(
        json.replace("\"seed\" : \"1\"", "\"seed\" : " + "9".repeat(5000)), "longer texts");
  }

  @Test
  void namesTheFieldThatIsWrong() {
    assertRefused(
        json.replace("\"macsBefore\" : 0", "\"macsBefore\" : \"0\""), "cuts[0].macsBefore");
    assertRefused(json.replace("\"cut\" : 2,", "\"cut\" : 2.5,"), "exits[1].cut", "whole number");
    assertRefused(json.replace("\"kind\" : \"BACKBONE\"", "\"kind\" : \"X\""), "exits[2].kind");
    assertRefused(json.replace("\"labels\"", "\"lables\""), "labels is missing");
    assertRefused(json.replace("\"name\" : \"tiny\"", "\"name\" : null"), "name is missing");
    assertRefused(json.replace("\"wire\" : \"f32\"", "\"wire\" : {}"), "codecs[0].wire", "object");
    assertRefused(json.replace("\"schemaVersion\" : 3", "\"schemaVersion\" : 0"), "schema version");
    assertRefused(
        json.replace("\"schemaVersion\" : 3", "\"schemaVersion\" : 4"), "newer than 3", "newer");
    assertRefused(
        json.replace("\"seed\" : \"1\"", "\"seed\" : [ \"" + "y".repeat(200) + "\" ]"),
        "provenance.seed must be a text, not a list");
  }

  @Test
  void refusesPathsThatAreOneFileOnOtherSystems() throws IOException {
    BundleManifest manifest = TinyBundles.manifest();
    for (List<String> twins :
        List.of(
            List.of("a.bin", "A.bin"),
            List.of("\u00e9.bin", "e\u0301.bin"),
            List.of("stra\u00dfe.bin", "STRASSE.bin"),
            List.of("a", "a/b"),
            List.of("A/x", "a/X"),
            List.of("BUNDLE.json"),
            List.of("con"),
            List.of("exits/NUL.onnx"),
            List.of("dot."),
            List.of("blank /x"))) {
      Map<String, String> digests = new LinkedHashMap<>();
      twins.forEach(path -> digests.put(path, "0".repeat(64)));
      assertThatThrownBy(() -> manifest.withFiles(digests, Map.of()))
          .as("%s", twins)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void leavesFilesAloneThatTheManifestDoesNotList() throws IOException {
    Path directory = folder.resolve("tiny");
    Files.writeString(directory.resolve("README.txt"), "notes");
    assertThat(Bundle.open(directory).paths()).doesNotContain("README.txt");
  }

  @Test
  void refusesAFileOfAnotherSizeThanTheManifestSays() throws IOException {
    Path directory = folder.resolve("tiny");
    Files.writeString(
        directory.resolve("bundle.json"),
        json.replace("\"calibration.bin\" : 5", "\"calibration.bin\" : 6"));
    assertThatThrownBy(() -> Bundle.open(directory))
        .hasMessageContaining("calibration.bin")
        .hasMessageContaining("the manifest says 6");
  }

  @Test
  void writesAZipWhereAZipIsNamed() throws IOException {
    Path zip = folder.resolve("new/tiny.zip");
    Bundle written =
        TinyBundles.writer(zip, TinyNetworks.residual()).commit(TinyBundles.manifest(), false);
    assertThat(zip).isRegularFile();
    assertThat(written.digest()).isEqualTo(Bundle.open(folder.resolve("tiny")).digest());
    assertThatThrownBy(
            () ->
                TinyBundles.writer(zip, TinyNetworks.residual())
                    .commit(TinyBundles.manifest(), false))
        .hasMessageContaining("exists already");
    TinyBundles.writer(zip, TinyNetworks.residual()).commit(TinyBundles.manifest(), true);
    Files.writeString(zip, "a letter");
    assertThatThrownBy(
            () ->
                TinyBundles.writer(zip, TinyNetworks.residual())
                    .commit(TinyBundles.manifest(), true))
        .hasMessageContaining("no bundle");
    assertThat(Files.readString(zip)).isEqualTo("a letter");
    try (var left = Files.list(folder.resolve("new"))) {
      assertThat(left).containsExactly(zip);
    }
  }

  @Test
  void refusesPathsThatNoFileCanHave() {
    assertThat(Bundle.isPath("back\ud83d\ude00bone.onnx")).isTrue();
    assertThat(Bundle.isPath("back\ud83dbone.onnx")).isFalse();
  }

  @Test
  void refusesSizesWhoseSumIsBeyondMeasure() {
    assertRefused(
        json.replaceAll("(\"sizes\" : \\{\\s*\"[^\"]*\" : )\\d+", "$1" + Long.MAX_VALUE),
        "size of");
  }

  @Test
  void showsNothingThatWouldSteerATerminal() {
    assertThatThrownBy(
            () ->
                BundleManifest.parse(
                    json.replace("\"kind\" : \"BACKBONE\"", "\"kind\" : \"\\u001b[2J\"")
                        .getBytes(StandardCharsets.UTF_8),
                    "bundle.json"))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("exits[2].kind")
        .message()
        .doesNotContain("\u001b");
  }
}
