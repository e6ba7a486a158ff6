package dev.sluice.experiments.study;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Unpacks data sets with the system's {@code tar} and {@code xz}. */
public final class PackedData {
  private static final long PATIENCE_SECONDS = 300;

  private PackedData() {}

  /**
   * Unpacks a {@code .tar.xz}.
   *
   * @param target existing folder for what is in it
   * @throws IOException if that fails or takes more than five minutes
   */
  public static void unpack(Path archive, Path target) throws IOException {
    Process tar =
        new ProcessBuilder(List.of("tar", "-xJf", archive.toString(), "-C", target.toString()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      if (!tar.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || tar.exitValue() != 0) {
        throw new IOException(archive + ": cannot be unpacked; are tar and xz installed?");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while unpacking " + archive, e);
    } finally {
      tar.destroy();
    }
  }
}
