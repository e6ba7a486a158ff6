package dev.sluice.training;

import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.network.RoadSignsTraining;
import dev.sluice.training.network.TrainedRoadSigns;
import dev.sluice.training.network.TrainingOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The program behind {@code ./sluice train}: trains a network of our own and bundles it. */
@Command(
    name = "sluice train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Trains a compact network with early exits from nothing on generated road signs, and writes"
            + " its bundle.")
public final class TrainMain implements Callable<Integer> {
  private static final int TRAINING_STEPS = 2;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "roadsigns", description = "what to train")
  private String what = "";

  @Option(
      names = "--out",
      paramLabel = "BUNDLE",
      defaultValue = "roadsigns-bundle",
      description =
          "directory to write; a bundle that stands there is replaced (default: ${DEFAULT-VALUE})")
  private Path out = Path.of("");

  @Option(
      names = "--quick",
      description = "a tenth of everything, to try the whole way; the result is of no use")
  private boolean quick;

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  private TrainMain() {}

  /** Trains and ends the process with a status. */
  public static void main(String[] arguments) {
    Programs.quietLogs();
    System.exit(
        execute(
            arguments,
            new PrintWriter(System.out, true, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8)));
  }

  /** Trains without touching the process; returns the exit status. */
  static int execute(String[] arguments, PrintWriter out, PrintWriter err) {
    return Programs.execute(new CommandLine(new TrainMain()), arguments, out, err);
  }

  @Override
  public Integer call() throws IOException {
    if (!what.equals("roadsigns")) {
      throw new ParameterException(
          spec.commandLine(), "'" + what + "' cannot be trained; only roadsigns can");
    }
    int processors = threads.checked();
    long start = System.nanoTime();
    PrintWriter console = spec.commandLine().getOut();
    ConsoleProgress progress =
        new ConsoleProgress(console, System::nanoTime, TRAINING_STEPS + BundleBuilder.STEPS);
    TrainingOptions training = training(processors);
    TrainedRoadSigns trained =
        RoadSignsTraining.train(training, new TrainingProgress(progress), System::nanoTime);
    ExitNetwork network =
        RoadSignsNetwork.of(
            trained.backboneOnnx(),
            trained.exits().stream()
                .map(e -> new RoadSignsNetwork.Exit(e.tensor(), e.onnx(), e.headMacs()))
                .toList(),
            trained.mean(),
            trained.std());
    BundleBuilder.Built built =
        new BundleBuilder(options(processors, training.dataSeed()), System::nanoTime, progress)
            .build(
                new BundleBuilder.Parts(
                    "roadsigns",
                    network,
                    RoadSignsData.draw(
                        training.dataSeed(),
                        quick ? RoadSignsData.Sizes.quick() : RoadSignsData.Sizes.published()),
                    provenance(trained.provenance(), quick)),
                out,
                true);
    console.println();
    console.println(built.report());
    console.printf(
        Locale.ROOT,
        "wrote %s (%s) in %.0f s%n",
        out,
        built.bundle().digest().substring(0, 12),
        (System.nanoTime() - start) / 1e9);
    console.flush();
    return 0;
  }

  /** As usual, without PNG, which is hardly smaller than pixels here: bundles are to stay small. */
  static BundleBuilder.Options options(int threads, long seed) {
    return new BundleBuilder.Options(
        threads,
        seed,
        CodecSearch.Options.standard(threads, seed),
        Stream.concat(Stream.of("raw"), BundleBuilder.TRIED_JPEGS.stream()).toList());
  }

  private TrainingOptions training(int processors) {
    TrainingOptions full = TrainingOptions.published();
    return new TrainingOptions(
        full.dataSeed(),
        full.networkSeed(),
        quick ? full.poolFrames() / 10 : full.poolFrames(),
        quick ? 2 : full.epochs(),
        full.batch(),
        full.peakLearningRate(),
        quick ? full.selectFrames() / 10 : full.selectFrames(),
        processors);
  }

  static Map<String, String> provenance(Map<String, String> trained, boolean quick) {
    Map<String, String> provenance = new LinkedHashMap<>();
    provenance.put("made by", "sluice train roadsigns");
    provenance.put("commit", Programs.commit());
    provenance.put("command", "./sluice train roadsigns" + (quick ? " --quick" : ""));
    provenance.putAll(trained);
    return provenance;
  }
}
