package dev.sluice.model.bundle;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Writes and reads {@code bundle.json}. */
final class ManifestJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  private ManifestJson() {}

  static byte[] write(BundleManifest manifest) {
    try {
      return (MAPPER.writeValueAsString(manifest) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new AssertionError("a manifest is plain data", e);
    }
  }

  /** Reads a manifest; the version is looked at before anything else. */
  static BundleManifest read(byte[] json, String where) throws BundleException {
    try {
      JsonNode tree = MAPPER.readTree(json);
      if (!tree.isObject()) {
        throw new BundleException(
            where, "is no bundle manifest: no JSON object", "get or prepare the bundle anew");
      }
      int version = tree.path("schemaVersion").asInt(0);
      if (version > BundleManifest.SCHEMA_VERSION) {
        throw new BundleException(
            where,
            "has schema version " + version + ", newer than " + BundleManifest.SCHEMA_VERSION,
            "use a newer Sluice or prepare the bundle with this one");
      }
      return MAPPER.treeToValue(tree, BundleManifest.class);
    } catch (BundleException e) {
      throw e;
    } catch (IOException e) {
      throw new BundleException(
          where, "is no bundle manifest: " + reason(e), "get or prepare the bundle anew", e);
    }
  }

  private static String reason(IOException e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message =
        cause instanceof JsonProcessingException json
            ? json.getOriginalMessage()
            : String.valueOf(cause.getMessage());
    return message.lines().findFirst().orElse("unreadable");
  }
}
