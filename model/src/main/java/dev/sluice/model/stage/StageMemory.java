package dev.sluice.model.stage;

/**
 * What a part of a network needs in memory for one sample, counted from its tensors: what the
 * engine keeps beside them (its arenas, about 14 kB per operator, the file while it is cut) comes
 * on top.
 *
 * @param weightBytes constants of all stages, heads and transforms, each once, at least 0
 * @param peakActivationBytes most that tensors take together at any one node, what the stage was
 *     given included, at least 0
 */
public record StageMemory(long weightBytes, long peakActivationBytes) {
  public StageMemory {
    if (weightBytes < 0 || peakActivationBytes < 0) {
      throw new IllegalArgumentException(
          "bytes must not be negative: " + weightBytes + ", " + peakActivationBytes);
    }
  }

  /** Returns both together. */
  public long bytes() {
    return weightBytes + peakActivationBytes;
  }
}
