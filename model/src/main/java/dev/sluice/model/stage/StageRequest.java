package dev.sluice.model.stage;

import dev.sluice.model.bundle.VariantInfo;
import java.util.List;
import java.util.Optional;

/**
 * Which part of the network to compile, and with what.
 *
 * @param fromCut cut whose tensors come in, at least 0
 * @param toCut cut whose tensors go out, at least {@code fromCut}; the same cut gives no stage
 * @param exits exits to compute, ascending, each on a cut in {@code (fromCut, toCut]}; the final
 *     exit belongs to them if {@code toCut} is the last cut
 * @param decoder codec whose decoder transform precedes the first stage, if any
 * @param encoder codec whose encoder transform follows the last stage, if any
 * @param encoderFused whether the encoder is part of the last stage's session, so that every sample
 *     that comes there is encoded; otherwise it is a session of its own, for those that are sent
 * @param precision {@link VariantInfo#FLOAT32}, or that of a variant of the bundle
 */
public record StageRequest(
    int fromCut,
    int toCut,
    List<Integer> exits,
    Optional<String> decoder,
    Optional<String> encoder,
    boolean encoderFused,
    String precision) {
  public StageRequest {
    if (fromCut < 0 || toCut < fromCut) {
      throw new IllegalArgumentException("no cuts in order: from " + fromCut + " to " + toCut);
    }
    exits = List.copyOf(exits);
    for (int i = 1; i < exits.size(); i++) {
      if (exits.get(i) <= exits.get(i - 1)) {
        throw new IllegalArgumentException("exits must ascend: " + exits);
      }
    }
    if (decoder.isPresent() && fromCut == toCut) {
      throw new IllegalArgumentException("a decoder needs a stage that it precedes");
    }
    if (encoderFused && (encoder.isEmpty() || fromCut == toCut)) {
      throw new IllegalArgumentException("an encoder is fused into a stage: there must be both");
    }
  }

  /** Makes a request in float32 with the encoder, if any, as a session of its own. */
  public StageRequest(
      int fromCut,
      int toCut,
      List<Integer> exits,
      Optional<String> decoder,
      Optional<String> encoder) {
    this(fromCut, toCut, exits, decoder, encoder, false, VariantInfo.FLOAT32);
  }

  /** Returns the request without codecs, in float32. */
  public static StageRequest of(int fromCut, int toCut, List<Integer> exits) {
    return new StageRequest(fromCut, toCut, exits, Optional.empty(), Optional.empty());
  }

  /** Returns the same request with the codec's encoder at its end, run for what is sent. */
  public StageRequest encodedBy(String codec) {
    return new StageRequest(fromCut, toCut, exits, decoder, Optional.of(codec), false, precision);
  }

  /** Returns the same request with the codec's encoder inside the last stage. */
  public StageRequest encodedInLastStageBy(String codec) {
    return new StageRequest(fromCut, toCut, exits, decoder, Optional.of(codec), true, precision);
  }

  /** Returns the same request with the codec's decoder at its beginning. */
  public StageRequest decodedBy(String codec) {
    return new StageRequest(
        fromCut, toCut, exits, Optional.of(codec), encoder, encoderFused, precision);
  }

  /**
   * Returns the same request at another precision of backbone and heads; codecs stay as they are.
   */
  public StageRequest withPrecision(String name) {
    return new StageRequest(fromCut, toCut, exits, decoder, encoder, encoderFused, name);
  }
}
