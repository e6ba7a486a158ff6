package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.FactsFormatException;
import dev.sluice.scheduler.profile.Profile;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model inspect}: what is in a bundle, from its manifest and its tables. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = "Shows a bundle's cuts, exits and codecs with bytes, accuracy and times.")
final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "BUNDLE",
      description = "a bundle's folder or zip, or its http(s) address")
  private String path = "";

  @Override
  public Integer call() throws IOException {
    Bundle bundle = Programs.open(path, spec);
    BundleManifest manifest = bundle.manifest();
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "%s, %d classes, digest %s%n%s%n%n",
        manifest.name(),
        manifest.labels().size(),
        bundle.digest(),
        manifest.preprocessing());
    Optional<CalibrationTable> select = table(bundle, "calibration.bin");
    Optional<CalibrationTable> certify = table(bundle, "certification.bin");
    Profile profile = profile(bundle);
    cuts(out, manifest, profile);
    exits(out, manifest, profile, select, certify);
    if (select.isPresent() && certify.isPresent()) {
      codecs(out, manifest, profile, select.get(), certify.get());
    } else {
      out.println("not calibrated: it holds no outcomes, so plans cannot weigh accuracy");
      out.println();
    }
    out.println("origin");
    manifest.provenance().forEach((key, value) -> out.println("  " + key + ": " + value));
    out.flush();
    return 0;
  }

  /** Returns a table; bundles that were made without data have none. */
  private Optional<CalibrationTable> table(Bundle bundle, String file) throws IOException {
    if (!bundle.has(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(CalibrationTable.read(bundle.file(file)));
    } catch (FactsFormatException e) {
      throw damaged(file, e);
    }
  }

  private Profile profile(Bundle bundle) throws IOException {
    try {
      return Profile.fromJson(bundle.file("profile.json"));
    } catch (FactsFormatException e) {
      throw damaged("profile.json", e);
    }
  }

  private IOException damaged(String file, FactsFormatException e) {
    return new IOException(path + ": " + file + ": " + e.getMessage() + "; prepare it again", e);
  }

  private static void cuts(PrintWriter out, BundleManifest manifest, Profile profile) {
    out.println("cut  share of MACs  float32 bytes  time to it  tensor");
    double total = Math.max(1, manifest.cuts().get(manifest.lastCut()).macsBefore());
    long nanos = 0;
    for (CutInfo cut : manifest.cuts()) {
      nanos += cut.index() == 0 ? 0 : profile.segmentNanos(cut.index());
      out.printf(
          Locale.ROOT,
          "%3d  %11.1f %%  %,13d  %7.2f ms  %s %s%n",
          cut.index(),
          100 * cut.macsBefore() / total,
          4 * cut.elements(),
          nanos / 1e6,
          Arrays.deepToString(cut.shapes().toArray()),
          cut.name());
    }
    out.println();
  }

  private static void exits(
      PrintWriter out,
      BundleManifest manifest,
      Profile profile,
      Optional<CalibrationTable> select,
      Optional<CalibrationTable> certify) {
    out.printf(
        "exit  cut  select%s  certify%s  temperature  head      kind           policy%n",
        samples(select), samples(certify));
    for (ExitInfo exit : manifest.exits()) {
      out.printf(
          Locale.ROOT,
          "%4d  %3d  %"
              + (6 + samples(select).length())
              + "s  %"
              + (7 + samples(certify).length())
              + "s  %11.2f  %5.3f ms  %-13s  %s%n",
          exit.index(),
          exit.cut(),
          accuracyText(select, exit.index()),
          accuracyText(certify, exit.index()),
          exit.temperature(),
          profile.headNanos(exit.index()) / 1e6,
          exit.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
          exit.policy());
    }
    out.println();
  }

  private static String samples(Optional<CalibrationTable> table) {
    return table.map(known -> " (" + known.samples() + ")").orElse("");
  }

  private static String accuracyText(Optional<CalibrationTable> table, int exit) {
    return table
        .map(known -> String.format(Locale.ROOT, "%.1f %%", 100 * accuracy(known, exit)))
        .orElse("-");
  }

  private static void codecs(
      PrintWriter out,
      BundleManifest manifest,
      Profile profile,
      CalibrationTable select,
      CalibrationTable certify) {
    out.println("cut  codec         bytes  95th percent.  select  certify    encode    decode");
    int last = select.exits() - 1;
    for (CodecInfo codec : manifest.codecs()) {
      OptionalInt inSelect = select.variant(codec.cut(), codec.name());
      OptionalInt inCertify = certify.variant(codec.cut(), codec.name());
      var cost = profile.codec(codec.cut(), codec.name());
      if (inSelect.isEmpty() || inCertify.isEmpty() || cost.isEmpty()) {
        out.printf(Locale.ROOT, "%3d  %-8s  not calibrated%n", codec.cut(), codec.name());
        continue;
      }
      out.printf(
          Locale.ROOT,
          "%3d  %-8s  %,9.0f  %,12.0f  %4.1f %%  %5.1f %%  %5.2f ms  %5.2f ms%n",
          codec.cut(),
          codec.name(),
          cost.get().meanBytes(),
          cost.get().p95Bytes(),
          100 * accuracy(select, inSelect.getAsInt(), last),
          100 * accuracy(certify, inCertify.getAsInt(), last),
          cost.get().encodeNanos() / 1e6,
          cost.get().decodeNanos() / 1e6);
    }
    out.println();
  }

  private static double accuracy(CalibrationTable table, int exit) {
    int right = 0;
    for (int s = 0; s < table.samples(); s++) {
      right += table.correct(s, exit) ? 1 : 0;
    }
    return right / (double) table.samples();
  }

  private static double accuracy(CalibrationTable table, int variant, int exit) {
    int right = 0;
    for (int s = 0; s < table.samples(); s++) {
      right += table.correct(variant, s, exit) ? 1 : 0;
    }
    return right / (double) table.samples();
  }
}
