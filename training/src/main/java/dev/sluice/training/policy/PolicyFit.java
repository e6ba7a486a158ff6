package dev.sluice.training.policy;

import dev.sluice.model.exit.ClassCentres;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.model.exit.TrustSets;
import dev.sluice.training.calibrate.TemperatureScaling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Fits what policies need: class means and trust sets on the temperature set, which nothing else
 * was chosen on but the exits' temperatures; the softmax of the class means and the thresholds per
 * class on the select set. Immutable.
 */
public final class PolicyFit {
  /** Fitted distances are of the order of 1, the temperatures that suit them far below. */
  private static final double DISTANCE_SCALE = 50;

  /** Stands for the distance to a class of which there was no sample. */
  private static final double FAR = 1e3;

  private final Options options;

  /**
   * How much is kept and allowed.
   *
   * @param neighbours k of the trust score's density filter, at least 1
   * @param filtered share α of each class's samples that the filter takes out, in {@code [0, 1)}
   * @param trustPerClass most samples that a class keeps in a trust set, at least 1
   * @param mostClasses class means and trust sets are fitted up to this many classes: both grow
   *     with their square
   * @param loss share of answers that an exit's thresholds may lose against the final exit among
   *     those that it stops, by class; not negative
   * @param leastStopped samples that must stop for a threshold of one class to be believed, at
   *     least 1
   * @param pooled how many samples the loss of all classes together counts for in that of one
   *     class, not negative: a class has few samples, and the lowest of many thresholds is the
   *     luckiest
   */
  public record Options(
      int neighbours,
      double filtered,
      int trustPerClass,
      int mostClasses,
      double loss,
      int leastStopped,
      int pooled) {
    public Options {
      if (neighbours < 1 || trustPerClass < 1 || mostClasses < 2 || leastStopped < 1) {
        throw new IllegalArgumentException(
            "neighbours %d, per class %d, classes %d, stopped %d"
                .formatted(neighbours, trustPerClass, mostClasses, leastStopped));
      }
      if (!(filtered >= 0 && filtered < 1) || !(loss >= 0 && loss <= 1) || pooled < 0) {
        throw new IllegalArgumentException(
            "filtered " + filtered + ", loss " + loss + ", pooled " + pooled);
      }
    }

    /**
     * Returns the usual: k = 10, a tenth filtered, 20 samples per class, up to 1,000 classes, no
     * more than one answer in a hundred lost, 5 stopped samples, 30 pooled.
     */
    public static Options standard() {
      return new Options(10, 0.1, 20, 1000, 0.01, 5, 30);
    }

    /** Returns the usual with class means and trust sets up to 100 classes: half a megabyte. */
    public static Options compact() {
      return new Options(10, 0.1, 20, 100, 0.01, 5, 30);
    }

    /** Returns the same with another loss. */
    public Options withLoss(double share) {
      return new Options(
          neighbours, filtered, trustPerClass, mostClasses, share, leastStopped, pooled);
    }
  }

  public PolicyFit(Options options) {
    this.options = options;
  }

  /**
   * Fits everything for every early exit.
   *
   * @param temperature outputs on the temperature set
   * @param select outputs on the select set, of the same network
   */
  public PolicyData fit(ExitOutputs temperature, ExitOutputs select) {
    int classes = temperature.classes();
    double[][] thresholds = thresholds(select);
    List<PolicyData.OfExit> fitted = new ArrayList<>();
    for (int exit = 0; exit < temperature.exits() - 1; exit++) {
      PolicyData.OfExit one = PolicyData.OfExit.NOTHING.with(thresholds[exit]);
      if (classes <= options.mostClasses()) {
        float[][] points = temperature.points(exit);
        ClassCentres means = means(points, temperature.labels(), classes);
        one =
            one.with(means.withTemperature(softness(means, select, exit)))
                .with(trust(points, temperature.labels(), classes));
      }
      fitted.add(one);
    }
    return new PolicyData(classes, fitted);
  }

  /** Means by right class, and the mean distance of all points to each of them. */
  static ClassCentres means(float[][] points, int[] labels, int classes) {
    double[][] sums = new double[classes][classes];
    int[] counts = new int[classes];
    for (int i = 0; i < points.length; i++) {
      counts[labels[i]]++;
      for (int d = 0; d < classes; d++) {
        sums[labels[i]][d] += points[i][d];
      }
    }
    float[][] means = new float[classes][classes];
    float[] scales = new float[classes];
    for (int c = 0; c < classes; c++) {
      if (counts[c] == 0) {
        continue;
      }
      for (int d = 0; d < classes; d++) {
        means[c][d] = (float) (sums[c][d] / counts[c]);
      }
      double total = 0;
      for (float[] point : points) {
        total += Math.sqrt(squaredDistance(point, means[c]));
      }
      // A class whose mean every sample meets exactly cannot be told apart by distance.
      scales[c] = (float) Math.max(Float.MIN_NORMAL, total / points.length);
    }
    return new ClassCentres(means, scales, 1);
  }

  /** The temperature at which the softmax over negative distances is calibrated. */
  private static double softness(ClassCentres means, ExitOutputs select, int exit) {
    float[][] rows = new float[select.samples()][];
    for (int s = 0; s < rows.length; s++) {
      double[] distances = means.distances(select.scores()[exit][s].output());
      rows[s] = new float[distances.length];
      for (int c = 0; c < distances.length; c++) {
        rows[s][c] = (float) (-DISTANCE_SCALE * Math.min(FAR, distances[c]));
      }
    }
    return TemperatureScaling.fit(rows, select.labels()) / DISTANCE_SCALE;
  }

