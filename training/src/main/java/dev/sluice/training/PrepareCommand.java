package dev.sluice.training;

import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.training.data.CifarData;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.FolderData;
import dev.sluice.training.data.Labels;
import dev.sluice.training.head.HeadTrainer;
import dev.sluice.training.head.TorchMissingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model prepare}: an ONNX classifier and labelled pictures become a bundle. */
@Command(
    name = "prepare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Gives an ONNX classifier early exits: chooses cuts, trains the exits on labelled pictures,"
            + " calibrates, fits codecs, measures, and writes a bundle.")
final class PrepareCommand implements Callable<Integer> {
  private static final String FOLDER = "folder";
  private static final String CIFAR = "cifar10";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "NET.onnx", description = "the network: RGB pictures in, logits out")
  private Path network = Path.of("");

  @Option(names = "--data", required = true, paramLabel = "DIR", description = "labelled pictures")
  private Path data = Path.of("");

  @Option(
      names = "--format",
      required = true,
      paramLabel = "folder|cifar10",
      description =
          "folder: train/, val/ and test/ with a folder per class; cifar10: data_batch_*.bin and"
              + " test_batch.bin")
  private String format = "";

  @Option(
      names = "--preprocess",
      required = true,
      paramLabel = "TEXT",
      description =
          "how pictures become inputs: \"size=224 scale=127.5 shift=-1\" (rgb / scale + shift) or"
              + " \"size=32 mean=0.485,0.456,0.406 std=0.229,0.224,0.225\" (of values in 0..1);"
              + " resize=crop|scale|none")
  private String preprocess = "";

  @Option(
      names = "--labels",
      required = true,
      paramLabel = "FILE|LIST",
      description =
          "the network's classes in order of its outputs: a file with one per line, or a list with"
              + " commas")
  private String labels = "";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "BUNDLE",
      description = "directory to write; a bundle that stands there is replaced")
  private Path out = Path.of("");

  @Option(
      names = "--exits",
      split = ",",
      paramLabel = "SHARE",
      defaultValue = "0.15,0.3,0.45,0.6,0.75,0.9",
      description = "where exits sit, as shares of the MACs (default: ${DEFAULT-VALUE})")
  private List<Double> exits = List.of();

  @Option(names = "--name", paramLabel = "NAME", description = "default: the file's name")
  private @Nullable String name;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "divides the data, orders training (default: ${DEFAULT-VALUE})")
  private long seed = 1;

  @Option(
      names = "--train-limit",
      paramLabel = "N",
      defaultValue = "20000",
      description = "most pictures to train exits on (default: ${DEFAULT-VALUE})")
  private int trainLimit = 20_000;

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Override
  public Integer call() throws IOException, TorchMissingException {
    int processors = threads.checked();
    checkUse();
    Preprocessing preprocessing;
    try {
      preprocessing = Preprocessing.parse(preprocess);
    } catch (IllegalArgumentException wrong) {
      throw wrongUse(String.valueOf(wrong.getMessage()));
    }
    PrintWriter console = spec.commandLine().getOut();
    long start = System.nanoTime();
    OnnxGraph graph = OnnxGraph.read(network);
    Labels names = Labels.read(labels);
    DataSets sets = format.equals(CIFAR) ? CifarData.read(data, seed) : FolderData.read(data, seed);
    // Heads are so small that a second thread costs more than it brings.
    if (System.getProperty("ai.djl.pytorch.num_threads") == null) {
      System.setProperty("ai.djl.pytorch.num_threads", "1");
    }
    HeadTrainer.requireEngine();
    ConsoleProgress progress =
        new ConsoleProgress(console, System::nanoTime, Preparation.STEPS + BundleBuilder.STEPS);
    var options =
        new Preparation.Options(exits, trainLimit, format.equals(FOLDER), processors, seed);
    Preparation.Prepared prepared =
        new Preparation(options, progress).prepare(graph, preprocessing, names, sets);
    Map<String, String> provenance = provenance();
    provenance.putAll(prepared.figures());
    BundleBuilder.Built built =
        new BundleBuilder(
                BundleBuilder.Options.standard(processors, seed), System::nanoTime, progress)
            .build(
                new BundleBuilder.Parts(
                    shownName(), prepared.network(), prepared.data(), provenance),
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

  private void checkUse() {
    if (!format.equals(FOLDER) && !format.equals(CIFAR)) {
      throw wrongUse("--format must be folder or cifar10: " + format);
    }
    if (!Files.isRegularFile(network)) {
      throw wrongUse(network + ": no such file; name an ONNX network");
    }
    if (!Files.isDirectory(data)) {
      throw wrongUse("--data " + data + ": no such folder; name one with labelled pictures");
    }
    if (!labels.contains(",") && !Files.isRegularFile(Path.of(labels))) {
      throw wrongUse(
          "--labels "
              + labels
              + ": no such file; give a file with one label per line, or a list with commas");
    }
    if (trainLimit < 1) {
      throw wrongUse("--train-limit must be positive: " + trainLimit);
    }
    if (exits.stream().anyMatch(share -> !(share > 0 && share < 1))) {
      throw wrongUse("--exits must be shares in (0, 1): " + exits);
    }
  }

  private ParameterException wrongUse(String what) {
    return new ParameterException(spec.commandLine(), what);
  }

  private String shownName() {
    if (name != null && !name.isBlank()) {
      return name;
    }
    return fileName(network).replaceFirst("\\.onnx$", "");
  }

  private static String fileName(Path path) {
    Path last = path.toAbsolutePath().normalize().getFileName();
    return last == null ? path.toString() : last.toString();
  }

  private Map<String, String> provenance() throws IOException {
    Map<String, String> provenance = new LinkedHashMap<>();
    provenance.put("made by", "sluice model prepare");
    provenance.put("commit", Programs.commit());
    provenance.put(
        "network", fileName(network) + ", sha256 " + sha256(Files.readAllBytes(network)));
    // Names only: where things lie on this machine is nobody's business.
    provenance.put(
        "command",
        "./sluice model prepare %s --data %s --format %s --preprocess \"%s\" --labels %s --exits %s"
                .formatted(
                    fileName(network),
                    fileName(data),
                    format,
                    preprocess,
                    labels.contains(",") ? labels : fileName(Path.of(labels)),
                    String.join(",", exits.stream().map(String::valueOf).toList()))
            + " --seed "
            + seed
            + " --train-limit "
            + trainLimit);
    provenance.put("seed", Long.toString(seed));
    return provenance;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
