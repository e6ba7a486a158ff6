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
 */
record SessionKey(
    Kind kind, int fromCut, int toCut, int exit, String decoder, String encoder, String precision) {
  enum Kind {
    STAGE,
    ENCODER,
    UNCUT
  }
}
