package dev.sluice.experiments.study;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Stream;

/** SHA-256 of what a run reads, in hexadecimal. */
public final class Digests {
  private static final int BUFFER_BYTES = 1 << 16;

  private Digests() {}

  /** Of a text in UTF-8. */
  static String of(String text) {
    MessageDigest sha256 = sha256();
    sha256.update(text.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(sha256.digest());
  }

  /** Of a file, or of the names and contents of a folder's files in order. */
  public static String of(Path path) throws IOException {
    MessageDigest sha256 = sha256();
    if (!Files.isDirectory(path)) {
      update(sha256, path);
    } else {
      try (Stream<Path> files = Files.walk(path)) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          String name = path.relativize(file).toString().replace('\\', '/');
          sha256.update(name.getBytes(StandardCharsets.UTF_8));
          update(sha256, file);
        }
      }
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static void update(MessageDigest digest, Path file) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
  }
}
