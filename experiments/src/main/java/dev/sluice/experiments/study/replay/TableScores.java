package dev.sluice.experiments.study.replay;

import dev.sluice.model.exit.ExitScores;
import java.util.Arrays;

/** Makes an exit's scores of what a table keeps of them. */
public final class TableScores {
  private TableScores() {}

  /**
   * Returns scores with this first class and these two largest probabilities; what is left is
   * spread evenly over the other classes, so that entropies are too high.
   *
   * @param classes at least 2
   * @param confidence in [0, 1]
   * @param margin in [0, confidence]
   */
  public static ExitScores of(int classes, int predicted, float confidence, float margin) {
    /* Of equals the lowest class would win. */
    float second = Math.min(confidence - margin, Math.nextDown(confidence));
    second = Math.max(0, second);
    float[] probabilities = new float[classes];
    if (classes > 2) {
      float rest = (1 - confidence - second) / (classes - 2);
      Arrays.fill(probabilities, Math.max(0, Math.min(second, rest)));
    }
    probabilities[(predicted + 1) % classes] = second;
    probabilities[predicted] = confidence;
    return new ExitScores(probabilities);
  }
}
