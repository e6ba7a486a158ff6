package dev.sluice.edge.agent;

import dev.sluice.edge.EdgeSession;
import dev.sluice.edge.agent.Agent.Pace;
import dev.sluice.edge.agent.Strategies.ExitPolicyUse;
import dev.sluice.edge.agent.Strategies.Strategy;
import dev.sluice.edge.agent.Strategies.Tuning;
import dev.sluice.edge.host.BundleFactsReader;
import dev.sluice.edge.host.PolicyCriterion;
import dev.sluice.edge.host.WorkerCloud.Standing;
import dev.sluice.edge.session.Cloud;
import dev.sluice.edge.session.Oversight;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.model.BundlePolicies;
import dev.sluice.model.exit.PolicyChoice;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.RecalibratedPlanner;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.budget.BudgetAccount;
import dev.sluice.scheduler.budget.BudgetPlanner;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.predict.Rescue;
import dev.sluice.scheduler.profile.BundleFacts;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The edge agent: frames in, answers as JSON lines out. */
@Command(
    name = "sluice edge",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Classifies a stream of frames on this device, with a cloud worker behind it.",
      "Writes JSON lines to standard output: ready, then answers and status, last a summary;"
          + " docs/edge.md explains their fields."
    })
public final class EdgeMain implements Program.Debuggable {
  static final String DEFAULT_OBJECTIVE =
      "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise worker_compute, then uplink_bytes";
  static final double DEFAULT_DEADLINE_MILLIS = 150;
  private static final String STANDARD_INPUT = "-";
  private static final long MILLIS = 1_000_000;

  /** Under a budget nothing has to be quick: who waits so long is held up by something else. */
  private static final long BUDGET_PATIENCE_NANOS = 60_000 * MILLIS;

  /** A strategy without fallback waits this many deadlines for its answer, at least two seconds. */
  private static final int PATIENT_DEADLINES = 10;

  private static final long LEAST_PATIENCE_NANOS = 2_000 * MILLIS;

  private final InputStream in;
  private final PrintStream out;

  @Mixin private final EngineArguments command = new EngineArguments();

  @Mixin private final CloudArguments cloud = new CloudArguments();

  @Option(
      names = "--objective",
      paramLabel = "TEXT",
      defaultValue = DEFAULT_OBJECTIVE,
      description = "what to hold and what to aim for (default: ${DEFAULT-VALUE})")
  private String objective = DEFAULT_OBJECTIVE;

  @Option(
      names = "--deadline",
      paramLabel = "TIME",
      converter = Words.Millis.class,
      description =
          "from capture to answer, e.g. 150ms (default: the objective's latency bound, or 150ms)")
  private @Nullable Double deadlineMillis;

  @Option(
      names = "--frames",
      paramLabel = "DIR|-",
      defaultValue = STANDARD_INPUT,
      description =
          "a folder of images, or - for binary PPM images, one after another, on standard input"
              + " (default: ${DEFAULT-VALUE})")
  private String frames = STANDARD_INPUT;

  @Option(
      names = "--frames-per-second",
      paramLabel = "N",
      description =
          "how often a frame is taken (default: standard input as it comes, a folder as answers"
              + " come)")
  private @Nullable Double framesPerSecond;

  @Option(
      names = "--status-every",
      paramLabel = "TIME",
      converter = Words.Millis.class,
      defaultValue = "500ms",
      description = "distance of status lines (default: ${DEFAULT-VALUE})")
  private double statusMillis = 500;

  @Option(
      names = "--exit-policy",
      paramLabel = "POLICY",
      description = Policies.HELP + " (default: the thresholds of the scheduler's plan)")
  private @Nullable String exitPolicy;

  @Option(
      names = "--explain",
      description = "write a line 'plan' on every change of plan, which says why")
  private boolean explain;

  @Mixin private final BudgetArguments budget = new BudgetArguments();

  @Mixin private final StrategyArguments strategy = new StrategyArguments();

  @Mixin private final DeviceArguments device = new DeviceArguments();

  @Mixin private final OversightArguments watched = new OversightArguments();

  EdgeMain(InputStream in, OutputStream out) {
    this.in = in;
    this.out = new PrintStream(out, false, StandardCharsets.UTF_8);
  }

  /** Runs the agent until its frames end. */
  public static void main(String[] arguments) {
    Program.main(new EdgeMain(System.in, System.out), arguments);
  }

  @Override
  public boolean debug() {
    return command.debug();
  }

