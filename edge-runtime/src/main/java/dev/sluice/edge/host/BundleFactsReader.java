package dev.sluice.edge.host;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.BundleFacts.CutFact;
import dev.sluice.scheduler.profile.BundleFacts.ExitFact;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.FactsFormatException;
import dev.sluice.scheduler.profile.Profile;
import java.io.IOException;
import java.util.List;

/** Reads from a bundle what planners need to know of it. */
public final class BundleFactsReader {
  private static final String PROFILE = "profile.json";
  private static final String SELECT = "calibration.bin";
  private static final String CERTIFY = "certification.bin";

  private BundleFactsReader() {}

  /** Turns bytes of a bundle's file into what they describe. */
  private interface Reader<T> {
    T read(byte[] bytes) throws FactsFormatException;
  }

  /**
   * Reads all of it. Codecs count that have a cost in the profile and outcomes in both tables.
   *
   * @throws IOException if a file is missing or damaged, or does not fit the manifest; the message
   *     names it
   */
  public static BundleFacts read(Bundle bundle) throws IOException {
    BundleManifest manifest = bundle.manifest();
    Profile profile = profile(bundle);
    CalibrationTable select = file(bundle, SELECT, CalibrationTable::read);
    CalibrationTable certify = file(bundle, CERTIFY, CalibrationTable::read);
    List<ExitFact> exits =
        manifest.exits().stream().map(exit -> new ExitFact(exit.index(), exit.cut())).toList();
    double allMacs = Math.max(1, manifest.cuts().get(manifest.lastCut()).macsBefore());
    List<CutFact> cuts =
        manifest.cuts().stream()
            .map((CutInfo cut) -> new CutFact(cut.index(), cut.macsBefore() / allMacs))
            .toList();
    List<CodecFact> codecs =
        profile.codecs().stream()
            .map(cost -> new CodecFact(cost.cut(), cost.codec()))
            .filter(codec -> codec.cut() < manifest.lastCut())
            .filter(codec -> select.variant(codec.cut(), codec.codec()).isPresent())
            .filter(codec -> certify.variant(codec.cut(), codec.codec()).isPresent())
            .toList();
    try {
      return new BundleFacts(manifest.lastCut(), exits, cuts, codecs, profile, select, certify);
    } catch (IllegalArgumentException misfit) {
      throw new IOException(
          bundle.source()
              + ": its tables do not fit its network ("
              + misfit.getMessage()
              + "); "
              + REMEDY,
          misfit);
    }
  }

  private static final String REMEDY = "prepare the bundle again";

  /**
   * Reads the measured times alone.
   *
   * @throws IOException if they are missing or damaged, or do not fit the manifest
   */
  public static Profile profile(Bundle bundle) throws IOException {
    Profile profile = file(bundle, PROFILE, Profile::fromJson);
    if (profile.lastCut() != bundle.manifest().lastCut()) {
      throw new IOException(bundle.source() + "/" + PROFILE + ": is of another network; " + REMEDY);
    }
    return profile;
  }

  private static <T> T file(Bundle bundle, String path, Reader<T> reader) throws IOException {
    String where = bundle.source() + "/" + path;
    if (!bundle.has(path)) {
      throw new IOException(where + ": is missing; " + REMEDY);
    }
    try {
      return reader.read(bundle.file(path));
    } catch (FactsFormatException damaged) {
      throw new IOException(where + ": " + damaged.getMessage() + "; " + REMEDY, damaged);
    }
  }
}
