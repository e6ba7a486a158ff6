package dev.sluice.scheduler.energy;

import java.util.Set;

/**
 * What a device draws by published figures. Immutable. All devices have it on one basis: idle power
 * apart, everything else on top of it, so that devices can be compared and plans are not charged
 * for what is drawn anyway.
 *
 * @param idleMilliwatts with nothing to do, positive
 * @param aboveIdle on top of that while it works as its published times were measured: on all its
 *     cores or on its accelerator; coding on one core
 * @param assumed figures that nobody published, by their names in {@code powers.json}
 * @param source of the figures
 */
public record PublishedPower(
    double idleMilliwatts, DevicePower aboveIdle, Set<String> assumed, String source) {
  static final String ONE_CORE = "-one-core";
  static final String DUTY_CYCLED = "-duty-cycled";

  public PublishedPower {
    if (!(idleMilliwatts > 0) || Double.isInfinite(idleMilliwatts)) {
      throw new IllegalArgumentException("idleMilliwatts must be positive: " + idleMilliwatts);
    }
    if (source.isBlank()) {
      throw new IllegalArgumentException("a published figure has a source");
    }
    assumed = Set.copyOf(assumed);
  }

  /**
   * Returns what the device draws where one core computes the network too, as an agent on the board
   * itself does, whose engine has one thread; it does not sleep between frames.
   */
  public DevicePower oneCore() {
    double core = aboveIdle.codingMilliwatts();
    return new DevicePower(aboveIdle.name() + ONE_CORE, core, core, aboveIdle.waitingMilliwatts());
  }

  /**
   * Returns what one core of the device draws where it is switched off between frames and so draws
   * its idle power only for them: as a trap camera with a wake-up circuit does. Booting is not
   * counted.
   */
  public DevicePower dutyCycled() {
    double core = idleMilliwatts + aboveIdle.codingMilliwatts();
    return new DevicePower(aboveIdle.name() + DUTY_CYCLED, core, core, idleMilliwatts);
  }
}
