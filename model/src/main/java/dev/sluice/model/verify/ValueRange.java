package dev.sluice.model.verify;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Values that an input may have.
 *
 * @param least smallest
 * @param most largest, not below {@code least}
 */
public record ValueRange(double least, double most) {
  private static final Pattern TEXT =
      Pattern.compile("(.+)=(-?[0-9]+(?:\\.[0-9]+)?)\\.\\.(-?[0-9]+(?:\\.[0-9]+)?)");

  public ValueRange {
    if (!(least <= most) || Double.isInfinite(least) || Double.isInfinite(most)) {
      throw new IllegalArgumentException(
          least + ".." + most + " is no range; write the least value first");
    }
  }

  /**
   * Reads ranges.
   *
   * @param texts each such as {@code ids=0..30521}
   * @throws IllegalArgumentException if one is not of that form
   */
  public static Map<String, ValueRange> parse(List<String> texts) {
    Map<String, ValueRange> ranges = new LinkedHashMap<>();
    for (String text : texts) {
      Matcher matcher = TEXT.matcher(text);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "'" + text + "' is no range; write it as in ids=0..30521");
      }
      ranges.put(
          matcher.group(1),
          new ValueRange(
              Double.parseDouble(matcher.group(2)), Double.parseDouble(matcher.group(3))));
    }
    return ranges;
  }
}
