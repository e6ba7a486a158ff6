package dev.sluice.experiments.fleet;

/**
 * A worker. Immutable.
 *
 * @param threads that compute, at least 1
 * @param capacity requests that may wait before others are refused, at least 1
 * @param scale its time over the profile's, positive
 * @param largestBatch requests that are finished together at most, at least 1
 * @param batchGain what a batch saves: 0 where it takes as long as its requests one after another,
 *     1 where it takes as long as its longest; in [0, 1]
 */
public record WorkerKind(
    int threads, int capacity, double scale, int largestBatch, double batchGain) {
  public WorkerKind {
    if (threads < 1 || capacity < 1 || largestBatch < 1) {
      throw new IllegalArgumentException(
          "threads, capacity and batch must be positive: %d, %d, %d"
              .formatted(threads, capacity, largestBatch));
    }
    if (!(scale > 0 && batchGain >= 0 && batchGain <= 1)) {
      throw new IllegalArgumentException("scale or gain out of range: " + scale + ", " + batchGain);
    }
  }

  /** The same that computes so many together, and saves so much by it. */
  public WorkerKind batching(int largest, double gain) {
    return new WorkerKind(threads, capacity, scale, largest, gain);
  }

  /** As the worker is on processors, where batches gain nothing, with its usual queue. */
  public static WorkerKind processors(int threads) {
    return new WorkerKind(threads, 64, 1, 1, 0);
  }
}
