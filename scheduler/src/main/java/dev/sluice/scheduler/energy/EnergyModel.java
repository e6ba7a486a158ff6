package dev.sluice.scheduler.energy;

import java.util.Optional;

/**
 * Prices what a device does, in joules. Immutable and thread-safe.
 *
 * <p>Energy = computing (power times time by kind) + waiting + radio (promotion, transfers, tail).
 * The tail depends on the gaps between transfers, so a whole replayed stream is priced ({@link
 * DeviceActivity}), not its mean: ten frames sent in a row keep an LTE radio up once, ten frames
 * sent a minute apart ten times.
 *
 * <p>What plans do is priced, and the pings of a connection that a plan keeps up though it sends
 * seldom ({@link IdlePings}): with pings more often than a radio's tail is long it never sleeps. A
 * local plan has none, since its link may rest (where it may not, it draws more). Probes, where
 * nothing else tells the rate, are not.
 *
 * <p>The constants are other people's measurements of other devices. Every one can be scaled
 * ({@link #scaled}), and {@link EnergyRanking} says which comparisons of plans that would turn.
 *
 * @param device what computing and waiting draw
 * @param radio what the radio draws
 */
public record EnergyModel(DevicePower device, RadioPower radio) {
  /** One core of a Raspberry Pi 4 on Wi-Fi, where nothing else is said. */
  public static final EnergyModel DEFAULT = named("pi4-one-core+wifi");

  /**
   * Returns a preset by the names of its device and radio, for example {@code pi5+lte}; on Wi-Fi
   * where no radio is named.
   *
   * @throws IllegalArgumentException if there is none of that name: naming the known ones, or
   *     saying why a device's power is not known
   */
  public static EnergyModel named(String name) {
    int plus = name.lastIndexOf('+');
    if (plus < 0) {
      return new EnergyModel(DevicePowers.named(name), RadioPower.WIFI);
    }
    return new EnergyModel(
        DevicePowers.named(name.substring(0, plus)), RadioPower.named(name.substring(plus + 1)));
  }

  /** Returns the model of a device on Wi-Fi; empty if nobody has published what it draws. */
  public static Optional<EnergyModel> ofDevice(String name) {
    return DevicePowers.published().containsKey(name) ? Optional.of(named(name)) : Optional.empty();
  }

  /** Returns the names of device and radio as {@link #named} takes them. */
  public String name() {
    return device.name() + "+" + radio.name();
  }

  /** Returns the mean energy of an activity's frames. */
  public EnergyPerFrame perFrame(DeviceActivity activity) {
    return activity.perFrame(device, radio);
  }

  /** Returns the mean energy of the frames of an activity as far as it is collected. */
  public EnergyPerFrame perFrame(DeviceActivity.Builder collected) {
    return collected.perFrame(device, radio);
  }

  /**
   * Returns what a frame draws at least: computing, and what sent bytes cost beyond the time that
   * they take.
   *
   * @param networkNanos mean time of segments and heads, at least 0
   * @param codingNanos mean time of preprocessing and encoding, at least 0
   * @param bytes mean bytes sent, at least 0
   */
  public double leastJoules(double networkNanos, double codingNanos, double bytes) {
    return (device.networkMilliwatts() * networkNanos + device.codingMilliwatts() * codingNanos)
            * 1e-12
        + radio.transmitMillijoulesPerMegabit() * bytes * 8e-9;
  }

  /**
   * Returns the same model with one constant scaled.
   *
   * @param factor finite, at least 0
   */
  public EnergyModel scaled(EnergyConstant constant, double factor) {
    Positive.orZero(factor, "factor");
    return switch (constant) {
      case NETWORK_POWER, CODING_POWER, WAITING_POWER ->
          new EnergyModel(
              new DevicePower(
                  device.name(),
                  device.networkMilliwatts()
                      * (constant == EnergyConstant.NETWORK_POWER ? factor : 1),
                  device.codingMilliwatts()
                      * (constant == EnergyConstant.CODING_POWER ? factor : 1),
                  device.waitingMilliwatts()
                      * (constant == EnergyConstant.WAITING_POWER ? factor : 1)),
              radio);
      case PROMOTION_POWER,
          PROMOTION_TIME,
          ACTIVE_POWER,
          TRANSMIT_ENERGY,
          RECEIVE_ENERGY,
          TAIL_POWER,
          TAIL_TIME ->
          new EnergyModel(device, scaledRadio(constant, factor));
    };
  }

  private RadioPower scaledRadio(EnergyConstant constant, double factor) {
    return new RadioPower(
        radio.name(),
        radio.promotionMilliwatts() * (constant == EnergyConstant.PROMOTION_POWER ? factor : 1),
        Math.round(
            radio.promotionNanos() * (constant == EnergyConstant.PROMOTION_TIME ? factor : 1)),
        radio.activeMilliwatts() * (constant == EnergyConstant.ACTIVE_POWER ? factor : 1),
        radio.transmitMillijoulesPerMegabit()
            * (constant == EnergyConstant.TRANSMIT_ENERGY ? factor : 1),
        radio.receiveMillijoulesPerMegabit()
            * (constant == EnergyConstant.RECEIVE_ENERGY ? factor : 1),
        radio.tail().stream()
            .map(
                phase ->
                    new RadioPower.TailPhase(
                        phase.milliwatts() * (constant == EnergyConstant.TAIL_POWER ? factor : 1),
                        Math.round(
                            phase.nanos() * (constant == EnergyConstant.TAIL_TIME ? factor : 1))))
            .toList());
  }
}
