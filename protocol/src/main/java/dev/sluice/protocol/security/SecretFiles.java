package dev.sluice.protocol.security;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/**
 * Reads files of bounded size, and secret ones only where nobody else can.
 *
 * <p>Like ssh: a secret that others may read or write is no secret, and a warning would be
 * overlooked. A group may read it where the file belongs to somebody else (a key of the
 * administrator's that is lent to the group of a service).
 */
final class SecretFiles {
  static final int MAX_BYTES = 1 << 20;

  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.of(
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.OTHERS_EXECUTE);
  private static final Set<PosixFilePermission> GROUP =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.GROUP_EXECUTE);

  private SecretFiles() {}

  static byte[] read(Path file) throws KeyFileException {
    try {
      if (Files.isDirectory(file)) {
        throw new KeyFileException(file, "is a folder; name a file");
      }
      try (InputStream in = Files.newInputStream(file)) {
        byte[] bytes = in.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
          throw new KeyFileException(file, "is larger than 1 MiB, which no such file is");
        }
        return bytes;
      }
    } catch (KeyFileException told) {
      throw told;
    } catch (NoSuchFileException e) {
      throw new KeyFileException(file, "no such file", e);
    } catch (AccessDeniedException e) {
      throw new KeyFileException(file, "permission denied: this user may not read it", e);
    } catch (IOException e) {
      throw new KeyFileException(file, "cannot be read: " + e.getMessage(), e);
    }
  }

  static byte[] readSecret(Path file) throws KeyFileException {
    byte[] bytes = read(file);
    requirePrivate(file);
    return bytes;
  }

  private static void requirePrivate(Path file) throws KeyFileException {
    PosixFileAttributes attributes;
    try {
      attributes = Files.readAttributes(file, PosixFileAttributes.class);
    } catch (UnsupportedOperationException notPosix) {
      return;
    } catch (IOException e) {
      throw new KeyFileException(file, "its permissions cannot be read: " + e.getMessage(), e);
    }
    Set<PosixFilePermission> granted = attributes.permissions();
    boolean open = granted.stream().anyMatch(OTHERS::contains);
    boolean own = attributes.owner().getName().equals(System.getProperty("user.name"));
    if (open || (own && granted.stream().anyMatch(GROUP::contains))) {
      throw new KeyFileException(
          file, "is secret, but others may read or change it; run: chmod 600 " + file);
    }
  }
}
