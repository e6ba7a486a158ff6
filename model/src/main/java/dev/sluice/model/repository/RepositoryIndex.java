package dev.sluice.model.repository;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.repository.RepositoryException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a repository offers: {@code index.json}. Immutable.
 *
 * <pre>
 *   {"schemaVersion": 1, "bundles": {
 *     "roadsigns": {"path": "roadsigns/", "digest": "HEX", "bytes": 3126789}}}
 * </pre>
 *
 * @param bundles what it offers, by name
 */
record RepositoryIndex(Map<String, Entry> bundles) {
  static final int SCHEMA_VERSION = 1;
  static final String FILE = "index.json";
  static final long MAX_BYTES = 4L << 20;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(16)
                          .maxStringLength(1 << 12)
                          .maxNameLength(256)
                          .maxNumberLength(32)
                          .maxTokenCount(200_000)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .build();

  RepositoryIndex {
    bundles = Map.copyOf(bundles);
  }

  /**
   * A bundle on offer.
   *
   * @param path where it is, relative to the index: a folder if it ends with a slash, else a zip
   * @param digest its digest
   * @param bytes bytes of all its files
   */
  record Entry(String path, String digest, long bytes) {
    Entry {
      String file = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
      if (!Bundle.isPath(file) || !(path.endsWith("/") || path.endsWith(".zip"))) {
        throw new IllegalArgumentException("path is neither a folder nor a zip below the index");
      }
      if (!digest.matches("[0-9a-f]{64}") || bytes < 0) {
        throw new IllegalArgumentException("digest or bytes are none");
      }
    }
  }

  byte[] toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("schemaVersion", SCHEMA_VERSION);
    ObjectNode all = json.putObject("bundles");
    new TreeMap<>(bundles)
        .forEach(
            (name, entry) ->
                all.putObject(name)
                    .put("path", entry.path())
                    .put("digest", entry.digest())
                    .put("bytes", entry.bytes()));
    return (json.toPrettyString().replace("\r\n", "\n") + "\n").getBytes(StandardCharsets.UTF_8);
  }

  static RepositoryIndex parse(byte[] content, String shown) throws RepositoryException {
    JsonNode json;
    try {
      json = JSON.readTree(content);
    } catch (JsonProcessingException e) {
      throw wrong(
          shown,
          "broken JSON"
              + (e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr()));
    } catch (IOException e) {
      throw wrong(shown, "broken JSON");
    }
    int version = json.path("schemaVersion").asInt(0);
    if (version > SCHEMA_VERSION) {
      throw new RepositoryException(
          Reason.CONTENT,
          shown,
          "has schema version " + version + ", newer than " + SCHEMA_VERSION,
          "use a newer Sluice");
    }
    if (version < 1 || !json.path("bundles").isObject()) {
      throw wrong(shown, "it lists no bundles");
    }
    Map<String, Entry> bundles = new TreeMap<>();
    for (Map.Entry<String, JsonNode> one : json.path("bundles").properties()) {
      JsonNode entry = one.getValue();
      // Names are shown to people: none may write lines or colours of its own.
      if (!BundleAddress.isName(one.getKey())) {
        throw wrong(shown, "one of its names is none");
      }
      try {
        bundles.put(
            one.getKey(),
            new Entry(
                entry.path("path").asText(""),
                entry.path("digest").asText(""),
                entry.path("bytes").asLong(-1)));
      } catch (IllegalArgumentException e) {
        throw wrong(shown, "its entry '" + one.getKey() + "': " + e.getMessage());
      }
    }
    return new RepositoryIndex(bundles);
  }

  private static RepositoryException wrong(String shown, String trouble) {
    return new RepositoryException(
        Reason.CONTENT,
        shown,
        "is no index of bundles: " + trouble,
        "publish it anew with './sluice model publish'");
  }
}
