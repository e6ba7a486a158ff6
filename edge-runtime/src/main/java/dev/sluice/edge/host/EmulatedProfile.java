package dev.sluice.edge.host;

import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.Profile.CodecCost;
import java.util.List;

/**
 * A bundle's facts with the proportions of an emulated device. A slow device is not equally slow at
 * everything: convolutions live from vector units and caches that it lacks, codecs and pixel loops
 * are scalar code. So the two kinds have factors of their own; only their ratio shows here, since
 * the emulated device multiplies everything by the network's factor.
 */
public final class EmulatedProfile {
  private EmulatedProfile() {}

  /**
   * Returns facts whose profile, times {@code networkFactor}, is the emulated device's.
   *
   * @param networkFactor time of stages and heads on the device over the profile's, positive
   * @param scalarFactor the same for encoding and preprocessing, positive
   */
  public static BundleFacts of(BundleFacts facts, double networkFactor, double scalarFactor) {
    if (!(networkFactor > 0 && scalarFactor > 0)) {
      throw new IllegalArgumentException(
          "factors must be positive: " + networkFactor + ", " + scalarFactor);
    }
    double ratio = scalarFactor / networkFactor;
    Profile profile = facts.profile();
    List<CodecCost> codecs =
        profile.codecs().stream()
            .map(
                cost ->
                    new CodecCost(
                        cost.cut(),
                        cost.codec(),
                        Math.round(cost.encodeNanos() * ratio),
                        cost.decodeNanos(),
                        cost.meanBytes(),
                        cost.p95Bytes()))
            .toList();
    Profile emulated =
        new Profile(
            profile.version(),
            profile.machine(),
            Math.round(profile.preprocessNanos() * ratio),
            profile.segments(),
            profile.heads(),
            codecs);
    return new BundleFacts(
        facts.lastCut(),
        facts.exits(),
        facts.cuts(),
        facts.codecs(),
        emulated,
        // One network on both sides has one profile, as measured or as emulated.
        facts.workerProfile().equals(profile) ? emulated : facts.workerProfile(),
        facts.select(),
        facts.certify(),
        facts.companion(),
        facts.layers(),
        // Segments and heads are as they were, and vectors depend on nothing else of a profile.
        facts.thresholds());
  }
}
