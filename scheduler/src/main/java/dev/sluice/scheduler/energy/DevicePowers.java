package dev.sluice.scheduler.energy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the devices draw of which Sluice has published times, or why that is not known: {@code
 * powers.json} on the class path, the one place where these figures stand.
 *
 * <p>Its powers, {@code network_mw}, {@code coding_mw} and {@code waiting_mw}, are above {@code
 * idle_mw}; {@code network_mw} is that of the cores or the accelerator whose times are published.
 */
public final class DevicePowers {
  private static final String FILE = "powers.json";
  private static final Map<String, PublishedPower> PUBLISHED = new LinkedHashMap<>();
  private static final Map<String, String> UNKNOWN = new LinkedHashMap<>();

  static {
    read();
  }

  private DevicePowers() {}

  /** Returns the devices whose power is published, by name. */
  public static Map<String, PublishedPower> published() {
    return Collections.unmodifiableMap(PUBLISHED);
  }

  /** Returns why of the other devices no power is given, by name. */
  public static Map<String, String> unknown() {
    return Collections.unmodifiableMap(UNKNOWN);
  }

  /**
   * Returns what a device draws, by its name: as its published times were measured, or with {@code
   * -one-core} ({@link PublishedPower#oneCore}) or {@code -duty-cycled} ({@link
   * PublishedPower#dutyCycled}) after it.
   *
   * @throws IllegalArgumentException saying why, if that is not known, and naming the known ones
   */
  public static DevicePower named(String name) {
    if (name.endsWith(PublishedPower.ONE_CORE)) {
      return board(name, PublishedPower.ONE_CORE).oneCore();
    }
    if (name.endsWith(PublishedPower.DUTY_CYCLED)) {
      return board(name, PublishedPower.DUTY_CYCLED).dutyCycled();
    }
    return board(name, "").aboveIdle();
  }

  private static PublishedPower board(String name, String form) {
    String board = name.substring(0, name.length() - form.length());
    PublishedPower power = PUBLISHED.get(board);
    if (power != null) {
      return power;
    }
    String why = UNKNOWN.get(board);
    throw new IllegalArgumentException(
        why == null
            ? "no device '%s' whose power is published, only %s".formatted(board, known())
            : "what a '%s' draws is not known: %s; known is that of %s"
                .formatted(board, why, known()));
  }

  private static String known() {
    return "%s, each also with %s or %s"
        .formatted(
            String.join(", ", PUBLISHED.keySet()),
            PublishedPower.ONE_CORE,
            PublishedPower.DUTY_CYCLED);
  }

  private static void read() {
    try (InputStream in = DevicePowers.class.getResourceAsStream(FILE)) {
      for (JsonNode device : new ObjectMapper().readTree(in)) {
        String name = device.required("name").asText();
        if (device.has("unknown")) {
          UNKNOWN.put(name, device.required("unknown").asText());
        } else {
          PUBLISHED.put(name, power(name, device));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the class path lacks " + FILE, e);
    }
  }

  private static PublishedPower power(String name, JsonNode json) {
    Set<String> assumed = new LinkedHashSet<>();
    for (JsonNode figure : json.required("assumed")) {
      if (!json.has(figure.asText())) {
        throw new IllegalStateException(
            "%s: %s assumes '%s', which it has not".formatted(FILE, name, figure.asText()));
      }
      assumed.add(figure.asText());
    }
    return new PublishedPower(
        json.required("idle_mw").asDouble(),
        new DevicePower(
            name,
            json.required("network_mw").asDouble(),
            json.required("coding_mw").asDouble(),
            json.required("waiting_mw").asDouble()),
        assumed,
        json.required("source").asText());
  }
}
