package dev.sluice.model.bundle;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Rules for paths inside a bundle: relative, forward slashes, never above its root, and the same
 * file on every system: no names that some systems reserve or shorten, no two that differ by case.
 */
final class BundlePaths {
  private static final int MAX_LENGTH = 255;

  private static final Pattern RESERVED =
      Pattern.compile("(con|prn|aux|nul|com[0-9]|lpt[0-9])([.].*)?");

  private BundlePaths() {}

  static boolean isSafe(String path) {
    if (path.isEmpty() || path.length() > MAX_LENGTH || path.startsWith("/")) {
      return false;
    }
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      // A colon would be a drive or an alternate stream on some systems, a backslash a separator.
      if (c < ' ' || c == 0x7f || c == '\\' || c == ':') {
        return false;
      }
    }
    // Half a surrogate pair has no bytes, and no system has a file of that name.
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(path)) {
      return false;
    }
    for (String part : List.of(path.split("/", -1))) {
      if (part.isEmpty()
          || part.endsWith(".")
          || part.endsWith(" ")
          || RESERVED.matcher(part.toLowerCase(Locale.ROOT)).matches()) {
        return false;
      }
    }
    return true;
  }

  static String check(String path) {
    if (!isSafe(path)) {
      throw new IllegalArgumentException("not a path inside a bundle: '" + path + "'");
    }
    return path;
  }

  /** Returns what systems that ignore case, or how accents are written, make of a path. */
  static String folded(String path) {
    return Normalizer.normalize(path, Normalizer.Form.NFC)
        .toUpperCase(Locale.ROOT)
        .toLowerCase(Locale.ROOT);
  }

  /** Checks paths one by one and together: every one must be a file of its own everywhere. */
  static void checkAll(Collection<String> paths) {
    Map<String, String> seen = new HashMap<>();
    for (String path : paths) {
      String twin = seen.put(folded(check(path)), path);
      if (twin != null) {
        throw new IllegalArgumentException(
            "'" + path + "' and '" + twin + "' are one file on many systems");
      }
    }
    for (Map.Entry<String, String> path : seen.entrySet()) {
      String folder = path.getKey();
      for (int slash = folder.lastIndexOf('/'); slash > 0; slash = folder.lastIndexOf('/')) {
        folder = folder.substring(0, slash);
        String file = seen.get(folder);
        if (file != null) {
          throw new IllegalArgumentException(
              "'" + file + "' is a file and the folder of '" + path.getValue() + "'");
        }
      }
    }
  }
}
