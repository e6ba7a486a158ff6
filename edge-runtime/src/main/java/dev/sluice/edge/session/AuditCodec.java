package dev.sluice.edge.session;

/**
 * How tensors at one cut are written almost without loss, so that the final exit answers as if the
 * device had sent them as they are. Thread-safe.
 */
public interface AuditCodec {
  /** Returns the codec's name, as a {@link CloudRequest} has it. */
  String name();

  /**
   * Writes tensors.
   *
   * @param live tensors at the cut, as its stage left them; stays the caller's
   */
  Payload encode(Sample live);
}
