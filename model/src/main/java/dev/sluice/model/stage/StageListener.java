package dev.sluice.model.stage;

/** Hears of every stage that was run, on the thread that ran it. */
@FunctionalInterface
public interface StageListener {
  /**
   * Called after a stage.
   *
   * @param fromCut cut before it
   * @param toCut cut after it
   * @param batch samples that it computed together
   * @param nanos time it took by the model's clock
   */
  void onStage(int fromCut, int toCut, int batch, long nanos);

  /** Returns a listener that ignores everything. */
  static StageListener none() {
    return (fromCut, toCut, batch, nanos) -> {};
  }
}
