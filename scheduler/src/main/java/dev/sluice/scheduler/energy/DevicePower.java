package dev.sluice.scheduler.energy;

/**
 * Power that a device draws on top of what it draws with nothing to do. Immutable.
 *
 * <p>What it draws anyway is the same for every plan and left out. {@link DevicePowers} has those
 * of known devices.
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
  public DevicePower {
    if (name.isBlank()) {
      throw new IllegalArgumentException("a device needs a name");
    }
    Positive.orZero(networkMilliwatts, "networkMilliwatts");
    Positive.orZero(codingMilliwatts, "codingMilliwatts");
    Positive.orZero(waitingMilliwatts, "waitingMilliwatts");
  }
}
