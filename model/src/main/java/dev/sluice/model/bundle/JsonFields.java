package dev.sluice.model.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The fields of one JSON object, read strictly; whatever is missing or of another kind ends in an
 * {@link IllegalArgumentException} that names the field by its path, such as {@code cuts[3].name}.
 * Unknown fields are left alone.
 */
final class JsonFields {
  private static final int SHOWN = 40;

  private final JsonNode object;
  private final String path;

  private JsonFields(JsonNode object, String path) {
    this.object = object;
    this.path = path;
  }

  static JsonFields of(JsonNode object) {
    return new JsonFields(object, "");
  }

  private String at(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private JsonNode get(String name) {
    JsonNode value = object.get(name);
    if (value == null || value.isNull()) {
      throw new IllegalArgumentException(at(name) + " is missing");
    }
    return value;
  }

  private static IllegalArgumentException wrong(String where, String wanted, JsonNode value) {
    String text = value.isContainerNode() ? (value.isArray() ? "a list" : "an object") : "";
    if (text.isEmpty()) {
      String whole = value.asText();
      text = "'" + (whole.length() > SHOWN ? whole.substring(0, SHOWN) + "..." : whole) + "'";
    }
    return new IllegalArgumentException(where + " must be " + wanted + ", not " + text);
  }

  JsonFields object(String name) {
    JsonNode value = get(name);
    if (!value.isObject()) {
      throw wrong(at(name), "an object", value);
    }
    return new JsonFields(value, at(name));
  }

  String text(String name) {
    return text(get(name), at(name));
  }

  int integer(String name) {
    return integer(get(name), at(name));
  }

  long number(String name) {
    return number(get(name), at(name));
  }

  double real(String name) {
    return real(get(name), at(name));
  }

  <E extends Enum<E>> E oneOf(String name, Class<E> choices) {
    return oneOf(get(name), at(name), choices);
  }

  List<String> texts(String name) {
    return list(name, (value, where) -> text(value, where));
  }

  <E extends Enum<E>> List<E> listOf(String name, Class<E> choices) {
    return list(name, (value, where) -> oneOf(value, where, choices));
  }

  List<int[]> integerArrays(String name) {
    return list(
        name,
        (value, where) -> {
          if (!value.isArray()) {
            throw wrong(where, "a list of whole numbers", value);
          }
          int[] numbers = new int[value.size()];
          for (int i = 0; i < numbers.length; i++) {
            numbers[i] = integer(value.get(i), where + "[" + i + "]");
          }
          return numbers;
        });
  }

  float[] floats(String name) {
    List<Double> values = list(name, (value, where) -> real(value, where));
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return floats;
  }

  <T> List<T> objects(String name, Function<JsonFields, T> reader) {
    return list(
        name,
        (value, where) -> {
          if (!value.isObject()) {
            throw wrong(where, "an object", value);
          }
          return reader.apply(new JsonFields(value, where));
        });
  }

  Map<String, String> textMap(String name) {
    return map(name, JsonFields::text);
  }

  Map<String, Long> numberMap(String name) {
    return map(name, JsonFields::number);
  }

  int integerKey(String name, String key) {
    try {
      return Integer.parseInt(key);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(at(name) + " has '" + key + "' where a number belongs", e);
    }
  }

  private interface Reader<T> {
    T read(JsonNode value, String where);
  }

  private <T> List<T> list(String name, Reader<T> reader) {
    JsonNode value = get(name);
    if (!value.isArray()) {
      throw wrong(at(name), "a list", value);
    }
    List<T> values = new ArrayList<>(value.size());
    for (int i = 0; i < value.size(); i++) {
      values.add(reader.read(value.get(i), at(name) + "[" + i + "]"));
    }
    return values;
  }

  private <T> Map<String, T> map(String name, Reader<T> reader) {
    JsonNode value = get(name);
    if (!value.isObject()) {
      throw wrong(at(name), "an object", value);
    }
    Map<String, T> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      values.put(entry.getKey(), reader.read(entry.getValue(), at(name) + "." + entry.getKey()));
    }
    return values;
  }

  private static String text(JsonNode value, String where) {
    if (!value.isTextual()) {
      throw wrong(where, "a text", value);
    }
    return value.textValue();
  }

  private static int integer(JsonNode value, String where) {
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrong(where, "a whole number", value);
    }
    return value.intValue();
  }

  private static long number(JsonNode value, String where) {
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw wrong(where, "a whole number", value);
    }
    return value.longValue();
  }

  private static double real(JsonNode value, String where) {
    if (!value.isNumber()) {
      throw wrong(where, "a number", value);
    }
    return value.doubleValue();
  }

  private static <E extends Enum<E>> E oneOf(JsonNode value, String where, Class<E> choices) {
    String text = text(value, where);
    for (E choice : choices.getEnumConstants()) {
      if (choice.name().equals(text)) {
        return choice;
      }
    }
    throw wrong(where, "one of " + List.of(choices.getEnumConstants()), value);
  }
}
