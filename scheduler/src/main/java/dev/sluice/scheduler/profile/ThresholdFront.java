package dev.sluice.scheduler.profile;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Threshold vectors among which plans choose, one threshold per early exit, as found on the SELECT
 * table. Immutable.
 *
 * <p>Sending delays the exits behind the split, so which vectors are worth having depends on where
 * the split lies among the exits. Within a family vectors run from cautious to bold.
 *
 * @param exitCuts every exit's cut in ascending order, the final exit last
 * @param families vectors that trade answers lost for time, by the splits that they are for: those
 *     from cut 0 on, then those from each exit's cut on, the final exit's included
 * @param precise vectors of which every exit is right about often enough, whatever the split
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ThresholdFront(List<Integer> exitCuts, List<Family> families, List<Vector> precise) {
  /** The threshold of an exit that is left out. */
  public static final double NEVER = Double.POSITIVE_INFINITY;

  /** Most vectors of a family. */
  public static final int MAX_VECTORS = 256;

  /**
   * Vectors for some splits.
   *
   * @param firstSplit the first cut that they are for
   * @param vectors from cautious to bold
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Family(int firstSplit, List<Vector> vectors) {
    public Family {
      vectors = List.copyOf(vectors);
    }
  }

  /**
   * A threshold for each early exit, and what it does on the SELECT table without any codec.
   *
   * @param thresholds by early exit, in [0, 1]; {@link #NEVER} where the exit is left out
   * @param cost mean time of a sample over that of the network without exits, at least 0; half the
   *     network's time is added where the sample is sent
   * @param loss share of answers that the final exit has right and these exits have not, less that
   *     of the reverse, in [-1, 1]
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Vector(List<Double> thresholds, double cost, double loss) {
    public Vector {
      thresholds = List.copyOf(thresholds);
      for (double threshold : thresholds) {
        require(
            (threshold >= 0 && threshold <= 1) || threshold == NEVER,
            "a threshold must be in [0, 1], or infinite: " + threshold);
      }
      require(
          cost >= 0 && cost < Double.POSITIVE_INFINITY, "a vector's cost must be finite: " + cost);
      require(loss >= -1 && loss <= 1, "a vector's loss must be in [-1, 1]: " + loss);
    }

    /** Returns the thresholds by early exit; the array is the caller's. */
    public double[] toArray() {
      return thresholds.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /**
     * Returns whether this one loses no more and costs no more than another, and one of it less.
     */
    public boolean dominates(Vector other) {
      return cost <= other.cost && loss <= other.loss && (cost < other.cost || loss < other.loss);
    }
  }

  public ThresholdFront {
    exitCuts = List.copyOf(exitCuts);
    families = List.copyOf(families);
    precise = List.copyOf(precise);
    require(
        !exitCuts.isEmpty() && exitCuts.size() <= CalibrationTable.MAX_EXITS,
        "exits not in [1, " + CalibrationTable.MAX_EXITS + "]: " + exitCuts.size());
    require(
        exitCuts.get(0) >= 1 && List.copyOf(new TreeSet<>(exitCuts)).equals(exitCuts),
        "exits must ascend by cut, from 1: " + exitCuts);
    List<Integer> firsts = Stream.concat(Stream.of(0), exitCuts.stream()).toList();
    require(
        families.stream().map(Family::firstSplit).toList().equals(firsts),
        "vectors must be for splits from each of " + firsts + " on");
    int early = exitCuts.size() - 1;
    Stream.concat(families.stream().map(Family::vectors), Stream.of(precise))
        .forEach(family -> requireFamily(family, early));
  }

  private static void requireFamily(List<Vector> family, int early) {
    require(
        family.size() <= MAX_VECTORS,
        "a family has " + family.size() + " vectors, more than " + MAX_VECTORS);
    Set<List<Double>> seen = new HashSet<>();
    for (Vector vector : family) {
      require(
          vector.thresholds().size() == early,
          "a vector of " + vector.thresholds().size() + " thresholds for " + early + " exits");
      require(seen.add(vector.thresholds()), "a vector is listed twice in a family");
    }
  }

  /**
   * Returns the vectors for a split, from cautious to bold.
   *
   * @param split the cut where the network is divided, at least 0
   */
  public List<Vector> at(int split) {
    List<Vector> vectors = List.of();
    for (Family family : families) {
      vectors = family.firstSplit() <= split ? family.vectors() : vectors;
    }
    return vectors;
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
