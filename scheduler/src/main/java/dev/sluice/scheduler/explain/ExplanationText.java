package dev.sluice.scheduler.explain;

import dev.sluice.scheduler.energy.EnergyConstant;
import dev.sluice.scheduler.energy.EnergyRanking;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.explain.Unreachable.Reach;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.upkeep.LinkUpkeep;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** An explanation as a report for a terminal. Used once. */
final class ExplanationText {
  static final int WIDTH = 100;
  private static final int MARGIN = 10;
  private static final Metric MONTH = Metric.of(Metric.Kind.MONTHLY_UPLINK_BYTES);

  private final List<String> lines = new ArrayList<>();

  private ExplanationText() {}

  static String of(Explanation explanation, Optional<String> device, Optional<String> power) {
    ExplanationText text = new ExplanationText();
    text.plan(explanation, device, power);
    text.expected(explanation.decision().prediction());
    text.bounds(explanation);
    explanation.upkeep().ifPresent(text::upkeep);
    explanation.unreachable().ifPresent(text::unreachable);
    text.alternatives(explanation.alternatives());
    explanation.energy().ifPresent(text::energy);
    text.whatIf(explanation);
    return String.join("\n", text.lines) + "\n";
  }

  private void plan(Explanation explanation, Optional<String> device, Optional<String> power) {
    section("PLAN", explanation.decision().plan().describe());
    section("WHY", explanation.decision().reason());
    section("FOR", explanation.objective().toString());
    section(
        "GIVEN",
        conditions(explanation.estimates(), device)
            + power.map(assumed -> ", energy as of " + assumed + " (assumed)").orElse(""));
    lines.add("");
  }

  private static String conditions(Estimates e, Optional<String> device) {
    String link =
        switch (e.link()) {
          case UP -> "";
          case DOWN -> "link down, ";
          case UNKNOWN -> "link not known yet, ";
          case RESTING -> "link at rest, ";
        };
    String period =
        e.framePeriodNanos() == 0
            ? "frame period unknown"
            : "a frame every "
                + Condition.FRAME_PERIOD.format((double) e.framePeriodNanos())
                + (e.framePeriodCv() == 0
                    ? ""
                    : e.framePeriodCv() == 1 ? " at random" : " somewhat at random");
    String scale = Condition.DEVICE_SCALE.format(e.deviceScale());
    return String.format(
        Locale.ROOT,
        "%suplink %s (sd %s %%), round trip %s (sd %s), device %s, worker %s, worker queue %s, %s",
        link,
        Condition.UPLINK_RATE.format(e.uplinkBytesPerSecond()),
        Figures.significant(100 * e.uplinkRelativeSd()),
        Condition.ROUND_TRIP.format((double) e.roundTripNanos()),
        Condition.ROUND_TRIP.format((double) e.roundTripSdNanos()),
        device.map(name -> name + " (" + scale + ")").orElse(scale),
        Condition.WORKER_SCALE.format(e.workerScale()),
        Condition.WORKER_QUEUE.format((double) e.workerQueueNanos()),
        period);
  }

  private void expected(Prediction p) {
    section(
        "EXPECTED",
        "latency %s median, %s p95 with a cautious link; mean %s"
            .formatted(
                Figures.millis((double) p.p50LatencyNanos()),
                Figures.millis((double) p.p95LatencyNanos()),
                Figures.millis(p.meanLatencyNanos())));
    section(
        "",
        ("accuracy %s, uncut network %s; proven of this plan alone: %s,"
                + " %s pt against the uncut network's")
            .formatted(
                Figures.percent(p.accuracy()),
                Figures.percent(p.finalAccuracy()),
                Figures.percent(p.accuracyLowerBound()),
                String.format(Locale.ROOT, "%+.2f", 100 * p.differenceLowerBound())));
    section(
        "",
        String.format(
            Locale.ROOT,
            "%s of the frames sent; per frame %,.0f B, %s on the device, %s at the worker, %s mJ",
            Figures.percent(p.offloadedShare()),
            p.uplinkBytes(),
            Figures.millis(p.deviceComputeNanos()),
            Figures.millis(p.workerComputeNanos()),
            Figures.significant(1e3 * p.deviceEnergy().totalJoules())));
    lines.add("");
  }

