package dev.sluice.edge.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.edge.host.PolicyCriterion;
import dev.sluice.model.BundlePolicies;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.PolicyChoice;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.scheduler.Appraisal;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.explain.Explainer;
import dev.sluice.scheduler.explain.Explanation;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.predict.Rescue;
import dev.sluice.scheduler.profile.BundleFacts;
import java.io.IOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Explains what the scheduler would choose under given conditions. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says which plan the scheduler chooses under given conditions and why: how it stands to every"
          + " bound, the best plans of other kinds and what they lack, and what would have to"
          + " change for another plan to win. docs/planning.md explains the report."
    })
final class PlanExplainCommand implements Callable<Integer> {
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double DEFAULT_BYTES_PER_SECOND = 750_000;
  private static final double DEFAULT_ROUND_TRIP_MILLIS = 50;
  private static final double DEFAULT_ROUND_TRIP_SD = 0.1;

  @Spec private CommandSpec spec = CommandSpec.create();

  @ParentCommand private @Nullable PlanMain program;

  @Mixin private final PlannedBundle planned = new PlannedBundle();

  @Option(
      names = "--objective",
      paramLabel = "TEXT",
      defaultValue = EdgeMain.DEFAULT_OBJECTIVE,
      description = "what to hold and what to aim for (default: ${DEFAULT-VALUE})")
  private String objective = EdgeMain.DEFAULT_OBJECTIVE;

  @Option(
      names = "--deadline",
      paramLabel = "TIME",
      converter = Words.Millis.class,
      description =
          "by when the device answers by itself where no reply has come, as edge --deadline"
              + " (default: the objective's bound on a latency percentile, else 150ms)")
  private @Nullable Double deadlineMillis;

  @Option(
      names = "--uplink",
      paramLabel = "RATE",
      converter = Words.Rate.class,
      description = "the uplink's rate, e.g. 5Mbit/s (default: 6Mbit/s)")
  private double bytesPerSecond = DEFAULT_BYTES_PER_SECOND;

  @Option(
      names = "--uplink-sd",
      paramLabel = "SHARE",
      converter = Words.Share.class,
      description = "its standard deviation, e.g. 10%% or 0.1 (default: 10%%)")
  private double uplinkRelativeSd = 0.1;

  @Option(
      names = "--rtt",
      paramLabel = "TIME",
      converter = Words.MillisOrNone.class,
      description = "the round trip of a tiny message (default: 50ms)")
  private double roundTripMillis = DEFAULT_ROUND_TRIP_MILLIS;

  @Option(
      names = "--rtt-sd",
      paramLabel = "TIME",
      converter = Words.MillisOrNone.class,
      description = "its standard deviation (default: a tenth of it)")
  private @Nullable Double roundTripSdMillis;

  @Option(
      names = "--worker-scale",
      paramLabel = "FACTOR",
      converter = Words.Factor.class,
      description = "the worker's time over the profile (default: 1)")
  private double workerScale = 1;

  @Option(
      names = "--worker-queue",
      paramLabel = "TIME",
      converter = Words.MillisOrNone.class,
      description = "how long a request waits at the worker (default: 0)")
  private double workerQueueMillis;

  @Option(
      names = "--period",
      paramLabel = "TIME",
      converter = Words.Millis.class,
      description = "time between frames (default: unknown, frames are rare)")
  private @Nullable Double periodMillis;

  @Option(names = "--fps", paramLabel = "N", description = "the same as frames per second")
  private @Nullable Double framesPerSecond;

  @Option(
      names = "--arrivals",
      paramLabel = "evenly|random",
      description =
          "whether frames come one period after the other (the default), or that often on the average"
              + " and at random, as a Poisson process: then they queue")
  private String arrivals = "evenly";

  @Option(
      names = "--link",
      paramLabel = "STATE",
      description =
          "up, down, unknown or resting, which is taken as said: whether a link would be worth it is"
              + " not asked (default: up)")
  private String link = "up";

