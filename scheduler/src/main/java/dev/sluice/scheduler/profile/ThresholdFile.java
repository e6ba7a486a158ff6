package dev.sluice.scheduler.profile;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Threshold vectors as a bundle keeps them, with the files that they were found on: who changes one
 * of those without the vectors leaves some that are of no use. Immutable.
 *
 * @param version format version, {@link #VERSION}
 * @param select SHA-256 of the SELECT table, 64 hexadecimal digits
 * @param profile SHA-256 of the profile
 * @param front the vectors
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ThresholdFile(int version, String select, String profile, ThresholdFront front) {
  /** Format version written by this code. */
  public static final int VERSION = 1;

  private static final int MAX_JSON_BYTES = 4 << 20;

  public ThresholdFile {
    if (version != VERSION) {
      throw new IllegalArgumentException(
          "thresholds of version " + version + " are not supported, only " + VERSION);
    }
    for (String digest : new String[] {select, profile}) {
      if (!digest.matches("[0-9a-f]{64}")) {
        throw new IllegalArgumentException("thresholds name files by SHA-256, not by " + digest);
      }
    }
  }

  /**
   * Returns vectors with the files that they were found on.
   *
   * @param select the SELECT table's bytes
   * @param profile the profile's bytes
   */
  public static ThresholdFile of(byte[] select, byte[] profile, ThresholdFront front) {
    return new ThresholdFile(VERSION, sha256(select), sha256(profile), front);
  }

  /**
   * Returns whether these vectors were found on a table and a profile.
   *
   * @param selectDigest SHA-256 of the SELECT table's bytes, in lower case
   * @param profileDigest SHA-256 of the profile's bytes, in lower case
   */
  public boolean isOf(String selectDigest, String profileDigest) {
    return select.equals(selectDigest) && profile.equals(profileDigest);
  }

  /** Returns this as indented UTF-8 JSON; every threshold is read back to the bit. */
  public byte[] toJson() {
    return FactsJson.write(this);
  }

  /**
   * Reads it; unknown fields are ignored.
   *
   * @throws FactsFormatException if the bytes are no valid threshold vectors
   */
  public static ThresholdFile fromJson(byte[] json) throws FactsFormatException {
    return FactsJson.read(
        FactsJson.STRICT, json, ThresholdFile.class, MAX_JSON_BYTES, "threshold file");
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
