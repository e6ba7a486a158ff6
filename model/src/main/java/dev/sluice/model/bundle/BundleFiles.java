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
import org.jspecify.annotations.Nullable;

/**
 * Reads a bundle's files from a directory or a zip, within bounds, never outside of it. Nothing is
 * unpacked before it is asked for.
 */
final class BundleFiles implements AutoCloseable {
  static final String MANIFEST = "bundle.json";
  static final long MAX_MANIFEST_BYTES = 8L << 20;
  private static final long MAX_TOTAL_BYTES = 1L << 30;

  /** Reading a file takes twice its size for a moment; the rest is for running the network. */
  private static final int SHARE_OF_MEMORY = 3;

  private static final int MAX_ENTRIES = 4096;

  private final Path source;
  private final @Nullable ZipFile zip;
  private final Map<String, ZipEntry> entries;

  private BundleFiles(Path source, @Nullable ZipFile zip, Map<String, ZipEntry> entries) {
    this.source = source;
    this.zip = zip;
    this.entries = entries;
  }

  /** Most bytes that a bundle's files may have together: 1 GiB, or a third of Java's memory. */
  static long maxTotalBytes() {
    return Math.min(MAX_TOTAL_BYTES, Runtime.getRuntime().maxMemory() / SHARE_OF_MEMORY);
  }

  static BundleFiles of(Path source) throws BundleException {
    if (Files.isDirectory(source)) {
      return new BundleFiles(source, null, Map.of());
    }
    if (!Files.exists(source)) {
      throw new BundleException(
          source.toString(), "no such bundle", "give the path of a bundle directory or zip");
    }
    ZipFile zip;
    try {
      zip = new ZipFile(source.toFile());
    } catch (IOException | IllegalArgumentException e) {
      throw new BundleException(
          source.toString(),
          "is neither a bundle directory nor a readable zip",
          "check the path or get the bundle anew",
          e);
    }
    boolean listed = false;
    try {
      BundleFiles files = new BundleFiles(source, zip, entries(source, zip));
      listed = true;
      return files;
    } finally {
      if (!listed) {
        closeQuietly(zip);
      }
    }
  }

  private static Map<String, ZipEntry> entries(Path source, ZipFile zip) throws BundleException {
    if (zip.size() > MAX_ENTRIES) {
      throw tooLarge(source.toString(), "more than " + MAX_ENTRIES + " files");
    }
    Map<String, ZipEntry> entries = new HashMap<>();
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
      if (entries.put(entry.getName(), entry) != null) {
        throw new BundleException(where, "is in the zip twice", "get the bundle anew");
      }
    }
    return entries;
  }

  /** Returns a file's content, or nothing if it is not there. */
  Optional<byte[]> read(String path, long maxBytes) throws BundleException {
    ZipFile open = zip;
    if (open != null) {
      ZipEntry entry = entries.get(path);
      if (entry == null) {
        return Optional.empty();
      }
      try (InputStream in = open.getInputStream(entry)) {
        return Optional.of(bounded(in, maxBytes, where(path)));
      } catch (BundleException e) {
        throw e;
      } catch (IOException e) {
        throw new BundleException(
            where(path), "cannot be unpacked: " + e.getMessage(), "get the bundle anew", e);
      }
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
    return zip != null ? source + "!" + path : source.resolve(path).toString();
  }

  private static byte[] bounded(InputStream in, long maxBytes, String where) throws IOException {
    int limit = (int) Math.min(maxBytes, Integer.MAX_VALUE - 16);
    byte[] content = in.readNBytes(limit);
    if (content.length == limit && in.read() >= 0) {
      throw tooLarge(where, "more than " + limit + " bytes");
    }
    return content;
  }

  @Override
  public void close() {
    if (zip != null) {
      closeQuietly(zip);
    }
  }

  private static void closeQuietly(ZipFile zip) {
    try {
      zip.close();
    } catch (IOException e) {
      // Everything that was wanted has been read.
    }
  }

  private static BundleException tooLarge(String where, String what) {
    return new BundleException(
        where, what, "get or prepare a smaller bundle, or give Java more memory (-Xmx)");
  }

  static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
