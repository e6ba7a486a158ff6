package dev.sluice.training;

import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.stage.StageMemory;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.ThresholdFile;
import dev.sluice.scheduler.profile.ThresholdFront;
import dev.sluice.scheduler.profile.ThresholdFront.Family;
import dev.sluice.scheduler.profile.ThresholdFront.Vector;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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

  @Option(
      names = "--memory",
      description = "also what a device needs to run the network up to each cut; takes seconds")
  private boolean memory;

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
    Optional<CalibrationTable> select = BundleTables.calibration(bundle, BundleTables.SELECT);
    Optional<CalibrationTable> certify = BundleTables.calibration(bundle, "certification.bin");
    Optional<Profile> profile = BundleTables.profile(bundle, BundleTables.PROFILE);
    cuts(out, manifest, profile);
    exits(out, manifest, profile, select, certify);
    BundleTables.thresholds(bundle).ifPresent(file -> thresholds(out, manifest, file));
    codecs(out, manifest, profile, select, certify);
    variants(out, bundle);
    if (memory) {
      memory(out, bundle);
    }
    out.println("origin");
    manifest.provenance().forEach((key, value) -> out.println("  " + key + ": " + value));
    out.flush();
    return 0;
  }

  private static void cuts(PrintWriter out, BundleManifest manifest, Optional<Profile> profile) {
    out.println("cut  share of MACs         bytes  time to it  tensor");
    double total = Math.max(1, manifest.cuts().get(manifest.lastCut()).macsBefore());
    long nanos = 0;
    for (CutInfo cut : manifest.cuts()) {
      if (profile.isPresent() && cut.index() > 0) {
        nanos += profile.get().segmentNanos(cut.index());
      }
      out.printf(
          Locale.ROOT,
          "%3d  %11.1f %%  %,12d  %s  %s%n",
          cut.index(),
          100 * cut.macsBefore() / total,
          cut.bytes(),
          profile.isPresent() ? millis(nanos, "%7.2f ms") : "         -",
          tensors(cut));
    }
    out.println();
  }

  /** Returns a cut's tensors, such as {@code float32 [8, 48, 48] stem}. */
  private static String tensors(CutInfo cut) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < cut.tensors().size(); i++) {
      text.append(i == 0 ? "" : " + ")
          .append(cut.types().get(i).name().toLowerCase(Locale.ROOT))
          .append(' ')
          .append(Arrays.toString(cut.shapes().get(i)))
          .append(cut.tensors().size() == 1 ? "" : " " + cut.tensors().get(i));
    }
    return text.append(' ').append(cut.name()).toString();
  }

  /** Runs the network stage by stage, once for each precision. */
  private void memory(PrintWriter out, Bundle bundle) throws IOException {
    BundleManifest manifest = bundle.manifest();
    out.println("cut  weights, bytes  activations, bytes  all, bytes  at");
    try (ProgressiveModel model = ProgressiveModel.open(bundle, EngineOptions.singleThread())) {
      List<String> precisions = new ArrayList<>(List.of(VariantInfo.FLOAT32));
      manifest.variants().forEach(variant -> precisions.add(variant.precision()));
      for (String precision : precisions) {
        for (CutInfo cut : manifest.cuts()) {
          StageMemory needed = model.memoryUpTo(cut.index(), precision);
          out.printf(
              Locale.ROOT,
              "%3d  %,14d  %,18d  %,10d  %s%n",
              cut.index(),
              needed.weightBytes(),
              needed.peakActivationBytes(),
              needed.bytes(),
              precision);
        }
      }
    } catch (IllegalArgumentException misfit) {
      throw new IOException(
          path + ": its files do not fit together (" + misfit.getMessage() + "); prepare it again",
          misfit);
    }
    out.println();
  }

  private static void exits(
      PrintWriter out,
      BundleManifest manifest,
      Optional<Profile> profile,
      Optional<CalibrationTable> select,
      Optional<CalibrationTable> certify) {
    out.printf(
        Locale.ROOT,
        "exit  cut  %15s  %15s  temperature      head  kind           policy%n",
        "select" + samples(select),
        "certify" + samples(certify));
    for (ExitInfo exit : manifest.exits()) {
      out.printf(
          Locale.ROOT,
          "%4d  %3d  %15s  %15s  %11.2f  %8s  %-13s  %s%n",
          exit.index(),
          exit.cut(),
          percent(select.map(table -> accuracy(table, exit.index()))),
          percent(certify.map(table -> accuracy(table, exit.index()))),
          exit.temperature(),
          profile.map(one -> millis(one.headNanos(exit.index()), "%.3f ms")).orElse("-"),
          exit.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
          exit.policy());
    }
    out.println();
  }

  /** A line per family of threshold vectors, then that without sending vector by vector. */
  private static void thresholds(PrintWriter out, BundleManifest manifest, ThresholdFile file) {
    if (!file.isOf(
        manifest.digests().getOrDefault(BundleTables.SELECT, ""),
        manifest.digests().getOrDefault(BundleTables.PROFILE, ""))) {
      out.printf("%s is of another table or profile: not used%n%n", BundleTables.THRESHOLDS);
      return;
    }
    ThresholdFront front = file.front();
    out.println(
        "thresholds         vectors  exits that stop    time of the network      answers lost");
    for (Family family : front.families()) {
      family(out, "split from cut " + family.firstSplit(), family.vectors());
    }
    family(out, "precise exits", front.precise());
    out.println();
    List<Vector> local = front.families().get(front.families().size() - 1).vectors();
    if (local.isEmpty()) {
      return;
    }
    out.println(
        "all on the device: threshold of exits 0, 1, ...; time of the network; answers lost");
    for (Vector vector : local) {
      out.printf(
          Locale.ROOT,
          "  %s  %6.1f %%  %6.2f %%%n",
          vector.thresholds().stream()
              .map(
                  one ->
                      one == ThresholdFront.NEVER
                          ? "    -"
                          : String.format(Locale.ROOT, "%.3f", one))
              .collect(Collectors.joining("  ")),
          100 * vector.cost(),
          100 * vector.loss());
    }
    out.println();
  }

  private static void family(PrintWriter out, String name, List<Vector> vectors) {
    if (vectors.isEmpty()) {
      out.printf("%-17s  %7d%n", name, 0);
      return;
    }
    Vector cautious = vectors.get(0);
    Vector bold = vectors.get(vectors.size() - 1);
    String stops =
        IntStream.range(0, cautious.thresholds().size())
            .filter(
                exit ->
                    vectors.stream()
                        .anyMatch(one -> one.thresholds().get(exit) != ThresholdFront.NEVER))
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(" "));
    out.printf(
        Locale.ROOT,
        "%-17s  %7d  %-15s  %6.1f %% to %6.1f %%  %6.2f %% to %5.2f %%%n",
        name,
        vectors.size(),
        stops,
        100 * cautious.cost(),
        100 * bold.cost(),
        100 * cautious.loss(),
        100 * bold.loss());
  }

  private static String samples(Optional<CalibrationTable> table) {
    return table.map(one -> " (" + one.samples() + ")").orElse("");
  }

  private static String percent(Optional<Double> share) {
    return share.map(one -> String.format(Locale.ROOT, "%.1f %%", 100 * one)).orElse("-");
  }

  private static String millis(long nanos, String format) {
    return String.format(Locale.ROOT, format, nanos / 1e6);
  }

  private static void codecs(
      PrintWriter out,
      BundleManifest manifest,
      Optional<Profile> profile,
      Optional<CalibrationTable> select,
      Optional<CalibrationTable> certify) {
    if (select.isEmpty() || certify.isEmpty()) {
      out.println("not calibrated: it holds no outcomes, so plans cannot weigh accuracy");
      out.println();
    }
    if (manifest.codecs().isEmpty()) {
      return;
    }
    out.println("cut  codec         bytes  95th percent.  select  certify    encode    decode");
    for (CodecInfo codec : manifest.codecs()) {
      Optional<Double> inSelect = select.flatMap(table -> accuracy(table, codec));
      Optional<Double> inCertify = certify.flatMap(table -> accuracy(table, codec));
      var cost = profile.flatMap(one -> one.codec(codec.cut(), codec.name()));
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
          100 * inSelect.get(),
          100 * inCertify.get(),
          cost.get().encodeNanos() / 1e6,
          cost.get().decodeNanos() / 1e6);
    }
    out.println();
  }

  private static void variants(PrintWriter out, Bundle bundle) throws IOException {
    if (bundle.manifest().variants().isEmpty()) {
      return;
    }
    out.println("variant         bytes  final exit, select  time on the device  heads of its own");
    int last = bundle.manifest().finalExit().index();
    for (VariantInfo variant : bundle.manifest().variants()) {
      long bytes = bundle.file(variant.backbone()).length;
      for (String head : variant.heads().values()) {
        bytes += bundle.file(head).length;
      }
      // Its pictures may be fewer than those of the table above.
      String accuracy =
          BundleTables.calibration(bundle, variant.calibration())
              .map(table -> percent(Optional.of(accuracy(table, last))) + " of " + table.samples())
              .orElse("-");
      out.printf(
          Locale.ROOT,
          "%-8s  %,11d  %18s  %18s  %s%n",
          variant.precision(),
          bytes,
          accuracy,
          BundleTables.profile(bundle, variant.profile())
              .map(profile -> millis(profile.networkNanos(), "%.2f ms"))
              .orElse("-"),
          variant.heads().isEmpty() ? "none" : "exits " + variant.heads().keySet());
    }
    out.println();
  }

  static double accuracy(CalibrationTable table, int exit) {
    int right = 0;
    for (int s = 0; s < table.samples(); s++) {
      right += table.correct(s, exit) ? 1 : 0;
    }
    return right / (double) table.samples();
  }

  /** Returns the final exit's accuracy behind a codec, if that was measured. */
  private static Optional<Double> accuracy(CalibrationTable table, CodecInfo codec) {
    OptionalInt variant = table.variant(codec.cut(), codec.name());
    if (variant.isEmpty()) {
      return Optional.empty();
    }
    int right = 0;
    for (int s = 0; s < table.samples(); s++) {
      right += table.correct(variant.getAsInt(), s, table.exits() - 1) ? 1 : 0;
    }
    return Optional.of(right / (double) table.samples());
  }
}
