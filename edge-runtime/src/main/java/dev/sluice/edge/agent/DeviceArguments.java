package dev.sluice.edge.agent;

import dev.sluice.edge.device.Devices;
import dev.sluice.edge.host.EmulatedDevice;
import dev.sluice.edge.host.EmulatedProfile;
import dev.sluice.edge.session.Device;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.profile.BundleFacts;
import java.io.IOException;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which device the agent is: this machine, or an emulated one. */
final class DeviceArguments {
  private static final double MILLIS = 1e6;
  private static final double EMULATION_NOISE = 0.03;

  /** A core of a few hundred MHz: a sixth of this machine's clock, a third of its work per tick. */
  private static final double DEFAULT_SCALAR_FACTOR = 20;

  @Option(
      names = "--emulate-device",
      paramLabel = "TIME",
      converter = Words.Millis.class,
      description = "be a device that takes this long for the whole network in float32, e.g. 250ms")
  private @Nullable Double emulatedMillis;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description =
          "be a device of which figures are published, such as pi4, jetson-nano or phone-mid, or"
              + " one whose profile './sluice profile' has written to a file of this name")
  private @Nullable String name;

  @Option(
      names = "--emulate-codecs",
      paramLabel = "FACTOR",
      defaultValue = "" + DEFAULT_SCALAR_FACTOR,
      description =
          "how much slower the emulated device is at codecs and pixels than the machine that the"
              + " bundle was profiled on (default: ${DEFAULT-VALUE})")
  private double scalarFactor = DEFAULT_SCALAR_FACTOR;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "seed of the emulated device's noise and of the draw of audits (default:"
              + " ${DEFAULT-VALUE})")
  private long seed = 1;

  void check(EngineArguments command) {
    if (name != null && emulatedMillis != null) {
      throw command.wrongUse("--device and --emulate-device are two devices; give one of them");
    }
    if (name != null) {
      try {
        Devices.check(name);
      } catch (IllegalArgumentException unknown) {
        throw command.wrongUse("--device: " + unknown.getMessage());
      }
    }
    if (!(scalarFactor > 0 && scalarFactor <= 100_000)) {
      throw command.wrongUse("--emulate-codecs must be in (0, 100000], not " + scalarFactor);
    }
  }

  /** Returns the seed of what is left to chance. */
  long seed() {
    return seed;
  }

  /** What a published device draws on Wi-Fi, where that is known. */
  Optional<EnergyModel> published() {
    return Optional.ofNullable(name).flatMap(EnergyModel::ofDevice);
  }

  boolean emulated() {
    return emulatedMillis != null || name != null;
  }

  /** Returns the device's time for the network over the profile's, both in float32. */
  double factor(BundleFacts facts) {
    return emulatedMillis == null
        ? 1
        : emulatedMillis * MILLIS / Math.max(1, facts.workerProfile().networkNanos());
  }

  /**
   * Returns the facts as they are on this device.
   *
   * @throws IOException if a measured profile cannot be read or is of another network
   */
  BundleFacts onDevice(BundleFacts facts, Bundle bundle) throws IOException {
    if (name != null) {
      return Devices.on(name, facts, bundle);
    }
    return emulatedMillis == null ? facts : EmulatedProfile.of(facts, factor(facts), scalarFactor);
  }

  /**
   * Makes the device.
   *
   * @param factor as {@link #factor} has it
   */
  Device device(Engine engine, double factor) {
    return !emulated()
        ? engine.device()
        : new EmulatedDevice(
            engine.loop(), engine.deviceThread(), factor, EMULATION_NOISE, new Random(seed));
  }
}
