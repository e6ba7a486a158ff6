package dev.sluice.scheduler.explain;

import dev.sluice.scheduler.energy.DeviceActivity;
import dev.sluice.scheduler.energy.EnergyConstant;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.energy.EnergyRanking;
import dev.sluice.scheduler.energy.EnergyRanking.Pair;
import dev.sluice.scheduler.energy.EnergyRanking.Swap;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * How far a choice rests on constants of the energy model that may be wrong by half. Immutable.
 *
 * <p>Plans have numbers: the chosen one 0, its alternatives from 1 on, in their order. Other plans
 * of the same kinds, which differ in their exits, are not looked at.
 *
 * @param model names of device and radio, see {@link EnergyModel#named}
 * @param ranking of those plans
 * @param lostByAmount numbers of the alternatives that were not chosen since they take more energy
 * @param lostByBounds numbers of those that were not since they break bounds on energy alone
 * @param boundTurns where the chosen plan or one of the latter comes to the other side of a bound
 */
public record EnergyDoubt(
    String model,
    EnergyRanking ranking,
    List<Integer> lostByAmount,
    List<Integer> lostByBounds,
    List<BoundTurn> boundTurns) {
  /** How far each constant may be off: half as much to half more. */
  static final double SPREAD = 0.5;

  /** The chosen plan's number. */
  static final int CHOSEN = 0;

  /**
   * A bound on energy that one wrong constant turns.
   *
   * @param plan its number
   * @param bound on energy
   * @param constant what is wrong
   * @param factor true value over the assumed one
   * @param joules what the plan then takes per frame
   */
  public record BoundTurn(
      int plan, Constraint bound, EnergyConstant constant, double factor, double joules) {
    /** Returns whether the plan keeps the bound then; as things are it is the other way round. */
    public boolean holds() {
      return joules <= bound.bound();
    }
  }

  public EnergyDoubt {
    lostByAmount = List.copyOf(lostByAmount);
    lostByBounds = List.copyOf(lostByBounds);
    boundTurns = List.copyOf(boundTurns);
  }

  /**
   * Prices plans under wrong constants.
   *
   * @param activities of the chosen plan and its alternatives, in their order
   * @param constraints of the objective
   */
  static EnergyDoubt of(
      EnergyModel model,
      List<DeviceActivity> activities,
      List<Constraint> constraints,
      List<Alternative> alternatives) {
    List<Integer> byAmount = new ArrayList<>();
    List<Integer> byBounds = new ArrayList<>();
    for (int plan = 1; plan <= alternatives.size(); plan++) {
      Loss loss = alternatives.get(plan - 1).loss();
      if (isAmount(loss)) {
        byAmount.add(plan);
      } else if (loss instanceof Loss.Breaks breaks
          && breaks.broken().stream().allMatch(EnergyDoubt::isEnergy)) {
        byBounds.add(plan);
      }
    }
    List<BoundTurn> turns = new ArrayList<>();
    for (Constraint constraint : constraints) {
      if (isEnergy(constraint)) {
        turns.addAll(turns(model, activities, CHOSEN, constraint));
        byBounds.forEach(plan -> turns.addAll(turns(model, activities, plan, constraint)));
      }
    }
    return new EnergyDoubt(
        model.name(), EnergyRanking.of(activities, model, SPREAD), byAmount, byBounds, turns);
  }

  private static List<BoundTurn> turns(
      EnergyModel model, List<DeviceActivity> activities, int plan, Constraint bound) {
    DeviceActivity activity = activities.get(plan);
    boolean holds = model.perFrame(activity).totalJoules() <= bound.bound();
    List<BoundTurn> turns = new ArrayList<>();
    for (EnergyConstant constant : EnergyConstant.values()) {
      for (double factor : new double[] {1 - SPREAD, 1 + SPREAD}) {
        double joules = model.scaled(constant, factor).perFrame(activity).totalJoules();
        BoundTurn turn = new BoundTurn(plan, bound, constant, factor, joules);
        if (turn.holds() != holds) {
          turns.add(turn);
        }
      }
    }
    return turns;
  }

  private static boolean isAmount(Loss loss) {
    if (loss instanceof Loss.Worse worse) {
      return worse.target().metric().kind() == Metric.Kind.DEVICE_ENERGY;
    }
    return loss instanceof Loss.FurtherOff further && isEnergy(further.standing());
  }

  private static boolean isEnergy(Standing standing) {
    return standing.constraint().isPresent() && isEnergy(standing.constraint().get());
  }

  private static boolean isEnergy(Constraint constraint) {
    return constraint.metric().kind() == Metric.Kind.DEVICE_ENERGY;
  }

  /** Returns whether no constant turns the choice if it alone is wrong. */
  public boolean robust() {
    return turnedBy().isEmpty();
  }

  /**
   * Returns the constants each of which alone may turn the choice: an alternative that lost by its
   * energy then takes less than the chosen plan, or a bound on energy turns.
   */
  public List<EnergyConstant> turnedBy() {
    return Stream.concat(
            lostByAmount.stream().flatMap(plan -> swaps(plan).stream()).map(Swap::constant),
            boundTurns.stream().filter(EnergyDoubt::against).map(BoundTurn::constant))
        .distinct()
        .sorted()
        .toList();
  }

  /** A bound that the chosen plan would keep after all is one more reason for it. */
  private static boolean against(BoundTurn turn) {
    return turn.plan() != CHOSEN || !turn.holds();
  }

  /**
   * Returns whether an alternative that lost by its energy wins it if several are wrong at once.
   */
  public boolean turnedTogether() {
    return lostByAmount.stream().anyMatch(this::fragile);
  }

  /** Whether energy is what kept an alternative from being chosen. */
  boolean lostByEnergy(int alternative) {
    return lostByAmount.contains(alternative) || lostByBounds.contains(alternative);
  }

  /** Returns how one constant alone lets an alternative change places with the chosen plan. */
  List<Swap> swaps(int alternative) {
    return ranking.swaps().stream().filter(swap -> isChosenWith(alternative, swap.pair())).toList();
  }

  /** Whether an alternative changes places with the chosen plan if one or several are wrong. */
  boolean fragile(int alternative) {
    return ranking.fragilePairs().stream().anyMatch(pair -> isChosenWith(alternative, pair));
  }

  private static boolean isChosenWith(int alternative, Pair pair) {
    return Math.min(pair.thriftier(), pair.other()) == CHOSEN
        && Math.max(pair.thriftier(), pair.other()) == alternative;
  }
}
