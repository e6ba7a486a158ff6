package dev.sluice.edge.agent;

import dev.sluice.edge.EdgeSession;
import dev.sluice.edge.agent.Pictures.Picture;
import dev.sluice.edge.host.BundleFactsReader;
import dev.sluice.edge.host.DeviceMemory;
import dev.sluice.edge.host.TooLittleMemoryException;
import dev.sluice.edge.host.WorkerCloud.Standing;
import dev.sluice.edge.session.Cloud;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.NoCloud;
import dev.sluice.edge.session.Oversight;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.model.BundlePolicies;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.PolicyChoice;
import dev.sluice.scheduler.budget.BudgetAccount;
import dev.sluice.scheduler.budget.BudgetPlanner;
import dev.sluice.scheduler.budget.BudgetReport;
import dev.sluice.scheduler.energy.IdlePings;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.Profile.CodecCost;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Classifies image files. */
@Command(
    name = "sluice classify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Classifies image files: whole on this device, or split with a worker if one is named, or"
          + " on this device within a budget of time for all of them."
    })
public final class ClassifyMain implements Program.Debuggable {
  private static final long SECOND = 1_000_000_000L;
  private static final String OFF = "off";

  /** Without a split named, the device computes at most this share of the network. */
  private static final double MOST_DEVICE_SHARE = 0.6;

  private final PrintStream out;

  @Mixin private final EngineArguments command = new EngineArguments();

  @Mixin private final CloudArguments cloud = new CloudArguments();

  @Mixin private final BudgetArguments budget = new BudgetArguments();

  @Option(
      names = "--split",
      paramLabel = "K",
      description =
          "the cut up to which the device computes: 0 sends the picture, the last cut keeps all"
              + " (default: the last without a worker, otherwise where least is sent)")
  private @Nullable Integer split;

  @Option(
      names = "--exits",
      paramLabel = "off|THRESHOLD",
      description =
          "stop at an exit of at least this probability; 0 always stops, above 1 never (default:"
              + " the bundle's policies)")
  private @Nullable String exits;

  @Option(names = "--exit-policy", paramLabel = "POLICY", description = Policies.HELP)
  private @Nullable String exitPolicy;

  @Option(
      names = "--codec",
      paramLabel = "NAME",
      description =
          "how the split is written (default: exactly, f32 or raw, at a split named; otherwise the"
              + " smallest)")
  private @Nullable String codec;

