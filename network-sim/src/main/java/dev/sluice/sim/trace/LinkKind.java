package dev.sluice.sim.trace;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Kinds of links that {@link TraceGenerator} imitates, with the figures that each is fitted to.
 * Rates are uplink rates of whole seconds in Mbit/s.
 *
 * <p>Sources. <i>Mahimahi</i>: quantiles, lag-1 autocorrelation and dead seconds of the uplink
 * recordings that come with it, made with Saturator (Winstein, Sivaraman and Balakrishnan,
 * "Stochastic Forecasts Achieve High Throughput and Low Delay over Cellular Networks", NSDI 2013),
 * as {@link TraceStats} computes them. <i>NUWiNS</i>: uplink throughput and ping of the 5G mmWave
 * measurements at github.com/NUWiNS/sigcomm-5gmemu-5g-mmWave-uplink-data (2022): mean, 5 %, median,
 * 95 % and share of zeros; they tell nothing of how one second hangs on the next, so the
 * autocorrelation and the length of dead runs are taken from within the range of the Mahimahi
 * recordings. <i>DADS</i>: the mean of 18.88 Mbit/s that papers use for Wi-Fi since Hu, Bao, Wang
 * and Liu, "Dynamic Adaptive DNN Surgery for Inference Acceleration on the Edge", INFOCOM 2019;
 * what varies around it is assumed.
 */
public enum LinkKind {
  /** 3G, driving: TMobile-UMTS-driving.up; round trip: HSPA+ median, its tail as in LTE. */
  UMTS(
      "3g",
      0.9432,
      List.of(0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0),
      List.of(0.06, 0.3, 0.612, 1.08, 1.344, 1.416, 1.44, 1.476),
      0.854,
      0.029,
      1.9,
      118,
      163),
  /** 4G: Verizon-LTE-short.up; round trip: LTE, driving (NUWiNS). */
  LTE(
      "lte",
      5.946,
      List.of(0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0),
      List.of(1.176, 2.376, 3.684, 5.736, 8.376, 10.62, 11.448, 12.948),
      0.748,
      0.0071,
      1,
      33.2,
      45.7),
  /** Good 4G: TMobile-LTE-short.up. */
  LTE_FAST(
      "lte-fast",
      13.318,
      List.of(0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0),
      List.of(2.484, 3.48, 7.332, 11.748, 20.784, 25.38, 27.804, 29.748),
      0.906,
      0,
      1,
      33.2,
      45.7),
  /** Weak 4G with dead seconds: ATT-LTE-driving.up. */
  LTE_WEAK(
      "lte-weak",
      0.8336,
      List.of(0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0),
      List.of(0.012, 0.6, 1.044, 1.116, 1.164, 1.188, 1.296),
      0.842,
      0.0929,
      8.5,
      34.7,
      101),
  /** 5G mmWave, standing still (NUWiNS). */
  NR_STATIC(
      "5g-static",
      103.4,
      List.of(0.05, 0.5, 0.95, 1.0),
      List.of(5.0, 102.2, 167.5, 201.0),
      0.85,
      0.029,
      4,
      14.3,
      23.8),
  /** 5G mmWave, walking (NUWiNS). */
  NR_WALKING(
      "5g-walking",
      44.8,
      List.of(0.5, 0.95, 1.0),
      List.of(33.3, 140.1, 168.0),
      0.85,
      0.162,
      4,
      14.7,
      27.7),
  /** 5G mmWave, driving (NUWiNS). */
  NR_DRIVING(
      "5g-driving",
      145.1,
      List.of(0.5, 0.95, 1.0),
      List.of(64.6, 476.3, 572.0),
      0.85,
      0.147,
      4,
      32.2,
      49.6),
  /** Wi-Fi: the mean of DADS; from a third to 1.7 times of it, 10 ms: assumed. */
  WIFI(
      "wifi",
      18.88,
      List.of(0.05, 0.5, 0.95, 1.0),
      List.of(6.3, 18.88, 32.1, 35.0),
      0.85,
      0,
      1,
      10,
      20);

  private final String label;
  private final double meanMegabits;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<Double> shares;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<Double> megabits;

  private final double autocorrelation;
  private final double deadShare;
  private final double deadRunSeconds;
  private final double roundTripMedianMillis;
  private final double roundTrip95Millis;

  LinkKind(
      String label,
      double meanMegabits,
      List<Double> shares,
      List<Double> megabits,
      double autocorrelation,
      double deadShare,
      double deadRunSeconds,
      double roundTripMedianMillis,
      double roundTrip95Millis) {
    this.label = label;
    this.meanMegabits = meanMegabits;
    this.shares = shares;
    this.megabits = megabits;
    this.autocorrelation = autocorrelation;
    this.deadShare = deadShare;
    this.deadRunSeconds = deadRunSeconds;
    this.roundTripMedianMillis = roundTripMedianMillis;
    this.roundTrip95Millis = roundTrip95Millis;
  }

  /**
   * Returns the kind of that name, such as {@code lte}.
   *
   * @throws IllegalArgumentException if there is none; the message names all
   */
  public static LinkKind named(String name) {
    return Arrays.stream(values())
        .filter(kind -> kind.label.equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'" + name + "' is no kind of link; kinds are " + names()));
  }

  /** Returns all names, for people. */
  public static String names() {
    return Arrays.stream(values()).map(LinkKind::label).collect(Collectors.joining(", "));
  }

  /** Returns what it is called on the command line. */
  public String label() {
    return label;
  }

  /** Returns the mean rate that it is fitted to. */
  public double meanMegabits() {
    return meanMegabits;
  }

  /** Returns the shares of time for which a quantile is known, in (0, 1], increasing. */
  public List<Double> shares() {
    return shares;
  }

  /** Returns those quantiles. */
  public List<Double> megabits() {
    return megabits;
  }

  /** Returns how a second's rate hangs on the one before it. */
  public double autocorrelation() {
    return autocorrelation;
  }

  /** Returns the share of seconds in which nothing passes. */
  public double deadShare() {
    return deadShare;
  }

  /** Returns how many such seconds follow each other, on average. */
  public double deadRunSeconds() {
    return deadRunSeconds;
  }

  /** Returns the median round trip. */
  public double roundTripMedianMillis() {
    return roundTripMedianMillis;
  }

  /** Returns the 95th percentile of the round trip. */
  public double roundTrip95Millis() {
    return roundTrip95Millis;
  }
}
