package dev.sluice.model.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Collects a bundle's files and writes them as a directory, all or nothing: into a temporary
 * directory beside the target, then moved. Not thread-safe.
 */
public final class BundleWriter {
  private final Path target;
  private final Map<String, byte[]> files = new TreeMap<>();

  private BundleWriter(Path target) {
    this.target = target.toAbsolutePath().normalize();
  }

  /** Returns a writer for a bundle directory; nothing is written before {@link #commit}. */
  public static BundleWriter to(Path directory) {
    return new BundleWriter(directory);
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
    Path temporary = Files.createTempDirectory(parent, "." + target.getFileName() + "-");
    try {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        Path path = temporary.resolve(file.getKey());
        Path folder = path.getParent();
        if (folder != null) {
          Files.createDirectories(folder);
        }
        Files.write(path, file.getValue());
      }
      Files.write(
          temporary.resolve(BundleFiles.MANIFEST),
          ManifestJson.write(manifest.withFiles(digests, sizes)));
      // Whatever cannot be opened again never reaches the target.
      Bundle.open(temporary);
      replaceTarget(temporary, parent);
    } finally {
      deleteTree(temporary);
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
    if (Files.isDirectory(target)) {
      try (Stream<Path> entries = Files.list(target)) {
        empty = entries.findAny().isEmpty();
      }
    }
    if (!empty && !Files.isRegularFile(target.resolve(BundleFiles.MANIFEST))) {
      throw new BundleException(
          target.toString(), "exists and is no bundle", "choose another place or remove it");
    }
  }

  private void replaceTarget(Path temporary, Path parent) throws IOException {
    if (!Files.exists(target)) {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      return;
    }
    Path old = Files.createTempDirectory(parent, "." + target.getFileName() + "-old-");
    Path oldBundle = old.resolve("bundle");
    Files.move(target, oldBundle, StandardCopyOption.ATOMIC_MOVE);
    try {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      Files.move(oldBundle, target, StandardCopyOption.ATOMIC_MOVE);
      throw e;
    } finally {
      deleteTree(old);
    }
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : (Iterable<Path>) paths.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(path);
      }
    }
  }
}