  @Option(
      names = "--current",
      paramLabel = "PLAN",
      description = "the plan in use, written as the report writes plans (default: none)")
  private @Nullable String current;

  @Option(
      names = "--exit-policy",
      paramLabel = "POLICY",
      description = Policies.HELP + " (default: the thresholds of the scheduler's plan)")
  private @Nullable String exitPolicy;

  @Option(
      names = "--energy",
      paramLabel = "DEVICE[+RADIO]",
      description =
          "whose power counts, e.g. jetson-nano+lte (default: --device on wifi where its power is known, else pi4-one-core+wifi)")
  private @Nullable String energy;

  @Option(
      names = "--uncertified",
      description = "accuracy floors need only hold as measured, not be proven")
  private boolean uncertified;

  @Option(names = "--json", description = "one JSON object in place of the report")
  private boolean json;

  PlanExplainCommand() {}

  @Override
  public Integer call() throws IOException {
    Objective goal = goal();
    LinkState state = linkState();
    SchedulerOptions options = options(goal);
    checkOptions();
    Optional<PolicyChoice> choice = choice();
    PlannedBundle.Planned here = planned.open();
    Bundle opened = here.bundle();
    Scheduler scheduler = scheduler(here.facts(), goal, options, criterion(opened, choice));
    Estimates estimates = estimates(state, here.scale());
    Optional<Plan> inUse =
        Optional.ofNullable(current).map(text -> plan(scheduler.appraise(estimates), text));
    Explanation explanation = new Explainer(scheduler).explain(estimates, inUse);
    PlanMain main = program;
    if (main == null) {
      throw new IllegalStateException("picocli has not filled in the program");
    }
    if (json) {
      ObjectNode line =
          Lines.explained(
              opened,
              planned.precision(),
              scheduler.candidates(),
              planned.deviceName(),
              options.device().energy().name(),
              powerAssumed());
      line.setAll(explanation.json());
      main.out().println(Lines.text(line));
    } else {
      main.out()
          .printf(
              Locale.ROOT,
              "BUNDLE    %s, %s, %,d candidate plans%n",
              opened.manifest().name(),
              planned.precision(),
              scheduler.candidates());
      Optional<String> assumed =
          powerAssumed() && goal.mentions(Metric.Kind.DEVICE_ENERGY)
              ? Optional.of(options.device().energy().name())
              : Optional.empty();
      main.out().print(explanation.text(planned.deviceName(), assumed));
    }
    return 0;
  }

  private Estimates estimates(LinkState state, double scale) {
    double sdMillis =
        roundTripSdMillis == null ? DEFAULT_ROUND_TRIP_SD * roundTripMillis : roundTripSdMillis;
    double frameMillis = framesPerSecond == null ? 0 : 1000 / framesPerSecond;
    return Estimates.of(
            state,
            bytesPerSecond,
            uplinkRelativeSd,
            nanos(roundTripMillis),
            nanos(sdMillis),
            scale,
            workerScale,
            nanos(workerQueueMillis),
            nanos(periodMillis == null ? frameMillis : periodMillis))
        .withFramePeriodCv(arrivals.equals("random") ? 1 : 0);
  }

  private static long nanos(double millis) {
    return Math.round(millis * NANOS_PER_MILLI);
  }

  private Scheduler scheduler(
      BundleFacts facts,
      Objective goal,
      SchedulerOptions options,
      Optional<ExitCriterion> criterion) {
    try {
      return new Scheduler(facts, goal, options, criterion, plan -> true);
    } catch (IllegalArgumentException misfit) {
      throw wrongUse("--objective: " + misfit.getMessage());
    }
  }

  private SchedulerOptions options(Objective goal) {
    SchedulerOptions options =
        uncertified ? SchedulerOptions.defaults().uncertified() : SchedulerOptions.defaults();
    double usualMillis =
        goal.deadlineNanos().orElse(EdgeMain.DEFAULT_DEADLINE_MILLIS * NANOS_PER_MILLI)
            / NANOS_PER_MILLI;
    double deadline = deadlineMillis == null ? usualMillis : deadlineMillis;
    options = options.answering(Rescue.before(Math.max(1, nanos(deadline))));
    if (energy == null) {
      return publishedPower().map(options::with).orElse(options);
    }
    try {
      return options.with(EnergyModel.named(energy));
    } catch (IllegalArgumentException unknown) {
      throw wrongUse("--energy: " + unknown.getMessage());
    }
  }

