package dev.sluice.model.exit;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Decides at an exit whether its answer is good enough to stop. Immutable values; {@link
 * ExitPolicies} applies them to a sample.
 *
 * <p>Each has a text, which {@link #parse} reads and {@code toString} writes:
 *
 * <pre>
 * top1 &gt;= 0.8                          per-class top1 &gt;= [0.8, 0.9, 0.75]
 * entropy &lt;= 0.3 nats                  per-class top1 &gt;= fitted
 * margin &gt;= 0.2                        class-means &gt;= 0.7
 * patience 2                           trust &gt;= 1.5
 * never                                always
 * </pre>
 *
 * <p>Probabilities and margins may be given in percent ({@code top1 >= 80 %}).
 */
public sealed interface ExitPolicy {
  /**
   * Reads a policy.
   *
   * @throws PolicySyntaxException if the text is none; it points at the character
   */
  static ExitPolicy parse(String text) {
    return new PolicyParser(text).policy();
  }

  /**
   * Returns whether to stop.
   *
   * @param scores what the exit says
   * @param state after this exit's prediction
   * @param data what was fitted for this exit
   */
  boolean stops(ExitScores scores, ExitState state, PolicyData.OfExit data);

  /** Returns whether the policy remembers what earlier exits of the same sample said. */
  default boolean remembers() {
    return false;
  }

  /**
   * Stops when the calibrated probability of the predicted class reaches a threshold.
   *
   * <p>Laskaridis, Venieris, Almeida, Leontiadis and Lane, "SPINN: Synergistic Progressive
   * Inference of Neural Networks over Device and Cloud", MobiCom 2020, section 4.2; there one
   * threshold for all exits, here one per exit.
   *
   * @param threshold not negative, finite; 0 always stops, more than 1 never does
   */
  record Top1Above(double threshold) implements ExitPolicy {
    public Top1Above {
      Numbers.requireNotNegative("threshold", threshold);
    }

    @Override
    public boolean stops(ExitScores scores, ExitState state, PolicyData.OfExit data) {
      return scores.confidence() >= threshold;
    }

    @Override
    public String toString() {
      return "top1 >= " + Numbers.text(threshold);
    }
  }

  /**
   * Stops when the entropy of the calibrated probabilities is at most a threshold.
   *
   * <p>Teerapittayanon, McDanel and Kung, "BranchyNet: Fast Inference via Early Exiting from Deep
   * Neural Networks", ICPR 2016, section III-C, fast inference: the entropy of the softmax against
   * one threshold per exit, in nats and not normalised, as there; the probabilities are calibrated
   * first. (DDNN divides by ln(classes): multiply its thresholds by that.)
   *
   * @param nats not negative, finite; ln(classes) always stops
   */
  record EntropyBelow(double nats) implements ExitPolicy {
    public EntropyBelow {
      Numbers.requireNotNegative("entropy", nats);
    }

    @Override
    public boolean stops(ExitScores scores, ExitState state, PolicyData.OfExit data) {
      return scores.entropyNats() <= nats;
    }

    @Override
    public String toString() {
      return "entropy <= " + Numbers.text(nats) + " nats";
    }
  }

  /**
   * Stops when the predicted class leads the second by a margin of calibrated probability.
   *
   * <p>Breaking ties: Scheffer, Decomain and Wrobel, "Active Hidden Markov Models for Information
   * Extraction", IDA 2001, where a small margin marks what is worth asking about; Park et al.,
   * "Big/Little Deep Neural Network for Ultra Low Power Inference", CODES+ISSS 2015, where a large
   * one ends inference.
   *
   * @param threshold not negative, finite; 0 always stops, more than 1 never does
   */
  record MarginAbove(double threshold) implements ExitPolicy {
    public MarginAbove {
      Numbers.requireNotNegative("threshold", threshold);
    }

    @Override
    public boolean stops(ExitScores scores, ExitState state, PolicyData.OfExit data) {
      return scores.margin() >= threshold;
    }

    @Override
    public String toString() {
      return "margin >= " + Numbers.text(threshold);
    }
  }

  /**
   * Stops when the prediction has stayed the same from active exit to active exit a number of times
   * in a row: {@code patience 2} wants three exits that agree.
   *
   * <p>Zhou, Xu, Ge, McAuley, Xu and Wei, "BERT Loses Patience: Fast and Robust Inference with
   * Early Exit" (PABEE), NeurIPS 2020, section 3.1, equation 1: the counter rises when an exit
   * predicts what the exit before it did and falls to 0 otherwise, and inference stops when it
   * reaches the patience. As there for classification; the counter may go past the patience where
   * exits on the way have other policies.
   *
   * @param times in {@code [1, 255]}
   */
  record Patience(int times) implements ExitPolicy {
    public Patience {
      if (times < 1 || times > ExitState.MOST) {
        throw new IllegalArgumentException("patience not in [1, 255]: " + times);
      }
    }

    @Override
    public boolean stops(ExitScores scores, ExitState state, PolicyData.OfExit data) {
      return state.unchanged() >= times;
    }

    @Override
    public boolean remembers() {
      return true;
    }

    @Override
    public String toString() {
      return "patience " + times;
    }
  }

  /**
   * Stops when the means of the classes, too, are sure of the exit's prediction: softmax over the
   * negative normalised distances of the exit's output to the mean output of each class.
   *
   * <p>Görmez, Dasari and Koyuncu, "E²CM: Early Exit via Class Means for Efficient Supervised and
   * Unsupervised Learning", IJCNN 2022, section III. As there the distance to a class is divided by
   * its mean over the fitting set. Deviations: the output is the exit's logits instead of the
   * layer's feature map, so that every kind of head and both sides of a split have it at no cost;
   * the exit's own prediction is kept, and it is its probability that is compared; the softmax has
   * a temperature, fitted like that of the exits, so that the threshold is a probability (without,
   * no class of many ever gets far above 1 / classes).
   *
   * @param threshold not negative, finite; 0 always stops, more than 1 never does
   */
  record ClassMeans(double threshold) implements ExitPolicy {
    public ClassMeans {
      Numbers.requireNotNegative("threshold", threshold);
    }

    @Override
    public boolean stops(ExitScores scores, ExitState state, PolicyData.OfExit data) {
      return data.means().orElseThrow().probability(scores.output(), scores.predicted())
          >= threshold;
    }

    @Override
    public String toString() {
      return "class-means >= " + Numbers.text(threshold);
    }
  }

  /**
   * Stops when the trust score reaches a threshold: the distance of the exit's output to the
   * nearest calibration sample of another class, divided by that to the nearest one of the
   * predicted class.
   *
   * <p>Jiang, Kim, Guan and Gupta, "To Trust Or Not To Trust A Classifier", NeurIPS 2018, section
   * 3: algorithm 1 filters outliers from each class by density, algorithm 2 is the score; they
   * report it on hidden layers and on logits, here it is on logits. Deviation: the sets are
   * bounded, see {@link TrustSets}.
   *
   * @param ratio not negative, finite; 0 always stops, 1 stops where both are as near
   */
  record TrustAbove(double ratio) implements ExitPolicy {
    public TrustAbove {
      Numbers.requireNotNegative("ratio", ratio);
    }

    @Override
    public boolean stops(ExitScores scores, ExitState state, PolicyData.OfExit data) {
      return data.trust().orElseThrow().score(scores.output(), scores.predicted()) >= ratio;
    }

    @Override
    public String toString() {
      return "trust >= " + Numbers.text(ratio);
    }
  }

  /**
   * Stops when the calibrated probability of the predicted class reaches that class's threshold.
   *
   * <p>Bonato and Bouganis, "Class-specific early exit design methodology for convolutional neural
   * networks", Applied Soft Computing 107 (2021): classes differ in how early they can be told, so
   * each exit decides by class. Here as a threshold on the calibrated probability.
   */
  @SuppressWarnings("ArrayRecordComponent") // copied in and out, with its own equals
  record PerClassTop1(double[] thresholds) implements ExitPolicy {
    /**
     * Makes a policy.
     *
     * @param thresholds one per class, at least one, none negative; infinite never stops; copied
     */
    public PerClassTop1 {
      thresholds = thresholds.clone();
      if (thresholds.length == 0) {
        throw new IllegalArgumentException("a threshold per class is needed");
      }
      for (double threshold : thresholds) {
        if (!(threshold >= 0)) {
          throw new IllegalArgumentException("threshold must not be negative: " + threshold);
        }
      }
    }

    @Override
    public double[] thresholds() {
      return thresholds.clone();
    }

    /** Returns the number of classes. */
    public int classes() {
      return thresholds.length;
    }

    /** Returns a class's threshold. */
    public double threshold(int predicted) {
      return thresholds[predicted];
    }

    @Override
    public boolean stops(ExitScores scores, ExitState state, PolicyData.OfExit data) {
      return scores.confidence() >= thresholds[scores.predicted()];
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof PerClassTop1 that && Arrays.equals(thresholds, that.thresholds);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(thresholds);
    }

    @Override
    public String toString() {
      return Arrays.stream(thresholds)
          .mapToObj(Numbers::text)
          .collect(Collectors.joining(", ", "per-class top1 >= [", "]"));
    }
  }

  /**
   * {@link PerClassTop1} with the thresholds that were fitted for this exit and came with the
   * bundle.
   */
  record PerClassFitted() implements ExitPolicy {
    @Override
    public boolean stops(ExitScores scores, ExitState state, PolicyData.OfExit data) {
      return scores.confidence() >= data.threshold(scores.predicted());
    }

    @Override
    public String toString() {
      return "per-class top1 >= fitted";
    }
  }

  /** Goes on whatever the scores: the exit is only looked at, and takes no part in patience. */
  record Never() implements ExitPolicy {
    @Override
    public boolean stops(ExitScores scores, ExitState state, PolicyData.OfExit data) {
      return false;
    }

    @Override
    public String toString() {
      return "never";
    }
  }

  /**
   * Stops whatever the scores: the last exit in reach, or the one exit of a subnet (the device's
   * part of a network as a smaller network).
   */
  record Always() implements ExitPolicy {
    @Override
    public boolean stops(ExitScores scores, ExitState state, PolicyData.OfExit data) {
      return true;
    }

    @Override
    public String toString() {
      return "always";
    }
  }
}
