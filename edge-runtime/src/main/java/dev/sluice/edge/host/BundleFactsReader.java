package dev.sluice.edge.host;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.BundleFacts.CutFact;
import dev.sluice.scheduler.profile.BundleFacts.ExitFact;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CompanionFact;
import dev.sluice.scheduler.profile.CompanionInfo;
import dev.sluice.scheduler.profile.FactsFormatException;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.ThresholdFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads from a bundle what planners need to know of it. */
public final class BundleFactsReader {
  private static final Logger LOG = LoggerFactory.getLogger(BundleFactsReader.class);
  private static final String PROFILE = "profile.json";
  private static final String SELECT = "calibration.bin";
  private static final String CERTIFY = "certification.bin";
  private static final String THRESHOLDS = "thresholds.json";

  /** Folder of what the bundle says of its companion; {@code model companion} writes it. */
  private static final String BESIDE = "companion/";

  private static final String COMPANION = BESIDE + "companion.json";

  private BundleFactsReader() {}

  /** Turns bytes of a bundle's file into what they describe. */
  private interface Reader<T> {
    T read(byte[] bytes) throws FactsFormatException;
  }

  /**
   * Reads all of it. Codecs count that have a cost in the profile and outcomes in both tables; of
   * the others it is logged what they lack.
   *
   * @throws IOException if a file is missing or damaged, or does not fit the manifest; the message
   *     names it
   */
  public static BundleFacts read(Bundle bundle) throws IOException {
    return read(bundle, VariantInfo.FLOAT32);
  }

  /**
   * Reads all of it for a device that computes at a precision: its times and outcomes are the
   * variant's, the worker's times those of the network in float32.
   *
   * @param precision {@link VariantInfo#FLOAT32}, or a variant's
   * @throws IOException if a file is missing or damaged, or does not fit the manifest, or the
   *     bundle has no such variant; the message says which
   */
  public static BundleFacts read(Bundle bundle, String precision) throws IOException {
    BundleManifest manifest = bundle.manifest();
    Profile worker = profile(bundle);
    Profile profile = profile(bundle, precision);
    String selectTable = calibration(bundle, precision);
    CalibrationTable select = file(bundle, selectTable, CalibrationTable::read);
    CalibrationTable certify = file(bundle, beside(selectTable, CERTIFY), CalibrationTable::read);
    List<ExitFact> exits =
        manifest.exits().stream().map(exit -> new ExitFact(exit.index(), exit.cut())).toList();
    double allMacs = Math.max(1, manifest.cuts().get(manifest.lastCut()).macsBefore());
    List<CutFact> cuts =
        manifest.cuts().stream()
            .map((CutInfo cut) -> new CutFact(cut.index(), cut.macsBefore() / allMacs))
            .toList();
    List<CodecFact> codecs =
        Stream.concat(
                profile.codecs().stream().map(cost -> new CodecFact(cost.cut(), cost.codec())),
                manifest.codecs().stream().map(codec -> new CodecFact(codec.cut(), codec.name())))
            .distinct()
            .filter(codec -> codec.cut() < manifest.lastCut())
            .filter(codec -> isPlannable(bundle, codec, profile, select, certify))
            .toList();
    Optional<CompanionInfo> companion = companion(bundle);
    Optional<CompanionFact> beside = Optional.empty();
    if (companion.isPresent()) {
      CalibrationTable selected = file(bundle, BESIDE + SELECT, CalibrationTable::read);
      CalibrationTable certified = file(bundle, BESIDE + CERTIFY, CalibrationTable::read);
      beside = Optional.of(fact(bundle, companion.get(), selected, certified));
    }
    BundleFacts facts;
    try {
      facts =
          new BundleFacts(
              manifest.lastCut(), exits, cuts, codecs, profile, worker, select, certify, beside);
    } catch (IllegalArgumentException misfit) {
      throw new IOException(
          bundle.source()
              + ": its tables do not fit its network ("
              + misfit.getMessage()
              + "); "
              + REMEDY,
          misfit);
    }
    return withThresholds(bundle, facts, selectTable, profilePath(bundle, precision));
  }

  /* Older bundles have none, and what was found on other tables is of no use: planners look anew. */
  private static BundleFacts withThresholds(
      Bundle bundle, BundleFacts facts, String selectTable, String profile) throws IOException {
    String path = beside(selectTable, THRESHOLDS);
    if (!bundle.has(path)) {
      return facts;
    }
    String where = bundle.source() + "/" + path;
    ThresholdFile found;
    try {
      found = ThresholdFile.fromJson(bundle.file(path));
    } catch (FactsFormatException damaged) {
      throw new IOException(
          where + ": " + damaged.getMessage() + "; " + THRESHOLDS_REMEDY, damaged);
    }
    Map<String, String> digests = bundle.manifest().digests();
    if (!found.isOf(digests.getOrDefault(selectTable, ""), digests.getOrDefault(profile, ""))) {
      LOG.warn(
          "{}: is of another table or profile, so thresholds are found anew at every start; {}",
          where,
          THRESHOLDS_REMEDY);
      return facts;
    }
    try {
      return facts.with(found.front());
    } catch (IllegalArgumentException misfit) {
      throw new IOException(where + ": " + misfit.getMessage() + "; " + THRESHOLDS_REMEDY, misfit);
    }
  }

