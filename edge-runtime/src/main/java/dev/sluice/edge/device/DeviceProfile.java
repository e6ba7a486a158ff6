package dev.sluice.edge.device;

import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Profile;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How fast a device is at each kind of operator, from published figures: an emulated device's times
 * follow from it. Immutable.
 *
 * <p>A network takes the sum over its operators of {@code max(launch, MACs / rate of the kind)},
 * operators bound by memory their bytes over {@code bytesPerSecond}. MACs alone are wrong by an
 * order of magnitude: fast accelerators are bound by launches, and depthwise convolutions reach a
 * fraction of the dense rate on CPUs.
 *
 * <p>What it draws stands elsewhere, under the same name: {@link
 * dev.sluice.scheduler.energy.DevicePowers}.
 *
 * @param name as options have it, lower case
 * @param title for people
 * @param denseMacsPerSecond rate at dense operators, positive
 * @param depthwiseMacsPerSecond rate at depthwise convolutions, positive
 * @param bytesPerSecond rate of operators bound by memory, positive
 * @param launchNanos least time of a dense or depthwise operator, at least 0
 * @param codecFactor time of one thread's scalar code, as in codecs and preprocessing, over that on
 *     the machine of a bundle's profile, positive. An assumption from clocks and widths of the
 *     cores, not published
 * @param assumed figures that nobody published, by their names in {@code devices.json}
 * @param source of the figures
 */
public record DeviceProfile(
    String name,
    String title,
    double denseMacsPerSecond,
    double depthwiseMacsPerSecond,
    double bytesPerSecond,
    double launchNanos,
    double codecFactor,
    Set<String> assumed,
    String source) {
  public DeviceProfile {
    assumed = Set.copyOf(assumed);
    if (!name.matches("[a-z0-9][a-z0-9-]*")) {
      throw new IllegalArgumentException("not a device's name: '" + name + "'");
    }
    requirePositive(denseMacsPerSecond, "denseMacsPerSecond");
    requirePositive(depthwiseMacsPerSecond, "depthwiseMacsPerSecond");
    requirePositive(bytesPerSecond, "bytesPerSecond");
    requirePositive(codecFactor, "codecFactor");
    if (!(launchNanos >= 0 && launchNanos < 1e9)) {
      throw new IllegalArgumentException("launchNanos not in [0, 1e9): " + launchNanos);
    }
  }

  private static void requirePositive(double value, String what) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(what + " must be positive: " + value);
    }
  }

  /** The same device, this many times as slow at everything; faster below 1. */
  public DeviceProfile slowedDown(double factor) {
    requirePositive(factor, "factor");
    return new DeviceProfile(
        name,
        title,
        denseMacsPerSecond / factor,
        depthwiseMacsPerSecond / factor,
        bytesPerSecond / factor,
        launchNanos * factor,
        codecFactor * factor,
        assumed,
        source);
  }

  /** Predicted time of operators that run one after another, in nanoseconds. */
  public double nanos(List<OperatorWork> work) {
    return work.stream().mapToDouble(this::nanos).sum();
  }

  private double nanos(OperatorWork operator) {
    return switch (operator.kind()) {
      case DENSE -> Math.max(launchNanos, operator.macs() * 1e9 / denseMacsPerSecond);
      case DEPTHWISE -> Math.max(launchNanos, operator.macs() * 1e9 / depthwiseMacsPerSecond);
      case MEMORY -> operator.bytes() * 1e9 / bytesPerSecond;
    };
  }

  /**
   * A bundle's facts as they are on this device: its profile has the device's own times, so an
   * emulated device runs it with factor 1. The worker's profile stays as measured.
   *
   * <p>Where the facts are of a variant, such as INT8, its parts are as much faster here as they
   * were on the machine of the profile.
   *
   * @param facts of the bundle
   * @param work of the same bundle
   */
  public BundleFacts on(BundleFacts facts, BundleWork work) {
    Profile measured = facts.profile();
    Profile reference = facts.workerProfile();
    if (work.segments().size() != measured.lastCut()) {
      throw new IllegalArgumentException(
          "operators of %d segments do not fit a profile of %d"
              .formatted(work.segments().size(), measured.lastCut()));
    }
    List<Profile.SegmentTime> segments = new ArrayList<>();
    for (int cut = 1; cut <= measured.lastCut(); cut++) {
      double nanos = nanos(work.segments().get(cut - 1));
      double gain = ratio(measured.segmentNanos(cut), reference.segmentNanos(cut));
      segments.add(new Profile.SegmentTime(cut, Math.round(nanos * gain)));
    }
    List<Profile.HeadTime> heads = new ArrayList<>();
    work.heads()
        .forEach(
            (exit, operators) -> {
              double gain = ratio(measured.headNanos(exit), reference.headNanos(exit));
              heads.add(new Profile.HeadTime(exit, Math.round(nanos(operators) * gain)));
            });
    List<Profile.CodecCost> codecs = new ArrayList<>();
    for (Profile.CodecCost cost : measured.codecs()) {
      codecs.add(
          new Profile.CodecCost(
              cost.cut(),
              cost.codec(),
              Math.round(cost.encodeNanos() * codecFactor),
              cost.decodeNanos(),
              cost.meanBytes(),
              cost.p95Bytes()));
    }
    Profile profile =
        new Profile(
            measured.version(),
            title + ", emulated from published figures",
            Math.round(measured.preprocessNanos() * codecFactor),
            segments,
            heads,
            codecs);
    return withProfile(facts, profile);
  }

  /**
   * The same facts with the device's times replaced. The bundle's threshold vectors were found on
   * its own times, and those that its exits deserve on this device are others: they are left out.
   */
  static BundleFacts withProfile(BundleFacts facts, Profile profile) {
    return new BundleFacts(
        facts.lastCut(),
        facts.exits(),
        facts.cuts(),
        facts.codecs(),
        profile,
        facts.workerProfile(),
        facts.select(),
        facts.certify(),
        facts.companion(),
        facts.layers());
  }

  private static double ratio(long above, long below) {
    return above > 0 && below > 0 ? (double) above / below : 1;
  }
}
