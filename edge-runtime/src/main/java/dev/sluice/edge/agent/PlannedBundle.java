package dev.sluice.edge.agent;

import dev.sluice.edge.device.Devices;
import dev.sluice.edge.host.BundleFactsReader;
import dev.sluice.edge.host.EmulatedProfile;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.repository.Bundles;
import dev.sluice.scheduler.profile.BundleFacts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What plans are made for: a bundle, and the device that is to run it. A mixin of picocli. */
final class PlannedBundle {
  private static final double NANOS_PER_MILLI = 1e6;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "0..1",
      paramLabel = "BUNDLE",
      description =
          "a bundle's folder or zip, or its http(s) address (default: the RoadSigns bundle that"
              + " Sluice comes with)")
  private @Nullable String bundle;

  @Option(
      names = "--device-scale",
      paramLabel = "FACTOR",
      converter = Words.Factor.class,
      description = "the device's time over the bundle's profile (default: 1)")
  private @Nullable Double deviceScale;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      converter = Words.Device.class,
      description =
          "the same as the device's time for the whole network in float32, e.g. 250ms (a bare"
              + " number is milliseconds); or a device of which figures are published, such as pi4,"
              + " jetson-nano or phone-mid; or the file that './sluice profile' has written of one")
  private Words.@Nullable DeviceWord device;

  @Option(
      names = "--device-codecs",
      paramLabel = "FACTOR",
      converter = Words.Factor.class,
      description =
          "the device's time over the profile for codecs and pixels, where that is another"
              + " (default: as for the network; edge --emulate-device takes 20)")
  private @Nullable Double codecScale;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      defaultValue = VariantInfo.FLOAT32,
      description =
          "at which the device computes: float32, or int8 where the bundle has it (default:"
              + " ${DEFAULT-VALUE})")
  private String precision = VariantInfo.FLOAT32;

  /**
   * A bundle on a device.
   *
   * @param facts as they are on the device, but for its scale
   * @param scale the device's time over them
   */
  record Planned(Bundle bundle, BundleFacts facts, double scale) {}

  String precision() {
    return precision;
  }

  /** The device as it was named, if it was; a time has its unit. */
  Optional<String> deviceName() {
    return Optional.ofNullable(device).map(Words.DeviceWord::name);
  }

  /** Whether the device's own profile is known, codecs and pixels included. */
  private boolean knowsCodecs() {
    return device != null && device.millis().isEmpty();
  }

  /** Refuses options that exclude each other. */
  void check() {
    if (deviceScale != null && device != null) {
      throw wrongUse("--device and --device-scale exclude each other");
    }
    if (codecScale != null && knowsCodecs()) {
      throw wrongUse(
          "--device-codecs goes with a device's time, not with a device of known codecs");
    }
  }

  /** Opens the bundle and takes it to the device. */
  Planned open() throws IOException {
    Bundle opened = bundle();
    BundleFacts profiled = BundleFactsReader.read(opened, precision);
    double scale = scale(profiled);
    if (device != null && knowsCodecs()) {
      return new Planned(opened, Devices.on(device.text(), profiled, opened), scale);
    }
    return new Planned(
        opened,
        codecScale == null ? profiled : EmulatedProfile.of(profiled, scale, codecScale),
        scale);
  }

  private Bundle bundle() throws IOException {
    String named =
        bundle == null
            ? Path.of(System.getProperty("sluice.home", ""))
                .resolve("experiments/bundles/roadsigns")
                .toString()
            : bundle;
    Optional<String> wrong = Bundles.misnamed(named);
    if (wrong.isPresent()) {
      throw wrongUse("BUNDLE " + wrong.get());
    }
    return Bundle.open(
        Bundles.usual(
                line -> spec.commandLine().getErr().println(spec.qualifiedName() + ": " + line))
            .locate(named));
  }

  private double scale(BundleFacts profiled) {
    if (device != null && device.millis().isPresent()) {
      return device.millis().getAsDouble()
          * NANOS_PER_MILLI
          / Math.max(1, profiled.workerProfile().networkNanos());
    }
    return deviceScale == null ? 1 : deviceScale;
  }

  private ParameterException wrongUse(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
