package dev.sluice.model.bundle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Files that are there whole or not at all, even when the machine stops in the middle: bytes reach
 * the disk before the name does.
 */
public final class Durable {
  private Durable() {}

  /** Writes a file whole; one that stands there is replaced. */
  public static void write(Path file, byte[] content) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path parent = absolute.getParent();
    // A temporary folder is for its owner alone; a plain file in it is for whom the user's mask
    // says.
    Path temporary = Files.createTempDirectory(parent, "." + absolute.getFileName() + "-");
    try {
      Path part = temporary.resolve("part");
      writeSynced(part, content);
      move(part, absolute);
    } finally {
      deleteTree(temporary);
    }
  }

  /** Writes a new file and waits until its bytes are on the disk. */
  public static void writeSynced(Path file, byte[] content) throws IOException {
    try (FileChannel out =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
  }

  /** Moves a file whose bytes are on the disk into its place; one that stands there is replaced. */
  public static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
    sync(to.getParent());
  }

  /**
   * Moves a folder to a place where nothing is, its bytes being on the disk.
   *
   * @throws FileAlreadyExistsException if something is there
   */
  public static void moveNew(Path from, Path to) throws IOException {
    if (Files.exists(to)) {
      throw new FileAlreadyExistsException(to.toString());
    }
    syncTree(from);
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (DirectoryNotEmptyException e) {
      throw new FileAlreadyExistsException(to.toString());
    }
    sync(to.getParent());
  }

  private static void syncTree(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : (Iterable<Path>) paths.filter(Files::isDirectory)::iterator) {
        sync(path);
      }
    }
  }

  private static void sync(@Nullable Path folder) {
    if (folder == null) {
      return;
    }
    try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
      names.force(true);
    } catch (IOException e) {
      // Not every system lets a folder be opened; there the move itself has to do.
    }
  }

  /** Deletes a file or a folder with all that is in it; nothing happens if it is not there. */
  public static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : (Iterable<Path>) paths.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(path);
      }
    } catch (NoSuchFileException e) {
      // Somebody else deletes it too.
      if (Files.exists(root)) {
        throw e;
      }
    }
  }
}
