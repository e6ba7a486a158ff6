package dev.sluice.model.bundle;

/** What happens to a picture whose size is not the network's. */
public enum Resize {
  /** It is refused. */
  NONE,
  /** Scaled until its shorter side fits, then cropped about the centre. */
  CENTER_CROP,
  /** Scaled to the size, whatever its proportions. */
  SCALE
}
