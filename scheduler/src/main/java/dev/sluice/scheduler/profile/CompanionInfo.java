package dev.sluice.scheduler.profile;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Which network is a bundle's companion, as the bundle keeps it beside the companion's tables.
 * Immutable.
 *
 * @param version format version, {@link #VERSION}
 * @param name what people call it
 * @param digest of the companion's own bundle, 64 hexadecimal digits; workers know it by that
 * @param workerNanos its time on the profile's machine, from the decoded picture to its answer; at
 *     least 0
 * @param classes by class of the companion: the bundle's class of the same name; each occurs once
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record CompanionInfo(
    int version, String name, String digest, long workerNanos, List<Integer> classes) {
  /** Format version written by this code. */
  public static final int VERSION = 1;

  private static final int MAX_JSON_BYTES = 4 << 20;

  public CompanionInfo {
    if (version != VERSION) {
      throw new IllegalArgumentException(
          "companion of version " + version + " is not supported, only " + VERSION);
    }
    if (name.isBlank() || !digest.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("a companion has a name and a SHA-256 digest: " + digest);
    }
    if (workerNanos < 0) {
      throw new IllegalArgumentException("a companion's time must be at least 0: " + workerNanos);
    }
    classes = List.copyOf(classes);
    List<Integer> sorted = classes.stream().sorted().toList();
    if (!sorted.equals(IntStream.range(0, classes.size()).boxed().toList())) {
      throw new IllegalArgumentException("a companion's classes must be the bundle's, each once");
    }
  }

  /** Returns the bundle's class for one of the companion's; empty where there is none such. */
  public OptionalInt classOf(int companionClass) {
    return companionClass < 0 || companionClass >= classes.size()
        ? OptionalInt.empty()
        : OptionalInt.of(classes.get(companionClass));
  }

  /** Returns what planners need, with the companion's tables. */
  public CompanionFact fact(CalibrationTable select, CalibrationTable certify) {
    return new CompanionFact(name, digest, workerNanos, select, certify);
  }

  /** Returns this as indented UTF-8 JSON. */
  public byte[] toJson() {
    return FactsJson.write(this);
  }

  /**
   * Reads it; unknown fields are ignored.
   *
   * @throws FactsFormatException if the bytes do not describe a companion
   */
  public static CompanionInfo fromJson(byte[] json) throws FactsFormatException {
    return FactsJson.read(FactsJson.WHOLE, json, CompanionInfo.class, MAX_JSON_BYTES, "companion");
  }
}
