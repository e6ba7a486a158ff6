package dev.sluice.scheduler.objective;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody may have meant by a mistyped name, of metrics and of anything else. */
public final class Nearest {
  /** Beyond this share of characters to edit two names have little to do with each other. */
  private static final double LARGEST_SHARE = 0.34;

  /** So many characters of a name must be there before they stand for the whole. */
  private static final int SHORTEST_PART = 3;

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

  /**
   * Returns the same where it is near: no more than a third of it to edit, or a part of it that was
   * given for the whole, as {@code energy} for {@code device_energy}.
   *
   * @param known may be empty
   */
  public static Optional<String> within(String name, Collection<String> known) {
    if (known.isEmpty()) {
      return Optional.empty();
    }
    String best = to(name, known);
    return distance(name, best) <= LARGEST_SHARE
        ? Optional.of(best)
        : known.stream().filter(candidate -> isPart(name, candidate)).findFirst();
  }

  private static boolean isPart(String name, String whole) {
    return name.length() >= SHORTEST_PART
        && whole.toLowerCase(Locale.ROOT).contains(name.toLowerCase(Locale.ROOT));
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
