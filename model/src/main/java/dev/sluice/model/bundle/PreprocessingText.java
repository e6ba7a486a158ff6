package dev.sluice.model.bundle;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads {@link Preprocessing}'s text form. */
final class PreprocessingText {
  private static final Set<String> KEYS = Set.of("mean", "std", "scale", "shift", "size", "resize");

  private final Map<String, String> pairs = new LinkedHashMap<>();

  private PreprocessingText(String text) {
    for (String pair : text.strip().split("[\\s;]+", -1)) {
      int equals = pair.indexOf('=');
      String key = equals < 0 ? pair : pair.substring(0, equals);
      if (equals < 0 || !KEYS.contains(key)) {
        throw wrong("'" + pair + "' is not one of mean=, std=, scale=, shift=, size=, resize=");
      }
      if (pairs.put(key, pair.substring(equals + 1)) != null) {
        throw wrong(key + " is given twice");
      }
    }
  }

  static Preprocessing parse(String text) {
    PreprocessingText form = new PreprocessingText(text);
    int[] size = form.size();
    boolean linear = form.pairs.containsKey("scale") || form.pairs.containsKey("shift");
    if (linear && (form.pairs.containsKey("mean") || form.pairs.containsKey("std"))) {
      throw wrong("give either mean and std, or scale and shift");
    }
    float[] mean = new float[3];
    float[] std = new float[3];
    if (linear) {
      double[] scale = form.numbers("scale", 255);
      double[] shift = form.numbers("shift", 0);
      for (int c = 0; c < 3; c++) {
        // rgb / scale + shift == (rgb / 255 - mean) / std
        std[c] = (float) (scale[c] / 255);
        mean[c] = (float) (-shift[c] * scale[c] / 255);
      }
    } else {
      double[] means = form.numbers("mean", 0);
      double[] stds = form.numbers("std", 1);
      for (int c = 0; c < 3; c++) {
        mean[c] = (float) means[c];
        std[c] = (float) stds[c];
      }
    }
    return new Preprocessing(size[0], size[1], form.resize(), mean, std);
  }

  private int[] size() {
    String text =
        Optional.ofNullable(pairs.get("size"))
            .orElseThrow(() -> wrong("size is missing, such as size=224"));
    String[] sides = text.split("x", -1);
    try {
      int width = Integer.parseInt(sides[0]);
      int height = sides.length == 1 ? width : Integer.parseInt(sides[1]);
      if (sides.length <= 2) {
        return new int[] {width, height};
      }
    } catch (NumberFormatException e) {
      throw wrong("size must be W or WxH: " + text);
    }
    throw wrong("size must be W or WxH: " + text);
  }

  private double[] numbers(String key, double otherwise) {
    String text = pairs.get(key);
    if (text == null) {
      return new double[] {otherwise, otherwise, otherwise};
    }
    String[] parts = text.split(",", -1);
    if (parts.length != 1 && parts.length != 3) {
      throw wrong(key + " needs one or three numbers: " + text);
    }
    double[] values = new double[3];
    try {
      for (int c = 0; c < 3; c++) {
        values[c] = Double.parseDouble(parts[parts.length == 1 ? 0 : c]);
      }
    } catch (NumberFormatException e) {
      throw wrong(key + " is no number: " + text);
    }
    return values;
  }

  private Resize resize() {
    return switch (pairs.getOrDefault("resize", "crop")) {
      case "crop" -> Resize.CENTER_CROP;
      case "scale" -> Resize.SCALE;
      case "none" -> Resize.NONE;
      default -> throw wrong("resize must be crop, scale or none: " + pairs.get("resize"));
    };
  }

  private static IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException("preprocessing: " + what);
  }
}
