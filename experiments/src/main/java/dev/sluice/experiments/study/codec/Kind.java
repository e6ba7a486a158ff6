package dev.sluice.experiments.study.codec;

/** What a contender stands for in the comparison. */
enum Kind {
  /** A picture at cut 0. */
  PICTURE,
  /** SPINN's codec. */
  REFERENCE,
  /** Other precisions and lossless forms without a transform. */
  PRECISION,
  /** A transform of the bundle's, with whatever follows it. */
  TRANSFORM,
  /** A codec of other authors', built for the comparison only. */
  RIVAL;

  /** Returns whether the scheduler may choose it at an interior cut. */
  boolean isOurs() {
    return this == REFERENCE || this == PRECISION || this == TRANSFORM;
  }
}