  @Option(names = "--json", description = "one JSON line per image")
  private boolean json;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "how long the worker may take for one image (default: ${DEFAULT-VALUE})")
  private double timeoutSeconds = 10;

  @Parameters(
      arity = "0..*",
      paramLabel = "FILE|DIR",
      description = "images (PNG, JPEG, PPM), or folders of them")
  private List<Path> paths = List.of();

  ClassifyMain(OutputStream out) {
    this.out = new PrintStream(out, true, StandardCharsets.UTF_8);
  }

  /** Classifies the named files and exits. */
  public static void main(String[] arguments) {
    Program.main(new ClassifyMain(System.out), arguments);
  }

  @Override
  public boolean debug() {
    return command.debug();
  }

  @Override
  public Integer call() throws Exception {
    checkOptions();
    List<Path> files = files();
    Optional<Workers> workers = cloud.workers("sluice-classify");
    Optional<BudgetAccount> account = budget.account(command, OptionalLong.of(files.size()));
    try (Engine engine = command.open()) {
      if (account.isPresent()) {
        withinBudget(engine, files, account.get());
        return 0;
      }
      Profile profile = BundleFactsReader.profile(engine.bundle(), command.precision());
      PolicyChoice choice = choice(engine);
      int deepest =
          engine.memory().map(DeviceMemory::deepestCut).orElse(engine.network().lastCut());
      Plan plan = plan(engine.bundle().manifest(), profile, choice, deepest);
      if (engine.memory().isPresent()) {
        requireMemory(engine.memory().get(), plan);
      }
      Cloud far =
          engine.cloud(plan.usesCloud() ? workers : Optional.empty(), IdlePings.USUAL_NANOS);
      Surroundings around =
          new Surroundings(
              engine.loop(), engine.device(), far, engine.network(), engine.background());
      long timeoutNanos = (long) (timeoutSeconds * SECOND);
      SessionOptions options = SessionOptions.of(timeoutNanos).withoutFallback(timeoutNanos);
      EdgeSession session;
      try {
        session =
            EdgeSession.open(around, profile, new PinnedPlan(plan), new Estimators(), options);
      } catch (IllegalArgumentException misfit) {
        // The plan names a codec that is not there: said by whoever looks it up.
        throw command.wrongUse(String.valueOf(misfit.getMessage()));
      }
      try (session) {
        if (engine.standing().orElse(null) instanceof Standing.Failed failed) {
          throw new Failure(
              WorkerAdvice.of(failed, workers.orElseThrow(), command.bundle())
                  + "; without --cloud everything is computed here");
        }
        requireAll(classify(engine, session, files, timeoutNanos, Optional.empty()), files.size());
      }
    }
    return 0;
  }

  private void withinBudget(Engine engine, List<Path> files, BudgetAccount account)
      throws Exception {
    budget.requireMemory(command, engine.memory());
    BundleFacts facts = BundleFactsReader.read(engine.bundle(), command.precision());
    Surroundings around =
        new Surroundings(
            engine.loop(),
            engine.device(),
            new NoCloud(),
            engine.keptRoutes(),
            engine.background());
    long timeoutNanos = (long) (timeoutSeconds * SECOND);
    int skipped;
    try (EdgeSession session =
        EdgeSession.open(
            around,
            facts.profile(),
            new BudgetPlanner(facts, account),
            new Estimators(),
            SessionOptions.of(timeoutNanos).withoutFallback(timeoutNanos),
            Oversight.NONE.within(account))) {
      Agent.warmUp(engine, session);
      PlanDecision first = Agent.status(engine.loop(), session).decision();
      if (!first.feasible()) {
        tell(first.reason() + "; images are answered by the first exit");
      }
      skipped = classify(engine, session, files, timeoutNanos, Optional.of(account));
    }
    BudgetReport report = account.report();
    String took = BudgetArguments.describe(report);
    String how = report.broken() ? "the budget was exceeded: " + took : took;
    if (skipped > 0 || !report.broken()) {
      tell(how);
    }
    requireAll(skipped, files.size());
    if (report.broken()) {
      throw new Failure(how);
    }
  }

  private static void requireAll(int skipped, int files) throws Failure {
    if (skipped > 0) {
      throw new Failure(
          skipped
              + " of "
              + files
              + " images could not be read and were skipped; they are named above");
    }
  }

  private void tell(String line) {
    command.commandLine().getErr().println("sluice classify: " + line);
  }

  /** Returns how many files could not be read. */
  private int classify(
      Engine engine,
      EdgeSession session,
      List<Path> files,
      long timeoutNanos,
      Optional<BudgetAccount> account)
      throws Exception {
    int skipped = 0;
    for (int i = 0; i < files.size(); i++) {
      Path file = files.get(i);
      Picture picture;
      try {
        picture = Pictures.read(file);
      } catch (IOException unreadable) {
        if (files.size() == 1) {
          throw unreadable;
        }
        skipped++;
        account.ifPresent(BudgetAccount::over);
        tell("skipped " + Program.oneLine(unreadable));
        continue;
      }
      Frame frame =
          new Frame(
              i,
              file.toString(),
              picture.rgb(),
              picture.width(),
              picture.height(),
              engine.loop().nanoTime());
      EdgeAnswer answer = await(session, frame, timeoutNanos);
      // Within a budget less than the plan wanted is what was asked for.
      if (answer.dropped() || (answer.degraded() && account.isEmpty())) {
        throw new Failure(trouble(file, answer));
      }
      out.println(
          json
              ? Lines.text(
                  Lines.classified(file.toString(), answer, account.map(BudgetAccount::report)))
              : line(file, answer));
    }
    return skipped;
  }

  private static EdgeAnswer await(EdgeSession session, Frame frame, long timeoutNanos)
      throws InterruptedException, Failure {
    CompletableFuture<EdgeAnswer> answer = new CompletableFuture<>();
    session.submit(frame, answer::complete);
    try {
      return answer.get(timeoutNanos + 60 * SECOND, TimeUnit.NANOSECONDS);
    } catch (TimeoutException stuck) {
      throw new Failure(frame.name() + ": the device did not finish");
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private String trouble(Path file, EdgeAnswer answer) {
    String why = file + ": " + answer.reason();
    return cloud
        .text()
        .map(at -> why + " (worker " + at + "; leave --cloud out to compute everything here)")
        .orElse(why);
  }

  private static String line(Path file, EdgeAnswer a) {
    String where = a.place().name().toLowerCase(Locale.ROOT);
    String sent = a.bytesSent() > 0 ? ", " + a.bytesSent() + " bytes (" + a.codec() + ")" : "";
    return String.format(
        Locale.ROOT,
        "%s  %s  %.1f %%  exit %d (%s%s)  %.2f ms",
        file,
        a.labelName(),
        100 * a.probability(),
        a.exit(),
        where,
        sent,
        a.latencyNanos() / 1e6);
  }

  // --- the plan ---------------------------------------------------------------------------------

  private void requireMemory(DeviceMemory memory, Plan plan) {
    try {
      memory.require(plan);
    } catch (TooLittleMemoryException tooLittle) {
      throw command.wrongUse("--memory: " + tooLittle.getMessage());
    } catch (IllegalArgumentException misfit) {
      throw command.wrongUse(String.valueOf(misfit.getMessage()));
    }
  }

  private Plan plan(
      BundleManifest manifest, Profile profile, PolicyChoice choice, int deepestSplit) {
    int last = manifest.lastCut();
    List<ExitThreshold> active = Policies.active(choice, manifest.exits().size() - 1);
    Integer wanted = split;
    if (wanted != null && (wanted < 0 || wanted > last)) {
      throw command.wrongUse("--split must be in [0, " + last + "], not " + wanted);
    }
    if (!cloud.named()) {
      if (wanted != null && wanted < last) {
        throw command.wrongUse(
            "--split " + wanted + " leaves a part to the cloud: name a worker (--cloud)");
      }
      if (codec != null && !codec.equals(Plan.NO_CODEC)) {
        throw command.wrongUse("--codec " + codec + " needs a worker to send to (--cloud)");
      }
      return local(manifest, active);
    }
    int cut;
    String name = codec;
    if (wanted != null) {
      cut = wanted;
    } else {
      CodecCost least = smallest(manifest, profile, deepestSplit);
      cut = least.cut();
      name = least.codec();
    }
    OptionalInt end = Policies.last(active);
    if (cut == last || (end.isPresent() && manifest.exits().get(end.getAsInt()).cut() <= cut)) {
      return local(manifest, active);
    }
    if (name == null) {
      name = cut == 0 ? "raw" : "f32";
    }
    if (name.equals(Plan.NO_CODEC)) {
      throw command.wrongUse("--codec none sends nothing, but the split is at cut " + cut);
    }
    return new Plan(cut, name, active);
  }

  /** Everything here, up to the first exit that stops in any case, as a smaller network. */
  private static Plan local(BundleManifest manifest, List<ExitThreshold> active) {
    OptionalInt end = Policies.last(active);
    if (end.isEmpty()) {
      return Plan.local(manifest.lastCut(), active);
    }
    return Plan.local(
        manifest.exits().get(end.getAsInt()).cut(),
        active.stream().filter(exit -> exit.exit() <= end.getAsInt()).toList());
  }

  /** The cut and codec that send least, where the device has not computed too much before. */
  private CodecCost smallest(BundleManifest manifest, Profile profile, int deepestSplit) {
    double all = Math.max(1, manifest.cuts().get(manifest.lastCut()).macsBefore());
    return profile.codecs().stream()
        .filter(cost -> codec == null || cost.codec().equals(codec))
        .filter(cost -> cost.cut() < manifest.lastCut() && cost.cut() <= deepestSplit)
        .filter(cost -> manifest.cuts().get(cost.cut()).macsBefore() / all <= MOST_DEVICE_SHARE)
        .min(Comparator.comparingDouble(CodecCost::meanBytes))
        .orElseGet(() -> new CodecCost(0, codec == null ? "raw" : codec, 0, 0, 0, 0));
  }

  /** What the exits follow; the network is told. */
  private PolicyChoice choice(Engine engine) throws IOException, Failure {
    PolicyChoice choice;
    try {
      choice =
          exitPolicy == null
              ? thresholds(engine.bundle())
              : Policies.parse("--exit-policy", exitPolicy);
      engine.network().follow(choice, BundlePolicies.data(engine.bundle()));
    } catch (IllegalArgumentException misfit) {
      if (exitPolicy == null) {
        throw new Failure(command.bundle() + ": " + misfit.getMessage());
      }
      throw command.wrongUse(String.valueOf(misfit.getMessage()));
    }
    return choice;
  }

  private PolicyChoice thresholds(Bundle bundle) {
    String wanted = exits;
    if (wanted == null) {
      return BundlePolicies.choice(bundle);
    }
    if (wanted.equals(OFF)) {
      return PolicyChoice.all(new ExitPolicy.Never());
    }
    double threshold;
    try {
      threshold = Double.parseDouble(wanted);
    } catch (NumberFormatException e) {
      threshold = Double.NaN;
    }
    if (!(threshold >= 0) || Double.isInfinite(threshold)) {
      throw command.wrongUse("--exits is off or a probability, not '" + wanted + "'");
    }
    return PolicyChoice.all(new ExitPolicy.Top1Above(threshold));
  }

  private List<Path> files() throws IOException {
    if (paths.isEmpty()) {
      throw command.wrongUse("no image is named: give FILEs, or DIRs of them");
    }
    try {
      return Pictures.list(paths);
    } catch (NoSuchFileException missing) {
      throw command.wrongUse(Program.oneLine(missing));
    }
  }

  private void checkOptions() {
    command.check();
    budget.check(command);
    if (exits != null && exitPolicy != null) {
      throw command.wrongUse("--exits and --exit-policy exclude each other");
    }
    try {
      Optional.ofNullable(exitPolicy).ifPresent(text -> Policies.parse("--exit-policy", text));
    } catch (IllegalArgumentException wrong) {
      throw command.wrongUse(String.valueOf(wrong.getMessage()));
    }
    if (!(timeoutSeconds > 0 && timeoutSeconds <= 3600)) {
      throw command.wrongUse("--timeout must be in (0, 3600] seconds, not " + timeoutSeconds);
    }
  }
}
