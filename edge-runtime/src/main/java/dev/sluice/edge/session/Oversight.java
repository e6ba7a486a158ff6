package dev.sluice.edge.session;

import dev.sluice.scheduler.energy.EnergyModel;
import java.util.Optional;

/**
 * What a session keeps an eye on beside its answers. Immutable.
 *
 * @param exits whether exits still do what the calibration says
 * @param energy prices what device and radio do
 */
public record Oversight(Optional<ExitOversight> exits, Optional<EnergyModel> energy) {
  /** Nothing. */
  public static final Oversight NONE = new Oversight(Optional.empty(), Optional.empty());
}
