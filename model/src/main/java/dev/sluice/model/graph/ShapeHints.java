package dev.sluice.model.graph;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Shapes for inputs whose file leaves some dimensions open. Immutable.
 *
 * @param shapes whole shape of an input by its name, the batch dimension included; 0 leaves a
 *     dimension as the file says
 */
public record ShapeHints(Map<String, long[]> shapes) {
  private static final Pattern TEXT = Pattern.compile("(.+)=([0-9?]+(?:x[0-9?]+)*)");
  private static final int MAX_RANK = 8;
  private static final long MAX_DIMENSION = 1L << 26;

  public ShapeHints {
    Map<String, long[]> copy = new LinkedHashMap<>();
    shapes.forEach((name, shape) -> copy.put(name, shape.clone()));
    shapes = java.util.Collections.unmodifiableMap(copy);
  }

  /** Returns no hints. */
  public static ShapeHints none() {
    return new ShapeHints(Map.of());
  }

  /**
   * Reads hints.
   *
   * @param texts each such as {@code input=1x3x224x224}, or {@code ids=?x128} where a dimension
   *     shall stay as it is
   * @throws IllegalArgumentException if one is not of that form
   */
  public static ShapeHints parse(List<String> texts) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (String text : texts) {
      Matcher matcher = TEXT.matcher(text);
      if (!matcher.matches()) {
        throw wrong(text);
      }
      String[] parts = matcher.group(2).split("x", -1);
      long[] shape = new long[parts.length];
      for (int i = 0; i < parts.length; i++) {
        if (parts[i].equals("?")) {
          continue;
        }
        try {
          shape[i] = Long.parseLong(parts[i]);
        } catch (NumberFormatException e) {
          throw wrong(text);
        }
        if (shape[i] < 1 || shape[i] > MAX_DIMENSION) {
          throw wrong(text);
        }
      }
      if (shape.length > MAX_RANK || shapes.put(matcher.group(1), shape) != null) {
        throw wrong(text);
      }
    }
    return new ShapeHints(shapes);
  }

  private static IllegalArgumentException wrong(String text) {
    return new IllegalArgumentException(
        "'" + text + "' is no shape; write each input once, as in input=1x3x224x224");
  }

  @Override
  public String toString() {
    return shapes.entrySet().stream()
        .map(
            hint ->
                hint.getKey()
                    + "="
                    + Arrays.stream(hint.getValue())
                        .mapToObj(d -> d == 0 ? "?" : String.valueOf(d))
                        .collect(Collectors.joining("x")))
        .collect(Collectors.joining(" "));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ShapeHints that && toString().equals(that.toString());
  }

  @Override
  public int hashCode() {
    return toString().hashCode();
  }
}
