package dev.sluice.training.network;

import java.time.Duration;

/**
 * Told how far a long run is. Called from the thread that runs it, at most a few times a second.
 */
@FunctionalInterface
public interface ProgressListener {
  /** Ignores everything. */
  ProgressListener SILENT = (phase, done, left, note) -> {};

  /**
   * Reports progress.
   *
   * @param phase what is being done, in a word or two
   * @param done share of the phase that is done, in [0, 1]
   * @param left estimated time until the phase ends
   * @param note the latest figures, possibly empty
   */
  void progress(String phase, double done, Duration left, String note);
}
