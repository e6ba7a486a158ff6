package dev.sluice.edge.agent;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.scheduler.budget.AnytimeCurve;
import dev.sluice.scheduler.budget.BudgetedExits;
import dev.sluice.scheduler.budget.BudgetedThresholds;
import dev.sluice.scheduler.budget.ExitCosts;
import dev.sluice.scheduler.budget.TimeBudget;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.profile.BundleFacts;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Says which exits get the most right answers out of a budget of the device's time. */
@Command(
    name = "budget",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says which exits and thresholds get the most right answers out of a device's time for a"
          + " number of frames, what one exit for all of them gets, and how often the answer is"
          + " right that is there after any time. docs/planning.md explains the report."
    })
final class PlanBudgetCommand implements Callable<Integer> {
  private static final double NANOS_PER_MILLI = 1e6;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  @Spec private CommandSpec spec = CommandSpec.create();

  @ParentCommand private @Nullable PlanMain program;

  @Mixin private final PlannedBundle planned = new PlannedBundle();

  @Option(
      names = "--budget",
      required = true,
      paramLabel = "TIME/FRAMES",
      converter = SpanWord.class,
      description = "the device's time for so many frames together, e.g. 2s/100")
  private Span budget = new Span(0, 1);

  @Option(
      names = "--spent",
      paramLabel = "TIME/FRAMES",
      converter = SpanWord.class,
      description = "what some of these frames took already; the rest is planned for what is left")
  private @Nullable Span spent;

  @Option(
      names = "--deviations",
      paramLabel = "N",
      description =
          "standard deviations of the total that must fit as well: 0 keeps the budget in the mean,"
              + " 1.64 keeps it 19 times in 20 where frames are independent (default:"
              + " ${DEFAULT-VALUE})",
      defaultValue = "0")
  private double deviations;

  @Option(names = "--json", description = "one JSON object in place of the report")
  private boolean json;

  PlanBudgetCommand() {}

  /** Time and what it is for. */
  record Span(double nanos, long frames) {}

  /** {@code 2s/100}. */
  static final class SpanWord implements ITypeConverter<Span> {
    private static final Pattern WORD = Pattern.compile("([^/]+)/\\s*([0-9]{1,12})\\s*");

    @Override
    public Span convert(String text) {
      Matcher match = WORD.matcher(text);
      if (!match.matches() || Long.parseLong(match.group(2)) < 1) {
        throw new TypeConversionException(
            "'" + text + "' is no time for a number of frames; write 2s/100");
      }
      double millis = new Words.Millis().convert(match.group(1));
      return new Span(millis * NANOS_PER_MILLI, Long.parseLong(match.group(2)));
    }
  }

  /**
   * One way to spend the budget.
   *
   * @param chosen on the table that plans are chosen on
   * @param unseen what the same thresholds do on the other table
   */
  private record Way(String name, String title, BudgetedExits chosen, BudgetedExits unseen) {
    /** To be kept is what was chosen; frames not seen before may take longer all the same. */
    String standing(TimeBudget budget) {
      if (!chosen.holds()) {
        return "broken";
      }
      return unseen.holds()
          ? "holds"
          : String.format(
              Locale.ROOT, "+%.1f %%", 100 * unseen.excessNanos() / budget.nanosPerFrame());
    }

    double expectedRight(TimeBudget budget) {
      return unseen.accuracy() * budget.frames();
    }
  }

  @Override
  public Integer call() throws IOException {
    planned.check();
    TimeBudget left = left();
    PlannedBundle.Planned here = planned.open();
    BundleFacts facts = here.facts();
    ExitCosts costs = ExitCosts.onDevice(facts, here.scale());
    List<Way> ways = ways(facts, costs, left);
    PlanMain main = program;
    if (main == null) {
      throw new IllegalStateException("picocli has not filled in the program");
    }
    if (json) {
      main.out().println(Lines.text(json(here.bundle(), facts, costs, left, ways)));
    } else {
      print(main.out(), here.bundle(), facts, costs, left, ways);
    }
    return 0;
  }

