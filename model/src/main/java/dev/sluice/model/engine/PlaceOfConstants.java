package dev.sluice.model.engine;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An empty file that pieces of networks name as the place of their constants. The engine checks
 * that it is there and long enough, and then reads nothing from it, because it is given the
 * constants in memory. Without it each piece would have to carry them all to be loaded.
 */
final class PlaceOfConstants {
  private static @Nullable Path folder;
  private static long length;

  private PlaceOfConstants() {}

  /** Returns the folder of the file, which is made at least so long; it takes no room. */
  static synchronized Path folder(long bytes) throws IOException {
    Path known = folder;
    if (known == null || !Files.exists(known.resolve(LoweredNetwork.PLACE_OF_CONSTANTS))) {
      known = Files.createTempDirectory("sluice-engine");
      length = 0;
      known.toFile().deleteOnExit();
      known.resolve(LoweredNetwork.PLACE_OF_CONSTANTS).toFile().deleteOnExit();
      Files.createFile(known.resolve(LoweredNetwork.PLACE_OF_CONSTANTS));
      folder = known;
    }
    if (bytes > length) {
      Path file = known.resolve(LoweredNetwork.PLACE_OF_CONSTANTS);
      try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
        sparse.setLength(bytes);
      }
      length = bytes;
    }
    return known;
  }
}
