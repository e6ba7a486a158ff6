package dev.sluice.model.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Collects a bundle's files and writes them as a directory or a zip, all or nothing: into a
 * temporary directory beside the target, to the disk, then moved. A crash leaves at most a hidden
 * directory with a name that no bundle has. Not thread-safe.
 */
public final class BundleWriter {
  private final Path target;
  private final boolean zip;
  private final Map<String, byte[]> files = new TreeMap<>();

  private BundleWriter(Path target) {
    this.target = target.toAbsolutePath().normalize();
    this.zip = this.target.toString().toLowerCase(Locale.ROOT).endsWith(".zip");
  }

  /**
   * Returns a writer for a bundle: one zip if the name ends with {@code .zip}, else a directory.
   * Nothing is written before {@link #commit}.
   */
  public static BundleWriter to(Path directoryOrZip) {
    return new BundleWriter(directoryOrZip);
  }

  /**
   * Adds a file.
   *
   * @param path relative, with forward slashes
   * @param content copied
   * @throws IllegalArgumentException if the path is not one inside a bundle, or given before
   */
  public BundleWriter put(String path, byte[] content) {
    BundlePaths.check(path);
    if (path.equals(BundleFiles.MANIFEST) || files.putIfAbsent(path, content.clone()) != null) {
      throw new IllegalArgumentException("file given before: " + path);
    }
    return this;
  }

  /**
   * Writes the bundle and opens it again, verified.
   *
   * @param manifest its digests are replaced by those of the files
   * @param overwrite whether a directory that stands at the target is replaced; only a bundle or an
   *     empty directory is
   * @throws BundleException if something stands there that may not be replaced, or a file that the
   *     manifest names was not put
   * @throws IOException if writing fails; the target is then as it was
   */
  public Bundle commit(BundleManifest manifest, boolean overwrite) throws IOException {
    checkTarget(overwrite);
    Map<String, String> digests = new LinkedHashMap<>();
    Map<String, Long> sizes = new LinkedHashMap<>();
    files.forEach(
        (path, content) -> {
          digests.put(path, BundleFiles.sha256(content));
          sizes.put(path, (long) content.length);
        });
    Path parent = target.getParent();
    if (parent == null) {
      throw new BundleException(target.toString(), "is no place for a bundle", "name a directory");
    }
    Files.createDirectories(parent);
    byte[] json = ManifestJson.write(manifest.withFiles(digests, sizes));
    Path temporary = Files.createTempDirectory(parent, "." + target.getFileName() + "-");
    try {
      Path whole = temporary.resolve("bundle");
      if (zip) {
        BundleZip.fill(whole, json, files);
      } else {
        BundleFolder.fill(Files.createDirectory(whole), json, files);
      }
      // Whatever cannot be opened again never reaches the target.
      try {
        Bundle.open(whole);
      } catch (BundleException e) {
        throw new BundleException(
            e.file().replace(whole.toString(), target.toString()), e.trouble(), e.remedy(), e);
      }
      replaceTarget(whole, temporary.resolve("old"));
    } finally {
      Durable.deleteTree(temporary);
    }
    return Bundle.open(target);
  }

  private void checkTarget(boolean overwrite) throws IOException {
    if (!Files.exists(target)) {
      return;
    }
    if (!overwrite) {
      throw new BundleException(
          target.toString(), "exists already", "choose another place or ask for overwriting");
    }
    boolean empty = false;
    if (zip) {
      if (!Files.isRegularFile(target) || !isBundle(target)) {
        throw notABundle();
      }
      return;
    }
    if (Files.isDirectory(target)) {
      try (Stream<Path> entries = Files.list(target)) {
        empty = entries.findAny().isEmpty();
      }
    }
    if (!empty && !Files.isRegularFile(target.resolve(BundleFiles.MANIFEST))) {
      throw notABundle();
    }
  }

  private BundleException notABundle() {
    return new BundleException(
        target.toString(), "exists and is no bundle", "choose another place or remove it");
  }

  private static boolean isBundle(Path file) {
    try (BundleFiles files = BundleFiles.of(file)) {
      return files.read(BundleFiles.MANIFEST, BundleFiles.MAX_MANIFEST_BYTES).isPresent();
    } catch (BundleException e) {
      return false;
    }
  }

  private void replaceTarget(Path whole, Path old) throws IOException {
    if (zip) {
      Durable.move(whole, target);
      return;
    }
    if (!Files.exists(target)) {
      Durable.moveNew(whole, target);
      return;
    }
    Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
    try {
      Durable.moveNew(whole, target);
    } catch (IOException e) {
      Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
      throw e;
    }
  }
}