  private TimeBudget left() {
    try {
      TimeBudget whole = new TimeBudget(budget.nanos(), budget.frames(), deviations);
      Span gone = spent;
      if (gone != null && gone.nanos() >= budget.nanos()) {
        throw wrongUse("--spent takes up the whole --budget: nothing is left for the other frames");
      }
      return gone == null ? whole : whole.after(gone.nanos(), gone.frames());
    } catch (IllegalArgumentException wrong) {
      throw wrongUse(
          spent != null && spent.frames() >= budget.frames()
              ? "--spent must leave frames of the --budget to come"
              : "--deviations must be in [0, 10]: " + deviations);
    }
  }

  private static List<Way> ways(BundleFacts facts, ExitCosts costs, TimeBudget budget) {
    BudgetedThresholds chooser = new BudgetedThresholds(facts.select(), costs);
    BudgetedThresholds judge = new BudgetedThresholds(facts.certify(), costs);
    List<Way> ways = new ArrayList<>();
    way("thresholds", "thresholds", chooser.joint(budget), judge, facts, budget, ways);
    way("msdnet", "MSDNet's shares", chooser.msdnet(budget), judge, facts, budget, ways);
    way("one_exit", "one exit for all", chooser.subnet(budget), judge, facts, budget, ways);
    return ways;
  }

  private static void way(
      String name,
      String title,
      BudgetedExits chosen,
      BudgetedThresholds judge,
      BundleFacts facts,
      TimeBudget budget,
      List<Way> ways) {
    double[] thresholds = new double[facts.finalExit()];
    Arrays.fill(thresholds, Double.POSITIVE_INFINITY);
    chosen.exits().forEach(exit -> thresholds[exit.exit()] = exit.threshold());
    ways.add(new Way(name, title, chosen, judge.evaluate(thresholds, budget)));
  }

  private void print(
      PrintStream out,
      Bundle opened,
      BundleFacts facts,
      ExitCosts costs,
      TimeBudget left,
      List<Way> ways) {
    out.printf("BUNDLE    %s, %s%n", opened.manifest().name(), planned.precision());
    planned.deviceName().ifPresent(device -> out.printf("DEVICE    %s%n", device));
    out.printf(
        Locale.ROOT,
        "BUDGET    %,.1f ms for %,d frames, %.4g ms each%s%n",
        left.totalNanos() / NANOS_PER_MILLI,
        left.frames(),
        left.nanosPerFrame() / NANOS_PER_MILLI,
        left.deviations() == 0
            ? ", in the mean"
            : String.format(Locale.ROOT, ", with %.3g standard deviations", left.deviations()));
    out.printf("%n%-17s %10s %9s %9s  %s%n", "", "right of", "ms/frame", "budget", "answers at");
    out.printf(
        Locale.ROOT, "%-17s %,10d %9s %9s  %s%n", "", left.frames(), "", "", exitNames(facts));
    for (Way way : ways) {
      out.printf(
          Locale.ROOT,
          "%-17s %,10.1f %9.4g %9s  %s%n",
          way.title(),
          way.expectedRight(left),
          way.unseen().meanNanos() / NANOS_PER_MILLI,
          way.standing(left),
          way.unseen().exitShares().stream()
              .map(share -> String.format(Locale.ROOT, "%6.1f%%", 100 * share))
              .collect(Collectors.joining(" ")));
    }
    out.println();
    for (Way way : ways) {
      out.printf("%-17s %s%n", way.title(), text(way.chosen(), facts));
    }
    out.printf("%nANY TIME  right, of answers that are asked for after so long%n");
    out.printf("%6s %10s %10s %15s%n", "exit", "ms", "deepest", "most confident");
    AnytimeCurve deepest = AnytimeCurve.deepest(facts.certify(), costs);
    AnytimeCurve confident = AnytimeCurve.mostConfident(facts.certify(), costs);
    for (int exit = 0; exit < costs.exits(); exit++) {
      double nanos = costs.afterAllNanos(exit);
      out.printf(
          Locale.ROOT,
          "%6d %10.4g %9.1f%% %14.1f%%%n",
          exit,
          nanos / NANOS_PER_MILLI,
          100 * deepest.accuracyAfter(nanos),
          100 * confident.accuracyAfter(nanos));
    }
  }

