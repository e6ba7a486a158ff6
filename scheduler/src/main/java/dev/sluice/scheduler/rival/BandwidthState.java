package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.rival.ChangePoints.Prior;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.commons.math3.stat.StatUtils;

/**
 * The level of a link's rate between two changes of it. Not thread-safe.
 *
 * <p>Edgent's {@code D(B)}, after Akhtar et al., "Oboe: Auto-tuning Video ABR Algorithms to Network
 * Conditions", SIGCOMM 2018: a state is the mean rate of a stretch that Bayesian change-point
 * detection holds to be stationary. Deviation: detection works on the rate's logarithm, for which a
 * halving is as big as a doubling and noise is a percentage.
 */
public final class BandwidthState {
  /* A level stays for some 300 values, noise is about 20 %, and the first value is a mere hint. */
  private static final double HAZARD = 1.0 / 300;
  private static final double MEAN_WEIGHT = 0.05;
  private static final double SHAPE = 2;
  private static final double SCALE = 0.08;

  private Optional<ChangePoints> detector = Optional.empty();

  /**
   * Takes a measured rate.
   *
   * @param bytesPerSecond positive and finite
   * @return whether it shows that the state is another one; so does the first
   */
  public boolean add(double bytesPerSecond) {
    if (!(bytesPerSecond > 0 && bytesPerSecond < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("a rate must be positive: " + bytesPerSecond);
    }
    double log = Math.log(bytesPerSecond);
    boolean first = detector.isEmpty();
    ChangePoints points =
        detector.orElseGet(
            () -> new ChangePoints(new Prior(log, MEAN_WEIGHT, SHAPE, SCALE, HAZARD)));
    detector = Optional.of(points);
    return points.add(log) || first;
  }

  /**
   * Returns the state's rate in bytes per second.
   *
   * @throws IllegalStateException if no rate was given yet
   */
  public double bytesPerSecond() {
    return Math.exp(
        detector.orElseThrow(() -> new IllegalStateException("no rate was given yet")).mean());
  }

  /**
   * Returns the states that a link goes through, for a configuration map.
   *
   * @param bytesPerSecond rates in order of time, each positive and finite
   * @return a rate per stretch, in order of time, at least one
   */
  public static List<Double> along(double[] bytesPerSecond) {
    if (bytesPerSecond.length == 0) {
      throw new IllegalArgumentException("states need at least one rate");
    }
    BandwidthState state = new BandwidthState();
    double[] logs = new double[bytesPerSecond.length];
    TreeSet<Integer> starts = new TreeSet<>(List.of(0));
    for (int i = 0; i < logs.length; i++) {
      if (state.add(bytesPerSecond[i])) {
        int start = i + 1 - state.detector.orElseThrow().runLength();
        starts.tailSet(Math.max(1, start), true).clear();
        starts.add(start);
      }
      logs[i] = Math.log(bytesPerSecond[i]);
    }
    List<Double> states = new ArrayList<>();
    for (int start : starts) {
      Integer next = starts.higher(start);
      int length = (next == null ? logs.length : next) - start;
      states.add(Math.exp(StatUtils.mean(logs, start, length)));
    }
    return states;
  }
}
