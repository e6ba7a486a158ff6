package dev.sluice.training;

import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.training.data.Labels;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model wrap}: a network becomes a bundle as it is, without data. */
@Command(
    name = "wrap",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Makes a bundle of a network as it is, without data or training: its cuts, and its outputs"
            + " as exits where it has several.")
final class WrapCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "NET.onnx", description = "the network: RGB pictures in, logits out")
  private Path network = Path.of("");

  @Option(
      names = "--preprocess",
      required = true,
      paramLabel = "TEXT",
      description = "how pictures become inputs, as for 'model prepare'")
  private String preprocess = "";

  @Option(
      names = "--labels",
      paramLabel = "FILE|LIST",
      description =
          "the network's classes in order: a file with one per line, or a list with commas"
              + " (default: numbers)")
  private @Nullable String labels;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "BUNDLE",
      description = "directory to write; a bundle that stands there is replaced")
  private Path out = Path.of("");

  @Option(names = "--name", paramLabel = "NAME", description = "default: the file's name")
  private @Nullable String name;

  @Override
  public Integer call() throws IOException {
    if (!Files.isRegularFile(network)) {
      throw new ParameterException(
          spec.commandLine(), network + ": no such file; name an ONNX network");
    }
    Preprocessing preprocessing;
    try {
      preprocessing = Preprocessing.parse(preprocess);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), String.valueOf(wrong.getMessage()), wrong);
    }
    List<String> names = labels == null ? List.of() : Labels.read(labels).names();
    String file = Programs.fileName(network);
    String shown = name == null || name.isBlank() ? file.replaceFirst("\\.onnx$", "") : name;
    Map<String, String> provenance = new LinkedHashMap<>();
    provenance.put("made by", "sluice model wrap");
    provenance.put("commit", Programs.commit());
    provenance.put("network", file + ", sha256 " + Programs.sha256(Files.readAllBytes(network)));
    provenance.put(
        "command", "./sluice model wrap %s --preprocess \"%s\"".formatted(file, preprocess));
    NetworkWrap.Wrapped wrapped =
        new NetworkWrap(System::nanoTime)
            .wrap(
                new NetworkWrap.Parts(
                    OnnxGraph.read(network), shown, preprocessing, names, provenance),
                out,
                true);
    show(wrapped);
    return 0;
  }

  private void show(NetworkWrap.Wrapped wrapped) {
    PrintWriter console = spec.commandLine().getOut();
    BundleManifest manifest = wrapped.bundle().manifest();
    double total = Math.max(1, manifest.cuts().get(manifest.lastCut()).macsBefore());
    for (CutInfo cut : manifest.cuts()) {
      console.printf(
          Locale.ROOT,
          "cut %2d  %5.1f %% of the MACs  %-32s %s%s%n",
          cut.index(),
          100 * cut.macsBefore() / total,
          cut.name(),
          cut.shapes().stream().map(Arrays::toString).collect(Collectors.joining(" + ")),
          manifest.exitAt(cut.index()).map(exit -> "  exit " + exit.index()).orElse(""));
    }
    wrapped.notes().forEach(note -> console.println("note: " + note));
    console.printf(
        Locale.ROOT,
        "the exits agree with the network's outputs within %.1e of the largest%n",
        wrapped.largestDeviation());
    console.printf(Locale.ROOT, "wrote %s (%s)%n", out, wrapped.bundle().digest().substring(0, 12));
    console.flush();
  }
}
