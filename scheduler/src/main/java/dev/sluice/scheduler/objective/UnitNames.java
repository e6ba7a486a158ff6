package dev.sluice.scheduler.objective;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Units as people write them where an objective wants them short. */
final class UnitNames {
  private static final Map<Metric.Unit, Map<String, String>> NAMES = names();

  private UnitNames() {}

  /** Returns the unit of that dimension that a word may mean; lower-case words. */
  static Optional<String> meant(Metric.Unit dimension, String word) {
    Map<String, String> names = NAMES.getOrDefault(dimension, Map.of());
    return Nearest.within(word, names.keySet())
        .flatMap(name -> Optional.ofNullable(names.get(name)));
  }

  private static Map<Metric.Unit, Map<String, String>> names() {
    Map<Metric.Unit, Map<String, String>> names = new EnumMap<>(Metric.Unit.class);
    Map<String, String> bytes =
        of(
            "B", "byte bytes",
            "KB", "kib kbyte kbytes kilobyte kilobytes",
            "MB", "mib mbyte mbytes megabyte megabytes",
            "GB", "gib gbyte gbytes gigabyte gigabytes");
    names.put(
        Metric.Unit.TIME,
        of(
            "s", "sec secs second seconds",
            "ms", "msec msecs millis millisecond milliseconds",
            "us", "\u00b5 \u03bc usec usecs micros microsecond microseconds",
            "ns", "nsec nsecs nanos nanosecond nanoseconds"));
    names.put(Metric.Unit.SHARE, of("%", "percent percents pct"));
    names.put(Metric.Unit.BYTES, bytes);
    names.put(Metric.Unit.BYTES_PER_MONTH, bytes);
    names.put(Metric.Unit.RATE, of("fps", "hz hertz frame frames"));
    names.put(
        Metric.Unit.ENERGY,
        of(
            "J", "joule joules",
            "mJ", "millijoule millijoules",
            "uJ", "\u00b5 \u03bc microjoule microjoules"));
    return names;
  }

  /** Takes units and their names in turn; the names stand between blanks, in lower case. */
  private static Map<String, String> of(String... unitsAndNames) {
    Map<String, String> names = new LinkedHashMap<>();
    for (int i = 0; i < unitsAndNames.length; i += 2) {
      for (String name : unitsAndNames[i + 1].split(" ", -1)) {
        names.put(name, unitsAndNames[i]);
      }
    }
    return names;
  }
}
