package dev.sluice.model.bundle;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * The same cuts and exits at another precision, for the device's part of the network.
 *
 * @param precision its name, such as {@code int8}; lower-case letters and digits, not {@code
 *     float32}, which every bundle has
 * @param backbone path of its backbone's ONNX file in the bundle
 * @param heads path of its head's ONNX file by number of exit; an exit without an entry keeps the
 *     float32 head
 * @param calibration path of its calibration table; empty if there is none
 * @param profile path of its measured times; empty if there are none
 */
public record VariantInfo(
    String precision,
    String backbone,
    Map<Integer, String> heads,
    String calibration,
    String profile) {
  /** The precision of a bundle's own backbone and heads. */
  public static final String FLOAT32 = "float32";

  public VariantInfo {
    if (!precision.matches("[a-z][a-z0-9]{0,31}") || precision.equals(FLOAT32)) {
      throw new IllegalArgumentException("variant of precision '" + precision + "'");
    }
    heads = Collections.unmodifiableMap(new TreeMap<>(heads));
    BundlePaths.check(backbone);
    heads.values().forEach(BundlePaths::check);
    if (!calibration.isEmpty()) {
      BundlePaths.check(calibration);
    }
    if (!profile.isEmpty()) {
      BundlePaths.check(profile);
    }
  }
}
