package dev.sluice.training;

import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.exit.PolicyChoice;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.model.exit.PolicySyntaxException;
import dev.sluice.training.data.CifarData;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.FolderData;
import dev.sluice.training.data.Labels;
import dev.sluice.training.policy.ExitOutputs;
import dev.sluice.training.policy.FittedBundle;
import dev.sluice.training.policy.PolicyFit;
import dev.sluice.training.policy.PolicyReplay;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code model fit-policies}: a copy of a bundle with what all exit policies need, and with another
 * default policy if one is named.
 */
@Command(
    name = "fit-policies",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Fits class means, trust sets and thresholds per class to a bundle's exits, and writes them"
          + " into a copy of it.",
      "Shows what each kind of policy does to the select set."
    })
final class FitPoliciesCommand implements Callable<Integer> {
  private static final String FOLDER = "folder";
  private static final String CIFAR = "cifar10";
  private static final String ROAD_SIGNS = "roadsigns";

  /** Shown with these thresholds, for orientation. */
  private static final List<String> SHOWN =
      List.of(
          "never",
          "top1 >= 0.9",
          "entropy <= 0.3 nats",
          "margin >= 0.8",
          "patience 1",
          "patience 2",
          "class-means >= 0.9",
          "trust >= 2",
          "per-class top1 >= fitted");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "BUNDLE",
      description = "a bundle's folder or zip, or its http(s) address")
  private String path = "";

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "the labelled pictures that it was prepared with; roadsigns needs none")
  private @Nullable Path data;

  @Option(
      names = "--format",
      required = true,
      paramLabel = "folder|cifar10|roadsigns",
      description = "as for 'model prepare'; roadsigns: drawn, as for 'train roadsigns'")
  private String format = "";

  @Option(
      names = "--labels",
      paramLabel = "FILE|LIST",
      description =
          "the network's classes as for 'model prepare', where the bundle's names are not those of"
              + " the folders")
  private @Nullable String labels;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "BUNDLE",
      description = "directory to write; a bundle that stands there is replaced")
  private Path out = Path.of("");

  @Option(
      names = "--policy",
      paramLabel = "POLICY",
      description =
          "what the exits follow where nobody says otherwise, e.g. 'patience 2' or '0: top1 >="
              + " 0.95; 2: per-class top1 >= fitted' (default: as it is)")
  private @Nullable String policy;

  @Option(
      names = "--loss",
      paramLabel = "SHARE",
      defaultValue = "0.01",
      description =
          "answers that an exit's thresholds per class may lose among those it stops (default:"
              + " ${DEFAULT-VALUE})")
  private double loss = 0.01;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "divides the data (default: the seed that the bundle was made with, or 1)")
  private @Nullable Long seed;

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Override
  public Integer call() throws IOException {
    int processors = threads.checked();
    PolicyChoice choice = checkUse();
    Bundle bundle = Programs.open(path, spec);
    BundleManifest manifest = bundle.manifest();
    if (manifest.exits().size() < 2) {
      throw new IOException(
          bundle.source()
              + ": has no early exit to fit a policy to; make a bundle with ./sluice model prepare");
    }
    DataSets sets = sets(manifest);
    PrintWriter console = spec.commandLine().getOut();
    ConsoleProgress progress = new ConsoleProgress(console, System::nanoTime, 2);
    PolicyData fitted;
    ExitOutputs select;
    try (ProgressiveModel model = ProgressiveModel.open(bundle, EngineOptions.singleThread())) {
      progress.begin("temperature: " + sets.temperature().size(), sets.temperature().size());
      ExitOutputs temperature =
          ExitOutputs.of(model, sets.temperature(), processors, progress::done);
      progress.begin("select: " + sets.select().size(), sets.select().size());
      select = ExitOutputs.of(model, sets.select(), processors, progress::done);
      fitted = new PolicyFit(PolicyFit.Options.standard().withLoss(loss)).fit(temperature, select);
    }
    // What is read back from the file is what both halves will judge by.
    byte[] file = fitted.toBytes();
    PolicyData kept = PolicyData.read(file);
    Optional<PolicyChoice> defaults = Optional.ofNullable(choice);
    try {
      defaults.ifPresent(wanted -> FittedBundle.bind(manifest, wanted, kept));
    } catch (IllegalArgumentException misfit) {
      throw new ParameterException(spec.commandLine(), "--policy: " + misfit.getMessage());
    }
    String origin =
        "fitted by sluice model fit-policies on temperature %d and select %d, loss %s"
            .formatted(sets.temperature().size(), sets.select().size(), loss);
    Bundle written = FittedBundle.write(bundle, file, defaults, origin, out);
    show(console, manifest, kept, select);
    console.printf(
        Locale.ROOT,
        "wrote %s (%s): %s, %,d bytes%n",
        out,
        written.digest().substring(0, 12),
        PolicyData.FILE,
        file.length);
    console.flush();
    return 0;
  }

  private @Nullable PolicyChoice checkUse() {
    if (!List.of(FOLDER, CIFAR, ROAD_SIGNS).contains(format)) {
      throw wrongUse("--format must be folder, cifar10 or roadsigns: " + format);
    }
    if ((data == null) != format.equals(ROAD_SIGNS)) {
      throw wrongUse(
          data == null
              ? "--data DIR is missing, the labelled pictures the bundle was made with"
              : "--data is not for roadsigns, which are drawn");
    }
    if (!(loss >= 0 && loss <= 1)) {
      throw wrongUse("--loss must be a share in [0, 1]: " + loss);
    }
    if (policy == null) {
      return null;
    }
    try {
      return PolicyChoice.parse(policy);
    } catch (PolicySyntaxException wrong) {
      throw wrongUse("--policy, at character " + (wrong.position() + 1) + ": " + wrong.problem());
    }
  }

  private ParameterException wrongUse(String what) {
    return new ParameterException(spec.commandLine(), what);
  }

  private DataSets sets(BundleManifest manifest) throws IOException {
    Path folder = data;
    DataSets sets;
    if (folder == null) {
      sets = RoadSignsData.draw(seed(manifest, "data.seed"), RoadSignsData.Sizes.published());
    } else if (format.equals(CIFAR)) {
      sets = CifarData.read(folder, seed(manifest, "seed"));
    } else {
      sets = FolderData.read(folder, seed(manifest, "seed"));
    }
    List<String> names = manifest.labels();
    Labels known = labels == null ? Labels.of(names) : Labels.read(labels);
    if (known.size() != names.size()) {
      throw new PreparationException(
          "labels disagree: %d are given, the bundle has %d classes"
              .formatted(known.size(), names.size()));
    }
    Optional<int[]> to = known.indicesOf(sets.classes());
    if (to.isPresent()) {
      return sets.relabelled(to.get(), names);
    }
    if (sets.classes().size() == names.size()) {
      return sets;
    }
    throw new PreparationException(
        "labels disagree: the classes of the data are not the bundle's; name them with --labels as"
            + " for 'model prepare'");
  }

  private long seed(BundleManifest manifest, String key) {
    if (seed != null) {
      return seed;
    }
    try {
      return Long.parseLong(manifest.provenance().getOrDefault(key, "1"));
    } catch (NumberFormatException e) {
      return 1;
    }
  }

  private void show(
      PrintWriter console, BundleManifest manifest, PolicyData fitted, ExitOutputs select) {
    console.printf(
        Locale.ROOT,
        "%n%-26s %10s %10s  share that stops, by exit%n",
        "policy",
        "accuracy",
        "MACs");
    Set<String> shown = new LinkedHashSet<>(SHOWN);
    if (policy != null) {
      shown.add(policy);
    }
    for (String text : shown) {
      PolicyReplay.Outcome outcome;
      try {
        outcome =
            PolicyReplay.of(
                manifest, select, FittedBundle.bind(manifest, PolicyChoice.parse(text), fitted));
      } catch (IllegalArgumentException notFitted) {
        continue;
      }
      StringBuilder stopped = new StringBuilder();
      for (double share : outcome.stopped()) {
        stopped.append(String.format(Locale.ROOT, " %5.1f %%", 100 * share));
      }
      console.printf(
          Locale.ROOT,
          "%-26s %8.2f %% %8.1f %% %s%n",
          text,
          100 * outcome.accuracy(),
          100 * outcome.meanMacs(),
          stopped);
    }
    console.printf(
        "(%d pictures of the select set, on which the thresholds per class were fitted)%n%n",
        select.samples());
  }
}
