package dev.sluice.model.bundle;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes a bundle as a zip whose bytes depend on its content alone. */
final class BundleZip {
  private BundleZip() {}

  static void write(Path target, byte[] manifest, Map<String, byte[]> files) throws IOException {
    Path absolute = target.toAbsolutePath();
    Path temporary =
        Files.createTempDirectory(absolute.getParent(), "." + absolute.getFileName() + "-");
    try {
      Path part = temporary.resolve("part");
      fill(part, manifest, files);
      Durable.move(part, absolute);
    } finally {
      Durable.deleteTree(temporary);
    }
  }

  /** Writes to a file; the bytes are on the disk when it returns. */
  static void fill(Path file, byte[] manifest, Map<String, byte[]> files) throws IOException {
    try (FileChannel channel =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING);
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      put(zip, BundleFiles.MANIFEST, manifest);
      for (Map.Entry<String, byte[]> one : new TreeMap<>(files).entrySet()) {
        put(zip, one.getKey(), one.getValue());
      }
      zip.finish();
      out.flush();
      channel.force(true);
    }
  }

  private static void put(ZipOutputStream zip, String path, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(path);
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
