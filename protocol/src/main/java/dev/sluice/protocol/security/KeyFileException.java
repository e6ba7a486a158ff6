package dev.sluice.protocol.security;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file of keys, certificates or tokens that cannot be used. The message names the file and says
 * what to do; it never tells what a secret file holds.
 */
public final class KeyFileException extends IOException {
  KeyFileException(Path file, String problem) {
    super(file + ": " + problem);
  }

  KeyFileException(Path file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
  }
}