  private void bounds(Explanation explanation) {
    if (explanation.standings().isEmpty()) {
      section("BOUNDS", "none");
    }
    Optional<Standing> binding = explanation.binding();
    int width =
        explanation.standings().stream().mapToInt(each -> each.label().length()).max().orElse(0);
    String name = "BOUNDS";
    for (Standing standing : explanation.standings()) {
      StringBuilder line = new StringBuilder();
      line.append(padded(standing.label(), Math.min(width, 40))).append("  ");
      line.append(standing.format(standing.value())).append(", ").append(slack(standing));
      line.append(late(standing));
      if (standing.uncertaintyMargin() > 0) {
        line.append("; ")
            .append(standing.formatDifference(standing.uncertaintyMargin()))
            .append(standing.isAccuracyFloor() ? " is the price of proof" : " is caution");
      }
      if (binding.isPresent() && binding.get().equals(standing)) {
        line.append("  <- binds");
      }
      section(name, line.toString());
      name = "";
    }
    name = "TARGETS";
    for (TargetValue target : explanation.targets()) {
      section(name, target.target() + "  " + target.text());
      name = "";
    }
    lines.add("");
  }

  private static String slack(Standing standing) {
    if (standing.holds()) {
      return standing.formatDifference(standing.slack())
          + " to spare"
          + (Double.isFinite(standing.relativeSlack())
              ? String.format(Locale.ROOT, " (%.0f %%)", 100 * standing.relativeSlack())
              : "");
    }
    return standing.slack() < 0
        ? "BROKEN by " + standing.formatDifference(-standing.slack())
        : "NOT PROVEN: a more cautious plan failed";
  }

  /** Answers that come late count as what the device has by then, mostly nothing. */
  private static String late(Standing standing) {
    return standing.lateLoss() > 0
        ? "; late answers cost " + standing.formatDifference(standing.lateLoss())
        : "";
  }

  private void upkeep(LinkUpkeep upkeep) {
    double share = upkeep.leastBytesPerSecond() / upkeep.budgetBytesPerSecond();
    section(
        "UPKEEP",
        "a link that is kept pings every "
            + Figures.significant(upkeep.idlePingNanos() / 1e9)
            + " s"
            + (upkeep.connections() > 1 ? " over " + upkeep.connections() + " connections" : "")
            + "; with probes that is "
            + MONTH.format(Metric.bytesPerMonth(upkeep.leastBytesPerSecond()))
            + " before any request, "
            + (upkeep.exceedsBudget()
                ? "MORE than the "
                    + MONTH.format(Metric.bytesPerMonth(upkeep.budgetBytesPerSecond()))
                    + " bound: only a link at rest keeps it"
                : Figures.percent(share) + " of the bound"));
    lines.add("");
  }

  private void unreachable(Unreachable unreachable) {
    section("BROKEN", "no plan keeps every bound; given up: " + unreachable.givenUp());
    if (unreachable.onlyTogether()) {
      section("", "each bound can be kept alone, but not all of them together");
    }
    for (Reach reach : unreachable.reaches()) {
      Standing best = reach.best();
      section(
          "",
          best.label()
              + (best.holds() ? " can be kept alone: " : " cannot be kept: at best ")
              + best.format(best.value())
              + (best.holds() ? "" : ", " + slack(best) + late(best))
              + " ("
              + reach.plan().describe()
              + ")");
    }
    section("", "the order of giving up: budgets first, then accuracy; latency is kept longest");
    lines.add("");
  }

  private void alternatives(List<Alternative> alternatives) {
    if (alternatives.isEmpty()) {
      section("OTHERS", "no plan of another kind can be used");
      lines.add("");
    }
    String name = "OTHERS";
    for (Alternative other : alternatives) {
      section(name, other.plan().describe());
      section("", "  " + other.loss().text());
      String targets =
          other.targets().stream()
              .map(each -> each.target().metric() + " " + each.text())
              .collect(Collectors.joining(", "));
      Prediction p = other.prediction();
      section(
          "",
          "  p95 %s, accuracy %s, %s sent%s"
              .formatted(
                  Figures.millis((double) p.p95LatencyNanos()),
                  Figures.percent(p.accuracy()),
                  Figures.percent(p.offloadedShare()),
                  targets.isEmpty() ? "" : ", " + targets));
      name = "";
    }
    if (!alternatives.isEmpty()) {
      lines.add("");
    }
  }

  /** The plans in the order of their energy, and what a wrong constant does to it. */
  private void energy(EnergyDoubt doubt) {
    section("ENERGY", "by " + doubt.model() + ", and with each constant halved or raised by half:");
    for (int plan : doubt.ranking().order()) {
      section(
          "",
          padded(Figures.significant(1e3 * doubt.ranking().joulesPerFrame().get(plan)) + " mJ", 11)
              + (plan == EnergyDoubt.CHOSEN
                  ? "this plan"
                  : "other " + plan + ": " + place(plan, doubt)));
    }
    for (EnergyDoubt.BoundTurn turn : doubt.boundTurns()) {
      section(
          "",
          "%s %s %s with %s (%s mJ)"
              .formatted(
                  turn.plan() == EnergyDoubt.CHOSEN ? "this plan" : "other " + turn.plan(),
                  turn.holds() ? "keeps" : "breaks",
                  turn.bound(),
                  scaled(turn.constant(), turn.factor()),
                  Figures.significant(1e3 * turn.joules())));
    }
    section("", verdict(doubt));
    lines.add("");
  }

