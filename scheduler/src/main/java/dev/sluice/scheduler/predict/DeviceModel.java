package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.PlanMemory;
import dev.sluice.scheduler.upkeep.LinkUpkeep;
import java.util.Optional;

/**
 * What plans cost the device beyond time, and how it waits. Immutable.
 *
 * @param energy its power and its radio's
 * @param memory what plans need, where somebody knows
 * @param goesOn whether it computes on towards deeper exits while a reply is due; otherwise it
 *     waits as long as one exit stays in reach
 * @param rescue when it turns to a frame that it has no answer to while a reply is due
 * @param fallsBack whether it does so at all; else a frame waits for its reply up to the rescue's
 *     deadline, and then has no answer
 * @param upkeep what a link that a plan uses takes beside requests
 */
public record DeviceModel(
    EnergyModel energy,
    Optional<PlanMemory> memory,
    boolean goesOn,
    Rescue rescue,
    boolean fallsBack,
    LinkUpkeep upkeep) {
  /** {@link EnergyModel#DEFAULT}, memory unknown, no deadline. */
  public static final DeviceModel DEFAULT =
      new DeviceModel(
          EnergyModel.DEFAULT, Optional.empty(), true, Rescue.NONE, true, LinkUpkeep.NONE);

  /** Returns the same with another energy model. */
  public DeviceModel with(EnergyModel newEnergy) {
    return new DeviceModel(newEnergy, memory, goesOn, rescue, fallsBack, upkeep);
  }

  /** Returns the same with known memory. */
  public DeviceModel with(PlanMemory newMemory) {
    return new DeviceModel(energy, Optional.of(newMemory), goesOn, rescue, fallsBack, upkeep);
  }

  /**
   * Returns the same device as it serves an objective: it computes on while a reply is due unless
   * it is to be spared, keeps its link as the objective wants it, and answers by itself before the
   * deadline: the objective's, unless it is known to have another.
   */
  public DeviceModel serving(Objective objective) {
    DeviceModel waits =
        goingOn(!objective.sparesDevice()).keeping(objective.upkeep().over(upkeep.connections()));
    return rescue.equals(Rescue.NONE) ? waits.answering(Rescue.of(objective)) : waits;
  }

  /** Returns the same device where it computes on while a reply is due, or does not. */
  public DeviceModel goingOn(boolean newGoesOn) {
    return new DeviceModel(energy, memory, newGoesOn, rescue, fallsBack, upkeep);
  }

  /** Returns the same device where a link in use takes so much beside requests. */
  public DeviceModel keeping(LinkUpkeep newUpkeep) {
    return new DeviceModel(energy, memory, goesOn, rescue, fallsBack, newUpkeep);
  }

  /** Returns the same device where it answers by itself by another time. */
  public DeviceModel answering(Rescue newRescue) {
    return new DeviceModel(energy, memory, goesOn, newRescue, fallsBack, upkeep);
  }

  /** Returns the same device where frames wait for their replies until then, and no longer. */
  public DeviceModel waiting(Rescue until) {
    return new DeviceModel(energy, memory, goesOn, until, false, upkeep);
  }
}
