package dev.sluice.edge.session;

import java.util.OptionalInt;

/** A compiled stage of the network between two cuts, with at most one exit at its end. */
public interface Step {

  /** Returns the cut whose tensors it takes. */
  int fromCut();

  /** Returns the cut whose tensors it gives. */
  int toCut();

  /** Returns the exit it computes at {@link #toCut}, if any. */
  OptionalInt exit();

  /**
   * Computes; the input stays the caller's. Called by the device, one at a time.
   *
   * @param in tensors at {@link #fromCut}
   */
  StepResult run(Sample in);
}
