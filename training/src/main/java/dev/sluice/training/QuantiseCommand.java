package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.training.data.DataSets;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model quantise}: a bundle gets its network in eight-bit integers, for the device. */
@Command(
    name = "quantise",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Adds the variant int8 to a bundle: the same cuts and exits in eight-bit integers, for the"
            + " device's part; the worker stays in floats. Says what it costs in accuracy and gains"
            + " in speed.")
final class QuantiseCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "BUNDLE", description = "a bundle in float32: directory or zip")
  private String path = "";

  @Mixin private final BundleDataOptions source = new BundleDataOptions();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "BUNDLE",
      description = "directory to write; a bundle that stands there is replaced")
  private Path out = Path.of("");

  @Option(
      names = "--calibration",
      paramLabel = "N",
      defaultValue = "256",
      description = "pictures of the train set that give the ranges (default: ${DEFAULT-VALUE})")
  private int calibration = 256;

  @Option(
      names = "--splits",
      paramLabel = "N",
      defaultValue = "1000",
      description =
          "pictures of the test set on which splits are tried (default: ${DEFAULT-VALUE})")
  private int splits = 1000;

  @Option(
      names = "--weight-bits",
      paramLabel = "7|8",
      defaultValue = "8",
      description =
          "7 for engines whose sums of 8-bit products can saturate; Sluice's own takes exact ones,"
              + " which are slower on processors without VNNI (default: ${DEFAULT-VALUE})")
  private int weightBits = 8;

  @Option(
      names = "--tolerate",
      paramLabel = "POINTS",
      defaultValue = "0.5",
      description =
          "percentage points of mean accuracy over the exits, on the select set, that may be lost"
              + " before single layers stay in floats (default: ${DEFAULT-VALUE})")
  private double tolerate = 0.5;

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Override
  public Integer call() throws IOException {
    int processors = threads.checked();
    checkUse();
    PrintWriter console = spec.commandLine().getOut();
    long start = System.nanoTime();
    Bundle bundle = Programs.open(path, spec);
    BundleDataOptions.Drawn drawn = source.draw(bundle);
    DataSets sets = drawn.sets();
    VariantBuilder builder =
        new VariantBuilder(
            new VariantBuilder.Options(
                calibration, splits, weightBits, tolerate / 100, processors, drawn.seed()),
            System::nanoTime,
            new ConsoleProgress(console, System::nanoTime, STEPS));
    VariantBuilder.Built built = builder.build(bundle, sets, origin(drawn), out);
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

  /** Ranges, trials of every method, correction, speeds, tests, tables: without nodes in floats. */
  private static final int STEPS = 17;

  private void checkUse() {
    source.check();
    if (weightBits != 7 && weightBits != 8) {
      throw wrongUse("--weight-bits must be 7 or 8: " + weightBits);
    }
    if (calibration < 1 || splits < 1) {
      throw wrongUse("--calibration and --splits must be positive");
    }
    if (!(tolerate >= 0 && tolerate <= 100)) {
      throw wrongUse("--tolerate must be in [0, 100]: " + tolerate);
    }
  }

  private ParameterException wrongUse(String what) {
    return new ParameterException(spec.commandLine(), what);
  }

  private Map<String, String> origin(BundleDataOptions.Drawn drawn) {
    Map<String, String> origin = new LinkedHashMap<>();
    origin.put("made by", "sluice model quantise");
    origin.put("commit", Programs.commit());
    origin.put(
        "command",
        "./sluice model quantise BUNDLE %s --calibration %d --weight-bits %d"
            .formatted(drawn.options(), calibration, weightBits));
    origin.put("sets", drawn.sets().sizes());
    return origin;
  }
}
