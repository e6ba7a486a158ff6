package dev.sluice.sim;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Times and rates as people write them in options. */
final class Amounts {
  private static final Pattern AMOUNT =
      Pattern.compile("([0-9]*\\.?[0-9]+(?:[eE][0-9]+)?)\\s*([a-zA-Z]*)");
  private static final double MOST_MILLIS = 60_000;
  private static final double MOST_MEGABITS = 1_000_000;

  private Amounts() {}

  /** A time in [0, 60 s]: {@code 50ms}, {@code 0.05s}; a bare number is milliseconds. */
  static final class Millis implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      double millis =
          amount(
              text,
              unit ->
                  switch (unit) {
                    case "", "ms" -> 1;
                    case "s" -> 1000;
                    default -> Double.NaN;
                  });
      if (millis >= 0 && millis <= MOST_MILLIS) {
        return millis;
      }
      throw new TypeConversionException(
          "'" + text + "' is no time from 0 to 60 s; write 50ms, 0.05s or 50");
    }
  }

  /** A rate above 0: {@code 6mbit}, {@code 250kbit}; a bare number is Mbit/s. Gives Mbit/s. */
  static final class Megabits implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      double megabits =
          amount(
              text,
              unit ->
                  switch (unit) {
                    case "", "mbit" -> 1;
                    case "kbit" -> 1e-3;
                    default -> Double.NaN;
                  });
      if (megabits > 0 && megabits <= MOST_MEGABITS) {
        return megabits;
      }
      throw new TypeConversionException(
          "'" + text + "' is no rate above 0; write 6mbit, 250kbit or 6");
    }
  }

  private interface Unit {
    double of(String name);
  }

  private static double amount(String text, Unit unit) {
    Matcher match = AMOUNT.matcher(text.strip());
    return match.matches()
        ? Double.parseDouble(match.group(1)) * unit.of(match.group(2))
        : Double.NaN;
  }
}