  @Override
  public Integer call() throws Exception {
    Objective goal = goal();
    long deadlineNanos = deadlineNanos(goal);
    checkOptions();
    Optional<Workers> workers = cloud.workers("sluice-edge");
    int connections = workers.map(Workers::connections).orElse(1);
    try (Engine engine = command.open(memoryBound(goal))) {
      BundleFacts profiled = BundleFactsReader.read(engine.bundle(), command.precision());
      double factor = device.factor(profiled);
      BundleFacts facts = device.onDevice(profiled, engine.bundle());
      Optional<ExitPolicyUse> policy = followed(engine);
      watched.check(command, policy);
      budget.requireMemory(command, engine.memory());
      Optional<BudgetAccount> account = budget.account(command, files());
      Strategy chosen =
          account.isPresent()
              ? new Strategy(new BudgetPlanner(facts, account.get()), false)
              : strategy.chosen(
                  command,
                  facts,
                  goal,
                  factor,
                  periodNanos(),
                  policy,
                  engine.memory(),
                  tuning(goal, deadlineNanos, engine, connections));
      SessionOptions options =
          account.isPresent()
              ? SessionOptions.of(BUDGET_PATIENCE_NANOS).withoutFallback(BUDGET_PATIENCE_NANOS)
              : options(goal, deadlineNanos, strategy.fallback(chosen));
      PrintWriter err = command.commandLine().getErr();
      engine
          .memory()
          .ifPresent(memory -> err.println("sluice edge: --memory: " + memory.describe()));
      Cloud far = engine.cloud(workers, goal.upkeep().over(connections).idlePingNanos());
      Surroundings around =
          new Surroundings(
              engine.loop(),
              device.device(engine, factor),
              far,
              account.isPresent() ? engine.keptRoutes() : engine.network(),
              engine.background());
      Oversight oversight = watched.oversight(facts, policy, chosen, device.seed());
      try (FrameSource source = source();
          LineOutput output = new LineOutput(out);
          EdgeSession session =
              session(
                  around,
                  facts,
                  planner(chosen, engine, output),
                  options,
                  account.map(oversight::within).orElse(oversight))) {
        if (engine.standing().orElse(null) instanceof Standing.Failed failed) {
          // Not a failure of the agent: it serves alone and goes on trying.
          err.println(
              "sluice edge: "
                  + WorkerAdvice.of(failed, workers.orElseThrow(), command.bundle())
                  + "; meanwhile frames are answered on the device");
        }
        if (streamed() && "terminal".equals(System.getProperty("sluice.stdin"))) {
          err.println(
              "sluice edge: waits for PPM images on standard input; --frames DIR reads a folder");
        }
        // Within a budget no deadline says which frame to drop: whoever has no period waits.
        boolean oneByOne = framesPerSecond == null && (!streamed() || account.isPresent());
        Pace pace = new Pace(periodNanos(), oneByOne, !streamed());
        new Agent(
                engine,
                cloud.text(),
                session,
                account,
                output,
                err,
                pace,
                (long) (statusMillis * MILLIS))
            .serve(source, options, device.emulated());
      }
    }
    return 0;
  }

  /** A bound on the device's memory bounds what is compiled, whatever plan is in use. */
  private static OptionalLong memoryBound(Objective goal) {
    return goal.constraints().stream()
        .filter(constraint -> constraint.metric().kind() == Metric.Kind.DEVICE_MEMORY)
        .mapToLong(constraint -> Math.max(1, (long) constraint.bound()))
        .min();
  }

  /** A device that was told not to answer by the deadline must not be counted on to do so. */
  private Tuning tuning(Objective goal, long deadlineNanos, Engine engine, int connections) {
    SchedulerOptions options =
        strategy.withoutFallback()
            ? SchedulerOptions.defaults().waiting(Rescue.before(patienceNanos(deadlineNanos)))
            : SchedulerOptions.defaults().answering(Rescue.before(Math.max(1, deadlineNanos)));
    options = options.over(connections);
    Optional<EnergyModel> energy = watched.energyModel().or(device::published);
    if (energy.isPresent()) {
      options = options.with(energy.get());
    }
    if (goal.mentions(Metric.Kind.DEVICE_MEMORY)) {
      options = options.with(engine.planMemory());
    }
    return new Tuning(options, watched.audits());
  }

