package dev.sluice.edge.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.edge.host.DeviceMemory;
import dev.sluice.edge.session.AuditReport;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.EnergyReport;
import dev.sluice.edge.session.ExitReport;
import dev.sluice.edge.session.Score;
import dev.sluice.edge.session.SessionCounters;
import dev.sluice.edge.session.SessionStatus;
import dev.sluice.edge.session.Timing;
import dev.sluice.edge.session.UplinkAccount;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.scheduler.budget.BudgetReport;
import dev.sluice.scheduler.drift.Agreement;
import dev.sluice.scheduler.drift.DriftReport;
import dev.sluice.scheduler.energy.EnergyPerFrame;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.explain.Explanation;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.PlanDecision;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** The programs' JSON lines. Times are milliseconds, rates Mbit/s. */
final class Lines {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private Lines() {}

  static String text(ObjectNode line) {
    try {
      return JSON.writeValueAsString(line);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values can always be written", e);
    }
  }

  /** An answer of the agent; {@code file} is the image's name where frames are files. */
  static ObjectNode answer(Optional<String> file, EdgeAnswer a) {
    ObjectNode line = NODES.objectNode();
    line.put("type", "answer").put("id", a.id());
    file.ifPresent(name -> line.put("file", name));
    putPrediction(line, a);
    line.put("degraded", a.degraded());
    line.put("dropped", a.dropped());
    line.put("reason", a.reason());
    line.put("latency_ms", millis(a.latencyNanos()));
    line.put("bytes_sent", a.bytesSent());
    line.put("worker_compute_ms", millis(a.workerComputeNanos()));
    line.set("timing", timing(a));
    return line;
  }

  /** A file that could not be read. */
  static ObjectNode skipped(String file, String reason) {
    return NODES.objectNode().put("type", "skipped").put("file", file).put("reason", reason);
  }

  /** One line of {@code classify}; what a budget says where images share one. */
  static ObjectNode classified(String file, EdgeAnswer a, Optional<BudgetReport> budget) {
    ObjectNode line = NODES.objectNode();
    line.put("file", file);
    putPrediction(line, a);
    line.put("bytes_sent", a.bytesSent());
    Timing t = a.timing();
    ObjectNode parts = NODES.objectNode();
    parts.put("preprocess", millis(t.preprocessNanos()));
    parts.put("device", millis(t.deviceNanos()));
    parts.put("encode", millis(t.encodeNanos()));
    parts.put("network", millis(t.networkNanos()));
    parts.put("worker", millis(t.workerQueueNanos() + t.workerComputeNanos()));
    parts.put("total", millis(a.latencyNanos()));
    line.set("milliseconds", parts);
    budget.ifPresent(
        known ->
            line.put("budget_spent_ms", rounded(known.spentNanos() / 1e6))
                .put("budget_left_ms", rounded(known.leftNanos() / 1e6)));
    return line;
  }

  private static void putPrediction(ObjectNode line, EdgeAnswer a) {
    if (a.dropped()) {
      line.putNull("label").putNull("label_index").put("probability", 0.0);
    } else {
      line.put("label", a.labelName()).put("label_index", a.label());
      line.put("probability", rounded(a.probability()));
    }
    ArrayNode top = line.putArray("top5");
    for (Score score : a.top()) {
      top.addObject()
          .put("label", score.name())
          .put("label_index", score.label())
          .put("probability", rounded(score.probability()));
    }
    line.put("exit", a.exit());
    line.put("place", a.place().name().toLowerCase(Locale.ROOT));
    line.put("split", a.split());
    line.put("codec", a.codec());
  }

  private static ObjectNode timing(EdgeAnswer a) {
    Timing t = a.timing();
    ObjectNode node = NODES.objectNode();
    node.put("wait_ms", millis(t.waitNanos()));
    node.put("preprocess_ms", millis(t.preprocessNanos()));
    node.put("device_ms", millis(t.deviceNanos()));
    node.put("encode_ms", millis(t.encodeNanos()));
    node.put("network_ms", millis(t.networkNanos()));
    node.put("worker_queue_ms", millis(t.workerQueueNanos()));
    node.put("worker_compute_ms", millis(t.workerComputeNanos()));
    return node;
  }

  /**
   * The agent can take frames.
   *
   * @param deadlineMillis empty where there is none
   * @param worker where the worker is; empty if none is named
   * @param memory what fits on the device, if that is bounded
   * @param budget what frames share, if they share a budget
   */
  static ObjectNode ready(
      String bundle,
      String digest,
      OptionalDouble deadlineMillis,
      boolean emulated,
      Optional<String> worker,
      Optional<DeviceMemory> memory,
      Optional<BudgetReport> budget,
      SessionStatus status) {
    ObjectNode line = NODES.objectNode();
    line.put("type", "ready").put("bundle", bundle);
    line.put("worker", worker.orElse(null));
    putLink(line, worker, status);
    putPlan(line, status.decision());
    line.put("deadline_ms", deadlineMillis.isPresent() ? deadlineMillis.getAsDouble() : null);
    line.put("emulated_device", emulated);
    putMemory(line, memory);
    putBudget(line, budget);
    line.put("digest", digest);
    return line;
  }

