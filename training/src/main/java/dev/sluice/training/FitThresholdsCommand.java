package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.profile.ThresholdFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model fit-thresholds}: a copy of a bundle whose threshold vectors are found anew. */
@Command(
    name = "fit-thresholds",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Finds the threshold vectors that follow from a bundle's tables and profiles, and writes a"
            + " copy of it with them. All else stays. For bundles that were made before bundles kept"
            + " them; who plans with such a one finds them at every start.")
final class FitThresholdsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "BUNDLE",
      description = "a bundle's folder or zip, or its http(s) address")
  private String path = "";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "BUNDLE",
      description = "directory to write; a bundle that stands there is replaced")
  private Path out = Path.of("");

  @Override
  public Integer call() throws IOException {
    PrintWriter console = spec.commandLine().getOut();
    long start = System.nanoTime();
    Bundle written = write(Programs.open(path, spec), out);
    console.printf(
        Locale.ROOT,
        "wrote %s (%s) in %.1f s%n",
        out,
        written.digest().substring(0, 12),
        (System.nanoTime() - start) / 1e9);
    console.flush();
    return 0;
  }

  private static Bundle write(Bundle bundle, Path target) throws IOException {
    BundleManifest old = bundle.manifest();
    Map<String, byte[]> files = new TreeMap<>();
    for (String file : bundle.paths()) {
      files.put(file, bundle.file(file));
    }
    files.put(
        BundleTables.THRESHOLDS,
        thresholds(bundle, BundleTables.SELECT, BundleTables.PROFILE).toJson());
    Set<String> fitted = new HashSet<>(Set.of(BundleTables.THRESHOLDS));
    for (VariantInfo variant : old.variants()) {
      String select = variant.calibration();
      if (select.isEmpty() || variant.profile().isEmpty()) {
        continue;
      }
      String path = select.substring(0, select.lastIndexOf('/') + 1) + BundleTables.THRESHOLDS;
      if (!fitted.add(path)) {
        throw new PreparationException(
            bundle.source() + "/" + select + " lies beside another table; each needs a folder");
      }
      files.put(path, thresholds(bundle, select, variant.profile()).toJson());
    }
    BundleWriter writer = BundleWriter.to(target);
    files.forEach(writer::put);
    return writer.commit(
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            old.name(),
            old.labels(),
            old.preprocessing(),
            old.cuts(),
            old.exits(),
            old.codecs(),
            old.variants(),
            old.provenance(),
            Map.of(),
            Map.of()),
        true);
  }

  private static ThresholdFile thresholds(Bundle bundle, String select, String profile)
      throws IOException {
    // Read first, so that what is damaged is refused by its name.
    if (BundleTables.calibration(bundle, select).isEmpty()
        || BundleTables.profile(bundle, profile).isEmpty()) {
      throw new PreparationException(
          bundle.source()
              + " has outcomes or times of no picture, from which thresholds follow; make it with"
              + " ./sluice model prepare");
    }
    try {
      return CandidatePlans.thresholds(bundle.file(select), bundle.file(profile));
    } catch (IllegalArgumentException misfit) {
      throw new PreparationException(
          bundle.source() + "/" + profile + ": " + misfit.getMessage() + "; prepare it again");
    }
  }
}
