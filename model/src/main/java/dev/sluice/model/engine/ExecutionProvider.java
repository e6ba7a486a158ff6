package dev.sluice.model.engine;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What computes: the CPU, or an accelerator that the ONNX Runtime on the class path was built for.
 * Immutable. As text: {@code cpu}, {@code cuda}, {@code cuda:1}, {@code
 * tensorrt:0,trt_fp16_enable=1}, {@code openvino,device_type=GPU}, {@code
 * coreml,MLComputeUnits=ALL}.
 *
 * @param kind which
 * @param device number of the accelerator, at least 0; 0 where there is but one
 * @param settings the provider's own, by the names that ONNX Runtime documents
 */
public record ExecutionProvider(Kind kind, int device, Map<String, String> settings) {
  /** The providers that can be asked for. */
  public enum Kind {
    CPU,
    CUDA,
    TENSORRT,
    OPENVINO,
    COREML;

    /** Returns the name used in texts and messages. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public ExecutionProvider {
    if (device < 0) {
      throw new IllegalArgumentException("no such device: " + device);
    }
    settings = Map.copyOf(settings);
    if (kind == Kind.CPU && (device != 0 || !settings.isEmpty())) {
      throw new IllegalArgumentException("the cpu provider has neither devices nor settings");
    }
    if ((kind == Kind.OPENVINO || kind == Kind.COREML) && device != 0) {
      throw new IllegalArgumentException(
          "%s takes no device number; name the device in its settings".formatted(kind.text()));
    }
  }

  /** Returns the provider that is always there. */
  public static ExecutionProvider cpu() {
    return new ExecutionProvider(Kind.CPU, 0, Map.of());
  }

  /**
   * Reads a provider's text.
   *
   * @throws IllegalArgumentException if it is not one; the message says what is
   */
  public static ExecutionProvider parse(String text) {
    String[] parts = text.strip().split(",", -1);
    String[] head = parts[0].split(":", 2);
    Kind kind =
        Arrays.stream(Kind.values())
            .filter(each -> each.text().equals(head[0].strip().toLowerCase(Locale.ROOT)))
            .findFirst()
            .orElseThrow(() -> unknown(text));
    int device = 0;
    if (head.length == 2) {
      try {
        device = Integer.parseInt(head[1].strip());
      } catch (NumberFormatException e) {
        throw unknown(text);
      }
    }
    Map<String, String> settings = new LinkedHashMap<>();
    for (String part : parts) {
      if (part.equals(parts[0]) && settings.isEmpty()) {
        continue;
      }
      int equals = part.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException(
            "'" + part + "' in provider '" + text + "' is no NAME=VALUE");
      }
      settings.put(part.substring(0, equals).strip(), part.substring(equals + 1).strip());
    }
    return new ExecutionProvider(kind, device, settings);
  }

  private static IllegalArgumentException unknown(String text) {
    return new IllegalArgumentException(
        "'%s' is no execution provider; there are %s, some with a device (cuda:1) and settings"
            .formatted(
                text,
                Arrays.stream(Kind.values()).map(Kind::text).collect(Collectors.joining(", "))));
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(kind.text());
    if (device > 0) {
      text.append(':').append(device);
    }
    new TreeMap<>(settings).forEach((k, v) -> text.append(',').append(k).append('=').append(v));
    return text.toString();
  }
}
