package dev.sluice.scheduler.predict;

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

  private static boolean known(CalibrationTable table, int cut, String codec) {
    return table.variant(cut, codec).isPresent();
  }
}
