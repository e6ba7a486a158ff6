package dev.sluice.experiments.study.fleet;

import dev.sluice.experiments.fleet.WorkerKind;

/**
 * Workers as they may be bought. Immutable.
 *
 * @param threads of each worker, at least 1
 * @param pool workers among which devices choose, at least 1
 * @param batch requests that a thread computes together at most, at least 1
 */
record Setting(int threads, int pool, int batch) {
  /** What each further request of a batch saves: as accelerators do, assumed. */
  private static final double BATCH_GAIN = 0.75;

  /** As the cameras' workers are. */
  static final Setting USUAL = new Setting(Cameras.WORKER_THREADS, 1, 1);

  Setting {
    if (threads < 1 || pool < 1 || batch < 1) {
      throw new IllegalArgumentException(
          "threads, pool and batch must be positive: %d, %d, %d".formatted(threads, pool, batch));
    }
  }

  WorkerKind worker() {
    WorkerKind plain = WorkerKind.processors(threads);
    return batch == 1 ? plain : plain.batching(batch, BATCH_GAIN);
  }

  /** In words, short. */
  String title() {
    return (threads == 1 ? "1 thread" : threads + " threads")
        + (pool == 1 ? "" : ", pool of " + pool)
        + (batch == 1 ? "" : ", batches of " + batch);
  }
}
