package dev.sluice.scheduler.energy;

import java.util.Locale;

/** A constant of an {@link EnergyModel} that may be wrong by a factor. */
public enum EnergyConstant {
  /** Power while the network is computed. */
  NETWORK_POWER,
  /** Power while pictures are preprocessed and payloads encoded. */
  CODING_POWER,
  /** Power while the device stays awake for a reply. */
  WAITING_POWER,
  /** Power while the radio comes up. */
  PROMOTION_POWER,
  /** How long the radio takes to come up. */
  PROMOTION_TIME,
  /** Power of a radio that passes data, whatever the rate. */
  ACTIVE_POWER,
  /** Energy per megabit sent. */
  TRANSMIT_ENERGY,
  /** Energy per megabit received. */
  RECEIVE_ENERGY,
  /** Power after a transfer. */
  TAIL_POWER,
  /** How long the radio stays up after a transfer. */
  TAIL_TIME;

  /** Returns the name in words, for example {@code tail time}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
