package dev.sluice.protocol.message;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Bounds of the texts in messages. */
final class Texts {
  /** Names, digests and codec names. */
  static final int MAX_NAME_BYTES = 255;

  /** Explanations for people. */
  static final int MAX_EXPLANATION_BYTES = 1024;

  /** Secrets by which a device is known. */
  static final int MAX_TOKEN_BYTES = 1024;

  static final int MAX_CODECS = 64;
  static final int MAX_FEATURES = 32;

  /** What the texts of one greeting may take, so that it fits a control frame. */
  private static final int MAX_GREETING_BYTES = 7_500;

  private Texts() {}

  static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Returns a copy of a list of names, each of which must fit. */
  static List<String> names(String field, List<String> names, int most) {
    if (names.size() > most) {
      throw new IllegalArgumentException("more than " + most + " " + field + ": " + names.size());
    }
    names.forEach(name -> check(field, name, MAX_NAME_BYTES));
    return List.copyOf(names);
  }

  static void checkFits(
      String name, List<String> digests, String token, List<String> codecs, List<String> features) {
    int sum = bytes(name) + bytes(token);
    for (List<String> list : List.of(digests, codecs, features)) {
      for (String text : list) {
        sum += 2 + bytes(text);
      }
    }
    if (sum > MAX_GREETING_BYTES) {
      throw new IllegalArgumentException(
          "names of " + sum + " bytes do not fit a greeting, which takes " + MAX_GREETING_BYTES);
    }
  }

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
