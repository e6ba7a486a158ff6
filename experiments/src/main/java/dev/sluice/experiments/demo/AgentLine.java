package dev.sluice.experiments.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.experiments.report.AnswerRecord;
import dev.sluice.experiments.report.AnswerRecord.Place;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Sends;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A line that the edge agent writes to standard output. */
sealed interface AgentLine {
  ObjectMapper MAPPER = new ObjectMapper();
  double NANOS_PER_MILLI = 1e6;

  /** The answer to a frame. */
  record Answered(AnswerRecord answer) implements AgentLine {}

  /**
   * What the agent believes at the moment.
   *
   * @param link the link as estimated, in words
   * @param plan the plan in use
   * @param feasible whether that is expected to hold the objective
   * @param overruns times that real compute took longer than the emulated device allows
   */
  record Status(String link, Plan plan, boolean feasible, long overruns) implements AgentLine {
    String planText() {
      return plan.describe();
    }
  }

  /** Anything else. */
  record Other(String line) implements AgentLine {}

  /** Reads a line; what is neither answer nor status is passed over. */
  static AgentLine parse(String line) {
    JsonNode json;
    try {
      json = MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      return new Other(line);
    }
    return switch (json.path("type").asText()) {
      case "answer" -> answer(json);
      case "status" -> status(json);
      default -> new Other(line);
    };
  }

  private static AgentLine answer(JsonNode json) {
    boolean dropped = json.path("dropped").asBoolean();
    Place place =
        dropped
            ? Place.NOWHERE
            : json.path("place").asText().toLowerCase(Locale.ROOT).equals("cloud")
                ? Place.CLOUD
                : Place.DEVICE;
    return new Answered(
        new AnswerRecord(
            json.required("id").asLong(),
            dropped ? -1 : json.required("label_index").asInt(),
            dropped ? -1 : json.required("exit").asInt(),
            place,
            "split " + json.path("split").asInt() + ", " + json.path("codec").asText(),
            json.path("degraded").asBoolean(),
            dropped,
            Math.round(json.required("latency_ms").asDouble() * NANOS_PER_MILLI),
            json.path("bytes_sent").asLong(),
            Math.round(json.path("worker_compute_ms").asDouble() * NANOS_PER_MILLI)));
  }

  private static AgentLine status(JsonNode json) {
    List<ExitThreshold> exits = new ArrayList<>();
    for (JsonNode exit : json.path("exits")) {
      exits.add(
          new ExitThreshold(exit.required("exit").asInt(), exit.required("threshold").asDouble()));
    }
    String state = json.path("link").asText().toLowerCase(Locale.ROOT);
    String link =
        json.path("uplink_mbit").isNumber()
            ? String.format(
                Locale.ROOT,
                "%s, %.2f Mbit/s, %.0f ms",
                state,
                json.path("uplink_mbit").asDouble(),
                json.path("round_trip_ms").asDouble())
            : state + ", not measured yet";
    String sends = json.path("sends").asText("split");
    return new Status(
        link,
        new Plan(
            json.required("split").asInt(),
            json.required("codec").asText(),
            exits,
            sends.equals(Plan.NO_CODEC)
                ? Sends.SPLIT
                : Sends.valueOf(sends.toUpperCase(Locale.ROOT))),
        json.path("feasible").asBoolean(),
        json.path("overruns").asLong());
  }
}
