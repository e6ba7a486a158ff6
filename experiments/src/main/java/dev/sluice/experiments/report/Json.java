package dev.sluice.experiments.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The shapes in which results are written. Thread-safe. */
public final class Json {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final double NANOS_PER_MILLI = 1e6;

  private Json() {}

  /** An empty object. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** An empty array. */
  public static ArrayNode array() {
    return MAPPER.createArrayNode();
  }

  /** A score's fields, in the names of the demo's result. */
  public static ObjectNode score(Score score) {
    ObjectNode json = object();
    json.put("requests", score.requests());
    json.put("answered", score.answered());
    json.put("lost", score.lost());
    json.put("surplus", score.surplus());
    json.put("degraded", score.degraded());
    json.put("dropped", score.dropped());
    json.put("late", score.late());
    json.put("in_time", score.inTime());
    json.put("right", score.right());
    json.put("right_in_time", score.rightInTime());
    json.put("accuracy", rounded(score.accuracy(), 4));
    json.put("uncut_accuracy", rounded(score.uncutAccuracy(), 4));
    json.put("p50_ms", millis(score.p50Nanos()));
    json.put("p95_ms", millis(score.p95Nanos()));
    json.put("p99_ms", millis(score.p99Nanos()));
    json.put("deadline_ms", millis(score.deadlineNanos()));
    json.put("offloaded_share", rounded(score.offloadedShare(), 4));
    json.put("bytes", score.bytes());
    json.put("bytes_per_answer", rounded(score.bytesPerAnswer(), 1));
    json.put("worker_compute_ms", millis(score.workerComputeNanos()));
    json.set("exits", counts(score.exits()));
    json.set("plans", counts(score.plans()));
    return json;
  }

  /** A claim as {@code summary.json} holds it: unrounded, so that who reads it judges alike. */
  public static ObjectNode claim(Claim claim) {
    ObjectNode json = object();
    json.put("name", claim.name());
    json.put("measured", claim.measured());
    json.put("unit", claim.unit());
    json.put("wanted", claim.wanted().toString());
    json.put("holds", claim.holds());
    json.put("samples", claim.samples());
    json.putArray("spread").add(claim.low()).add(claim.high());
    return json;
  }

  /**
   * A claim from what {@link #claim(Claim)} wrote.
   *
   * @throws IllegalArgumentException if a field is missing or out of range
   */
  public static Claim claim(JsonNode json) {
    JsonNode spread = json.path("spread");
    return new Claim(
        text(json, "name"),
        number(json.path("measured")),
        text(json, "unit"),
        Bound.parse(text(json, "wanted")),
        json.path("samples").asInt(),
        number(spread.path(0)),
        number(spread.path(1)));
  }

  private static String text(JsonNode json, String field) {
    if (!json.path(field).isTextual()) {
      throw new IllegalArgumentException("a claim without " + field);
    }
    return json.path(field).textValue();
  }

  /** Jackson writes what is not finite as text. */
  private static double number(JsonNode json) {
    if (json.isNumber()) {
      return json.doubleValue();
    }
    if (json.isTextual()) {
      return Double.parseDouble(json.textValue());
    }
    throw new IllegalArgumentException("a claim without its numbers");
  }

  /** Counts as an object, in the map's order. */
  public static ObjectNode counts(Map<String, Integer> counts) {
    ObjectNode json = object();
    counts.forEach(json::put);
    return json;
  }

  /** Nanoseconds as milliseconds with two decimals. */
  public static double millis(long nanos) {
    return rounded(nanos / NANOS_PER_MILLI, 2);
  }

  /** A number with this many decimals; not a finite one as it is. */
  public static double rounded(double value, int decimals) {
    if (!Double.isFinite(value)) {
      return value;
    }
    double scale = Math.pow(10, decimals);
    return Math.rint(value * scale) / scale;
  }

  /** The text of an object, indented, with a line end. */
  public static String text(ObjectNode json) {
    try {
      return MAPPER.writeValueAsString(json) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("cannot be written as JSON", e);
    }
  }

  /** Writes an object to a file, making its folder. */
  public static void write(Path file, ObjectNode json) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Files.write(file, text(json).getBytes(StandardCharsets.UTF_8));
  }
}
