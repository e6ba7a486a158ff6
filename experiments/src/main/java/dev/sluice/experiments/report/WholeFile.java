package dev.sluice.experiments.report;

import dev.sluice.model.bundle.Durable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Writes results so that a file is there whole or as it was before. */
public final class WholeFile {
  private WholeFile() {}

  /**
   * Writes a text in UTF-8 in place of what the file holds.
   *
   * @throws IOException if that is not possible, such as on a full disk; what was there stays
   */
  public static void write(Path file, String text) throws IOException {
    try {
      Durable.write(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IOException(
          "cannot write %s (%s); nothing that was there is changed: free space or choose another"
                  .formatted(file, e.getMessage())
              + " folder, and run it again",
          e);
    }
  }
}
