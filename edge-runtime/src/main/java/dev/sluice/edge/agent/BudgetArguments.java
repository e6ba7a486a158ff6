package dev.sluice.edge.agent;

import dev.sluice.edge.agent.PlanBudgetCommand.Span;
import dev.sluice.edge.agent.PlanBudgetCommand.SpanWord;
import dev.sluice.edge.host.DeviceMemory;
import dev.sluice.scheduler.budget.BudgetAccount;
import dev.sluice.scheduler.budget.BudgetReport;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** The device's time that frames share, in place of whatever else plans are chosen by. */
final class BudgetArguments {
  private static final double NANOS_PER_MILLI = 1e6;

  /** What goes with a worker or with another way of choosing plans. */
  private static final List<Excluded> EXCLUDED =
      List.of(
          new Excluded(
              "under a budget everything is computed on the device",
              List.of("--cloud", "--split", "--codec", "--offload-cap", "--audit-share")),
          new Excluded(
              "the budget alone says when exits stop",
              List.of(
                  "--objective",
                  "--strategy",
                  "--mean-uplink",
                  "--mean-rtt",
                  "--exits",
                  "--exit-policy",
                  "--explain")),
          new Excluded(
              "under a budget a frame has no deadline", List.of("--deadline", "--fallback")));

  private record Excluded(String why, List<String> options) {}

  @Option(
      names = "--budget",
      paramLabel = "TIME[/FRAMES]",
      converter = Word.class,
      description =
          "the device's computing time for all files together, e.g. 2s, or for every so many frames"
              + " of a stream, e.g. 2s/100: thresholds are then those that get the most right"
              + " answers out of what is left")
  private @Nullable Wanted budget;

  /**
   * As it is written.
   *
   * @param frames empty where all files are meant
   */
  record Wanted(double nanos, OptionalLong frames) {}

  /** {@code 2s} or {@code 2s/100}. */
  static final class Word implements ITypeConverter<Wanted> {
    @Override
    public Wanted convert(String text) {
      if (text.contains("/")) {
        Span span = new SpanWord().convert(text);
        return new Wanted(span.nanos(), OptionalLong.of(span.frames()));
      }
      return new Wanted(new Words.Millis().convert(text) * NANOS_PER_MILLI, OptionalLong.empty());
    }
  }

  boolean given() {
    return budget != null;
  }

  /** Refuses what does not go with a budget, where there is one. */
  void check(EngineArguments command) {
    if (!given()) {
      return;
    }
    ParseResult told = command.commandLine().getParseResult();
    for (Excluded excluded : EXCLUDED) {
      for (String option : excluded.options()) {
        if (told.hasMatchedOption(option)) {
          throw command.wrongUse(
              "--budget and " + option + " exclude each other: " + excluded.why());
        }
      }
    }
  }

  /**
   * Opens the books, where a budget is given.
   *
   * @param files how many there are; empty where frames are no files
   */
  Optional<BudgetAccount> account(EngineArguments command, OptionalLong files) {
    Wanted wanted = budget;
    if (wanted == null) {
      return Optional.empty();
    }
    long frames =
        wanted
            .frames()
            .orElseGet(
                () ->
                    files.orElseThrow(
                        () ->
                            command.wrongUse(
                                "--budget: nobody knows how many frames will come on standard"
                                    + " input; write for how many the time is, e.g. 2s/100")));
    return Optional.of(new BudgetAccount(wanted.nanos(), frames));
  }

  /** Thresholds may lead to any exit. */
  void requireMemory(EngineArguments command, Optional<DeviceMemory> memory) {
    if (given() && memory.isPresent() && !memory.get().holdsAll()) {
      throw command.wrongUse(
          "--memory: --budget needs the whole network on the device, and "
              + memory.get().describe());
    }
  }

  /** Says what frames took, for people: one batch in figures, several by how many took too much. */
  static String describe(BudgetReport report) {
    double millis = report.totalNanos() / NANOS_PER_MILLI;
    return report.begun() > 1
        ? String.format(
            Locale.ROOT,
            "%,d of %,d times %,d frames took more than %,.1f ms of the device's time",
            report.tooMuch(),
            report.begun(),
            report.frames(),
            millis)
        : String.format(
            Locale.ROOT,
            "the device computed for %,.1f ms of %,.1f ms",
            report.spentNanos() / NANOS_PER_MILLI,
            millis);
  }
}
