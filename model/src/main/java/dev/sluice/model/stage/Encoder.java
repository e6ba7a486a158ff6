package dev.sluice.model.stage;

/**
 * The transform half of a codec at the chain's last cut, run only for a sample that is really sent.
 * Thread-safe while its chain is open.
 */
public interface Encoder {
  /** Returns the codec's name. */
  String codec();

  /**
   * Transforms the live tensors into those to be written on the wire.
   *
   * @param live stays the caller's
   * @return the caller's to close
   */
  Activation encode(Activation live);
}
