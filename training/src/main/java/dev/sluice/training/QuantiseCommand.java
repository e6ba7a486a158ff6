package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.repository.Bundles;
import dev.sluice.training.data.CifarData;
import dev.sluice.training.data.DataException;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.FolderData;
import dev.sluice.training.data.Labels;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
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
  private static final String FOLDER = "folder";
  private static final String CIFAR = "cifar10";
  private static final String ROADSIGNS = "roadsigns";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "BUNDLE", description = "a bundle in float32: directory or zip")
  private String path = "";

  @Option(
      names = "--format",
      required = true,
      paramLabel = "folder|cifar10|roadsigns",
      description =
          "the data it was made with; folder: train/, val/ and test/ with a folder per class;"
              + " cifar10: data_batch_*.bin and test_batch.bin; roadsigns: drawn, needs no --data")
  private String format = "";

  @Option(names = "--data", paramLabel = "DIR", description = "labelled pictures")
  private @Nullable Path data;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "BUNDLE",
      description = "directory to write; a bundle that stands there is replaced")
  private Path out = Path.of("");

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "divides the data; must be the one the bundle was made with, which is the default")
  private @Nullable Long seed;

  @Option(
      names = "--labels",
      paramLabel = "FILE|LIST",
      description =
          "the bundle's classes in order, where the data's folders have other names for them, such"
              + " as synsets (default: the bundle's labels)")
  private @Nullable String labels;

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
          "7 for devices with AVX2 or AVX-512 but without VNNI, where sums of 8-bit products can"
              + " saturate (default: ${DEFAULT-VALUE})")
  private int weightBits = 8;

  @Option(
      names = "--tolerate",
      paramLabel = "POINTS",
      defaultValue = "0.5",
      description =
          "percentage points of mean accuracy over the exits, on the select set, that may be lost"
              + " before single layers stay in floats (default: ${DEFAULT-VALUE})")
  private double tolerate = 0.5;

  @Option(
      names = "--quick",
      description = "roadsigns: a tenth of the frames, for trying; certifies nothing")
  private boolean quick;

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Override
  public Integer call() throws IOException {
    int processors = threads.checked();
    checkUse();
    PrintWriter console = spec.commandLine().getOut();
    long start = System.nanoTime();
    Bundle bundle = Programs.open(path, spec);
    long used = seed(bundle);
    DataSets sets = inClassesOf(bundle, data(used));
    VariantBuilder builder =
        new VariantBuilder(
            new VariantBuilder.Options(
                calibration, splits, weightBits, tolerate / 100, processors, used),
            System::nanoTime,
            new ConsoleProgress(console, System::nanoTime, STEPS));
    VariantBuilder.Built built = builder.build(bundle, sets, origin(used, sets), out);
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
    if (!List.of(FOLDER, CIFAR, ROADSIGNS).contains(format)) {
      throw wrongUse("--format must be folder, cifar10 or roadsigns: " + format);
    }
    if (format.equals(ROADSIGNS) == (data != null)) {
      throw wrongUse(
          format.equals(ROADSIGNS)
              ? "--data does not go with --format roadsigns, whose frames are drawn"
              : "--data DIR is missing, the labelled pictures the bundle was made with");
    }
    if (quick && !format.equals(ROADSIGNS)) {
      throw wrongUse("--quick goes with --format roadsigns only");
    }
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

  /** The seed that divided the bundle's data: another would test on what it was trained on. */
  private long seed(Bundle bundle) {
    Map<String, String> provenance = bundle.manifest().provenance();
    String known =
        Optional.ofNullable(provenance.get("data.seed"))
            .orElseGet(() -> provenance.getOrDefault("seed", ""));
    if (seed != null) {
      if (!known.isEmpty() && !known.equals(seed.toString())) {
        throw wrongUse(
            "--seed %d: the bundle's data were divided by seed %s; leave --seed out"
                .formatted(seed, known));
      }
      return seed;
    }
    try {
      return Long.parseLong(known);
    } catch (NumberFormatException e) {
      throw wrongUse("the bundle does not say by which seed its data were divided; give --seed");
    }
  }

  private DataSets data(long used) throws DataException {
    if (data == null) {
      return RoadSignsData.draw(
          used, quick ? RoadSignsData.Sizes.quick() : RoadSignsData.Sizes.published());
    }
    return format.equals(CIFAR) ? CifarData.read(data, used) : FolderData.read(data, used);
  }

  /** The bundle's classes are named as the data's, or stand in the same order. */
  private DataSets inClassesOf(Bundle bundle, DataSets sets) throws IOException {
    List<String> own = bundle.manifest().labels();
    Labels names = labels == null ? Labels.of(own) : Labels.read(labels);
    if (names.size() != own.size()) {
      throw new PreparationException(
          "%s: %d labels for the %d classes of %s"
              .formatted(labels, names.size(), own.size(), Bundles.shown(path)));
    }
    Optional<int[]> named = names.indicesOf(sets.classes());
    if (named.isPresent()) {
      return sets.relabelled(named.get(), own);
    }
    if (sets.classes().size() == own.size()) {
      return sets.named(own);
    }
    throw new PreparationException(
        "%s: has %d classes, the data have %d others; give the data the bundle was made with, or"
                .formatted(Bundles.shown(path), own.size(), sets.classes().size())
            + " --labels that name the data's folders");
  }

  private Map<String, String> origin(long used, DataSets sets) {
    Map<String, String> origin = new LinkedHashMap<>();
    origin.put("made by", "sluice model quantise");
    origin.put("commit", Programs.commit());
    origin.put(
        "command",
        "./sluice model quantise BUNDLE --format %s%s --seed %d --calibration %d --weight-bits %d"
                .formatted(
                    format,
                    data == null ? "" : " --data " + data.toAbsolutePath().getFileName(),
                    used,
                    calibration,
                    weightBits)
            + (quick ? " --quick" : ""));
    origin.put("sets", sets.sizes());
    return origin;
  }
}
