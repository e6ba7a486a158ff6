package dev.sluice.scheduler.explain;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import java.util.List;

/**
 * The best plan of another kind, and why it was not chosen. Immutable.
 *
 * @param plan what it is
 * @param prediction what is expected of it
 * @param standings to every bound
 * @param targets what it reaches in every target
 * @param loss why it was not chosen
 */
public record Alternative(
    Plan plan,
    Prediction prediction,
    List<Standing> standings,
    List<TargetValue> targets,
    Loss loss) {
  public Alternative {
    standings = List.copyOf(standings);
    targets = List.copyOf(targets);
  }
}
