package dev.sluice.scheduler.profile;

/**
 * What a request takes on the link beside its payload, which is all that calibration tables and
 * profiles tell.
 *
 * <p>Below it are headers of TLS, TCP and IP. They grow with the payload, so the measured rate,
 * which counts payload and envelope, has them in it.
 */
public final class Envelope {
  /**
   * The request's header with names, deadline, stamp and the thresholds of two or three exits
   * behind the split, and the header of its first piece of data; 9 bytes fewer or more per exit. A
   * payload in several pieces has 14 bytes more for each, which are left out.
   */
  public static final int REQUEST_BYTES = 96;

  private Envelope() {}
}
