package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.profile.Envelope;

/**
 * On what terms a rival competes. Immutable.
 *
 * @param coding what it may send with
 * @param timing where it has the network's times from
 */
public record Terms(Coding coding, Timing timing) {
  /** Accuracy that codecs may lose where nobody bounds it, as a share: a point. */
  public static final double USUAL_LOSS = 0.01;

  /**
   * Returns the accuracy that rivals may lose by their codecs, or which are set up beforehand, as a
   * share in [0, 1]: what the objective allows below the uncut network's, and {@link #USUAL_LOSS}
   * where it says nothing of that.
   */
  public static double mostLoss(Objective objective) {
    return objective.pointsBelowFinal().stream()
        .map(points -> Math.max(0, Math.min(1, points / 100)))
        .findFirst()
        .orElse(USUAL_LOSS);
  }

  /** Returns those of the papers on splitting: raw tensors and pictures, times by regression. */
  public static Terms asPublished() {
    return new Terms(Coding.uncompressed(), Timing.REGRESSION);
  }

  /**
   * Returns those of Sluice where its objective bounds the accuracy: every codec of the bundle that
   * keeps within that bound, measured times. A narrower one would keep codecs from a rival that
   * Sluice may use, a wider one would let it break what is asked.
   *
   * @param mostLoss accuracy that may be lost against the uncut network, as a share in [0, 1]
   */
  public static Terms asSluice(double mostLoss) {
    return new Terms(new Coding.Within(mostLoss), Timing.MEASURED);
  }

  /**
   * Returns the bytes that a rival counts for a request beside its payload: on Sluice's terms what
   * Sluice counts itself; papers count tensors alone.
   */
  int envelopeBytes() {
    return coding instanceof Coding.Within ? Envelope.REQUEST_BYTES : 0;
  }

  /** Returns those of Sluice where nothing bounds the accuracy: codecs may lose a point. */
  public static Terms asSluice() {
    return asSluice(USUAL_LOSS);
  }
}
