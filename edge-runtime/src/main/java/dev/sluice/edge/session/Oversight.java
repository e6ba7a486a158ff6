package dev.sluice.edge.session;

import dev.sluice.scheduler.budget.BudgetAccount;
import dev.sluice.scheduler.energy.EnergyModel;
import java.util.Optional;

/**
 * What a session keeps an eye on beside its answers. Immutable.
 *
 * @param exits whether exits still do what the calibration says
 * @param energy prices what device and radio do
 * @param budget the books of what frames together may take of the device's time; plans are then
 *     decided on after each answer, and a frame that its budget cannot afford more of is answered
 *     by the best exit so far. For local plans without fallback, which compute a frame at a time
 */
public record Oversight(
    Optional<ExitOversight> exits, Optional<EnergyModel> energy, Optional<BudgetAccount> budget) {
  /** Nothing. */
  public static final Oversight NONE = new Oversight(Optional.empty(), Optional.empty());

  /** Keeps an eye on exits and energy. */
  public Oversight(Optional<ExitOversight> exits, Optional<EnergyModel> energy) {
    this(exits, energy, Optional.empty());
  }

  /** Returns the same where frames share a budget. */
  public Oversight within(BudgetAccount account) {
    return new Oversight(exits, energy, Optional.of(account));
  }
}
