package dev.sluice.experiments.report;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is wanted of a measured figure, such as {@code <= 1.05}.
 *
 * @param relation how the figure must relate to the limit
 * @param limit a finite number
 */
public record Bound(Relation relation, double limit) {
  private static final Pattern TEXT =
      Pattern.compile("(<=|>=|<|>|=)\\s*(-?[0-9.]+(?:[eE]-?\\d+)?)");

  /** A comparison, as written. */
  public enum Relation {
    AT_MOST("<="),
    AT_LEAST(">="),
    BELOW("<"),
    ABOVE(">"),
    EQUAL("=");

    private final String sign;

    Relation(String sign) {
      this.sign = sign;
    }
  }

  public Bound {
    if (!Double.isFinite(limit)) {
      throw new IllegalArgumentException("limit must be finite: " + limit);
    }
  }

  /** Reads a bound such as {@code >= 5}. */
  public static Bound parse(String text) {
    Matcher matcher = TEXT.matcher(text.trim());
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not a bound, such as \"<= 1.05\": " + text);
    }
    for (Relation relation : Relation.values()) {
      if (relation.sign.equals(matcher.group(1))) {
        return new Bound(relation, Double.parseDouble(matcher.group(2)));
      }
    }
    throw new IllegalArgumentException("not a bound: " + text);
  }

  /** Whether a figure is as wanted; an undefined one never is. */
  public boolean holds(double measured) {
    return switch (relation) {
      case AT_MOST -> measured <= limit;
      case AT_LEAST -> measured >= limit;
      case BELOW -> measured < limit;
      case ABOVE -> measured > limit;
      case EQUAL -> measured == limit;
    };
  }

  /** Which way a figure gets better: 1 upwards, -1 downwards, 0 where it is to be met. */
  public int better() {
    return switch (relation) {
      case AT_MOST, BELOW -> -1;
      case AT_LEAST, ABOVE -> 1;
      case EQUAL -> 0;
    };
  }

  @Override
  public String toString() {
    String number =
        limit == Math.rint(limit)
            ? String.format(Locale.ROOT, "%.0f", limit)
            : Double.toString(limit);
    return relation.sign + " " + number;
  }
}
