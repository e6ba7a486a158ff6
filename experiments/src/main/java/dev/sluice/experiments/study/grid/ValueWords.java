package dev.sluice.experiments.study.grid;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What people call values in a file, the wanted ones and those that are there. */
final class ValueWords {
  private static final int SHOWN = 60;

  private static final Set<Class<?>> WHOLE =
      Set.of(int.class, Integer.class, long.class, Long.class);
  private static final Set<Class<?>> BROKEN =
      Set.of(double.class, Double.class, float.class, Float.class);

  private ValueWords() {}

  /** Returns what a value of a type is written as. */
  static String wanted(Class<?> type) {
    if (WHOLE.contains(type)) {
      return "a whole number";
    }
    if (BROKEN.contains(type)) {
      return "a number";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (Collection.class.isAssignableFrom(type)) {
      return "a list such as [a, b]";
    }
    if (Map.class.isAssignableFrom(type)) {
      return "names with values such as {a: 1}";
    }
    if (type.isEnum()) {
      return "one of "
          + Stream.of(type.getEnumConstants())
              .map(String::valueOf)
              .collect(Collectors.joining(", "));
    }
    RecordComponent[] components = type.getRecordComponents();
    return components == null
        ? "a text"
        : "fields (" + joined(Arrays.stream(components).map(RecordComponent::getName)) + ")";
  }

  /** Returns what is there instead. */
  static String found(JsonNode value) {
    if (value.isNull()) {
      return "nothing";
    }
    if (value.isArray()) {
      return "a list";
    }
    if (value.isObject()) {
      List<String> names = new ArrayList<>();
      value.fieldNames().forEachRemaining(names::add);
      return "fields (" + joined(names.stream()) + ")";
    }
    String text = value.asText();
    String shown = text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text;
    return value.isTextual() ? "'" + shown + "'" : shown;
  }

  private static String joined(Stream<String> names) {
    return names.collect(Collectors.joining(", "));
  }
}
