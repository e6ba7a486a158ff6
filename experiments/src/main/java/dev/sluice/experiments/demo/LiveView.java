package dev.sluice.experiments.demo;

import dev.sluice.experiments.report.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a person sees while a stream runs. Pure: state in, lines out. */
final class LiveView {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double NANOS_PER_MILLI = 1e6;
  private static final int WIDTH = 100;

  private LiveView() {}

  /**
   * One moment of a stream.
   *
   * @param title what is running
   * @param elapsedNanos since the start of the trace
   * @param scenario the link's phases
   * @param agent what the edge agent said last
   * @param score answers so far
   * @param expected frames sent so far
   */
  record Moment(
      String title,
      long elapsedNanos,
      Scenario scenario,
      AgentState agent,
      Score score,
      int expected) {}

  /**
   * What the edge agent believes.
   *
   * @param link the link as it estimates it, in words
   * @param plan the plan in use, in words
   * @param feasible whether it expects that plan to hold the goal
   */
  record AgentState(String link, String plan, boolean feasible) {
    static final AgentState UNKNOWN = new AgentState("not known yet", "none yet", true);
  }

  /** The block that a terminal repaints. */
  static List<String> block(Moment moment) {
    Score score = moment.score();
    List<String> lines = new ArrayList<>();
    lines.add(
        line(
            moment.title(),
            "%5.1f of %.0f s   %s",
            moment.elapsedNanos() / NANOS_PER_SECOND,
            moment.scenario().seconds(),
            phase(moment).describe()));
    lines.add(line("  link", "%s", moment.agent().link()));
    lines.add(
        line(
            "  plan",
            "%s%s",
            moment.agent().plan(),
            moment.agent().feasible() ? "" : "  (best effort: no plan holds the goal now)"));
    lines.add(
        line("  answers", "%d of %d   %s", score.answered(), moment.expected(), byExit(score)));
    lines.add(
        line(
            "  latency",
            "p50 %.0f ms, p95 %.0f ms, deadline %.0f ms; %d late, %d degraded, %d dropped",
            score.p50Nanos() / NANOS_PER_MILLI,
            score.p95Nanos() / NANOS_PER_MILLI,
            score.deadlineNanos() / NANOS_PER_MILLI,
            score.late(),
            score.degraded(),
            score.dropped()));
    lines.add(
        line(
            "  right",
            "%d of %d (%.1f %%)",
            score.right(),
            score.predictions(),
            100 * score.accuracy()));
    lines.add(
        line(
            "  sent",
            "%s, %s per answer",
            bytes(score.bytes()),
            bytes(Math.round(score.bytesPerAnswer()))));
    return lines;
  }

  /** The line that is written every few seconds where nothing can be repainted. */
  static String plain(Moment moment) {
    Score score = moment.score();
    return String.format(
        Locale.ROOT,
        "%s %4.0f s  %-24s %s | %s | %d/%d answered, p95 %.0f ms, right %.1f %%, %s sent",
        moment.title(),
        moment.elapsedNanos() / NANOS_PER_SECOND,
        phase(moment).describe(),
        moment.agent().link(),
        moment.agent().plan(),
        score.answered(),
        moment.expected(),
        score.p95Nanos() / NANOS_PER_MILLI,
        100 * score.accuracy(),
        bytes(score.bytes()));
  }

  /** A number of bytes for people. */
  static String bytes(long bytes) {
    if (bytes < 10_000) {
      return bytes + " B";
    }
    return bytes < 10_000_000
        ? String.format(Locale.ROOT, "%.0f kB", bytes / 1e3)
        : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  private static Phase phase(Moment moment) {
    return moment.scenario().phases().get(moment.scenario().phaseAt(moment.elapsedNanos()));
  }

  private static String byExit(Score score) {
    return score.exits().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(entry -> entry.getKey() + ": " + entry.getValue())
        .collect(Collectors.joining(", "));
  }

  private static String line(String name, String format, Object... values) {
    String text =
        String.format(Locale.ROOT, "%-12s", name) + String.format(Locale.ROOT, format, values);
    return text.length() <= WIDTH ? text : text.substring(0, WIDTH - 1) + "…";
  }
}
