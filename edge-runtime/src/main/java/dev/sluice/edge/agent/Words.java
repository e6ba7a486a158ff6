package dev.sluice.edge.agent;

import dev.sluice.edge.device.Devices;
import dev.sluice.model.engine.ExecutionProvider;
import dev.sluice.protocol.pool.WorkerTarget;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Values as people write them in options. */
public final class Words {
  private static final Pattern NUMBER =
      Pattern.compile("([0-9]*\\.?[0-9]+)\\s*([a-z/]*)", Pattern.CASE_INSENSITIVE);

  private Words() {}

  /** A time: {@code 250ms}, {@code 0.25s}, {@code 1m}; a bare number is milliseconds. */
  public static final class Millis implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      Matcher match = NUMBER.matcher(text.strip());
      if (match.matches()) {
        double value = Double.parseDouble(match.group(1));
        double millis =
            switch (match.group(2)) {
              case "", "ms" -> value;
              case "s" -> value * 1000;
              case "m", "min" -> value * 60_000;
              default -> Double.NaN;
            };
        if (millis > 0 && millis <= 86_400_000) {
          return millis;
        }
      }
      throw new TypeConversionException("'" + text + "' is no time; write 250ms or 0.25s");
    }
  }

  /**
   * A rate: {@code 6mbit}, {@code 6Mbit/s}, {@code 250kbit}; a bare number is Mbit/s. Gives bytes
   * per second.
   */
  static final class Rate implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      Matcher match = NUMBER.matcher(text.strip());
      if (match.matches()) {
        double value = Double.parseDouble(match.group(1));
        double bytesPerSecond =
            switch (match.group(2).toLowerCase(Locale.ROOT)) {
              case "", "mbit", "mbit/s" -> value * 1e6 / 8;
              case "kbit", "kbit/s" -> value * 1e3 / 8;
              case "gbit", "gbit/s" -> value * 1e9 / 8;
              default -> Double.NaN;
            };
        if (bytesPerSecond > 0 && bytesPerSecond <= 1e11) {
          return bytesPerSecond;
        }
      }
      throw new TypeConversionException("'" + text + "' is no rate; write 6mbit or 250kbit");
    }
  }

  /** A share: {@code 10%} or {@code 0.1}. */
  static final class Share implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      String word = text.strip();
      boolean percent = word.endsWith("%");
      try {
        double value =
            Double.parseDouble(percent ? word.substring(0, word.length() - 1).strip() : word);
        double share = percent ? value / 100 : value;
        if (share >= 0 && share <= 10) {
          return share;
        }
      } catch (NumberFormatException e) {
        // Told below.
      }
      throw new TypeConversionException("'" + text + "' is no share; write 10% or 0.1");
    }
  }

  /** A factor: {@code 8} or {@code 0.5}, from a millionth to a million. */
  static final class Factor implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      try {
        double factor = Double.parseDouble(text.strip());
        if (factor >= 1e-6 && factor <= 1e6) {
          return factor;
        }
      } catch (NumberFormatException e) {
        // Told below.
      }
      throw new TypeConversionException(
          "'" + text + "' is no factor from 0.000001 to 1000000; write 8 or 0.5");
    }
  }

  /**
   * A device by its time or by its name.
   *
   * @param text as given
   * @param millis its time for the whole network; empty where the text names a device or a file
   */
  record DeviceWord(String text, OptionalDouble millis) {
    /** Returns it for people: a bare number has its unit. */
    String name() {
      String word = text.strip();
      return millis.isPresent() && Character.isDigit(word.charAt(word.length() - 1))
          ? word + "ms"
          : word;
    }
  }

  /** A time, such as {@code 250ms}, a published device, such as {@code pi4}, or a file. */
  static final class Device implements ITypeConverter<DeviceWord> {
    @Override
    public DeviceWord convert(String text) {
      if (NUMBER.matcher(text.strip()).matches()) {
        return new DeviceWord(text, OptionalDouble.of(new Millis().convert(text)));
      }
      try {
        Devices.check(text);
      } catch (IllegalArgumentException unknown) {
        throw new TypeConversionException(unknown.getMessage() + "; or a time such as 250ms");
      }
      return new DeviceWord(text, OptionalDouble.empty());
    }
  }

  /** A time that may be none: as {@link Millis}, or {@code 0}. */
  static final class MillisOrNone implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      return text.strip().matches("0+(ms|s)?") ? 0.0 : new Millis().convert(text);
    }
  }

  /** An amount of memory: {@code 32MB}, {@code 512kB}, {@code 64MiB}; a bare number is bytes. */
  static final class Bytes implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      Matcher match = NUMBER.matcher(text.strip());
      if (match.matches()) {
        double unit =
            switch (match.group(2).toLowerCase(Locale.ROOT)) {
              case "", "b" -> 1;
              case "kb" -> 1e3;
              case "mb" -> 1e6;
              case "gb" -> 1e9;
              case "kib" -> 1 << 10;
              case "mib" -> 1 << 20;
              case "gib" -> 1 << 30;
              default -> Double.NaN;
            };
        double bytes = Double.parseDouble(match.group(1)) * unit;
        if (bytes >= 1 && bytes <= 1e15) {
          return (long) bytes;
        }
      }
      throw new TypeConversionException("'" + text + "' is no amount of memory; write 32MB");
    }
  }

  /** What computes: {@code cpu}, {@code cuda:1}, {@code openvino,device_type=GPU}. */
  public static final class Provider implements ITypeConverter<ExecutionProvider> {
    @Override
    public ExecutionProvider convert(String text) {
      try {
        return ExecutionProvider.parse(text);
      } catch (IllegalArgumentException wrong) {
        throw new TypeConversionException(String.valueOf(wrong.getMessage()));
      }
    }
  }

  /** Where workers are: {@code HOST:PORT} or {@code dns:NAME:PORT}, an IPv6 host in brackets. */
  static final class Target implements ITypeConverter<WorkerTarget> {
    @Override
    public WorkerTarget convert(String text) {
      try {
        return WorkerTarget.parse(text.strip());
      } catch (IllegalArgumentException wrong) {
        throw new TypeConversionException(String.valueOf(wrong.getMessage()));
      }
    }
  }
}
