package dev.sluice.training;

/** Kullback and Leibler's divergence between the probabilities that logits stand for. */
final class Divergence {
  private Divergence() {}

  /**
   * Returns how far one answer is from another, in nats, at least 0; infinite where one has no
   * probabilities.
   *
   * @param wanted logits of what is taken for right
   * @param given logits of what is judged, as many
   */
  static double of(float[] wanted, float[] given) {
    double wantedNorm = logSum(wanted);
    double givenNorm = logSum(given);
    double sum = 0;
    for (int i = 0; i < wanted.length; i++) {
      double log = wanted[i] - wantedNorm;
      sum += Math.exp(log) * (log - (given[i] - givenNorm));
    }
    return Double.isNaN(sum) ? Double.POSITIVE_INFINITY : Math.max(0, sum);
  }

  private static double logSum(float[] logits) {
    double most = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      most = Math.max(most, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - most);
    }
    return most + Math.log(sum);
  }
}
