package dev.sluice.experiments;

import dev.sluice.edge.agent.Words;
import dev.sluice.experiments.demo.Demo;
import dev.sluice.experiments.demo.DemoOptions;
import dev.sluice.experiments.demo.DemoResult;
import dev.sluice.experiments.demo.Goal;
import dev.sluice.experiments.demo.Scenario;
import dev.sluice.experiments.demo.Strategy;
import dev.sluice.experiments.demo.TestImages;
import dev.sluice.experiments.report.Json;
import dev.sluice.experiments.report.Score;
import dev.sluice.experiments.report.Terminal;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.ExecutionProvider;
import dev.sluice.model.repository.Bundles;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program behind {@code ./sluice demo}: streams frames over a changing link, and compares. */
@Command(
    name = "sluice demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Starts a cloud worker, an emulated link and an edge agent, streams pictures while the link"
          + " goes through good and bad times, then does the same with rival strategies.",
      "Exits with 0 if every request got exactly one answer."
    })
public final class DemoMain implements Callable<Integer>, Failures.Debuggable {
  private static final double QUICK_SECONDS = 20;
  private static final double RIVALRY_SECONDS = 30;
  private static final double QUICK_RIVALRY_SECONDS = 15;
  private static final int FLOOR_FRAMES = 5_000;
  private static final int QUICK_FLOOR_FRAMES = 1_000;
  private static final int FLOOR_PLANS = 3;
  private static final long SEED = 20;
  private static final String STANDARD_OUTPUT = "-";
  private static final Duration PLAIN_LINE_EVERY = Duration.ofSeconds(5);

  @Spec private CommandSpec spec;

