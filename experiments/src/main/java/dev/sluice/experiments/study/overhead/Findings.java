package dev.sluice.experiments.study.overhead;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.study.StudyContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Collects what the parts of the study find. Not thread-safe. */
final class Findings {
  private static final int RESAMPLES = 2_000;

  private final StudyContext context;
  private final List<Claim> claims = new ArrayList<>();
  private final List<List<Object>> rounds = new ArrayList<>();
  private final List<List<Object>> memory = new ArrayList<>();

  Findings(StudyContext context) {
    this.context = context;
  }

  StudyContext context() {
    return context;
  }

  /** Returns one of two numbers: that for a quick run or that for a full one. */
  int scaled(int quick, int full) {
    return context.quick() ? quick : full;
  }

  /** A figure of which every round gives one value: their median, with its interval. */
  void median(String name, double[] values, String unit, String wanted) {
    claim(
        name,
        Interval.ofMedian(values, RESAMPLES, context.seed("bootstrap")),
        unit,
        wanted,
        values.length);
  }

  void claim(String name, Interval measured, String unit, String wanted, int samples) {
    Claim claim = Claim.of(name, measured, unit, wanted, samples);
    claims.add(claim);
    say(
        "  %s: %.4g %s [%.4g, %.4g] (%s)%s",
        name,
        claim.measured(),
        unit,
        claim.low(),
        claim.high(),
        claim.wanted(),
        claim.holds() ? "" : " FAILS");
  }

  void say(String format, Object... values) {
    context.console().println(String.format(Locale.ROOT, format, values));
  }

  /** Notes the raw values of every round. */
  void rounds(String network, int threads, String what, double[] values) {
    for (int round = 0; round < values.length; round++) {
      rounds.add(List.of(network, threads, what, round, values[round]));
    }
  }

  /** Notes resident memory after some work. */
  void memory(String network, String what, long done, long kilobytes) {
    memory.add(List.of(network, what, done, kilobytes));
  }

  List<Claim> claims() {
    return List.copyOf(claims);
  }

  void write() throws IOException {
    context.csv(
        "rounds.csv", List.of("network", "threads", "what", "round", "microseconds"), rounds);
    context.csv("memory.csv", List.of("network", "work", "done", "resident_kb"), memory);
  }
}
