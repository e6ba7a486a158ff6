package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.FactsFormatException;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.ThresholdFile;
import java.io.IOException;
import java.util.Optional;
import java.util.function.BiConsumer;

/** A bundle's calibration tables, profiles and threshold vectors, which not every bundle has. */
final class BundleTables {
  /** Table on which plans are chosen. A variant has one of its own in its folder. */
  static final String SELECT = "calibration.bin";

  /** Measured times; likewise. */
  static final String PROFILE = "profile.json";

  /** Threshold vectors found on the two; likewise. */
  static final String THRESHOLDS = "thresholds.json";

  private BundleTables() {}

  /**
   * Puts a SELECT table and a profile into a bundle, with the threshold vectors that follow from
   * them.
   *
   * @param folder path of the folder with a slash behind it; empty for the bundle's own
   */
  static void put(BiConsumer<String, byte[]> files, String folder, byte[] select, byte[] profile) {
    files.accept(folder + SELECT, select);
    files.accept(folder + PROFILE, profile);
    try {
      files.accept(folder + THRESHOLDS, CandidatePlans.thresholds(select, profile).toJson());
    } catch (FactsFormatException e) {
      throw new IllegalStateException("a table or profile just written cannot be read", e);
    }
  }

  /** Returns the bundle's own threshold vectors, if it has some. */
  static Optional<ThresholdFile> thresholds(Bundle bundle) throws IOException {
    if (!bundle.has(THRESHOLDS)) {
      return Optional.empty();
    }
    try {
      return Optional.of(ThresholdFile.fromJson(bundle.file(THRESHOLDS)));
    } catch (FactsFormatException e) {
      throw damaged(bundle, THRESHOLDS, e);
    }
  }

  /** Returns a calibration table, if the bundle has that file. */
  static Optional<CalibrationTable> calibration(Bundle bundle, String file) throws IOException {
    if (!bundle.has(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(CalibrationTable.read(bundle.file(file)));
    } catch (FactsFormatException e) {
      throw damaged(bundle, file, e);
    }
  }

  /** Returns a profile, if the bundle has that file. */
  static Optional<Profile> profile(Bundle bundle, String file) throws IOException {
    if (!bundle.has(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Profile.fromJson(bundle.file(file)));
    } catch (FactsFormatException e) {
      throw damaged(bundle, file, e);
    }
  }

  private static IOException damaged(Bundle bundle, String file, FactsFormatException e) {
    return new IOException(
        bundle.source() + "/" + file + ": " + e.getMessage() + "; prepare the bundle again", e);
  }
}
