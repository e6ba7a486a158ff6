package dev.sluice.model.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Writes a bundle as a folder. */
final class BundleFolder {
  private BundleFolder() {}

  /** Writes into a folder beside the target, then moves it there. */
  static void write(Path target, byte[] manifest, Map<String, byte[]> files) throws IOException {
    Path absolute = target.toAbsolutePath().normalize();
    Path temporary =
        Files.createTempDirectory(absolute.getParent(), "." + absolute.getFileName() + "-");
    try {
      // The temporary folder is for its owner alone; the bundle is for whom the user's mask says.
      Path whole = Files.createDirectory(temporary.resolve("bundle"));
      fill(whole, manifest, files);
      Durable.moveNew(whole, absolute);
    } finally {
      Durable.deleteTree(temporary);
    }
  }

  /** Writes into an empty folder; the bytes are on the disk when it returns. */
  static void fill(Path folder, byte[] manifest, Map<String, byte[]> files) throws IOException {
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path path = folder.resolve(file.getKey());
      Path parent = path.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Durable.writeSynced(path, file.getValue());
    }
    Durable.writeSynced(folder.resolve(BundleFiles.MANIFEST), manifest);
  }
}
