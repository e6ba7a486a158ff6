package dev.sluice.model.bundle;

import java.util.List;

/** Rules for paths inside a bundle: relative, forward slashes, never above its root. */
final class BundlePaths {
  private static final int MAX_LENGTH = 255;

  private BundlePaths() {}

  static boolean isSafe(String path) {
    if (path.isEmpty() || path.length() > MAX_LENGTH || path.startsWith("/")) {
      return false;
    }
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      // A colon would be a drive or an alternate stream on some systems, a backslash a separator.
      if (c < ' ' || c == '\\' || c == ':') {
        return false;
      }
    }
    for (String part : List.of(path.split("/", -1))) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
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
}
