package dev.sluice.scheduler.energy;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Power that a radio draws by what it does. Immutable.
 *
 * <p>A transfer that finds the radio idle first pays its <em>promotion</em>. While data pass, the
 * radio draws a base power and a part that grows with the rate; so a transfer costs its duration
 * times the one and its size times the other. After a transfer it stays up for a <em>tail</em>, in
 * phases, in case more comes; the next transfer cuts the tail short. This is the model of Huang,
 * Qian, Gerber, Mao, Sen and Spatscheck, "A Close Examination of Performance and Power
 * Characteristics of 4G LTE Networks", MobiSys 2012. Powers there are the whole phone's with its
 * screen off.
 *
 * <p>The presets have the constants that are ascribed to that paper. They were entered from what is
 * commonly quoted of it, not copied from its tables, and not checked against them: do so before you
 * publish joules. {@link EnergyRanking} says what depends on them.
 *
 * <p>Deviations: the 1 ms peaks within the tail's DRX cycles are left out (1.5 % of its energy on
 * LTE), as are the idle radio's pages, which no plan changes; a 3G transfer that finds the radio in
 * FACH pays no promotion.
 *
 * @param name for people and configuration
 * @param promotionMilliwatts while the radio goes from idle to connected
 * @param promotionNanos how long that takes, at least 0. Latencies do not contain it: it is part of
 *     the round trip that is measured
 * @param activeMilliwatts while data pass, whatever the rate (beta)
 * @param transmitMillijoulesPerMegabit in addition, for what is sent (alpha_u, mW per Mbit/s)
 * @param receiveMillijoulesPerMegabit in addition, for what is received (alpha_d)
 * @param tail its phases in order
 */
public record RadioPower(
    String name,
    double promotionMilliwatts,
    long promotionNanos,
    double activeMilliwatts,
    double transmitMillijoulesPerMegabit,
    double receiveMillijoulesPerMegabit,
    List<TailPhase> tail) {

  /** LTE: a tail of 11.6 s at 1.06 W. After Huang et al. 2012, not checked. */
  public static final RadioPower LTE =
      new RadioPower(
          "lte",
          1210.7,
          260_100_000,
          1288.04,
          438.39,
          51.97,
          List.of(new TailPhase(1060.0, 11_576_000_000L)));

  /** UMTS: a tail of 8.1 s in DCH and 0.8 s in FACH. After Huang et al. 2012, not checked. */
  public static final RadioPower THREE_G =
      new RadioPower(
          "3g",
          659.4,
          582_100_000,
          817.88,
          868.98,
          122.12,
          List.of(new TailPhase(803.9, 8_088_200_000L), new TailPhase(601.3, 824_200_000)));

  /** Wi-Fi with power saving: a tail of 0.24 s. After Huang et al. 2012, not checked. */
  public static final RadioPower WIFI =
      new RadioPower(
          "wifi",
          124.4,
          79_100_000,
          132.86,
          283.17,
          137.01,
          List.of(new TailPhase(119.3, 238_100_000)));

  /** A wire whose power does not depend on what passes. */
  public static final RadioPower WIRE = new RadioPower("wire", 0, 0, 0, 0, 0, List.of());

  private static final List<RadioPower> ALL = List.of(WIFI, LTE, THREE_G, WIRE);

  /**
   * Returns the radio of that name.
   *
   * @throws IllegalArgumentException naming the known ones, if there is none
   */
  static RadioPower named(String name) {
    return ALL.stream()
        .filter(radio -> radio.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no radio '%s', only %s".formatted(name, names())));
  }

  /** Returns the names of all radios, for people. */
  static String names() {
    return ALL.stream().map(RadioPower::name).collect(Collectors.joining(", "));
  }

  /**
   * A part of the tail.
   *
   * @param milliwatts drawn in it
   * @param nanos its length, at least 0
   */
  public record TailPhase(double milliwatts, long nanos) {
    public TailPhase {
      Positive.orZero(milliwatts, "a tail's milliwatts");
      Positive.orZero(nanos, "a tail's nanos");
    }
  }

  public RadioPower {
    if (name.isBlank()) {
      throw new IllegalArgumentException("a radio needs a name");
    }
    Positive.orZero(promotionMilliwatts, "promotionMilliwatts");
    Positive.orZero(promotionNanos, "promotionNanos");
    Positive.orZero(activeMilliwatts, "activeMilliwatts");
    Positive.orZero(transmitMillijoulesPerMegabit, "transmitMillijoulesPerMegabit");
    Positive.orZero(receiveMillijoulesPerMegabit, "receiveMillijoulesPerMegabit");
    tail = List.copyOf(tail);
  }

  /** Returns how long the radio stays up after a transfer when nothing follows. */
  public long tailNanos() {
    long nanos = 0;
    for (int i = 0; i < tail.size(); i++) {
      nanos += tail.get(i).nanos();
    }
    return nanos;
  }

  /** Returns the tail's energy in joules up to a gap's end, or to its own. */
  double tailJoules(double gapNanos) {
    double joules = 0;
    double left = gapNanos;
    /* By index, as everything here that a search asks a million times: iterators are objects. */
    for (int i = 0; i < tail.size(); i++) {
      TailPhase phase = tail.get(i);
      double nanos = Math.max(0, Math.min(left, (double) phase.nanos()));
      joules += phase.milliwatts() * nanos * 1e-12;
      left -= nanos;
    }
    return joules;
  }

  double promotionJoules() {
    return promotionMilliwatts * promotionNanos * 1e-12;
  }
}
