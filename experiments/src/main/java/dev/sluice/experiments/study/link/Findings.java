package dev.sluice.experiments.study.link;

import dev.sluice.experiments.report.Claim;
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

  /** Returns one of two values: that for a quick run or that for a full one. */
  <T> T scaled(T quick, T full) {
    return context.quick() ? quick : full;
  }

  void claim(
      String name,
      double measured,
      String unit,
      String wanted,
      int samples,
      double low,
      double high) {
    claims.add(
        new Claim(
            name,
            measured,
            unit,
            dev.sluice.experiments.report.Bound.parse(wanted),
            samples,
            low,
            high));
  }

  void say(String format, Object... values) {
    context.console().println(format(format, values));
  }

  void show(TextTable table) {
    table.lines().forEach(context.console()::println);
  }

  List<Claim> claims() {
    return List.copyOf(claims);
  }

  static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
