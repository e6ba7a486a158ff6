package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.Set;

/** Which codecs lose nothing, and which can be predicted at all. */
final class Codecs {
  private static final Set<String> LOSSLESS = Set.of("f32", "raw");

  private Codecs() {}

  static boolean lossless(String codec) {
    return LOSSLESS.contains(codec);
  }

  /** Whether both tables say what the codec does, or it loses nothing and needs no rows. */
  static boolean predictable(BundleFacts facts, int cut, String codec) {
    return facts.profile().codec(cut, codec).isPresent()
        && (lossless(codec)
            || (known(facts.select(), cut, codec) && known(facts.certify(), cut, codec)));
  }

  /** Whether the tables say how the companion answers to pictures in a codec. */
  static boolean predictableByCompanion(BundleFacts facts, String codec) {
    return facts.profile().codec(0, codec).isPresent()
        && facts.companion().filter(companion -> companion.knows(codec)).isPresent();
  }

  /** Whether a plan answers as the uncut network does, by construction. */
  static boolean identical(Plan plan) {
    return plan.exits().isEmpty()
        && !plan.usesCompanion()
        && (!plan.usesCloud() || lossless(plan.codec()));
  }

  private static boolean known(CalibrationTable table, int cut, String codec) {
    return table.variant(cut, codec).isPresent();
  }
}
