package dev.sluice.sim;

import dev.sluice.sim.link.Buffer;
import dev.sluice.sim.link.Loss;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Times, rates, losses and buffers as people write them in options and commands. */
final class Amounts {
  private static final Pattern AMOUNT =
      Pattern.compile("([0-9]*\\.?[0-9]+(?:[eE][0-9]+)?)\\s*([a-zA-Z%]*)");
  private static final double MOST_MILLIS = 60_000;
  private static final double MOST_MEGABITS = 1_000_000;
  private static final double MOST_BUFFER_BYTES = 1 << 30;

  private Amounts() {}

  /** A value for each direction; written once for both or as {@code uplink/downlink}. */
  record Both<T>(T uplink, T downlink) {
    static <T> Both<T> parse(String text, Function<String, T> one) {
      int slash = text.indexOf('/');
      if (slash < 0) {
        T value = one.apply(text);
        return new Both<>(value, value);
      }
      return new Both<>(one.apply(text.substring(0, slash)), one.apply(text.substring(slash + 1)));
    }
  }

  /** A time in [0, 60 s]: {@code 50ms}, {@code 0.05s}; a bare number is milliseconds. */
  static final class Millis implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      return millis(text);
    }
  }

  /** Such times, each way. */
  static final class BothMillis implements ITypeConverter<Both<Double>> {
    @Override
    public Both<Double> convert(String text) {
      return Both.parse(text, Amounts::millis);
    }
  }

  /**
   * Rates above 0, each way or (null) the second left open: {@code 6mbit}, {@code 6mbit/12mbit}.
   */
  static final class BothMegabits implements ITypeConverter<Both<Double>> {
    @Override
    public Both<Double> convert(String text) {
      return Both.parse(text, one -> positive(one, megabits(one)));
    }

    private static double positive(String text, double megabits) {
      if (megabits > 0) {
        return megabits;
      }
      throw noRate(text, "above 0");
    }
  }

  /** Losses each way. */
  static final class BothLosses implements ITypeConverter<Both<Loss>> {
    @Override
    public Both<Loss> convert(String text) {
      return Both.parse(text, Amounts::loss);
    }
  }

  /** Buffers each way. */
  static final class BothBuffers implements ITypeConverter<Both<Buffer>> {
    @Override
    public Both<Buffer> convert(String text) {
      return Both.parse(text, Amounts::buffer);
    }
  }

  static double millis(String text) {
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

  /** A rate, 0 included, in Mbit/s: {@code 6mbit}, {@code 250kbit}; a bare number is Mbit/s. */
  static double megabits(String text) {
    double megabits =
        amount(
            text,
            unit ->
                switch (unit) {
                  case "", "mbit" -> 1;
                  case "kbit" -> 1e-3;
                  case "gbit" -> 1e3;
                  default -> Double.NaN;
                });
    if (megabits >= 0 && megabits <= MOST_MEGABITS) {
      return megabits;
    }
    throw noRate(text, "of at least 0");
  }

  /** {@code 1%} or {@code 0.01}, each packet by itself; {@code 1%x4} in runs of 4 on average. */
  static Loss loss(String text) {
    int by = text.indexOf('x');
    String share = by < 0 ? text : text.substring(0, by);
    double value =
        amount(
            share,
            unit ->
                switch (unit) {
                  case "" -> 1;
                  case "%" -> 0.01;
                  default -> Double.NaN;
                });
    double burst = by < 0 ? 1 : amount(text.substring(by + 1), unit -> bare(unit));
    try {
      return by < 0 ? Loss.random(value) : Loss.bursty(value, burst);
    } catch (IllegalArgumentException wrong) {
      throw new TypeConversionException(
          "'" + text + "' is no loss from 0 to 50 %; write 1%, or 1%x4 for runs of 4 packets");
    }
  }

  /** {@code 256kb}, {@code 500ms} or {@code none}. */
  static Buffer buffer(String text) {
    if (text.equals("none")) {
      return Buffer.none();
    }
    try {
      double bytes =
          amount(
              text,
              unit ->
                  switch (unit) {
                    case "b" -> 1;
                    case "kb" -> 1e3;
                    case "mb" -> 1e6;
                    default -> Double.NaN;
                  });
      if (bytes >= 0 && bytes <= MOST_BUFFER_BYTES) {
        return new Buffer.OfBytes((int) bytes);
      }
      if (text.endsWith("s")) {
        return new Buffer.OfTime(Math.round(millis(text) * 1e6));
      }
    } catch (IllegalArgumentException | TypeConversionException wrong) {
      // Told below with the ways to write one.
    }
    throw new TypeConversionException(
        "'" + text + "' is no buffer from 3kb to 1 GiB or up to 60s; write 256kb, 500ms or none");
  }

  private static double bare(String unit) {
    return unit.isEmpty() ? 1 : Double.NaN;
  }

  private static TypeConversionException noRate(String text, String range) {
    return new TypeConversionException(
        "'" + text + "' is no rate " + range + "; write 6mbit, 250kbit or 6");
  }

  private interface Unit {
    double of(String name);
  }

  private static double amount(String text, Unit unit) {
    Matcher match = AMOUNT.matcher(text.strip());
    return match.matches()
        ? Double.parseDouble(match.group(1)) * unit.of(match.group(2).toLowerCase(Locale.ROOT))
        : Double.NaN;
  }
}
