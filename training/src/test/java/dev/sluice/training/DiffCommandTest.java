package dev.sluice.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.bundle.ExitInfo;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiffCommandTest {
  private static final Path SHIPPED = Path.of("../experiments/bundles/roadsigns");

  @TempDir Path folder;
  private String printed = "";
  private String complained = "";

  private int run(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    List<String> words = new ArrayList<>();
    for (Object argument : arguments) {
      words.add(argument.toString());
    }
    int status =
        ModelMain.execute(
            words.toArray(String[]::new), new PrintWriter(out), new PrintWriter(err, true));
    printed = out.toString();
    complained = err.toString();
    return status;
  }

  private Path zipped() throws IOException {
    Path zip = folder.resolve("roadsigns.zip");
    Bundle.open(SHIPPED).writeZip(zip);
    return zip;
  }

  /** The shipped bundle with another temperature, policy, label, seed, a codec less, one weight. */
  private Path changed() throws IOException {
    Bundle shipped = Bundle.open(SHIPPED);
    BundleManifest old = shipped.manifest();
    List<ExitInfo> exits = new ArrayList<>(old.exits());
    ExitInfo first = exits.get(0);
    exits.set(
        0,
        new ExitInfo(
            0,
            first.cut(),
            first.kind(),
            first.head(),
            first.headMacs(),
            0.75,
            "entropy <= 0.3 nats"));
    List<String> labels = new ArrayList<>(old.labels());
    labels.set(3, "limit-eighty");
    Map<String, String> provenance = new LinkedHashMap<>(old.provenance());
    provenance.put("data.seed", "21");
    BundleWriter writer = BundleWriter.to(folder.resolve("changed.zip"));
    for (String path : shipped.paths()) {
      writer.put(path, path.equals(first.head()) ? nudged(shipped.file(path)) : shipped.file(path));
    }
    writer.put("notes.txt", new byte[3]);
    writer.commit(
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            old.name(),
            labels,
            old.preprocessing(),
            old.cuts(),
            exits,
            old.codecs().subList(0, old.codecs().size() - 1),
            provenance,
            Map.of()),
        false);
    return folder.resolve("changed.zip");
  }

  /** Adds a quarter to the first weight of a head. */
  private static byte[] nudged(byte[] onnx) throws IOException {
    ModelProto.Builder model = ModelProto.parseFrom(onnx).toBuilder();
    for (TensorProto.Builder tensor : model.getGraphBuilder().getInitializerBuilderList()) {
      if (tensor.getDataType() == TensorProto.DataType.FLOAT.getNumber()
          && tensor.hasRawData()
          && tensor.getName().length() > 0) {
        byte[] raw = tensor.getRawData().toByteArray();
        ByteBuffer values = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        values.putFloat(0, values.getFloat(0) + 0.25f);
        tensor.setRawData(ByteString.copyFrom(raw));
        return model.build().toByteArray();
      }
    }
    throw new AssertionError("the head has no weights");
  }

  @Test
  void findsAFolderAndItsZipTheSame() throws IOException {
    assertThat(run("diff", SHIPPED, zipped())).isZero();
    assertThat(printed).contains("the same");
    assertThat(run("diff", SHIPPED, zipped(), "--json")).isZero();
    JsonNode json = new ObjectMapper().readTree(printed);
    assertThat(json.path("same").asBoolean()).isTrue();
    assertThat(json.path("differences")).isEmpty();
  }

  @Test
  void showsWhatDiffersAndExitsWithOne() throws IOException {
    Path changed = changed();
    assertThat(run("diff", SHIPPED, changed)).isEqualTo(1);
    assertThat(printed)
        .containsPattern("0 temperature +0\\.5627\\S* +-> +0\\.75")
        .containsPattern("0 policy +top1 >= 0\\.9 +-> +entropy <= 0\\.3 nats")
        .containsPattern("3 +limit-80 +-> +limit-eighty")
        .containsPattern("data\\.seed +20 +-> +21")
        .containsPattern("notes\\.txt +- +-> +3 bytes")
        .contains("codecs")
        .contains("weights (1 tensors differ)")
        .contains("exits/2.onnx: ", "max abs difference 0.25");
    assertThat(run("diff", changed, SHIPPED, "--json")).isEqualTo(1);
    JsonNode json = new ObjectMapper().readTree(printed);
    assertThat(json.path("same").asBoolean()).isFalse();
    assertThat(json.path("weights").get(0).path("maxAbsDifference").asDouble()).isEqualTo(0.25);
    assertThat(json.path("differences").findValuesAsText("area"))
        .contains("bundle", "labels", "exits", "codecs", "provenance", "files")
        .doesNotContain("cuts", "preprocessing");
  }

  @Test
  void exitsWithTwoWhenOneCannotBeRead() throws IOException {
    Path broken = Files.writeString(folder.resolve("broken.zip"), "no zip at all, not even nearly");
    assertThat(run("diff", SHIPPED, broken)).isEqualTo(2);
    assertThat(complained.strip()).contains("broken.zip").hasLineCount(1);
    assertThat(run("diff", SHIPPED, folder.resolve("nowhere"))).isEqualTo(2);
    assertThat(complained).contains("no such bundle");
    assertThat(run("diff", SHIPPED)).isEqualTo(2);
    assertThat(run("diff", SHIPPED, "http://127.0.0.1:1/b/")).isEqualTo(2);
    assertThat(complained).contains("no connection");
  }

  @Test
  void inspectsZipsWithKindsPoliciesAndTypes() throws IOException {
    assertThat(run("inspect", changed())).isZero();
    assertThat(printed)
        .contains(
            "pooled linear",
            "backbone",
            "entropy <= 0.3 nats",
            "top1 >= 0.8",
            "float32 [8, 48, 48]");
  }
}
