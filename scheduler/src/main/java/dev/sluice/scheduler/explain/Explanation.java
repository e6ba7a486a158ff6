package dev.sluice.scheduler.explain;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.upkeep.LinkUpkeep;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Why a plan was chosen. Immutable; the same question gives the same explanation.
 *
 * @param estimates what the choice rests on
 * @param objective what was asked for
 * @param certified whether accuracy floors must be proven
 * @param decision the chosen plan, the scheduler's reason and the prediction
 * @param standings the chosen plan's to every constraint in the objective's order, then to keeping
 *     up with the frames where their period is known
 * @param targets what it reaches in every target
 * @param alternatives the best plans of other kinds, the best first
 * @param energy how far that rests on the energy model's constants, where the objective counts
 *     energy
 * @param sensitivities what would have to change; only the conditions that were looked at
 * @param unreachable where no plan keeps every constraint
 * @param upkeep where a month's bytes are bounded, what a link takes of them beside requests
 */
public record Explanation(
    Estimates estimates,
    Objective objective,
    boolean certified,
    PlanDecision decision,
    List<Standing> standings,
    List<TargetValue> targets,
    List<Alternative> alternatives,
    Optional<EnergyDoubt> energy,
    List<Sensitivity> sensitivities,
    Optional<Unreachable> unreachable,
    Optional<LinkUpkeep> upkeep) {
  public Explanation {
    standings = List.copyOf(standings);
    targets = List.copyOf(targets);
    alternatives = List.copyOf(alternatives);
    sensitivities = List.copyOf(sensitivities);
  }

  /** Returns the bound with the least relative slack; the first of several; empty without any. */
  public Optional<Standing> binding() {
    return standings.stream().min(Comparator.comparingDouble(Standing::relativeSlack));
  }

  /** Returns the same with one more condition looked at. */
  public Explanation with(Sensitivity sensitivity) {
    List<Sensitivity> more = new ArrayList<>(sensitivities);
    more.add(sensitivity);
    return new Explanation(
        estimates,
        objective,
        certified,
        decision,
        standings,
        targets,
        alternatives,
        energy,
        more,
        unreachable,
        upkeep);
  }

  /** Returns it as a report for people, of lines of at most 100 characters. */
  public String text() {
    return text(Optional.empty(), Optional.empty());
  }

  /**
   * Returns the same with more said of the device among what was given: the scale alone does not
   * tell whose times it multiplies, nor the energy whose power.
   *
   * @param device as people call it, not blank; empty where nobody has named it
   * @param power whose is assumed, as {@link dev.sluice.scheduler.energy.EnergyModel#name} has it;
   *     empty where it is known, or does not count
   */
  public String text(Optional<String> device, Optional<String> power) {
    return ExplanationText.of(this, device, power);
  }

  /**
   * Returns it as JSON. Times are milliseconds, rates Mbit/s, accuracies shares, energies joules;
   * what is infinite or not known is null.
   */
  public ObjectNode json() {
    return ExplanationJson.of(this);
  }
}
