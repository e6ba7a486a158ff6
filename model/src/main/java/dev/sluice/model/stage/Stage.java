package dev.sluice.model.stage;

import java.util.OptionalInt;

/** One compiled piece of the network between two cuts. Thread-safe while its chain is open. */
public interface Stage {
  /** Returns the cut whose tensors it takes. */
  int fromCut();

  /** Returns the cut whose tensors it yields. */
  int toCut();

  /** Returns the exit whose head it computes at {@link #toCut()}, if any. */
  OptionalInt exit();

  /**
   * Runs the stage: one session of the engine.
   *
   * @param in tensors at {@link #fromCut()}, or their encoded form where a decoder is fused; stays
   *     the caller's
   * @return the caller's to close
   * @throws IllegalArgumentException if the tensors have other shapes than the cut
   * @throws IllegalStateException if the chain, its model or the activation is closed
   */
  StageResult run(Activation in);
}
