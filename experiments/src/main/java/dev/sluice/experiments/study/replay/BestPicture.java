package dev.sluice.experiments.study.replay;

import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CompanionFact;
import dev.sluice.scheduler.rival.Coding;
import java.util.Comparator;

/**
 * The codec by which a fair engineer would send whole pictures: of those with which the uncut
 * network stays within the loss that is allowed, the one with the fewest bytes. Both are taken from
 * the SELECT table, which whoever prepares a bundle has; what the codec truly loses shows on other
 * pictures.
 *
 * <p>Bytes decide and not time, as an engineer who is paid by the link would have it; who has a
 * fast link finds pixels and PNG beside it in the studies.
 */
public final class BestPicture {
  private BestPicture() {}

  /**
   * Chooses the codec.
   *
   * @param mostLoss accuracy that may be lost against the uncut network on the SELECT table, as a
   *     share in [0, 1]
   * @return its name at cut 0
   * @throws IllegalArgumentException if the bundle has none that loses so little
   */
  public static String of(BundleFacts facts, double mostLoss) {
    CalibrationTable select = facts.select();
    return new Coding.Within(mostLoss)
        .offered(facts).stream()
            .filter(codec -> codec.cut() == 0)
            .map(CodecFact::codec)
            .min(Comparator.comparingDouble(codec -> bytes(select, codec)))
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "no picture codec of the bundle loses at most %.3g points"
                            .formatted(100 * mostLoss)));
  }

  /**
   * Chooses the codec by which to ask the bundle's companion, in the same way.
   *
   * @param mostLoss accuracy that may be lost against the companion's own on pictures as they are
   * @throws IllegalArgumentException if the bundle has no companion, or it none that loses so
   *     little
   */
  public static String ofCompanion(BundleFacts facts, double mostLoss) {
    CompanionFact companion =
        facts
            .companion()
            .orElseThrow(() -> new IllegalArgumentException("the bundle has no companion"));
    CalibrationTable select = companion.select();
    double least = accuracy(select, -1) - mostLoss;
    return select.variants().stream()
        .map(CalibrationTable.Variant::codec)
        .filter(companion::knows)
        .filter(codec -> accuracy(select, select.variant(0, codec).orElseThrow()) >= least)
        .min(Comparator.comparingDouble(codec -> bytes(select, codec)))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "by no picture codec the companion loses at most %.3g points"
                        .formatted(100 * mostLoss)));
  }

  /** Of a table of one exit, behind a variant or, at -1, on pictures as they are. */
  private static double accuracy(CalibrationTable table, int variant) {
    int right = 0;
    for (int sample = 0; sample < table.samples(); sample++) {
      boolean correct = variant < 0 ? table.correct(sample, 0) : table.correct(variant, sample, 0);
      right += correct ? 1 : 0;
    }
    return (double) right / table.samples();
  }

  /** Sum over the table. */
  private static double bytes(CalibrationTable table, String codec) {
    int variant = table.variant(0, codec).orElseThrow();
    double sum = 0;
    for (int sample = 0; sample < table.samples(); sample++) {
      sum += table.bytes(variant, sample);
    }
    return sum;
  }
}
