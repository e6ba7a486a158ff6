package dev.sluice.edge.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The devices of which Sluice has published figures: {@code devices.json} on the class path.
 *
 * <p>{@code assumed} names those figures of a device that are not published. What the devices draw
 * stands in {@link dev.sluice.scheduler.energy.DevicePowers}.
 */
public final class DeviceProfiles {
  private static final String FILE = "devices.json";
  private static final double GIGA = 1e9;
  private static final double NANOS_PER_MICRO = 1e3;

  /** Read once; the file is part of the program. */
  private static final Map<String, DeviceProfile> ALL = read();

  private DeviceProfiles() {}

  /** All of them, by name. */
  public static Map<String, DeviceProfile> all() {
    return ALL;
  }

  /**
   * The device of that name, such as {@code pi4}.
   *
   * @throws IllegalArgumentException naming the known ones, if there is none
   */
  public static DeviceProfile named(String name) {
    DeviceProfile profile = ALL.get(name);
    if (profile == null) {
      throw new IllegalArgumentException(
          "no device '" + name + "', only " + String.join(", ", ALL.keySet()));
    }
    return profile;
  }

  private static Map<String, DeviceProfile> read() {
    Map<String, DeviceProfile> all = new LinkedHashMap<>();
    try (InputStream in = DeviceProfiles.class.getResourceAsStream(FILE)) {
      for (JsonNode device : new ObjectMapper().readTree(in)) {
        DeviceProfile profile = profile(device);
        all.put(profile.name(), profile);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the class path lacks " + FILE, e);
    }
    return java.util.Collections.unmodifiableMap(all);
  }

  private static DeviceProfile profile(JsonNode json) {
    String name = json.required("name").asText();
    return new DeviceProfile(
        name,
        json.required("title").asText(),
        json.required("dense_gmacs_per_s").asDouble() * GIGA,
        json.required("depthwise_gmacs_per_s").asDouble() * GIGA,
        json.required("gigabytes_per_s").asDouble() * GIGA,
        json.required("launch_us").asDouble() * NANOS_PER_MICRO,
        json.required("codec_factor").asDouble(),
        assumed(name, json),
        json.required("source").asText());
  }

  private static Set<String> assumed(String name, JsonNode json) {
    Set<String> assumed = new LinkedHashSet<>();
    for (JsonNode figure : json.required("assumed")) {
      if (!json.has(figure.asText())) {
        throw new IllegalStateException(
            "%s: %s assumes '%s', which it has not".formatted(FILE, name, figure.asText()));
      }
      assumed.add(figure.asText());
    }
    return assumed;
  }
}
