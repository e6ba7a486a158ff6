package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.plan.PlanMemory;
import java.util.Optional;

/**
 * What plans cost the device beyond time. Immutable.
 *
 * @param energy its power and its radio's
 * @param memory what plans need, where somebody knows
 */
public record DeviceModel(EnergyModel energy, Optional<PlanMemory> memory) {
  /** {@link EnergyModel#DEFAULT}, and memory unknown. */
  public static final DeviceModel DEFAULT = new DeviceModel(EnergyModel.DEFAULT, Optional.empty());

  /** Returns the same with another energy model. */
  public DeviceModel with(EnergyModel newEnergy) {
    return new DeviceModel(newEnergy, memory);
  }

  /** Returns the same with known memory. */
  public DeviceModel with(PlanMemory newMemory) {
    return new DeviceModel(energy, Optional.of(newMemory));
  }
}