  private static String place(int other, EnergyDoubt doubt) {
    List<EnergyRanking.Swap> swaps = doubt.swaps(other);
    List<Double> joules = doubt.ranking().joulesPerFrame();
    boolean dearer = joules.get(other) > joules.get(EnergyDoubt.CHOSEN);
    String place;
    if (!swaps.isEmpty()) {
      place =
          (dearer ? "less than this plan with " : "more than this plan with ")
              + swaps.stream()
                  .map(
                      swap ->
                          "%s (by %s mJ)"
                              .formatted(
                                  scaled(swap.constant(), swap.factor()),
                                  Figures.significant(1e3 * swap.lostJoules())))
                  .collect(Collectors.joining(", "));
    } else if (doubt.fragile(other)) {
      place = (dearer ? "less" : "more") + " than this plan only if several are wrong";
    } else {
      place = "stays in its place";
    }
    return doubt.lostByEnergy(other) ? place : place + "; not why it lost";
  }

  private static String scaled(EnergyConstant constant, double factor) {
    return constant + " x " + Figures.significant(factor);
  }

  private static String verdict(EnergyDoubt doubt) {
    if (!doubt.robust()) {
      return "NOT ROBUST: the choice turns on "
          + doubt.turnedBy().stream()
              .map(EnergyConstant::toString)
              .collect(Collectors.joining(", "));
    }
    return doubt.turnedTogether()
        ? "robust: no constant alone turns the choice; several wrong at once may"
        : "robust: no constant that is wrong by half turns the choice";
  }

  private void whatIf(Explanation explanation) {
    if (explanation.sensitivities().isEmpty()) {
      return;
    }
    Plan plan = explanation.decision().plan();
    section("WHAT IF", "with this plan in use and all else the same, the nearest that changes it:");
    for (Sensitivity each : explanation.sensitivities()) {
      Condition condition = each.condition();
      if (each.lowest() == each.highest()) {
        section(
            "", padded(condition.toString(), 13) + "nothing: the link is not up, plans are local");
        continue;
      }
      if (each.below().isEmpty() && each.above().isEmpty()) {
        section(
            "",
            padded(condition.toString(), 13)
                + "nothing from "
                + condition.format(each.lowest())
                + " to "
                + highest(each));
        continue;
      }
      String name = condition.toString();
      name = flip(name, " down", each.below(), condition, plan);
      flip(name, " up", each.above(), condition, plan);
    }
    if (explanation.estimates().link() != LinkState.UP) {
      section("", "with the link up other plans may win");
    }
  }

  private static String highest(Sensitivity each) {
    return each.condition() == Condition.FRAME_PERIOD && each.highest() == 0
        ? "rare frames"
        : each.condition().format(each.highest());
  }

  private String flip(
      String name, String towards, Optional<Flip> flip, Condition condition, Plan plan) {
    if (flip.isEmpty()) {
      return name;
    }
    Plan other = flip.get().decision().plan();
    section(
        "",
        padded(name, 13)
            + "from "
            + condition.format(flip.get().value())
            + towards
            + ": "
            + changed(plan, other)
            + (flip.get().decision().feasible() ? "" : ", and bounds break"));
    return "";
  }

  private static String changed(Plan plan, Plan other) {
    boolean sameKind =
        plan.split() == other.split()
            && plan.codec().equals(other.codec())
            && plan.sends() == other.sends();
    if (!sameKind) {
      return other.describe();
    }
    String text = other.describe();
    return other.exits().isEmpty()
        ? "the same split without exits"
        : "the same split with other " + text.substring(text.indexOf("exits "));
  }

  // --- lines ------------------------------------------------------------------------------------

  /** A name in the margin and text beside it, wrapped between words. */
  private void section(String name, String text) {
    int indent = MARGIN + 2 + (text.startsWith("  ") ? 2 : 0);
    String left = padded(name, MARGIN) + text;
    while (left.length() > WIDTH && left.lastIndexOf(' ', WIDTH) > indent) {
      int at = left.lastIndexOf(' ', WIDTH);
      lines.add(left.substring(0, at).stripTrailing());
      left = " ".repeat(indent) + left.substring(at + 1).stripLeading();
    }
    lines.add(left.stripTrailing());
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
