package dev.sluice.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.graph.TinyNetworks;
import dev.sluice.model.tensor.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchemaTest {
  /** A manifest written by the first release of this format; it stays as it is. */
  private static final String FIRST = "schema-1.json";

  @TempDir Path folder;

  @Test
  void readsAManifestOfSchemaOne() throws IOException {
    BundleManifest manifest;
    try (InputStream in = SchemaTest.class.getResourceAsStream(FIRST)) {
      manifest = BundleManifest.parse(in.readAllBytes(), FIRST);
    }
    assertThat(manifest.schemaVersion()).isEqualTo(1);
    assertThat(manifest.cuts())
        .allSatisfy(cut -> assertThat(cut.types()).containsExactly(TensorType.FLOAT32));
    assertThat(manifest.exits())
        .extracting(ExitInfo::kind)
        .containsExactly(
            HeadKind.POOLED_LINEAR,
            HeadKind.POOLED_LINEAR,
            HeadKind.POOLED_LINEAR,
            HeadKind.POOLED_LINEAR,
            HeadKind.BACKBONE);
    assertThat(manifest.exits())
        .extracting(ExitInfo::policy)
        .containsExactly("top1 >= 0.9", "top1 >= 0.8", "top1 >= 0.6", "top1 >= 0.5", "top1 >= 0.5");
    assertThat(manifest.exits().get(0).defaultThreshold()).isEqualTo(0.9);
    assertThat(manifest.variants()).isEmpty();
    assertThat(manifest.sizes()).isEmpty();
  }

  @Test
  void keepsTypesKindsPoliciesAndVariants() throws IOException {
    BundleManifest old = TinyBundles.manifest();
    CutInfo one = old.cuts().get(1);
    List<CutInfo> cuts = new ArrayList<>(old.cuts());
    cuts.set(
        1,
        new CutInfo(
            1,
            one.name(),
            one.tensors(),
            one.shapes(),
            List.of(TensorType.INT8),
            one.macsBefore()));
    List<ExitInfo> exits = new ArrayList<>(old.exits());
    exits.set(
        0,
        new ExitInfo(0, 1, HeadKind.CONVOLUTIONAL, "exits/1.onnx", 20, 1.5, "entropy <= 0.4 nats"));
    VariantInfo variant =
        new VariantInfo("int8", "int8/backbone.onnx", Map.of(0, "int8/exits/1.onnx"), "", "");
    BundleManifest manifest =
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            old.name(),
            old.labels(),
            old.preprocessing(),
            cuts,
            exits,
            old.codecs(),
            List.of(variant),
            old.provenance(),
            Map.of(),
            Map.of());
    Bundle written =
        TinyBundles.writer(folder.resolve("two"), TinyNetworks.residual())
            .put("int8/backbone.onnx", TinyNetworks.residual())
            .put("int8/exits/1.onnx", TinyNetworks.head(4, 8, 8, 5, 21))
            .commit(manifest, false);
    BundleManifest read = Bundle.open(folder.resolve("two")).manifest();
    assertThat(read).isEqualTo(written.manifest());
    assertThat(read.cuts().get(1).types()).containsExactly(TensorType.INT8);
    assertThat(read.cuts().get(1).bytes()).isEqualTo(read.cuts().get(1).elements());
    assertThat(read.exits().get(0).kind()).isEqualTo(HeadKind.CONVOLUTIONAL);
    assertThat(read.exits().get(0).policy()).isEqualTo("entropy <= 0.4 nats");
    assertThat(read.exits().get(0).defaultThreshold()).isGreaterThan(1);
    assertThat(read.variant("int8")).contains(variant);
    assertThat(read.variant("int4")).isEmpty();
    assertThat(read.sizes().get("calibration.bin")).isEqualTo(5);
  }

  @Test
  void refusesAVariantWhoseFilesAreNotThere() throws IOException {
    BundleManifest manifest =
        TinyBundles.manifest()
            .withVariants(List.of(new VariantInfo("int8", "int8.onnx", Map.of(), "", "")));
    BundleWriter writer = TinyBundles.writer(folder.resolve("two"), TinyNetworks.residual());
    assertThatThrownBy(() -> writer.commit(manifest, false))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("int8.onnx");
    assertThatThrownBy(
            () ->
                TinyBundles.manifest()
                    .withVariants(
                        List.of(new VariantInfo("int8", "a.onnx", Map.of(2, "b.onnx"), "", ""))))
        .hasMessageContaining("head for exit 2");
    assertThatThrownBy(() -> new VariantInfo("float32", "a.onnx", Map.of(), "", ""))
        .hasMessageContaining("float32");
  }

  @Test
  void readsTheOldTextWithoutTheNewFields() throws IOException {
    Path directory = folder.resolve("tiny");
    TinyBundles.write(directory);
    Path file = directory.resolve("bundle.json");
    String json =
        Files.readString(file)
            .replace("\"schemaVersion\" : 3", "\"schemaVersion\" : 1")
            .replaceAll(",\\s*\"types\" : \\[[^]]*]", "")
            .replaceAll("\"kind\" : \"[A-Z_]+\",", "")
            .replaceAll("\"policy\" : \"[^\"]+\"", "\"defaultThreshold\" : 1.5")
            .replaceAll("\"variants\" : \\[ ],", "")
            .replaceAll(",\\s*\"sizes\" : \\{[^}]*}", "");
    Files.write(file, json.getBytes(StandardCharsets.UTF_8));
    BundleManifest manifest = Bundle.open(directory).manifest();
    assertThat(manifest.schemaVersion()).isEqualTo(1);
    assertThat(manifest.exits()).extracting(ExitInfo::policy).containsOnly("never");
    assertThat(manifest.exits().get(0).defaultThreshold()).isGreaterThan(1);
  }
}
