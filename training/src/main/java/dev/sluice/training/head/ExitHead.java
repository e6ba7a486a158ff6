package dev.sluice.training.head;

import dev.sluice.model.bundle.HeadKind;

/** A trained classifier on a cut. Immutable. */
public sealed interface ExitHead permits LinearHead, ConvHead {
  /** Returns how it comes to its logits. */
  HeadKind kind();

  /** Returns what it sees. */
  HeadView view();

  /** Returns the number of logits. */
  int classes();

  /** Returns the multiply-accumulates for one sample; pooling counts none. */
  long macs();

  /**
   * Returns the logits of one sample.
   *
   * @param features what {@link #view()} sees of it
   */
  float[] logits(float[] features);
}
