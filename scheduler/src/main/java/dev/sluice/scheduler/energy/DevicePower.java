package dev.sluice.scheduler.energy;

/**
 * Power that a device draws on top of what it draws with nothing to do. Immutable.
 *
 * <p>What it draws anyway is the same for every plan and left out.
 *
 * @param name for people and configuration
 * @param networkMilliwatts while it computes the network's segments and exit heads
 * @param codingMilliwatts while it preprocesses a picture or encodes a payload, which the CPU does
 *     even where the network has an accelerator
 * @param waitingMilliwatts while it computes nothing but must stay awake for a reply; 0 for a
 *     device that never sleeps
 */
public record DevicePower(
    String name, double networkMilliwatts, double codingMilliwatts, double waitingMilliwatts) {
  /**
   * Raspberry Pi 4 B with one busy core; it does not sleep between frames.
   *
   * <p>Geerling, "Power Consumption Benchmarks", Raspberry Pi Dramble: 2.7 W idle, 6.4 W with all
   * four cores busy. We take a quarter of the difference for one core, and the same for the network
   * and for coding, since both run on the CPU.
   */
  public static final DevicePower RASPBERRY_PI_4 = new DevicePower("pi4", 925, 925, 0);

  /**
   * The same board where it is switched off between frames and so draws its idle 2.7 W only for
   * them: as a trap camera with a wake-up circuit does. Booting is not counted.
   */
  public static final DevicePower RASPBERRY_PI_4_DUTY_CYCLED =
      new DevicePower("pi4-duty-cycled", 3625, 3625, 2700);

  public DevicePower {
    if (name.isBlank()) {
      throw new IllegalArgumentException("a device needs a name");
    }
    Positive.orZero(networkMilliwatts, "networkMilliwatts");
    Positive.orZero(codingMilliwatts, "codingMilliwatts");
    Positive.orZero(waitingMilliwatts, "waitingMilliwatts");
  }
}
