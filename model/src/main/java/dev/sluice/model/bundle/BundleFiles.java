package dev.sluice.model.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
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

  private final Path source;
  private final @Nullable ZipDirectory zip;

  private BundleFiles(Path source, @Nullable ZipDirectory zip) {
    this.source = source;
    this.zip = zip;
  }

  /** Most bytes that a bundle's files may have together: 1 GiB, or a third of Java's memory. */
  static long maxTotalBytes() {
    return Math.min(MAX_TOTAL_BYTES, Runtime.getRuntime().maxMemory() / SHARE_OF_MEMORY);
  }

  static BundleFiles of(Path source) throws BundleException {
    if (Files.isDirectory(source)) {
      return new BundleFiles(source, null);
    }
    if (!Files.exists(source)) {
      throw new BundleException(
          source.toString(), "no such bundle", "give the path of a bundle directory or zip");
    }
    return new BundleFiles(source, ZipDirectory.open(source, maxTotalBytes()));
  }

  /** Returns what to do where there is no manifest at the root. */
  String remedy() {
    ZipDirectory open = zip;
    if (open != null) {
      for (String name : open.names()) {
        if (name.endsWith("/" + MANIFEST)) {
          return "zip what is in its folder '"
              + name.substring(0, name.length() - MANIFEST.length() - 1)
              + "', not the folder itself";
        }
      }
    }
    return "give the directory or zip that has bundle.json at its root";
  }

  /** Returns a file's content, or nothing if it is not there. */
  Optional<byte[]> read(String path, long maxBytes) throws BundleException {
    ZipDirectory open = zip;
    if (open != null) {
      return open.content(path, maxBytes);
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
      long size = Files.size(file);
      if (size > maxBytes) {
        throw tooLarge(where(path), "more than " + maxBytes + " bytes");
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
      zip.close();
    }
  }

  static BundleException tooLarge(String where, String what) {
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
