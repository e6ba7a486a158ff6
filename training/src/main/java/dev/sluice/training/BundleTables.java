package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.FactsFormatException;
import dev.sluice.scheduler.profile.Profile;
import java.io.IOException;
import java.util.Optional;

/** Reads a bundle's calibration tables and profiles, which not every bundle has. */
final class BundleTables {
  private BundleTables() {}

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
