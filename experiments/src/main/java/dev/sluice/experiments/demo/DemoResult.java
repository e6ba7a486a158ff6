package dev.sluice.experiments.demo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.experiments.report.Json;
import dev.sluice.experiments.report.Score;
import dev.sluice.experiments.report.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What a demo showed.
 *
 * @param network the bundle's name
 * @param images what was streamed
 * @param goal what was asked
 * @param main the main stream
 * @param strategies the streams of the comparison, ours first
 * @param floor plans beside the uncut network on independent frames
 * @param deviceMillis what the emulated device takes for the whole network
 */
public record DemoResult(
    String network,
    String images,
    Goal goal,
    StreamResult main,
    List<StreamResult> strategies,
    List<PlanAccuracy> floor,
    double deviceMillis) {
  private static final double NANOS_PER_MILLI = 1e6;

  public DemoResult {
    strategies = List.copyOf(strategies);
    floor = List.copyOf(floor);
  }

  /** Whether every request of the main stream has exactly one answer. */
  public boolean everyRequestHasOneAnswer() {
    Score score = main.score();
    return score.lost() == 0 && score.surplus() == 0;
  }

  /** As an object. */
  public ObjectNode json() {
    ObjectNode json = Json.object();
    json.put("network", network);
    json.put("images", images);
    json.put("objective", goal.text());
    json.put("emulated_device_ms", deviceMillis);
    json.setAll(Json.score(main.score()));
    json.put("goal_held", goal.heldBy(main.tally(), main.scenario()));
    json.put("p95_seen_outside_ms", Json.millis(main.seenP95Nanos()));
    json.put("device_overruns", main.overruns());
    ArrayNode phases = json.putArray("phases");
    List<Phase> all = main.scenario().phases();
    for (int i = 0; i < all.size(); i++) {
      ObjectNode phase = phases.addObject();
      phase.put("phase", all.get(i).name());
      phase.put("seconds", Json.rounded(all.get(i).seconds(), 3));
      phase.put("uplink_mbit", all.get(i).megabitsPerSecond());
      phase.put("round_trip_ms", all.get(i).roundTripMillis());
      phase.setAll(Json.score(main.tally().score(i)));
    }
    ArrayNode table = json.putArray("strategies");
    for (StreamResult lent : strategies) {
      StreamResult strategy = lent.ownForm();
      ObjectNode row = table.addObject();
      row.put("strategy", strategy.strategy().name());
      row.put("in_time_share", Json.rounded(strategy.score().inTimeShare(), 4));
      row.put("right_in_time_share", Json.rounded(strategy.score().rightInTimeShare(), 4));
      row.put("goal_held", goal.heldBy(strategy.tally(), strategy.scenario()));
      row.put("p95_seen_outside_ms", Json.millis(strategy.seenP95Nanos()));
      row.put("device_overruns", strategy.overruns());
      row.setAll(Json.score(strategy.score()));
      row.put("right_in_time_with_fallback", lent.score().rightInTime());
    }
    ArrayNode proof = json.putArray("accuracy_floor");
    floor.forEach(result -> proof.add(floorJson(result)));
    return json;
  }

  /** The table of phases. */
  public List<String> phaseTable() {
    TextTable table =
        new TextTable(
            "phase", "frames", "right and in time", "accuracy", "p50", "p95", "cloud", "bytes");
    List<Phase> phases = main.scenario().phases();
    for (int i = 0; i < phases.size(); i++) {
      Score score = main.tally().score(i);
      table.row(
          phases.get(i).describe(),
          Integer.toString(score.requests()),
          percent(score.rightInTimeShare()),
          percent(score.accuracy()),
          millis(score.p50Nanos()),
          millis(score.p95Nanos()),
          percent(score.offloadedShare()),
          LiveView.bytes(score.bytes()));
    }
    return table.lines();
  }

  /** The table of strategies. */
  public List<String> strategyTable() {
    TextTable table =
        new TextTable(
            "strategy",
            "in time",
            "right and in time",
            "accuracy",
            "p50",
            "p95",
            "worker compute",
            "bytes",
            "goal",
            "with our fallback");
    for (StreamResult lent : strategies) {
      StreamResult strategy = lent.ownForm();
      Score score = strategy.score();
      table.row(
          strategy.strategy().title(),
          percent(score.inTimeShare()),
          "%d of %d".formatted(score.rightInTime(), score.requests()),
          percent(score.accuracy()),
          millis(score.p50Nanos()),
          millis(score.p95Nanos()),
          millis(score.workerComputeNanos()),
          LiveView.bytes(score.bytes()),
          goal.heldBy(strategy.tally(), strategy.scenario()) ? "held" : "missed",
          lent.strategy().name().equals("fixed-split")
              ? "-"
              : "%d of %d".formatted(lent.score().rightInTime(), score.requests()));
    }
    return table.lines();
  }

  /** What the plans cost in accuracy, a line each. */
  public List<String> floorLines() {
    List<String> lines = new ArrayList<>();
    OptionalDouble allowed = goal.pointsBelowFinal();
    for (PlanAccuracy result : floor) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%s: %.2f %% against %.2f %% uncut, %+.2f points [%.2f, %.2f]%s",
              result.plan().describe(),
              100.0 * result.right() / result.samples(),
              100.0 * result.uncutRight() / result.samples(),
              result.points().value(),
              result.points().low(),
              result.points().high(),
              allowed.isEmpty()
                  ? ""
                  : result.points().value() >= -allowed.getAsDouble()
                      ? ", floor held"
                      : ", below the floor"));
    }
    return lines;
  }

  private ObjectNode floorJson(PlanAccuracy result) {
    ObjectNode json = Json.object();
    json.put("plan", result.plan().describe());
    json.put("samples", result.samples());
    json.put("accuracy", Json.rounded((double) result.right() / result.samples(), 4));
    json.put("uncut_accuracy", Json.rounded((double) result.uncutRight() / result.samples(), 4));
    json.put("points", Json.rounded(result.points().value(), 3));
    json.putArray("spread")
        .add(Json.rounded(result.points().low(), 3))
        .add(Json.rounded(result.points().high(), 3));
    json.put("sent_share", Json.rounded((double) result.sent() / result.samples(), 4));
    json.put("bytes", result.bytes());
    goal.pointsBelowFinal()
        .ifPresent(
            allowed -> {
              json.put("allowed_points", -allowed);
              json.put("holds", result.points().value() >= -allowed);
            });
    return json;
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private static String millis(long nanos) {
    return String.format(Locale.ROOT, "%.0f ms", nanos / NANOS_PER_MILLI);
  }
}