  @Option(
      names = "--bundle",
      paramLabel = "BUNDLE",
      description =
          "the network: a bundle's folder or zip, or its http(s) address (default: the RoadSigns"
              + " bundle that comes with Sluice)")
  private @Nullable String bundle;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "test pictures for a bundle of one's own, as it was prepared with: a folder with train/,"
              + " val/ and test/, or one with CIFAR-10 binaries (default: RoadSigns test drives)")
  private @Nullable Path data;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description =
          "where to write the result; - for standard output, what else is shown then goes to"
              + " standard error")
  private @Nullable Path json;

  @Option(
      names = "--objective",
      paramLabel = "TEXT",
      description = "what is asked (default: ${DEFAULT-VALUE})",
      defaultValue = Goal.DEFAULT)
  private String objective;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "length of the main stream; the link's phases shrink or grow with it")
  private @Nullable Double seconds;

  @Option(
      names = "--emulate-device",
      paramLabel = "TIME",
      converter = Words.Millis.class,
      defaultValue = "250ms",
      description =
          "what the emulated device takes for the whole network in float32 (default:"
              + " ${DEFAULT-VALUE})")
  private double deviceMillis;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "threads per operator of the edge agent (default: ${DEFAULT-VALUE})")
  private int threads;

  @Option(
      names = "--provider",
      paramLabel = "NAME",
      converter = Words.Provider.class,
      defaultValue = "cpu",
      description =
          "what agent and worker compute with: cpu, cuda, tensorrt, openvino or coreml (default:"
              + " ${DEFAULT-VALUE})")
  private ExecutionProvider provider;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      defaultValue = VariantInfo.FLOAT32,
      description =
          "at which the device computes: float32, or int8 where the bundle has it; the worker stays"
              + " at float32 (default: ${DEFAULT-VALUE})")
  private String precision;

  @Option(
      names = "--quick",
      description = "20 seconds, ours against one rival, fewer frames for the accuracy floor")
  private boolean quick;

  @Option(names = "--no-strategies", description = "leave the rivals out")
  private boolean noStrategies;

  @Option(names = "--debug", description = "show a stack trace when something fails")
  private boolean debug;

  private DemoMain() {}

  /** Runs the program and exits with its status. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return Failures.handledBy(new CommandLine(new DemoMain()));
  }

  @Override
  public boolean debug() {
    return debug;
  }

  @Override
  public Integer call() throws Exception {
    boolean jsonAlone = json != null && json.toString().equals(STANDARD_OUTPUT);
    PrintStream out =
        new PrintStream(jsonAlone ? System.err : System.out, true, StandardCharsets.UTF_8);
    Terminal terminal = new Terminal(out, Terminal.isInteractive(), PLAIN_LINE_EVERY.toNanos());
    DemoOptions options = options();
    int floorFrames = quick ? QUICK_FLOOR_FRAMES : FLOOR_FRAMES;
    TestImages images =
        data == null
            ? TestImages.roadSigns(floorFrames)
            : TestImages.read(data, options.bundle(), floorFrames, SEED);
    DemoResult result = new Demo(options, images, terminal).run();
    show(result, terminal);
    if (jsonAlone) {
      System.out.print(Json.text(result.json()));
    } else if (json != null) {
      Json.write(json, result.json());
      terminal.print("result in " + json);
    }
    if (!result.everyRequestHasOneAnswer()) {
      Score score = result.main().score();
      PrintStream err = System.err;
      err.printf(
          "sluice demo: %d requests without an answer, %d answers too many%n",
          score.lost(), score.surplus());
      return CommandLine.ExitCode.SOFTWARE;
    }
    return CommandLine.ExitCode.OK;
  }

  private DemoOptions options() throws IOException {
    if (data != null && bundle == null) {
      throw new ParameterException(spec.commandLine(), "--data needs the --bundle that it is for");
    }
    if (data != null && !Files.isDirectory(data)) {
      throw new ParameterException(
          spec.commandLine(), "--data " + data + ": no such folder; " + TestImages.EXPECTED);
    }
    if (json != null && Files.isDirectory(json)) {
      throw new ParameterException(
          spec.commandLine(), "--json " + json + " is a folder; name a file");
    }
    String named =
        bundle == null ? Home.find().resolve("experiments/bundles/roadsigns").toString() : bundle;
    Optional<String> wrong = Bundles.misnamed(named);
    if (wrong.isPresent()) {
      throw new ParameterException(spec.commandLine(), "--bundle " + wrong.get());
    }
    if (seconds != null && !(seconds >= 6 && seconds <= 3600)) {
      throw new ParameterException(spec.commandLine(), "--seconds must be in [6, 3600]");
    }
    if (deviceMillis < 1 || deviceMillis > 60_000) {
      throw new ParameterException(spec.commandLine(), "--emulate-device must be from 1ms to 60s");
    }
    if (threads < 1 || threads > 256) {
      throw new ParameterException(spec.commandLine(), "--threads must be in [1, 256]");
    }
    Goal goal;
    try {
      goal = Goal.parse(objective);
    } catch (ObjectiveSyntaxException e) {
      throw new ParameterException(
          spec.commandLine(),
          "--objective, at character " + (e.position() + 1) + ": " + e.problem(),
          e);
    }
    Scenario scenario =
        seconds != null
            ? Scenario.DRIVE.lasting(seconds)
            : quick ? Scenario.DRIVE.lasting(QUICK_SECONDS) : Scenario.DRIVE;
    List<Strategy> strategies =
        noStrategies
            ? List.of()
            : quick ? List.of(Strategy.SLUICE, Strategy.CLOUD_ONLY) : Strategy.ALL;
    PrintStream err = System.err;
    Path network = Bundles.usual(line -> err.println("sluice demo: " + line)).locate(named);
    return new DemoOptions(
        network,
        goal,
        scenario,
        Scenario.DRIVE.lasting(quick ? QUICK_RIVALRY_SECONDS : RIVALRY_SECONDS),
        strategies,
        Duration.ofMillis(Math.round(deviceMillis)),
        precision,
        FLOOR_PLANS,
        new EngineOptions(threads, provider));
  }

  private static void show(DemoResult result, Terminal terminal) {
    Score score = result.main().score();
    terminal.print("");
    terminal.print(result.phaseTable());
    terminal.print(
        "all: %d requests, %d answered, %d lost, %d late, %d degraded, %d dropped; accuracy %.1f %%"
                .formatted(
                    score.requests(),
                    score.answered(),
                    score.lost(),
                    score.late(),
                    score.degraded(),
                    score.dropped(),
                    100 * score.accuracy())
            + " (uncut network %.1f %%)".formatted(100 * score.uncutAccuracy()));
    if (!result.strategies().isEmpty()) {
      terminal.print("");
      terminal.print(
          "Strategies on the same %.0f s stream and link; an answer that is missing, late or wrong"
                  .formatted(result.strategies().get(0).scenario().seconds())
              + " is not right and in time:");
      terminal.print(result.strategyTable());
      terminal.print(
          "Rivals stand in their own form; the last column lends them what Sluice has: exits on the"
              + " device and an answer by the deadline.");
    }
    if (!result.floor().isEmpty()) {
      terminal.print("");
      terminal.print(
          "Accuracy of the plans most in use, on %d independent frames:"
              .formatted(result.floor().get(0).samples()));
      terminal.print(result.floorLines());
    }
  }
}