  private Optional<EnergyModel> publishedPower() {
    return planned.deviceName().flatMap(EnergyModel::ofDevice);
  }

  /** Whether energy is counted by the power of another device, which nobody has asked for. */
  private boolean powerAssumed() {
    return energy == null && publishedPower().isEmpty();
  }

  private Optional<PolicyChoice> choice() {
    try {
      return Optional.ofNullable(exitPolicy).map(text -> Policies.parse("--exit-policy", text));
    } catch (IllegalArgumentException wrong) {
      throw wrongUse(String.valueOf(wrong.getMessage()));
    }
  }

  /** How the scheduler replays the exit policy, if one is named. */
  private Optional<ExitCriterion> criterion(Bundle opened, Optional<PolicyChoice> chosen)
      throws IOException {
    if (chosen.isEmpty()) {
      return Optional.empty();
    }
    int exits = opened.manifest().exits().size();
    PolicyData data = BundlePolicies.data(opened);
    Optional<ExitCriterion> criterion;
    try {
      Map<Integer, ExitPolicy> every = new HashMap<>(chosen.get().byExit());
      for (int exit = 0; exit < exits - 1; exit++) {
        every.put(exit, chosen.get().of(exit));
      }
      ExitPolicies.of(exits, opened.manifest().labels().size(), every, data);
      criterion = PolicyCriterion.of(chosen.get(), data, exits - 1);
    } catch (IllegalArgumentException misfit) {
      throw wrongUse("--exit-policy: " + misfit.getMessage());
    }
    if (criterion.isEmpty()) {
      throw wrongUse(
          "--exit-policy '"
              + chosen.get()
              + "': the bundle's tables cannot replay it, so nothing"
              + " can be said of its plans");
    }
    return criterion;
  }

  private Plan plan(Appraisal appraisal, String text) {
    String wanted = text.strip().replaceAll("\\s+", " ");
    for (int i = 0; i < appraisal.candidates(); i++) {
      if (appraisal.plan(i).describe().equals(wanted)) {
        return appraisal.plan(i);
      }
    }
    throw wrongUse(
        "--current: no candidate plan reads '"
            + wanted
            + "'; write it as the report does, for example '"
            + appraisal.plan(0).describe()
            + "'");
  }

  private Objective goal() {
    try {
      return Objective.parse(objective);
    } catch (ObjectiveSyntaxException wrong) {
      throw Program.wrongObjective(spec.commandLine(), wrong);
    }
  }

  private LinkState linkState() {
    return switch (link.toLowerCase(Locale.ROOT)) {
      case "up" -> LinkState.UP;
      case "down" -> LinkState.DOWN;
      case "unknown" -> LinkState.UNKNOWN;
      case "resting" -> LinkState.RESTING;
      default -> throw wrongUse("--link is up, down, unknown or resting, not '" + link + "'");
    };
  }

  private void checkOptions() {
    planned.check();
    if (periodMillis != null && framesPerSecond != null) {
      throw wrongUse("--period and --fps exclude each other");
    }
    if (framesPerSecond != null && !(framesPerSecond >= 1e-4 && framesPerSecond <= 10_000)) {
      throw wrongUse("--fps must be in [0.0001, 10000], not " + framesPerSecond);
    }
    if (!arrivals.equals("evenly") && !arrivals.equals("random")) {
      throw wrongUse("--arrivals is evenly or random, not '" + arrivals + "'");
    }
    if (arrivals.equals("random") && periodMillis == null && framesPerSecond == null) {
      throw wrongUse("--arrivals random needs --period or --fps: how often on the average");
    }
  }

  private ParameterException wrongUse(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