  private TrustSets trust(float[][] points, int[] labels, int classes) {
    int room = TrustSets.MOST_VALUES / classes / classes;
    int most = Math.min(options.trustPerClass(), room);
    List<Integer> kept = new ArrayList<>();
    for (int c = 0; c < classes; c++) {
      int label = c;
      int[] members = IntStream.range(0, labels.length).filter(i -> labels[i] == label).toArray();
      int[] dense = dense(points, members);
      for (int i = 0; i < Math.min(most, dense.length); i++) {
        // Evenly over the class in the set's order, which is random.
        kept.add(dense[(int) ((long) i * dense.length / Math.min(most, dense.length))]);
      }
    }
    float[][] chosen = kept.stream().map(i -> points[i]).toArray(float[][]::new);
    return new TrustSets(classes, chosen, kept.stream().mapToInt(i -> labels[i]).toArray());
  }

  /**
   * Returns the members of a class within the 1 - α share of smallest distance to their k-th
   * neighbour in it (Jiang et al., algorithm 1); all of them where there are no more than k.
   */
  int[] dense(float[][] points, int[] members) {
    int k = options.neighbours();
    if (members.length <= k) {
      return members;
    }
    double[] radius = new double[members.length];
    for (int i = 0; i < members.length; i++) {
      double[] squares = new double[members.length];
      for (int j = 0; j < members.length; j++) {
        squares[j] = squaredDistance(points[members[i]], points[members[j]]);
      }
      Arrays.sort(squares);
      // The point itself stands first.
      radius[i] = squares[k];
    }
    double[] sorted = radius.clone();
    Arrays.sort(sorted);
    int keep = (int) Math.ceil((1 - options.filtered()) * members.length);
    double epsilon = sorted[Math.max(1, keep) - 1];
    return IntStream.range(0, members.length)
        .filter(i -> radius[i] <= epsilon)
        .map(i -> members[i])
        .toArray();
  }

  private static double squaredDistance(float[] a, float[] b) {
    double squares = 0;
    for (int d = 0; d < a.length; d++) {
      double difference = (double) a[d] - b[d];
      squares += difference * difference;
    }
    return squares;
  }

  /**
   * Thresholds by exit and predicted class. Exit by exit, among the samples that earlier exits left
   * over: the lowest threshold at which the samples of a predicted class that stop lose no more
   * answers against the final exit than is allowed, where a class's loss is drawn towards that of
   * all classes at the same threshold. A class with too few samples takes the threshold that holds
   * for all classes together, or never stops if there is none.
   */
  double[][] thresholds(ExitOutputs select) {
    int finalExit = select.exits() - 1;
    double[][] thresholds = new double[finalExit][];
    boolean[] stopped = new boolean[select.samples()];
    for (int exit = 0; exit < finalExit; exit++) {
      int at = exit;
      int[] left = IntStream.range(0, select.samples()).filter(s -> !stopped[s]).toArray();
      Losses all = Losses.of(select, exit, left);
      double shared = lowest(all, Losses.NONE);
      double[] mine = new double[select.classes()];
      for (int c = 0; c < mine.length; c++) {
        int label = c;
        int[] said =
            Arrays.stream(left).filter(s -> select.scores()[at][s].predicted() == label).toArray();
        mine[c] =
            said.length < options.leastStopped()
                ? shared
                : lowest(Losses.of(select, exit, said), all);
      }
      thresholds[exit] = mine;
      for (int s : left) {
        var scores = select.scores()[exit][s];
        stopped[s] = scores.confidence() >= mine[scores.predicted()];
      }
    }
    return thresholds;
  }

  private double lowest(Losses own, Losses all) {
    double lowest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < own.confidence().length; i++) {
      double confidence = own.confidence()[i];
      boolean tied = i + 1 < own.confidence().length && own.confidence()[i + 1] == confidence;
      double pooled = all.confidence().length == 0 ? 0 : options.pooled();
      double lost = own.lost()[i] + pooled * Math.max(0, all.rate(confidence));
      if (!tied && i + 1 >= options.leastStopped() && lost <= options.loss() * (i + 1 + pooled)) {
        // Kept as float32; the sample itself must stop.
        lowest = Math.nextDown((float) confidence);
      }
    }
    return Math.max(0, lowest);
  }

  /**
   * Answers lost against the final exit by stopping.
   *
   * @param confidence of the samples, falling
   * @param lost net, by all samples up to each
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Losses(double[] confidence, int[] lost) {
    static final Losses NONE = new Losses(new double[0], new int[0]);

    static Losses of(ExitOutputs outputs, int exit, int[] samples) {
      int finalExit = outputs.exits() - 1;
      int[] sure =
          Arrays.stream(samples)
              .boxed()
              .sorted(
                  Comparator.comparingDouble(
                      (Integer s) -> -outputs.scores()[exit][s].confidence()))
              .mapToInt(Integer::intValue)
              .toArray();
      double[] confidence = new double[sure.length];
      int[] lost = new int[sure.length];
      int sum = 0;
      for (int i = 0; i < sure.length; i++) {
        sum += outputs.right(finalExit, sure[i]) ? 1 : 0;
        sum -= outputs.right(exit, sure[i]) ? 1 : 0;
        confidence[i] = outputs.scores()[exit][sure[i]].confidence();
        lost[i] = sum;
      }
      return new Losses(confidence, lost);
    }

    /** Share lost of the samples with at least this confidence. */
    double rate(double least) {
      int below = 0;
      int above = confidence.length;
      while (below < above) {
        int middle = (below + above) >>> 1;
        if (confidence[middle] >= least) {
          below = middle + 1;
        } else {
          above = middle;
        }
      }
      return below == 0 ? 0 : (double) lost[below - 1] / below;
    }
  }
}
