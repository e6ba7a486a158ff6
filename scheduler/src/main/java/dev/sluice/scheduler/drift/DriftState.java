package dev.sluice.scheduler.drift;

/** How the exits of a stream compare with what calibration expects of its plans. */
public enum DriftState {
  /** Nothing can be said: no answer yet, or the plan has no exit to compare. */
  UNWATCHED,
  /** No reason to doubt the calibration. */
  AS_CALIBRATED,
  /** Samples stop at later exits, or are sent more often, than calibrated: harder samples. */
  DEEPER,
  /** Samples stop at earlier exits than calibrated: easier samples, or a covered lens. */
  SHALLOWER,
  /** Both ends gain at the cost of the middle, or the middle at the cost of the ends. */
  OTHERWISE,
  /**
   * Like {@link #DEEPER}, and hardly any sample stops early any more, as under a slowdown attack
   * (Hong, Kaya, Modoranu and Dumitras, "A Panda? No, It's a Sloth: Slowdown Attacks on Adaptive
   * Multi-Exit Neural Network Inference", ICLR 2021). It cannot be told from very hard samples.
   */
  COLLAPSED;

  /** Returns whether the stream has left its calibration. */
  public boolean drifted() {
    return this != UNWATCHED && this != AS_CALIBRATED;
  }
}