  private static String exitNames(BundleFacts facts) {
    return facts.exits().stream()
        .map(exit -> String.format(Locale.ROOT, "%7s", "exit " + exit.exit()))
        .collect(Collectors.joining(" "));
  }

  private static String text(BudgetedExits chosen, BundleFacts facts) {
    if (chosen.exits().isEmpty()) {
      return "exit " + facts.finalExit() + " answers all";
    }
    String early =
        chosen.exits().stream()
            .map(
                exit ->
                    exit.threshold() == 0
                        ? "exit " + exit.exit() + " answers the rest"
                        : String.format(
                            Locale.ROOT,
                            "exit %d from a confidence of %.4f",
                            exit.exit(),
                            exit.threshold()))
            .collect(Collectors.joining(", "));
    if (chosen.exits().size() == 1 && chosen.exits().get(0).threshold() == 0) {
      return "exit " + chosen.exits().get(0).exit() + " answers all";
    }
    boolean ends = chosen.exits().get(chosen.exits().size() - 1).threshold() == 0;
    return ends ? early : early + ", exit " + facts.finalExit() + " answers the rest";
  }

  private ObjectNode json(
      Bundle opened, BundleFacts facts, ExitCosts costs, TimeBudget left, List<Way> ways) {
    ObjectNode line =
        NODES
            .objectNode()
            .put("bundle", opened.manifest().name())
            .put("digest", opened.digest())
            .put("precision", planned.precision())
            .put("budget_ms", left.totalNanos() / NANOS_PER_MILLI)
            .put("frames", left.frames())
            .put("deviations", left.deviations());
    for (Way way : ways) {
      line.set(way.name(), json(way, facts, left));
    }
    AnytimeCurve deepest = AnytimeCurve.deepest(facts.certify(), costs);
    AnytimeCurve confident = AnytimeCurve.mostConfident(facts.certify(), costs);
    ArrayNode anytime = line.putArray("anytime");
    for (int exit = 0; exit < costs.exits(); exit++) {
      double nanos = costs.afterAllNanos(exit);
      anytime
          .addObject()
          .put("exit", exit)
          .put("after_ms", nanos / NANOS_PER_MILLI)
          .put("deepest_accuracy", deepest.accuracyAfter(nanos))
          .put("most_confident_accuracy", confident.accuracyAfter(nanos));
    }
    return line;
  }

  private static ObjectNode json(Way way, BundleFacts facts, TimeBudget left) {
    ObjectNode node =
        NODES
            .objectNode()
            .put("plan", way.chosen().plan(facts).describe())
            .put("holds", way.chosen().holds())
            .put("excess_ms", way.unseen().excessNanos() / NANOS_PER_MILLI)
            .put("expected_right", way.expectedRight(left))
            .put("accuracy", way.unseen().accuracy())
            .put("accuracy_where_chosen", way.chosen().accuracy())
            .put("mean_ms", way.unseen().meanNanos() / NANOS_PER_MILLI)
            .put("sd_ms", way.unseen().sdNanos() / NANOS_PER_MILLI);
    ArrayNode exits = node.putArray("exits");
    for (ExitThreshold exit : way.chosen().exits()) {
      exits.addObject().put("exit", exit.exit()).put("threshold", exit.threshold());
    }
    ArrayNode shares = node.putArray("exit_shares");
    way.unseen().exitShares().forEach(shares::add);
    return node;
  }

  private ParameterException wrongUse(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
