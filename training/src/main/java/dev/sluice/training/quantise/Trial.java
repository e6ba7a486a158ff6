package dev.sluice.training.quantise;

import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.calibrate.TemperatureScaling;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A way to quantise a network and what it scored.
 *
 * @param way how
 * @param accuracy per exit, share of samples right
 * @param loss per exit, mean cross-entropy in nats at the exit's temperature
 */
record Trial(Way way, List<Double> accuracy, List<Double> loss) {
  /**
   * A way to quantise.
   *
   * @param method of finding ranges
   * @param correctsBiases whether the channels' means are brought back to those in floats
   * @param keptFloat heavy nodes, by first output, that compute in floats
   */
  record Way(RangeMethod method, boolean correctsBiases, Set<String> keptFloat) {
    Way {
      keptFloat = Set.copyOf(keptFloat);
    }

    @Override
    public String toString() {
      return method.name().toLowerCase(Locale.ROOT).replace('_', '-')
          + (correctsBiases ? ", biases corrected" : "")
          + (keptFloat.isEmpty() ? "" : ", in floats " + keptFloat.stream().sorted().toList());
    }
  }

  Trial {
    accuracy = List.copyOf(accuracy);
    loss = List.copyOf(loss);
  }

  static Trial of(Way way, Recording recording, double[] temperatures) {
    return new Trial(way, accuracies(recording), losses(recording, temperatures));
  }

  static List<Double> accuracies(Recording recording) {
    return IntStream.range(0, recording.exits()).mapToObj(recording::accuracy).toList();
  }

  static List<Double> losses(Recording recording, double[] temperatures) {
    int[] labels = recording.labels();
    return IntStream.range(0, recording.exits())
        .mapToObj(
            exit ->
                TemperatureScaling.negativeLogLikelihood(
                    recording.logits(exit), labels, temperatures[exit]))
        .toList();
  }

  /** Returns the mean accuracy over all exits. */
  double meanAccuracy() {
    return accuracy.stream().mapToDouble(Double::doubleValue).average().orElse(0);
  }

  /** Returns the mean cross-entropy over all exits, in nats. */
  double meanLoss() {
    return loss.stream().mapToDouble(Double::doubleValue).average().orElse(0);
  }
}
