package dev.sluice.protocol.message;

import java.nio.charset.StandardCharsets;

/** Bounds of the texts in messages. */
final class Texts {
  /** Names, digests and codec names. */
  static final int MAX_NAME_BYTES = 255;

  /** Explanations for people. */
  static final int MAX_EXPLANATION_BYTES = 1024;

  private Texts() {}

  static void check(String field, String text, int maxBytes) {
    if (text.length() > maxBytes || text.getBytes(StandardCharsets.UTF_8).length > maxBytes) {
      throw new IllegalArgumentException(
          field + " longer than " + maxBytes + " UTF-8 bytes: " + text.length() + " characters");
    }
  }

  /** Returns a text that fits; an explanation may be cut, a name never is. */
  static String fit(String text, int maxBytes) {
    int keep = Math.min(text.length(), maxBytes);
    while (text.substring(0, keep).getBytes(StandardCharsets.UTF_8).length > maxBytes) {
      keep--;
    }
    return text.substring(0, keep);
  }
}
