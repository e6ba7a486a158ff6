package dev.sluice.training;

import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.graph.BranchedNetwork;
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
import java.util.ArrayList;
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
  private static final String OUTPUTS = "outputs";
  private static final String STANDARD_EXITS = "0.15,0.3,0.45,0.6,0.75,0.9";

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
      paramLabel = "SHARES|outputs",
      description =
          "where exits are trained, as shares of the MACs, or 'outputs' to take those that the"
              + " network brings (default: outputs if it has several, else "
              + STANDARD_EXITS
              + ")")
  private String exits = "";

  @Option(
      names = "--head",
      paramLabel = "KIND",
      defaultValue = "auto",
      description =
          "how trained exits classify: pooled, conv, tokens, or auto by the cut's shape and what"
              + " pays on the select set (default: ${DEFAULT-VALUE})")
  private String head = "auto";

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
    HeadChoice kind;
    List<Double> shares = shares();
    try {
      preprocessing = Preprocessing.parse(preprocess);
      kind = HeadChoice.parse(head);
    } catch (IllegalArgumentException wrong) {
      throw wrongUse(String.valueOf(wrong.getMessage()));
    }
    PrintWriter console = spec.commandLine().getOut();
    long start = System.nanoTime();
    OnnxGraph graph = OnnxGraph.read(network);
    Labels names = Labels.read(labels);
    DataSets sets = format.equals(CIFAR) ? CifarData.read(data, seed) : FolderData.read(data, seed);
    boolean own = exits.equals(OUTPUTS) || (exits.isEmpty() && BranchedNetwork.isOne(graph));
    var progress =
        new ConsoleProgress(
            console,
            System::nanoTime,
            (own ? Preparation.OWN_STEPS : Preparation.STEPS) + BundleBuilder.STEPS);
    var options =
        new Preparation.Options(shares, kind, trainLimit, format.equals(FOLDER), processors, seed);
    Preparation preparation = new Preparation(options, progress);
    Preparation.Prepared prepared;
    if (own) {
      prepared = preparation.withOwnExits(graph, preprocessing, names, sets);
    } else {
      // Heads are so small that a second thread costs more than it brings.
      if (System.getProperty("ai.djl.pytorch.num_threads") == null) {
        System.setProperty("ai.djl.pytorch.num_threads", "1");
      }
      HeadTrainer.requireEngine();
      OnnxGraph single =
          BranchedNetwork.isOne(graph) ? BranchedNetwork.of(graph).backbone() : graph;
      prepared = preparation.prepare(single, preprocessing, names, sets);
    }
    Map<String, String> provenance = provenance(own);
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
  }

  /** Returns where exits are trained; of no meaning where the network brings its own. */
  private List<Double> shares() {
    String text = exits.isEmpty() || exits.equals(OUTPUTS) ? STANDARD_EXITS : exits;
    List<Double> shares = new ArrayList<>();
    for (String share : text.split(",", -1)) {
      try {
        shares.add(Double.parseDouble(share.strip()));
      } catch (NumberFormatException e) {
        throw wrongUse("--exits must be shares such as 0.3,0.6 or 'outputs': " + exits);
      }
    }
    if (shares.stream().anyMatch(share -> !(share > 0 && share < 1))) {
      throw wrongUse("--exits must be shares in (0, 1): " + exits);
    }
    return shares;
  }

  private ParameterException wrongUse(String what) {
    return new ParameterException(spec.commandLine(), what);
  }

  private String shownName() {
    if (name != null && !name.isBlank()) {
      return name;
    }
    return Programs.fileName(network).replaceFirst("\\.onnx$", "");
  }

  private Map<String, String> provenance(boolean own) throws IOException {
    Map<String, String> provenance = new LinkedHashMap<>();
    provenance.put("made by", "sluice model prepare");
    provenance.put("commit", Programs.commit());
    provenance.put(
        "network",
        Programs.fileName(network) + ", sha256 " + Programs.sha256(Files.readAllBytes(network)));
    // Names only: where things lie on this machine is nobody's business.
    provenance.put(
        "command",
        "./sluice model prepare %s --data %s --format %s --preprocess \"%s\" --labels %s --exits %s"
                .formatted(
                    Programs.fileName(network),
                    Programs.fileName(data),
                    format,
                    preprocess,
                    labels.contains(",") ? labels : Programs.fileName(Path.of(labels)),
                    own ? OUTPUTS : exits.isEmpty() ? STANDARD_EXITS : exits)
            + (own ? "" : " --head " + head)
            + " --seed "
            + seed
            + " --train-limit "
            + trainLimit);
    provenance.put("seed", Long.toString(seed));
    return provenance;
  }
}
