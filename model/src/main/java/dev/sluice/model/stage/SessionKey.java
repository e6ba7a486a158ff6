package dev.sluice.model.stage;

/**
 * What a session computes.
 *
 * @param kind stage, encoder or the uncut network
 * @param fromCut cut before it
 * @param toCut cut after it
 * @param exit exit whose head it holds, or -1
 * @param decoder codec whose decoder it begins with, or empty
 * @param encoder codec whose encoder it holds, or empty
 * @param precision of backbone and head
 * @param ends how it is cut at its ends
 */
record SessionKey(
    Kind kind,
    int fromCut,
    int toCut,
    int exit,
    String decoder,
    String encoder,
    String precision,
    Ends ends) {
  enum Kind {
    STAGE,
    ENCODER,
    UNCUT
  }

  /**
   * How a stage is cut at its ends.
   *
   * @param lowered whether it is cut from the network as the engine rewrote it
   * @param fromInside whether a stage of the same kind hands its tensors on to it, so that they may
   *     stay in the engine's own order
   * @param toInside whether it hands its own on to one
   */
  record Ends(boolean lowered, boolean fromInside, boolean toInside) {
    static final Ends PLAIN = new Ends(false, false, false);

    Ends {
      if (!lowered && (fromInside || toInside)) {
        throw new IllegalArgumentException("only lowered stages hand on the engine's own order");
      }
    }
  }
}
