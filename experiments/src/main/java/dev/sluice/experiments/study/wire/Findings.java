package dev.sluice.experiments.study.wire;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.study.StudyContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Collects what the parts of the study find. Not thread-safe. */
final class Findings {
  private final StudyContext context;
  private final List<Claim> claims = new ArrayList<>();

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

  void claim(String name, Interval measured, String unit, String wanted, int samples) {
    claims.add(Claim.of(name, measured, unit, wanted, samples));
  }

  void claim(String name, double measured, String unit, String wanted, int samples) {
    claims.add(Claim.of(name, measured, unit, wanted, samples));
  }

  void say(String format, Object... values) {
    context.console().println(String.format(Locale.ROOT, format, values));
  }

  void show(TextTable table) {
    table.lines().forEach(context.console()::println);
  }

  List<Claim> claims() {
    return List.copyOf(claims);
  }
}
