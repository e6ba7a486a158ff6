package dev.sluice.experiments.study;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** Finds what somebody may have meant. */
public final class Nearest {
  private Nearest() {}

  /**
   * Returns the known name that resembles a mistyped one most: the one with the smallest share of
   * characters to edit, upper and lower case alike. By their mere number a short name would be near
   * to everything, since all of it can be replaced by few edits.
   *
   * @param known at least one
   */
  public static String to(String name, Collection<String> known) {
    return known.stream()
        .min(Comparator.comparingDouble(candidate -> distance(name, candidate)))
        .orElseThrow();
  }

  /** Edits over the longer one's length, in [0, 1]. */
  private static double distance(String one, String other) {
    int edits = edits(one.toLowerCase(Locale.ROOT), other.toLowerCase(Locale.ROOT));
    return (double) edits / Math.max(1, Math.max(one.length(), other.length()));
  }

  /** Levenshtein's distance: insertions, deletions and replacements of single characters. */
  static int edits(String from, String to) {
    int[] previous = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int[] current = new int[to.length() + 1];
      current[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, Math.min(previous[j], current[j - 1]) + 1);
      }
      previous = current;
    }
    return previous[to.length()];
  }
}
