package dev.sluice.edge.device;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.FactsFormatException;
import dev.sluice.scheduler.profile.Profile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Devices as people name them: by a published one's name, or by the file of a bundle's profile that
 * was measured on a real one.
 */
public final class Devices {
  private static final Logger LOG = LoggerFactory.getLogger(Devices.class);

  private Devices() {}

  /**
   * Checks a name before anything is read.
   *
   * @throws IllegalArgumentException if it names neither a file nor a published device
   */
  public static void check(String device) {
    if (!Files.isRegularFile(Path.of(device))) {
      try {
        DeviceProfiles.named(device);
      } catch (IllegalArgumentException unknown) {
        throw new IllegalArgumentException(
            unknown.getMessage() + ", and no such file that ./sluice profile wrote", unknown);
      }
    }
  }

  /**
   * A bundle's facts with the device's own times. Codecs that a file has no time of are in no plan
   * then, which is logged.
   *
   * @param device a name or a file that {@link #check} accepts
   * @throws IOException if the file is no profile or of another network, or the bundle is damaged
   */
  public static BundleFacts on(String device, BundleFacts facts, Bundle bundle) throws IOException {
    Path file = Path.of(device);
    if (!Files.isRegularFile(file)) {
      return DeviceProfiles.named(device).on(facts, BundleWork.of(bundle));
    }
    Profile profile;
    try {
      profile = Profile.fromJson(Files.readAllBytes(file));
    } catch (FactsFormatException e) {
      throw new IOException(
          file + ": " + e.getMessage() + "; write it with ./sluice profile BUNDLE", e);
    }
    if (profile.lastCut() != facts.lastCut()) {
      throw new IOException(
          "%s: is of another network: it has %d segments, %s has %d"
              .formatted(file, profile.lastCut(), bundle.source(), facts.lastCut()));
    }
    for (CodecFact codec : facts.codecs()) {
      if (profile.codec(codec.cut(), codec.codec()).isEmpty()) {
        LOG.warn(
            "{}: no plan uses codec {} at cut {}: the device's time for it was not measured; write"
                + " the file again with ./sluice profile BUNDLE",
            file,
            codec.codec(),
            codec.cut());
      }
    }
    return DeviceProfile.withProfile(facts, profile);
  }
}
