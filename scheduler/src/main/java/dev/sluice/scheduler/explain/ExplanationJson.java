package dev.sluice.scheduler.explain;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.scheduler.energy.EnergyRanking;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.explain.Unreachable.Reach;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.upkeep.LinkUpkeep;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** An explanation as JSON. Times are milliseconds, rates Mbit/s; infinite or unknown is null. */
final class ExplanationJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ExplanationJson() {}

  static ObjectNode of(Explanation explanation) {
    ObjectNode node = NODES.objectNode();
    putPlan(node, explanation.decision().plan());
    node.put("feasible", explanation.decision().feasible());
    node.put("reason", explanation.decision().reason());
    node.put("objective", explanation.objective().toString());
    node.put("certified", explanation.certified());
    node.set("estimates", estimates(explanation.estimates()));
    node.set("prediction", prediction(explanation.decision().prediction()));
    node.set("constraints", standings(explanation.standings()));
    node.put("binding", explanation.binding().map(Standing::label).orElse(null));
    node.set("targets", targets(explanation.targets()));
    ArrayNode alternatives = node.putArray("alternatives");
    for (Alternative alternative : explanation.alternatives()) {
      ObjectNode other = alternatives.addObject();
      putPlan(other, alternative.plan());
      other.set("why_not", loss(alternative.loss()));
      other.set("prediction", prediction(alternative.prediction()));
      other.set("constraints", standings(alternative.standings()));
      other.set("targets", targets(alternative.targets()));
    }
    explanation
        .energy()
        .ifPresentOrElse(
            doubt -> node.set("energy", energy(doubt, plans(explanation))),
            () -> node.putNull("energy"));
    ArrayNode sensitivities = node.putArray("what_if");
    explanation.sensitivities().forEach(each -> sensitivities.add(sensitivity(each)));
    explanation
        .unreachable()
        .ifPresentOrElse(
            unreachable -> node.set("unreachable", unreachable(unreachable)),
            () -> node.putNull("unreachable"));
    explanation.upkeep().ifPresent(upkeep -> node.set("upkeep", upkeep(upkeep)));
    return node;
  }

  private static void putPlan(ObjectNode node, Plan plan) {
    node.put("plan", plan.describe());
    node.put("split", plan.split()).put("codec", plan.codec()).put("sends", plan.sent());
    ArrayNode exits = node.putArray("exits");
    for (ExitThreshold exit : plan.exits()) {
      exits.addObject().put("exit", exit.exit()).put("threshold", exit.threshold());
    }
  }

  private static ObjectNode estimates(Estimates e) {
    ObjectNode node = NODES.objectNode();
    node.put("link", lower(e.link()));
    putNumber(node, "uplink_mbit", e.uplinkBytesPerSecond() * 8e-6);
    putNumber(node, "uplink_relative_sd", e.uplinkRelativeSd());
    putNumber(node, "round_trip_ms", e.roundTripNanos() / 1e6);
    putNumber(node, "round_trip_sd_ms", e.roundTripSdNanos() / 1e6);
    putNumber(node, "device_scale", e.deviceScale());
    putNumber(node, "device_scale_sd", e.deviceScaleSd());
    putNumber(node, "worker_scale", e.workerScale());
    putNumber(node, "worker_scale_sd", e.workerScaleSd());
    putNumber(node, "worker_queue_ms", e.workerQueueNanos() / 1e6);
    putNumber(
        node,
        "frame_period_ms",
        e.framePeriodNanos() == 0 ? Double.NaN : e.framePeriodNanos() / 1e6);
    putNumber(node, "frame_period_cv", e.framePeriodCv());
    return node;
  }

  private static ObjectNode prediction(Prediction p) {
    ObjectNode node = NODES.objectNode();
    putNumber(node, "p50_latency_ms", p.p50LatencyNanos() / 1e6);
    putNumber(node, "p95_latency_ms", p.p95LatencyNanos() / 1e6);
    putNumber(node, "mean_latency_ms", p.meanLatencyNanos() / 1e6);
    putNumber(node, "accuracy", p.accuracy());
    putNumber(node, "final_accuracy", p.finalAccuracy());
    putNumber(node, "accuracy_lower_bound", p.accuracyLowerBound());
    putNumber(node, "difference_lower_bound", p.differenceLowerBound());
    putNumber(node, "offloaded_share", p.offloadedShare());
    putNumber(node, "uplink_bytes", p.uplinkBytes());
    putNumber(node, "device_compute_ms", p.deviceComputeNanos() / 1e6);
    putNumber(node, "worker_compute_ms", p.workerComputeNanos() / 1e6);
    putNumber(node, "device_energy_j", p.deviceEnergy().totalJoules());
    putNumber(node, "device_utilisation", p.deviceUtilisation());
    putNumber(node, "uplink_utilisation", p.uplinkUtilisation());
    putNumber(node, "throughput_fps", p.throughputFramesPerSecond());
    return node;
  }

  private static ArrayNode standings(List<Standing> standings) {
    ArrayNode nodes = NODES.arrayNode();
    for (Standing standing : standings) {
      String unit =
          standing.constraint().map(Constraint::metric).map(ExplanationJson::unit).orElse("share");
      double scale =
          standing.constraint().map(Constraint::metric).map(ExplanationJson::scale).orElse(1.0);
      ObjectNode node = nodes.addObject();
      node.put("constraint", standing.label());
      node.put("holds", standing.holds());
      node.put("unit", unit);
      putNumber(node, "bound", standing.bound() * scale);
      putNumber(node, "value", standing.value() * scale);
      putNumber(node, "slack", standing.slack() * scale);
      putNumber(node, "relative_slack", standing.relativeSlack());
      putNumber(node, "expected", standing.expected() * scale);
      putNumber(node, "uncertainty_margin", standing.uncertaintyMargin() * scale);
      node.put("proven", standing.proven());
      putNumber(node, "late_loss", standing.lateLoss());
    }
    return nodes;
  }

  private static ArrayNode targets(List<TargetValue> targets) {
    ArrayNode nodes = NODES.arrayNode();
    for (TargetValue each : targets) {
      ObjectNode node = nodes.addObject();
      node.put("target", each.target().toString());
      node.put("unit", unit(each.target().metric()));
      putNumber(node, "value", each.value() * scale(each.target().metric()));
    }
    return nodes;
  }

  private static ObjectNode loss(Loss loss) {
    ObjectNode node = NODES.objectNode();
    if (loss instanceof Loss.Breaks breaks) {
      node.put("kind", "breaks");
      node.set("broken", standings(breaks.broken()));
    } else if (loss instanceof Loss.LittleHeadroom little) {
      node.put("kind", "little_headroom");
      node.set("broken", standings(List.of(little.standing())));
      putNumber(node, "headroom", little.headroom());
    } else if (loss instanceof Loss.Worse worse) {
      double scale = scale(worse.target().metric());
      node.put("kind", "worse").put("target", worse.target().toString());
      node.put("unit", unit(worse.target().metric()));
      putNumber(node, "value", worse.value() * scale);
      putNumber(node, "chosen", worse.chosen() * scale);
      putNumber(node, "relative", worse.relative());
    } else if (loss instanceof Loss.LessAccurate less) {
      node.put("kind", "less_accurate");
      putNumber(node, "by", less.by());
      node.put("cautious", less.cautious());
    } else if (loss instanceof Loss.LittleGain little) {
      node.put("kind", "little_gain").put("target", little.target().toString());
      putNumber(node, "gain", little.gain());
      putNumber(node, "doubt", little.doubt());
      putNumber(node, "needed", little.needed());
    } else if (loss instanceof Loss.FurtherOff further) {
      node.put("kind", "further_off");
      node.set("broken", standings(List.of(further.standing())));
    } else {
      node.put("kind", "alike");
    }
    return node.put("text", loss.text());
  }

  /** The plans by their numbers in an {@link EnergyDoubt}. */
  private static List<Plan> plans(Explanation explanation) {
    return Stream.concat(
            Stream.of(explanation.decision().plan()),
            explanation.alternatives().stream().map(Alternative::plan))
        .toList();
  }

  private static ObjectNode energy(EnergyDoubt doubt, List<Plan> plans) {
    EnergyRanking ranking = doubt.ranking();
    ObjectNode node = NODES.objectNode();
    node.put("model", doubt.model());
    putNumber(node, "spread", ranking.spread());
    node.put("robust", doubt.robust());
    ArrayNode turnedBy = node.putArray("turned_by");
    doubt.turnedBy().forEach(constant -> turnedBy.add(lower(constant)));
    node.put("turned_together", doubt.turnedTogether());
    ArrayNode order = node.putArray("ranking");
    for (int plan : ranking.order()) {
      ObjectNode each = order.addObject();
      putPlan(each, plans.get(plan));
      each.put("chosen", plan == EnergyDoubt.CHOSEN);
      each.put("lost_by_energy", doubt.lostByEnergy(plan));
      putNumber(each, "joules", ranking.joulesPerFrame().get(plan));
    }
    ArrayNode swaps = node.putArray("swaps");
    for (EnergyRanking.Swap swap : ranking.swaps()) {
      ObjectNode each = swaps.addObject();
      putPair(each, swap.pair(), plans);
      each.put("constant", lower(swap.constant()));
      putNumber(each, "factor", swap.factor());
      putNumber(each, "by_joules", swap.lostJoules());
    }
    ArrayNode fragile = node.putArray("fragile");
    ranking.fragilePairs().forEach(pair -> putPair(fragile.addObject(), pair, plans));
    ArrayNode bounds = node.putArray("bounds");
    for (EnergyDoubt.BoundTurn turn : doubt.boundTurns()) {
      ObjectNode each = bounds.addObject();
      each.put("plan", plans.get(turn.plan()).describe());
      each.put("constraint", turn.bound().toString());
      each.put("constant", lower(turn.constant()));
      putNumber(each, "factor", turn.factor());
      putNumber(each, "joules", turn.joules());
      each.put("holds", turn.holds());
    }
    return node;
  }

  private static void putPair(ObjectNode node, EnergyRanking.Pair pair, List<Plan> plans) {
    node.put("thriftier", plans.get(pair.thriftier()).describe());
    node.put("other", plans.get(pair.other()).describe());
  }

  private static ObjectNode sensitivity(Sensitivity sensitivity) {
    Condition condition = sensitivity.condition();
    double scale =
        switch (condition) {
          case UPLINK_RATE -> 8e-6;
          case ROUND_TRIP, WORKER_QUEUE, FRAME_PERIOD -> 1e-6;
          case DEVICE_SCALE, WORKER_SCALE -> 1;
        };
    String unit =
        switch (condition) {
          case UPLINK_RATE -> "Mbit/s";
          case ROUND_TRIP, WORKER_QUEUE, FRAME_PERIOD -> "ms";
          case DEVICE_SCALE, WORKER_SCALE -> "ratio";
        };
    ObjectNode node = NODES.objectNode();
    node.put("condition", lower(condition)).put("unit", unit);
    boolean unknown = condition == Condition.FRAME_PERIOD && sensitivity.present() == 0;
    putNumber(node, "present", unknown ? Double.NaN : sensitivity.present() * scale);
    putNumber(node, "lowest", unknown ? Double.NaN : sensitivity.lowest() * scale);
    putNumber(node, "highest", unknown ? Double.NaN : sensitivity.highest() * scale);
    if (unknown && sensitivity.lowest() > 0) {
      putNumber(node, "lowest", sensitivity.lowest() * scale);
    }
    putFlip(node, "below", sensitivity.below(), scale);
    putFlip(node, "above", sensitivity.above(), scale);
    return node;
  }

  private static void putFlip(ObjectNode node, String name, Optional<Flip> flip, double scale) {
    if (flip.isEmpty()) {
      node.putNull(name);
      return;
    }
    ObjectNode there = node.putObject(name);
    putNumber(there, "value", flip.get().value() * scale);
    putPlan(there, flip.get().decision().plan());
    there.put("feasible", flip.get().decision().feasible());
  }

  private static ObjectNode unreachable(Unreachable unreachable) {
    ObjectNode node = NODES.objectNode();
    node.put("given_up", lower(unreachable.givenUp()));
    node.put("only_together", unreachable.onlyTogether());
    ArrayNode reaches = node.putArray("reach");
    for (Reach reach : unreachable.reaches()) {
      ObjectNode each = (ObjectNode) standings(List.of(reach.best())).get(0);
      putPlan(each, reach.plan());
      reaches.add(each);
    }
    return node;
  }

  private static ObjectNode upkeep(LinkUpkeep upkeep) {
    ObjectNode node = NODES.objectNode();
    putNumber(node, "ping_ms", upkeep.idlePingNanos() / 1e6);
    putNumber(node, "bytes_per_month", Metric.bytesPerMonth(upkeep.leastBytesPerSecond()));
    putNumber(node, "bound", Metric.bytesPerMonth(upkeep.budgetBytesPerSecond()));
    node.put("exceeds", upkeep.exceedsBudget());
    return node;
  }

  private static String unit(Metric metric) {
    return switch (metric.kind()) {
      case LATENCY_PERCENTILE, MEAN_LATENCY, WORKER_COMPUTE, DEVICE_COMPUTE -> "ms";
      case ACCURACY, DEADLINE_MISSES -> "share";
      case UPLINK_BYTES, DEVICE_MEMORY -> "B";
      case MONTHLY_UPLINK_BYTES -> "B/month";
      case THROUGHPUT -> "fps";
      case DEVICE_ENERGY -> "J";
    };
  }

  /** From the metric's base unit to {@link #unit}. */
  private static double scale(Metric metric) {
    return unit(metric).equals("ms") ? 1e-6 : 1;
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static void putNumber(ObjectNode node, String name, double value) {
    if (Double.isFinite(value)) {
      node.put(name, Math.round(value * 1e6) / 1e6);
    } else {
      node.putNull(name);
    }
  }
}
