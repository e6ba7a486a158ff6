package dev.sluice.model.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Reads a bundle's files from a directory or a zip, within bounds, never outside of it. */
final class BundleFiles {
  static final String MANIFEST = "bundle.json";
  static final long MAX_MANIFEST_BYTES = 8L << 20;
  static final long MAX_TOTAL_BYTES = 1L << 30;
  private static final int MAX_ENTRIES = 4096;

  private final Path source;
  private final Map<String, byte[]> zipped;
  private final boolean zip;

  private BundleFiles(Path source, boolean zip, Map<String, byte[]> zipped) {
    this.source = source;
    this.zip = zip;
    this.zipped = zipped;
  }

  static BundleFiles of(Path source) throws BundleException {
    if (Files.isDirectory(source)) {
      return new BundleFiles(source, false, Map.of());
    }
    if (!Files.exists(source)) {
      throw new BundleException(
          source.toString(), "no such bundle", "give the path of a bundle directory or zip");
    }
    return new BundleFiles(source, true, unzip(source));
  }

  private static Map<String, byte[]> unzip(Path source) throws BundleException {
    Map<String, byte[]> files = new HashMap<>();
    long total = 0;
    try (ZipFile zip = new ZipFile(source.toFile())) {
      if (zip.size() > MAX_ENTRIES) {
        throw tooLarge(source.toString(), "more than " + MAX_ENTRIES + " files");
      }
      for (Enumeration<? extends ZipEntry> e = zip.entries(); e.hasMoreElements(); ) {
        ZipEntry entry = e.nextElement();
        if (entry.isDirectory()) {
          continue;
        }
        String where = source + "!" + entry.getName();
        if (!BundlePaths.isSafe(entry.getName())) {
          throw new BundleException(
              where, "path leads out of the bundle", "do not use this file; get the bundle anew");
        }
        try (InputStream in = zip.getInputStream(entry)) {
          byte[] content = bounded(in, MAX_TOTAL_BYTES - total, where);
          total += content.length;
          if (files.put(entry.getName(), content) != null) {
            throw new BundleException(where, "is in the zip twice", "get the bundle anew");
          }
        }
      }
    } catch (BundleException e) {
      throw e;
    } catch (IOException | IllegalArgumentException e) {
      throw new BundleException(
          source.toString(),
          "is neither a bundle directory nor a readable zip",
          "check the path or get the bundle anew",
          e);
    }
    return files;
  }

  /** Returns a file's content, or nothing if it is not there. */
  Optional<byte[]> read(String path, long maxBytes) throws BundleException {
    if (zip) {
      byte[] content = zipped.get(path);
      if (content != null && content.length > maxBytes) {
        throw tooLarge(where(path), "more than " + maxBytes + " bytes");
      }
      return Optional.ofNullable(content);
    }
    Path file = source.resolve(path);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      // A link may point anywhere; what it points to must still be the bundle's.
      if (!file.toRealPath().startsWith(source.toRealPath())) {
        throw new BundleException(
            where(path), "is a link out of the bundle", "do not use this bundle; get it anew");
      }
      try (InputStream in = Files.newInputStream(file)) {
        return Optional.of(bounded(in, maxBytes, where(path)));
      }
    } catch (BundleException e) {
      throw e;
    } catch (IOException e) {
      throw new BundleException(
          where(path), "cannot be read: " + e.getMessage(), "check its permissions", e);
    }
  }

  String where(String path) {
    return zip ? source + "!" + path : source.resolve(path).toString();
  }

  private static byte[] bounded(InputStream in, long maxBytes, String where) throws IOException {
    int limit = (int) Math.min(maxBytes, Integer.MAX_VALUE - 16);
    byte[] content = in.readNBytes(limit);
    if (content.length == limit && in.read() >= 0) {
      throw tooLarge(where, "more than " + limit + " bytes");
    }
    return content;
  }

  static BundleException tooLarge(String where, String what) {
    return new BundleException(where, what, "bundles are bounded; get or prepare a smaller one");
  }

  static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
