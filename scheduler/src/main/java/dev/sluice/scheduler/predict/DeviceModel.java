package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.plan.PlanMemory;
import java.util.Optional;

/**
 * What plans cost the device beyond time, and how it waits. Immutable.
 *
 * @param energy its power and its radio's
 * @param memory what plans need, where somebody knows
 * @param goesOn whether it computes on towards deeper exits while a reply is due; otherwise it
 *     waits as long as one exit stays in reach
 */
public record DeviceModel(EnergyModel energy, Optional<PlanMemory> memory, boolean goesOn) {
  /** {@link EnergyModel#DEFAULT}, and memory unknown. */
  public static final DeviceModel DEFAULT =
      new DeviceModel(EnergyModel.DEFAULT, Optional.empty(), true);

  /** Returns the same with another energy model. */
  public DeviceModel with(EnergyModel newEnergy) {
    return new DeviceModel(newEnergy, memory, goesOn);
  }

  /** Returns the same with known memory. */
  public DeviceModel with(PlanMemory newMemory) {
    return new DeviceModel(energy, Optional.of(newMemory), goesOn);
  }

  /** Returns the same device where it computes on while a reply is due, or does not. */
  public DeviceModel goingOn(boolean newGoesOn) {
    return new DeviceModel(energy, memory, newGoesOn);
  }
}