  /* The bundle serves without it, by plans that can be predicted: no reason to refuse it all. */
  private static boolean isPlannable(
      Bundle bundle,
      CodecFact codec,
      Profile profile,
      CalibrationTable select,
      CalibrationTable certify) {
    List<String> lacking = new ArrayList<>();
    if (profile.codec(codec.cut(), codec.codec()).isEmpty()) {
      lacking.add("a time in the profile");
    }
    for (CalibrationTable table : List.of(select, certify)) {
      if (table.variant(codec.cut(), codec.codec()).isEmpty()) {
        lacking.add("outcomes in the table " + table.role());
      }
    }
    if (!lacking.isEmpty()) {
      LOG.warn(
          "{}: no plan uses codec {} at cut {}: it lacks {}; {}",
          bundle.source(),
          codec.codec(),
          codec.cut(),
          String.join(" and ", lacking),
          REMEDY);
    }
    return lacking.isEmpty();
  }

  private static final String REMEDY = "prepare the bundle again";
  private static final String THRESHOLDS_REMEDY = "find them with ./sluice model fit-thresholds";

  /**
   * Reads which network the bundle names as its companion.
   *
   * @throws IOException if what is said of it is damaged, or is of other classes
   */
  public static Optional<CompanionInfo> companion(Bundle bundle) throws IOException {
    if (!bundle.has(COMPANION)) {
      return Optional.empty();
    }
    CompanionInfo companion = file(bundle, COMPANION, CompanionInfo::fromJson);
    if (companion.classes().size() != bundle.manifest().labels().size()) {
      throw new IOException(
          bundle.source() + "/" + COMPANION + ": is of other classes; name the companion again");
    }
    return Optional.of(companion);
  }

  private static CompanionFact fact(
      Bundle bundle, CompanionInfo companion, CalibrationTable select, CalibrationTable certify)
      throws IOException {
    try {
      return companion.fact(select, certify);
    } catch (IllegalArgumentException misfit) {
      throw new IOException(
          bundle.source()
              + ": its companion's tables are none ("
              + misfit.getMessage()
              + "); name the companion again",
          misfit);
    }
  }

  /**
   * Reads the measured times alone.
   *
   * @throws IOException if they are missing or damaged, or do not fit the manifest
   */
  public static Profile profile(Bundle bundle) throws IOException {
    return profile(bundle, VariantInfo.FLOAT32);
  }

  /**
   * Reads the measured times of a precision alone.
   *
   * @param precision {@link VariantInfo#FLOAT32}, or a variant's
   * @throws IOException if they are missing or damaged, or do not fit the manifest, or the bundle
   *     has no such variant
   */
  public static Profile profile(Bundle bundle, String precision) throws IOException {
    String path = profilePath(bundle, precision);
    Profile profile = file(bundle, path, Profile::fromJson);
    if (profile.lastCut() != bundle.manifest().lastCut()) {
      throw new IOException(bundle.source() + "/" + path + ": is of another network; " + REMEDY);
    }
    return profile;
  }

  private static String profilePath(Bundle bundle, String precision) throws IOException {
    return variant(bundle, precision).map(VariantInfo::profile).orElse(PROFILE);
  }

  private static String calibration(Bundle bundle, String precision) throws IOException {
    return variant(bundle, precision).map(VariantInfo::calibration).orElse(SELECT);
  }

  /** A variant's table of the certify set lies beside that of the select set. */
  private static String beside(String path, String name) {
    return path.substring(0, path.lastIndexOf('/') + 1) + name;
  }

  private static Optional<VariantInfo> variant(Bundle bundle, String precision) throws IOException {
    Optional<VariantInfo> variant = bundle.manifest().variant(precision);
    if (variant.isEmpty() && !precision.equals(VariantInfo.FLOAT32)) {
      throw new IOException(
          bundle.source()
              + ": has no variant '"
              + precision
              + "'"
              + (precision.equals("int8") ? "; make one with ./sluice model quantise" : ""));
    }
    return variant;
  }

  private static <T> T file(Bundle bundle, String path, Reader<T> reader) throws IOException {
    String where = bundle.source() + "/" + path;
    if (!bundle.has(path)) {
      throw new IOException(
          where
              + ": is missing, so nothing can be planned; make the bundle with ./sluice model"
              + " prepare, or force a plan with ./sluice classify");
    }
    try {
      return reader.read(bundle.file(path));
    } catch (FactsFormatException damaged) {
      throw new IOException(where + ": " + damaged.getMessage() + "; " + REMEDY, damaged);
    }
  }
}
