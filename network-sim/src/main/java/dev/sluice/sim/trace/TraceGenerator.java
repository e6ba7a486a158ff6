package dev.sluice.sim.trace;

import dev.sluice.sim.trace.LinkTrace.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes traces that never were, with the statistics of a {@link LinkKind}. Immutable and
 * thread-safe; the same seed gives the same trace.
 *
 * <p>A Markov chain takes a step each second. Its states are {@value #BANDS} bands of the rate,
 * equally likely, and a dead one. From a band it goes to the dead state as often as that has its
 * share of the time; else it stays with a probability that gives the wanted autocorrelation, or
 * goes to any band. In a band the rate is drawn anew each second. The dead state lasts a geometric
 * time. So the distribution of a second's rate is that of the kind and its autocorrelation falls
 * geometrically: recorded links have longer memory than that, besides moods of minutes.
 *
 * <p>Between the known quantiles the distribution follows {@code t^g} with the one exponent that
 * gives it the known mean. The round trip of each second is drawn by itself, log-normal with the
 * known median and 95th percentile.
 */
public final class TraceGenerator {
  private static final int BANDS = 10;
  private static final double BYTES_PER_MEGABIT = 125_000;
  private static final double NORMAL_QUANTILE_95 = 1.644854;
  private static final int MOST_SECONDS = 10_000_000;
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final LinkKind kind;
  private final double exponent;
  private final double stay;

  /** Prepares to imitate a kind of link. */
  public TraceGenerator(LinkKind kind) {
    this.kind = kind;
    exponent = exponent(kind);
    stay = stay();
  }

  /**
   * Makes a trace, a step per second.
   *
   * @param seconds in [1, 10,000,000]
   * @param downlinkFactor downlink rate over uplink rate, above 0
   * @throws IllegalArgumentException if they are not, or if by chance nothing passes in all of it
   */
  public LinkTrace generate(int seconds, long seed, double downlinkFactor) {
    if (seconds < 1 || seconds > MOST_SECONDS) {
      throw new IllegalArgumentException(
          "a trace has from 1 to " + MOST_SECONDS + " seconds: " + seconds);
    }
    if (!(downlinkFactor > 0 && downlinkFactor < 1e6)) {
      throw new IllegalArgumentException("downlink factor must be positive: " + downlinkFactor);
    }
    SplittableRandom random = new SplittableRandom(seed);
    boolean dead = random.nextDouble() < kind.deadShare();
    int band = random.nextInt(BANDS);
    List<Step> steps = new ArrayList<>(seconds);
    for (int second = 0; second < seconds; second++) {
      double rank = (band + random.nextDouble()) / BANDS;
      double rate = dead ? 0 : quantile(rank) * BYTES_PER_MEGABIT;
      steps.add(
          new Step(second * SECOND_NANOS, rate, rate * downlinkFactor, roundTrip(random), dead));
      if (dead) {
        dead = random.nextDouble() >= 1 / kind.deadRunSeconds();
        band = random.nextInt(BANDS);
      } else {
        dead = random.nextDouble() < dying();
        band = random.nextDouble() < stay ? band : random.nextInt(BANDS);
      }
    }
    return LinkTrace.of(steps, seconds * SECOND_NANOS, false);
  }

  /** As often into the dead state as out of it. */
  private double dying() {
    return kind.deadShare() / (kind.deadRunSeconds() * (1 - kind.deadShare()));
  }

  private long roundTrip(SplittableRandom random) {
    double spread =
        Math.log(kind.roundTrip95Millis() / kind.roundTripMedianMillis()) / NORMAL_QUANTILE_95;
    double millis = kind.roundTripMedianMillis() * Math.exp(spread * gaussian(random));
    return Math.round(Math.min(millis * 1e6, Step.MAX_ROUND_TRIP_NANOS));
  }

  /** The polar method: Java 17's own is not the same in every release. */
  private static double gaussian(SplittableRandom random) {
    while (true) {
      double x = 2 * random.nextDouble() - 1;
      double y = 2 * random.nextDouble() - 1;
      double square = x * x + y * y;
      if (square > 0 && square < 1) {
        return x * Math.sqrt(-2 * Math.log(square) / square);
      }
    }
  }

  /**
   * The rate that is not exceeded in a share of the seconds that are not dead, in Mbit/s.
   *
   * @param liveShare in [0, 1]
   */
  double quantile(double liveShare) {
    double share = kind.deadShare() + liveShare * (1 - kind.deadShare());
    List<Double> shares = kind.shares();
    List<Double> megabits = kind.megabits();
    double low = kind.deadShare();
    double lowRate = 0;
    for (int i = 0; i < shares.size(); i++) {
      if (share <= shares.get(i)) {
        double t = (share - low) / (shares.get(i) - low);
        return lowRate + (megabits.get(i) - lowRate) * Math.pow(t, exponent);
      }
      low = shares.get(i);
      lowRate = megabits.get(i);
    }
    return lowRate;
  }

  /** The mean of {@code a + (b - a) t^g} over [0, 1] is {@code a + (b - a) / (g + 1)}. */
  private static double exponent(LinkKind kind) {
    List<Double> shares = kind.shares();
    List<Double> megabits = kind.megabits();
    double low = kind.deadShare();
    double lowRate = 0;
    double floor = 0;
    double rise = 0;
    for (int i = 0; i < shares.size(); i++) {
      floor += (shares.get(i) - low) * lowRate;
      rise += (shares.get(i) - low) * (megabits.get(i) - lowRate);
      low = shares.get(i);
      lowRate = megabits.get(i);
    }
    double part = (kind.meanMegabits() - floor) / rise;
    if (!(part > 0 && part < 1)) {
      throw new IllegalStateException(kind + ": its mean does not fit its quantiles");
    }
    return 1 / part - 1;
  }

  /**
   * The probability of staying that gives the autocorrelation of rates, dead seconds included. With
   * b the variance between bands, s the stay, m the mean of live seconds and L their share, the
   * covariance of neighbours is {@code P(both live) (s b + m^2) - L^2 m^2}.
   */
  private double stay() {
    int grid = 100;
    double mean = 0;
    double square = 0;
    double between = 0;
    for (int band = 0; band < BANDS; band++) {
      double sum = 0;
      for (int i = 0; i < grid; i++) {
        double rate = quantile((band + (i + 0.5) / grid) / BANDS);
        sum += rate / grid;
        square += rate * rate / (grid * BANDS);
      }
      mean += sum / BANDS;
      between += sum * sum / BANDS;
    }
    between -= mean * mean;
    double live = 1 - kind.deadShare();
    double bothLive = live * (1 - dying());
    double whole = live * square - live * live * mean * mean;
    double wanted = kind.autocorrelation() * whole + live * live * mean * mean;
    double stay = (wanted / bothLive - mean * mean) / between;
    return Math.max(0, Math.min(1, stay));
  }
}
