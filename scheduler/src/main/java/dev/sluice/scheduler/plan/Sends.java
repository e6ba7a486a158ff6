package dev.sluice.scheduler.plan;

/** What leaves the device for a sample that none of its exits stops. */
public enum Sends {
  /** The tensors at the split, to the rest of the same network; at cut 0 they are the picture. */
  SPLIT,

  /**
   * The picture, to the same network, though the device has computed up to the split: a picture may
   * be smaller than any tensor. The worker computes again what the device has computed, and asks
   * none of the exits up to the split again.
   */
  PICTURE,

  /**
   * The picture, to the bundle's companion: another network, usually a bigger one, which computes
   * it whole and has no exits here.
   */
  COMPANION
}
