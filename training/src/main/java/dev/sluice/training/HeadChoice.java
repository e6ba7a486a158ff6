package dev.sluice.training;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Which kind of head exits get. */
enum HeadChoice {
  /** Tokens where a cut has them; else pooled, or convolutional where that pays. */
  AUTO,
  /** Mean and max pooled channels, then fully connected. */
  POOLED,
  /** Convolutions that reduce, pooling, then fully connected. */
  CONV,
  /** Pooled tokens of a transformer, then fully connected. */
  TOKENS;

  /** Accuracy, as a share, that a costlier head must gain whatever it costs. */
  static final double LEAST_GAIN = 0.005;

  /**
   * Returns the choice of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static HeadChoice parse(String name) {
    return Arrays.stream(values())
        .filter(choice -> choice.text().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("--head '" + name + "' is none of " + names()));
  }

  static String names() {
    return Arrays.stream(values()).map(HeadChoice::text).collect(Collectors.joining(", "));
  }

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns whether a convolutional head is worth its work: each percent of the network's
   * multiply-accumulates that it costs more must buy a point of accuracy on the select set, beside
   * half a point that chance alone might bring.
   *
   * @param pooledAccuracy share of right answers, in [0, 1]
   * @param convAccuracy share of right answers, in [0, 1]
   * @param totalMacs of the network, positive
   */
  static boolean convPays(
      double pooledAccuracy, double convAccuracy, long pooledMacs, long convMacs, long totalMacs) {
    double cost = Math.max(0, convMacs - pooledMacs) / (double) totalMacs;
    return convAccuracy - pooledAccuracy >= LEAST_GAIN + cost;
  }
}
