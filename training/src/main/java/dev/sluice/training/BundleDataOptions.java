package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.training.data.CifarData;
import dev.sluice.training.data.DataException;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.FolderData;
import dev.sluice.training.data.Labels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The data that a bundle was made with, divided as they were then; to be mixed into a command that
 * takes the bundle further.
 */
final class BundleDataOptions {
  private static final String FOLDER = "folder";
  private static final String CIFAR = "cifar10";
  private static final String ROADSIGNS = "roadsigns";
  private static final int MOST_DRIVES = 20_000;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

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
      names = "--quick",
      description = "roadsigns: a tenth of the frames, for trying; certifies nothing")
  private boolean quick;

  private int certifyDrives;

  /**
   * The data as they were divided.
   *
   * @param options the same in words, without places on this machine
   */
  record Drawn(DataSets sets, long seed, String options) {}

  /**
   * Looks at the options before anything is read.
   *
   * @throws ParameterException if they do not go together
   */
  void check() {
    if (!List.of(FOLDER, CIFAR, ROADSIGNS).contains(format)) {
      throw wrong("--format must be folder, cifar10 or roadsigns: " + format);
    }
    if (format.equals(ROADSIGNS) == (data != null)) {
      throw wrong(
          format.equals(ROADSIGNS)
              ? "--data does not go with --format roadsigns, whose frames are drawn"
              : "--data DIR is missing, the labelled pictures the bundle was made with");
    }
    if (quick && !format.equals(ROADSIGNS)) {
      throw wrong("--quick goes with --format roadsigns only");
    }
  }

  /**
   * Reads the data, in the bundle's classes.
   *
   * @throws IOException if they cannot be read or are not the bundle's
   */
  Drawn draw(Bundle bundle) throws IOException {
    long used = seed(bundle);
    String place = data == null ? "" : " --data " + data.toAbsolutePath().getFileName();
    return new Drawn(
        inClassesOf(bundle, data(used)),
        used,
        "--format %s%s --seed %d%s%s"
            .formatted(
                format,
                place,
                used,
                quick ? " --quick" : "",
                certifyDrives > 0 ? " --drives " + certifyDrives : ""));
  }

  /**
   * Asks for other drives to certify on.
   *
   * @param drives at least 1
   * @throws ParameterException if the data are not drawn, or there are none or too many
   */
  void certifyOn(int drives) {
    if (!format.equals(ROADSIGNS)) {
      throw wrong("--drives goes with --format roadsigns only");
    }
    if (drives < 1 || drives > MOST_DRIVES) {
      throw wrong("--drives must be in [1, %d]: %d".formatted(MOST_DRIVES, drives));
    }
    certifyDrives = drives;
  }

  private RuntimeException wrong(String what) {
    return spec == null
        ? new IllegalStateException(what)
        : new ParameterException(spec.commandLine(), what);
  }

  /** The seed that divided the bundle's data: another would test on what it was trained on. */
  private long seed(Bundle bundle) {
    Map<String, String> provenance = bundle.manifest().provenance();
    String known =
        Optional.ofNullable(provenance.get("data.seed"))
            .orElseGet(() -> provenance.getOrDefault("seed", ""));
    if (seed != null) {
      if (!known.isEmpty() && !known.equals(seed.toString())) {
        throw wrong(
            "--seed %d: the bundle's data were divided by seed %s; leave --seed out"
                .formatted(seed, known));
      }
      return seed;
    }
    try {
      return Long.parseLong(known);
    } catch (NumberFormatException e) {
      throw wrong("the bundle does not say by which seed its data were divided; give --seed");
    }
  }

  private DataSets data(long used) throws DataException {
    if (data == null) {
      RoadSignsData.Sizes sizes =
          quick ? RoadSignsData.Sizes.quick() : RoadSignsData.Sizes.published();
      return RoadSignsData.draw(
          used, certifyDrives > 0 ? sizes.withCertifyDrives(certifyDrives) : sizes);
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
              .formatted(labels, names.size(), own.size(), bundle.source()));
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
                .formatted(bundle.source(), own.size(), sets.classes().size())
            + " --labels that name the data's folders");
  }
}
