package dev.sluice.training.head;

/**
 * How a head is trained.
 *
 * @param hidden width of a hidden layer, 0 for none
 * @param epochs passes over the features, at least 1
 * @param batch samples per step, at least 1
 * @param learningRate of Adam at the start; falls to a hundredth along a cosine
 * @param weightDecay L2 penalty, at least 0
 * @param seed of initial weights and order
 */
public record HeadOptions(
    int hidden, int epochs, int batch, float learningRate, float weightDecay, long seed) {
  public HeadOptions {
    if (hidden < 0 || epochs < 1 || batch < 1 || !(learningRate > 0) || !(weightDecay >= 0)) {
      throw new IllegalArgumentException(
          "hidden %d, epochs %d, batch %d, learning rate %s, weight decay %s"
              .formatted(hidden, epochs, batch, learningRate, weightDecay));
    }
  }

  /** Returns what suits a number of training samples: few want a linear head and many passes. */
  public static HeadOptions forSamples(int samples, long seed) {
    return samples < 5_000
        ? new HeadOptions(0, 40, 128, 3e-3f, 2e-3f, seed)
        : new HeadOptions(128, 15, 256, 2e-3f, 1e-4f, seed);
  }

  /** Returns what suits a convolutional head, whose steps cost far more than a linear one's. */
  public static HeadOptions convolutional(int samples, long seed) {
    return samples < 5_000
        ? new HeadOptions(0, 25, 64, 3e-3f, 1e-3f, seed)
        : new HeadOptions(0, 10, 128, 4e-3f, 1e-4f, seed);
  }

  /** Returns the same options without a hidden layer. */
  public HeadOptions linear() {
    return new HeadOptions(0, epochs, batch, learningRate, weightDecay, seed);
  }
}
