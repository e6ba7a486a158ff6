package dev.sluice.scheduler.energy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Plans by energy, and which of them would change places if the constants were wrong. Immutable.
 *
 * <p>Each constant is scaled by itself, down and up; then all are at once, every combination of
 * both ends. Energy is linear in powers and in the promotion's time, so for those no value between
 * the ends turns a pair that the ends do not; in the tail's time it is not, and only the ends are
 * looked at.
 *
 * @param order numbers of the plans, the thriftiest first; ties keep their numbers' order
 * @param joulesPerFrame by number of the plan, under the constants as they are
 * @param spread how far constants were moved, as a share
 * @param swaps pairs that change places when one constant is wrong, by pair and then constant
 * @param fragilePairs pairs that change places under some combination of wrong constants, each with
 *     the thriftier one first; contains the pairs of {@code swaps}
 */
public record EnergyRanking(
    List<Integer> order,
    List<Double> joulesPerFrame,
    double spread,
    List<Swap> swaps,
    List<Pair> fragilePairs) {
  private static final EnergyConstant[] CONSTANTS = EnergyConstant.values();

  /** All but the tail's time, which decides what falls into the tail and so is priced anew. */
  private static final List<EnergyConstant> PROPORTIONAL =
      Stream.of(CONSTANTS).filter(each -> each != EnergyConstant.TAIL_TIME).toList();

  /** Energies closer than this share of their size are alike, not swapped. */
  private static final double ROUNDING = 1e-9;

  /**
   * Two plans.
   *
   * @param thriftier number of the one with less energy under the constants as they are
   * @param other number of the other one
   */
  public record Pair(int thriftier, int other) {}

  /**
   * A pair that changes places.
   *
   * @param pair the plans
   * @param constant what is wrong
   * @param factor true value over the assumed one
   * @param lostJoules what the plan held to be thriftier then takes more than the other, per frame
   */
  public record Swap(Pair pair, EnergyConstant constant, double factor, double lostJoules) {
    /** Returns the swap for people. */
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%d and %d swap with %s times %.2f, by %.3g mJ",
          pair.thriftier(),
          pair.other(),
          constant,
          factor,
          lostJoules * 1e3);
    }
  }

  public EnergyRanking {
    order = List.copyOf(order);
    joulesPerFrame = List.copyOf(joulesPerFrame);
    swaps = List.copyOf(swaps);
    fragilePairs = List.copyOf(fragilePairs);
  }

  /**
   * Ranks plans by what they do.
   *
   * <p>Prices every plan some two dozen times: for those that are shown, not for all candidates.
   *
   * @param activities what each plan makes the device do, over the same frames
   * @param spread how far each constant may be off, in (0, 1]: 0.5 for half as much to half more
   */
  public static EnergyRanking of(
      List<DeviceActivity> activities, EnergyModel model, double spread) {
    if (!(spread > 0 && spread <= 1)) {
      throw new IllegalArgumentException("spread must be in (0, 1]: " + spread);
    }
    double[] plain = joules(activities, model);
    List<Integer> order =
        IntStream.range(0, plain.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> plain[i]))
            .toList();
    return new EnergyRanking(
        order,
        Arrays.stream(plain).boxed().toList(),
        spread,
        swaps(activities, model, spread, plain, order),
        fragile(activities, model, spread, plain, order));
  }

  /** Returns whether no combination of wrong constants changes the order. */
  public boolean robust() {
    return fragilePairs.isEmpty();
  }

  private static double[] joules(List<DeviceActivity> activities, EnergyModel model) {
    return activities.stream()
        .mapToDouble(activity -> model.perFrame(activity).totalJoules())
        .toArray();
  }

  private static List<Swap> swaps(
      List<DeviceActivity> activities,
      EnergyModel model,
      double spread,
      double[] plain,
      List<Integer> order) {
    List<Swap> swaps = new ArrayList<>();
    for (EnergyConstant constant : CONSTANTS) {
      for (double factor : new double[] {1 - spread, 1 + spread}) {
        double[] moved = joules(activities, model.scaled(constant, factor));
        for (Pair pair : pairs(order)) {
          if (turned(pair, plain, moved)) {
            double lost = moved[pair.thriftier()] - moved[pair.other()];
            swaps.add(new Swap(pair, constant, factor, lost));
          }
        }
      }
    }
    swaps.sort(
        Comparator.comparingInt((Swap swap) -> order.indexOf(swap.pair().thriftier()))
            .thenComparingInt(swap -> order.indexOf(swap.pair().other()))
            .thenComparing(Swap::constant));
    return swaps;
  }

  private static List<Pair> fragile(
      List<DeviceActivity> activities,
      EnergyModel model,
      double spread,
      double[] plain,
      List<Integer> order) {
    List<Pair> steady = new ArrayList<>(pairs(order));
    List<Pair> fragile = new ArrayList<>();
    for (double tailTime : new double[] {1 - spread, 1 + spread}) {
      EnergyModel wrong = model.scaled(EnergyConstant.TAIL_TIME, tailTime);
      List<Parts> parts = activities.stream().map(each -> Parts.of(each, wrong)).toList();
      for (int corner = 0; corner < 1 << PROPORTIONAL.size() && !steady.isEmpty(); corner++) {
        Set<EnergyConstant> raised = raised(corner);
        double[] moved = parts.stream().mapToDouble(each -> each.joules(raised, spread)).toArray();
        steady.removeIf(pair -> turned(pair, plain, moved) && fragile.add(pair));
      }
    }
    fragile.sort(
        Comparator.comparingInt((Pair pair) -> order.indexOf(pair.thriftier()))
            .thenComparingInt(pair -> order.indexOf(pair.other())));
    return fragile;
  }

  /** The constants that are raised in a combination of both ends; the others are lowered. */
  private static Set<EnergyConstant> raised(int corner) {
    Set<EnergyConstant> raised = EnumSet.noneOf(EnergyConstant.class);
    for (int c = 0; c < PROPORTIONAL.size(); c++) {
      if ((corner >> c & 1) == 1) {
        raised.add(PROPORTIONAL.get(c));
      }
    }
    return raised;
  }

  /**
   * What a frame takes, by what it is proportional to: all constants but the tail's time, which is
   * that of the model. So a plan need not be priced anew for every combination of the others.
   */
  private record Parts(
      double network,
      double coding,
      double waiting,
      double promotion,
      double active,
      double transmit,
      double receive,
      double tail) {
    static Parts of(DeviceActivity activity, EnergyModel model) {
      EnergyPerFrame all = model.perFrame(activity);
      EnergyPerFrame bits = model.scaled(EnergyConstant.ACTIVE_POWER, 0).perFrame(activity);
      return new Parts(
          all.networkJoules(),
          all.codingJoules(),
          all.waitingJoules(),
          all.promotionJoules(),
          all.radioJoules() - bits.radioJoules(),
          bits.transmitJoules(),
          bits.receiveJoules(),
          all.tailJoules());
    }

    double joules(Set<EnergyConstant> raised, double spread) {
      double joules = 0;
      for (EnergyConstant constant : PROPORTIONAL) {
        joules +=
            switch (constant) {
                  case NETWORK_POWER -> network;
                  case CODING_POWER -> coding;
                  case WAITING_POWER -> waiting;
                  case PROMOTION_POWER ->
                      promotion * factor(raised.contains(EnergyConstant.PROMOTION_TIME), spread);
                  case ACTIVE_POWER -> active;
                  case TRANSMIT_ENERGY -> transmit;
                  case RECEIVE_ENERGY -> receive;
                  case TAIL_POWER -> tail;
                  case PROMOTION_TIME, TAIL_TIME -> 0;
                }
                * factor(raised.contains(constant), spread);
      }
      return joules;
    }

    private static double factor(boolean raised, double spread) {
      return raised ? 1 + spread : 1 - spread;
    }
  }

  /* Plans that are alike have no order that could change. */
  private static boolean turned(Pair pair, double[] plain, double[] moved) {
    return exceeds(plain[pair.other()], plain[pair.thriftier()])
        && exceeds(moved[pair.thriftier()], moved[pair.other()]);
  }

  private static boolean exceeds(double more, double less) {
    return more - less > ROUNDING * Math.max(more, less);
  }

  private static List<Pair> pairs(List<Integer> order) {
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < order.size(); i++) {
      for (int j = i + 1; j < order.size(); j++) {
        pairs.add(new Pair(order.get(i), order.get(j)));
      }
    }
    return pairs;
  }
}