  /** Lets the exits follow the policy that is named, if one is, and says what that means. */
  private Optional<ExitPolicyUse> followed(Engine engine) throws IOException {
    if (exitPolicy == null) {
      return Optional.empty();
    }
    int early = engine.network().exitCuts().size() - 1;
    PolicyData data = BundlePolicies.data(engine.bundle());
    PolicyChoice choice;
    try {
      choice = Policies.parse("--exit-policy", exitPolicy);
      engine.network().follow(choice, data);
    } catch (IllegalArgumentException misfit) {
      throw command.wrongUse(String.valueOf(misfit.getMessage()));
    }
    Optional<ExitCriterion> criterion = PolicyCriterion.of(choice, data, early);
    command
        .commandLine()
        .getErr()
        .println(
            "sluice edge: active exits follow '%s' in place of the plans' thresholds%s"
                .formatted(
                    choice,
                    criterion.isPresent()
                        ? "; predictions and proven floors replay it"
                        : ", which the bundle's tables cannot replay: predictions are those of the"
                            + " thresholds, and no accuracy floor is certified"));
    return Optional.of(new ExitPolicyUse(criterion));
  }

  /** Lets the chosen planner say why, if that is wanted. */
  private Planner planner(Strategy chosen, Engine engine, LineOutput output) {
    if (!explain) {
      return chosen.planner();
    }
    Supplier<Optional<Scheduler>> reasons = () -> scheduler(chosen.planner());
    if (reasons.get().isPresent()) {
      return new ExplainingPlanner(
          chosen.planner(),
          () -> reasons.get().orElseThrow(),
          engine.background(),
          explanation -> output.line(Lines.plan(explanation)));
    }
    throw command.wrongUse("--explain is for strategy sluice: the others give no reasons");
  }

  private static Optional<Scheduler> scheduler(Planner planner) {
    Planner deciding =
        planner instanceof RecalibratedPlanner recalibrated ? recalibrated.current() : planner;
    return deciding instanceof Scheduler scheduler ? Optional.of(scheduler) : Optional.empty();
  }

  private EdgeSession session(
      Surroundings around,
      BundleFacts facts,
      Planner planner,
      SessionOptions options,
      Oversight oversight) {
    try {
      return EdgeSession.open(
          around, facts.profile(), planner, new Estimators(), options, oversight);
    } catch (IllegalArgumentException misfit) {
      // The strategy names a codec that is not there: said by whoever looks it up.
      throw command.wrongUse(String.valueOf(misfit.getMessage()));
    }
  }

  private static SessionOptions options(Objective goal, long deadlineNanos, boolean fallback) {
    // Who does not ask for little device compute gets the best answer that an idle device can give.
    SessionOptions options = SessionOptions.of(deadlineNanos).serving(goal);
    return fallback ? options : options.withoutFallback(patienceNanos(deadlineNanos));
  }

  private static long patienceNanos(long deadlineNanos) {
    return Math.max(LEAST_PATIENCE_NANOS, PATIENT_DEADLINES * deadlineNanos);
  }

  private boolean streamed() {
    return frames.equals(STANDARD_INPUT);
  }

  private long periodNanos() {
    return framesPerSecond == null ? 0 : (long) (1e9 / framesPerSecond);
  }

  /** How many files a folder holds; empty for a stream. */
  private OptionalLong files() throws IOException {
    return streamed()
        ? OptionalLong.empty()
        : OptionalLong.of(Pictures.list(List.of(Path.of(frames))).size());
  }

  private FrameSource source() throws IOException {
    return streamed()
        ? FrameSource.ppm(in, "standard input", System::nanoTime)
        : FrameSource.folder(Path.of(frames), System::nanoTime);
  }

  private Objective goal() {
    try {
      return Objective.parse(objective);
    } catch (ObjectiveSyntaxException wrong) {
      throw Program.wrongObjective(command.commandLine(), wrong);
    }
  }

  private long deadlineNanos(Objective goal) {
    if (deadlineMillis != null) {
      return (long) (deadlineMillis * MILLIS);
    }
    return (long) goal.deadlineNanos().orElse(DEFAULT_DEADLINE_MILLIS * MILLIS);
  }

  private void checkPolicy() {
    try {
      Optional.ofNullable(exitPolicy).ifPresent(text -> Policies.parse("--exit-policy", text));
    } catch (IllegalArgumentException wrong) {
      throw command.wrongUse(String.valueOf(wrong.getMessage()));
    }
  }

  private void checkOptions() {
    command.check();
    cloud.check(command);
    strategy.check(command);
    device.check(command);
    watched.check(command);
    checkPolicy();
    budget.check(command);
    if (streamed()) {
      // Said before a bundle is opened.
      budget.account(command, OptionalLong.empty());
    }
    if (framesPerSecond != null && !(framesPerSecond > 0 && framesPerSecond <= 10_000)) {
      throw command.wrongUse("--frames-per-second must be in (0, 10000], not " + framesPerSecond);
    }
    if (!streamed() && !Files.exists(Path.of(frames))) {
      throw command.wrongUse(
          "--frames "
              + frames
              + ": no such folder; name a folder of images, or - for PPM images on"
              + " standard input");
    }
  }
}
