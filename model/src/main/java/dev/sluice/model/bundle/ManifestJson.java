package dev.sluice.model.bundle;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sluice.model.tensor.TensorType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes and reads {@code bundle.json}, of this schema and of the older ones. */
final class ManifestJson {
  private static final int MAX_DEPTH = 32;
  private static final int MAX_STRING = 1 << 16;
  private static final int MAX_NAME = 1024;
  private static final int MAX_NUMBER = 64;

  /** A tree takes about 100 bytes a token: 40 MB at most, however the 8 MiB are filled. */
  private static final long MAX_TOKENS = 400_000;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxStringLength(MAX_STRING)
                          .maxNameLength(MAX_NAME)
                          .maxNumberLength(MAX_NUMBER)
                          .maxTokenCount(MAX_TOKENS)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final String GET_ANEW = "get or prepare the bundle anew";

  private ManifestJson() {}

  static byte[] write(BundleManifest manifest) {
    // The same bytes, and so the same digest, on every system.
    DefaultIndenter lines = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter().withObjectIndenter(lines);
    try {
      return (MAPPER.writer(printer).writeValueAsString(manifest) + "\n")
          .getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new AssertionError("a manifest is plain data", e);
    }
  }

  /** Reads a manifest; the version is looked at before anything else. */
  static BundleManifest read(byte[] json, String where) throws BundleException {
    JsonNode tree = tree(json, where);
    if (!tree.isObject()) {
      throw new BundleException(where, "is no bundle manifest: no JSON object", GET_ANEW);
    }
    try {
      JsonFields fields = JsonFields.of(tree);
      int version = fields.integer("schemaVersion");
      if (version > BundleManifest.SCHEMA_VERSION) {
        throw new BundleException(
            where,
            "has schema version " + version + ", newer than " + BundleManifest.SCHEMA_VERSION,
            "use a newer Sluice or prepare the bundle with this one");
      }
      return manifest(fields, version);
    } catch (IllegalArgumentException e) {
      throw new BundleException(where, "is no bundle manifest: " + oneLine(e), GET_ANEW, e);
    }
  }

  private static JsonNode tree(byte[] json, String where) throws BundleException {
    try {
      return MAPPER.readTree(json);
    } catch (StreamConstraintsException e) {
      throw new BundleException(
          where,
          "is no bundle manifest: nested deeper than "
              + MAX_DEPTH
              + ", or with longer texts or more values than any bundle has"
              + position(e),
          GET_ANEW,
          e);
    } catch (JsonProcessingException e) {
      throw new BundleException(
          where, "is no bundle manifest: broken JSON" + position(e), GET_ANEW, e);
    } catch (IOException e) {
      throw new BundleException(where, "is no bundle manifest: broken JSON", GET_ANEW, e);
    }
  }

  private static String position(JsonProcessingException e) {
    return e.getLocation() == null
        ? ""
        : " at line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
  }

  private static BundleManifest manifest(JsonFields fields, int version) {
    return new BundleManifest(
        version,
        fields.text("name"),
        fields.texts("labels"),
        preprocessing(fields.object("preprocessing")),
        fields.objects("cuts", cut -> cut(cut, version)),
        fields.objects("exits", exit -> exit(exit, version)),
        fields.objects("codecs", codec -> codec(codec, version)),
        version == 1 ? List.of() : fields.objects("variants", ManifestJson::variant),
        fields.textMap("provenance"),
        fields.textMap("digests"),
        version == 1 ? Map.of() : fields.numberMap("sizes"));
  }

  private static Preprocessing preprocessing(JsonFields fields) {
    return new Preprocessing(
        fields.integer("width"),
        fields.integer("height"),
        fields.oneOf("resize", Resize.class),
        fields.floats("mean"),
        fields.floats("std"));
  }

  private static CutInfo cut(JsonFields fields, int version) {
    int index = fields.integer("index");
    String name = fields.text("name");
    List<String> tensors = fields.texts("tensors");
    List<int[]> shapes = fields.integerArrays("shapes");
    long macsBefore = fields.number("macsBefore");
    return version == 1
        ? new CutInfo(index, name, tensors, shapes, macsBefore)
        : new CutInfo(
            index, name, tensors, shapes, fields.listOf("types", TensorType.class), macsBefore);
  }

  private static ExitInfo exit(JsonFields fields, int version) {
    int index = fields.integer("index");
    int cut = fields.integer("cut");
    String head = fields.text("head");
    long headMacs = fields.number("headMacs");
    double temperature = fields.real("temperature");
    return version == 1
        ? new ExitInfo(index, cut, head, headMacs, temperature, fields.real("defaultThreshold"))
        : new ExitInfo(
            index,
            cut,
            fields.oneOf("kind", HeadKind.class),
            head,
            headMacs,
            temperature,
            fields.text("policy"));
  }

  private static CodecInfo codec(JsonFields fields, int version) {
    return new CodecInfo(
        fields.integer("cut"),
        fields.text("name"),
        fields.text("wire"),
        fields.text("encoder"),
        fields.text("decoder"),
        fields.number("encoderMacs"),
        version < 3 ? "" : fields.text("tables"));
  }

  private static VariantInfo variant(JsonFields fields) {
    Map<Integer, String> heads = new LinkedHashMap<>();
    fields
        .textMap("heads")
        .forEach((exit, path) -> heads.put(fields.integerKey("heads", exit), path));
    return new VariantInfo(
        fields.text("precision"),
        fields.text("backbone"),
        heads,
        fields.text("calibration"),
        fields.text("profile"));
  }

  private static String oneLine(IllegalArgumentException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("contradicts itself");
  }
}