  /** Null where the device's memory is not bounded. */
  private static void putMemory(ObjectNode line, Optional<DeviceMemory> memory) {
    if (memory.isEmpty()) {
      line.putNull("memory");
      return;
    }
    DeviceMemory known = memory.get();
    line.putObject("memory")
        .put("bound_bytes", known.boundBytes())
        .put("needed_bytes", known.neededBytes())
        .put("deepest_split", known.deepestCut())
        .put("deepest_exit", known.deepestExit());
  }

  /** Null where frames share none. */
  private static void putBudget(ObjectNode line, Optional<BudgetReport> budget) {
    if (budget.isEmpty()) {
      line.putNull("budget");
      return;
    }
    BudgetReport known = budget.get();
    line.putObject("budget")
        .put("budget_ms", rounded(known.totalNanos() / 1e6))
        .put("frames", known.frames())
        .put("spent_ms", rounded(known.spentNanos() / 1e6))
        .put("left_ms", rounded(known.leftNanos() / 1e6))
        .put("frames_left", known.framesLeft())
        .put("periods", known.periods())
        .put("exceeded", known.exceeded());
  }

  static ObjectNode status(
      SessionStatus status,
      Optional<String> worker,
      Optional<DeviceMemory> memory,
      Optional<BudgetReport> budget,
      long beginNanos) {
    Estimates e = status.estimates();
    ObjectNode line = NODES.objectNode();
    line.put("type", "status");
    line.put("time_s", rounded((status.nowNanos() - beginNanos) / 1e9));
    putLink(line, worker, status);
    putPlan(line, status.decision());
    line.put("outstanding", status.outstanding());
    line.put("overruns", status.overruns());
    putMemory(line, memory);
    putBudget(line, budget);
    line.put("device_scale", rounded(e.deviceScale()));
    line.put("worker_scale", rounded(e.workerScale()));
    putExits(line, status.exits());
    putEnergy(line, status.energy());
    putUplink(line, status);
    return line;
  }

  /** What the session has sent, and where that would be in a month. */
  private static void putUplink(ObjectNode line, SessionStatus status) {
    UplinkAccount sent = status.uplink();
    line.putObject("uplink")
        .put("request_bytes", sent.requests())
        .put("audit_bytes", sent.audits())
        .put("ping_bytes", sent.pings())
        .put("probe_bytes", sent.probes())
        .put("bytes_per_month", Math.round(status.uplinkBytesPerMonth()));
  }

  /** Null where nobody watches. */
  private static void putExits(ObjectNode line, Optional<ExitReport> exits) {
    Optional<DriftReport> drift = exits.flatMap(ExitReport::drift);
    if (drift.isPresent()) {
      DriftReport known = drift.get();
      line.putObject("drift")
          .put("state", known.state().name().toLowerCase(Locale.ROOT))
          .put("says", known.describe())
          .put("evidence", rounded(known.evidence()))
          .put("early_share", rounded(known.earlyShare()))
          .put("expected_early_share", rounded(known.expectedEarlyShare()))
          .put("frames", known.answers())
          .put("flags", known.flags())
          .put("capped", exits.get().capped());
    } else {
      line.putNull("drift");
    }
    Optional<AuditReport> audits = exits.flatMap(ExitReport::audits);
    if (audits.isPresent()) {
      putAudits(line.putObject("audits"), audits.get());
    } else {
      line.putNull("audits");
    }
  }

  private static void putAudits(ObjectNode node, AuditReport audits) {
    node.put("drawn", audits.drawn()).put("sent", audits.sent()).put("bytes", audits.bytes());
    node.put("answered", audits.answered()).put("agreed", audits.agreed());
    node.put("lost", audits.lost()).put("missed", audits.missed());
    if (audits.agreement().isPresent()) {
      Agreement known = audits.agreement().get();
      node.put("agreement", rounded(known.share()));
      node.put("agreement_low", rounded(known.lower()));
      node.put("agreement_high", rounded(known.upper()));
    } else {
      node.putNull("agreement").putNull("agreement_low").putNull("agreement_high");
    }
    ArrayNode thresholds = node.putArray("thresholds");
    audits
        .latest()
        .ifPresent(
            latest -> latest.verdicts().forEach(verdict -> thresholds.add(verdict.describe())));
    if (audits.latest().isPresent()) {
      node.put("taken_up", audits.takenUp());
    } else {
      node.putNull("taken_up");
    }
  }

  /** Null where there is no model to price it. */
  private static void putEnergy(ObjectNode line, Optional<EnergyReport> energy) {
    if (energy.isEmpty()) {
      line.putNull("energy");
      return;
    }
    EnergyPerFrame spent = energy.get().perAnswer();
    line.putObject("energy")
        .put("mj_per_answer", millijoules(spent.totalJoules()))
        .put("compute_mj", millijoules(spent.networkJoules() + spent.codingJoules()))
        .put("waiting_mj", millijoules(spent.waitingJoules()))
        .put("radio_mj", millijoules(spent.radioJoules()))
        .put("tail_mj", millijoules(spent.tailJoules()));
  }

  private static double millijoules(double joules) {
    return rounded(1e3 * joules);
  }

  /** What was never measured is null: the guesses that plans begin with would mislead a reader. */
  private static void putLink(ObjectNode line, Optional<String> worker, SessionStatus status) {
    Estimates e = status.estimates();
    line.put("link", worker.isPresent() ? e.link().name().toLowerCase(Locale.ROOT) : "none");
    if (status.uplinkMeasured()) {
      line.put("uplink_mbit", rounded(e.uplinkBytesPerSecond() * 8 / 1e6));
      line.put("uplink_relative_sd", rounded(e.uplinkRelativeSd()));
    } else {
      line.putNull("uplink_mbit").putNull("uplink_relative_sd");
    }
    if (e.roundTripNanos() > 0) {
      line.put("round_trip_ms", millis(e.roundTripNanos()));
    } else {
      line.putNull("round_trip_ms");
    }
  }

  /** What a person looks for comes first. */
  private static void putPlan(ObjectNode line, PlanDecision decision) {
    line.put("plan", decision.plan().describe());
    line.put("feasible", decision.feasible());
    line.put("reason", decision.reason());
    line.put("split", decision.plan().split()).put("codec", decision.plan().codec());
    line.put("sends", decision.plan().sent());
    ArrayNode exits = line.putArray("exits");
    for (ExitThreshold exit : decision.plan().exits()) {
      exits.addObject().put("exit", exit.exit()).put("threshold", exit.threshold());
    }
  }

  /** What happened in all. */
  static ObjectNode summary(
      SessionStatus status,
      double seconds,
      long skipped,
      Optional<BudgetReport> budget,
      Latencies latencies) {
    SessionCounters c = status.counters();
    ObjectNode line = NODES.objectNode();
    line.put("type", "summary").put("time_s", rounded(seconds));
    line.put("frames", c.submitted()).put("answered", c.answered());
    line.put("from_cloud", c.fromCloud()).put("degraded", c.degraded());
    line.put("dropped", c.dropped()).put("skipped", skipped);
    if (latencies.isEmpty()) {
      line.putNull("p50_ms").putNull("p95_ms");
    } else {
      line.put("p50_ms", millis(latencies.percentileNanos(50)));
      line.put("p95_ms", millis(latencies.percentileNanos(95)));
    }
    line.put("sent", c.sent()).put("refused", c.refused()).put("lost", c.lost());
    line.put("cancelled", c.cancelled()).put("late_replies", c.lateReplies());
    line.put("hedged_stages", c.hedgedSteps()).put("plan_changes", c.planChanges());
    line.put("probes", c.probes()).put("failures", c.failures());
    line.put("overruns", status.overruns());
    putBudget(line, budget);
    putExits(line, status.exits());
    putEnergy(line, status.energy());
    putUplink(line, status);
    return line;
  }

  /**
   * What {@code plan explain} asks about; the explanation's fields follow.
   *
   * @param candidates number of plans that are chosen among
   * @param power whose power counts
   * @param powerAssumed whether that is not the device's own, and nobody has named it
   */
  static ObjectNode explained(
      Bundle bundle,
      String precision,
      int candidates,
      Optional<String> device,
      String power,
      boolean powerAssumed) {
    return NODES
        .objectNode()
        .put("bundle", bundle.manifest().name())
        .put("digest", bundle.digest())
        .put("precision", precision)
        .put("candidates", candidates)
        .put("device", device.orElse(null))
        .put("power", power)
        .put("power_assumed", powerAssumed);
  }

  /** That another plan is chosen, and why. */
  static ObjectNode plan(Explanation explanation) {
    ObjectNode line = NODES.objectNode();
    line.put("type", "plan");
    line.setAll(explanation.json());
    return line;
  }

  private static double millis(long nanos) {
    return Math.round(nanos / 1e3) / 1e3;
  }

  private static double rounded(double value) {
    return Math.round(value * 1e6) / 1e6;
  }
}
