package dev.sluice.experiments.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The finished cells of a study, one JSON line each, so that a run that was killed goes on where it
 * was. A line is on the disk before its cell counts as finished; a last line that a crash or a full
 * disk tore is dropped, and its cell is measured again.
 *
 * <p>Each line carries the configuration that it was measured under. Lines of another configuration
 * stay in the file and are not found. Thread-safe.
 */
public final class Journal implements Closeable {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path file;
  private final String configuration;
  private final FileChannel channel;
  private final Map<String, JsonNode> finished = new HashMap<>();

  /** Where the next line goes. */
  private long end;

  private Journal(Path file, String configuration, FileChannel channel) {
    this.file = file;
    this.configuration = configuration;
    this.channel = channel;
  }

  /**
   * Opens a journal, making the file where it is missing.
   *
   * @param file in an existing folder
   * @param configuration digest of everything that a cell's result depends on besides its key
   * @throws IOException if the file cannot be used, another run has it open, or a line other than
   *     the last is damaged; the message says what to do
   */
  public static Journal open(Path file, String configuration) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      lock(channel, file);
      Journal journal = new Journal(file, configuration, channel);
      journal.read();
      return journal;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** The result of a finished cell. */
  public synchronized Optional<JsonNode> find(String cell) {
    return Optional.ofNullable(finished.get(cell));
  }

  /**
   * The result of a finished cell as the type that it was put in as.
   *
   * @throws IOException if the recorded result does not fit the type
   */
  public <T> Optional<T> find(String cell, Class<T> type) throws IOException {
    JsonNode result;
    synchronized (this) {
      result = finished.get(cell);
    }
    if (result == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(MAPPER.treeToValue(result, type));
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s: the result of cell '%s' is no %s; remove the file to measure anew"
              .formatted(file, cell, type.getSimpleName()),
          e);
    }
  }

  /** How many cells of this configuration are finished. */
  public synchronized int size() {
    return finished.size();
  }

  /**
   * Notes a finished cell; returns when that is on the disk. A cell put twice has its later result.
   *
   * @param cell unique within the study, such as {@code "pi4/lte/spinn/seed 3"}
   * @param result anything Jackson writes and reads: a record, a list, a node
   * @throws IOException if it cannot be written, such as on a full disk; what was there stays
   */
  public synchronized void put(String cell, Object result) throws IOException {
    JsonNode tree = MAPPER.valueToTree(result);
    ObjectNode line = MAPPER.createObjectNode();
    line.put("cell", cell);
    line.put("configuration", configuration);
    line.set("result", tree);
    try {
      append(MAPPER.writeValueAsBytes(line));
    } catch (IOException e) {
      dropTornLine(e);
      throw new IOException(
          "%s: cannot note cell '%s' (%s); free space, then run the same command again to resume"
              .formatted(file, cell, e.getMessage()),
          e);
    }
    finished.put(cell, tree);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private void append(byte[] json) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(json.length + 1).put(json).put((byte) '\n').flip();
    long position = end;
    while (bytes.hasRemaining()) {
      position += channel.write(bytes, position);
    }
    channel.force(false);
    end = position;
  }

  private void dropTornLine(IOException reason) {
    try {
      channel.truncate(end);
    } catch (IOException e) {
      // The torn line is dropped when the journal is opened again.
      reason.addSuppressed(e);
    }
  }

  private static void lock(FileChannel channel, Path file) throws IOException {
    try {
      if (channel.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      // This process has it open, which is no better.
    }
    throw new IOException(file + " is in use by another run; wait for it or choose another folder");
  }

  private void read() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int start = 0;
    int number = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        number++;
        String line = new String(bytes, start, i - start, StandardCharsets.UTF_8);
        if (i == bytes.length - 1 && !isWhole(line)) {
          /* After a power cut a line's end may be on the disk and its middle not. */
          break;
        }
        accept(line, number);
        start = i + 1;
      }
    }
    channel.truncate(start);
    end = start;
  }

  private static boolean isWhole(String line) {
    try {
      return line.isBlank() || MAPPER.readTree(line).isObject();
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  private void accept(String line, int number) throws IOException {
    if (line.isBlank()) {
      return;
    }
    JsonNode node;
    try {
      node = MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      throw damaged(number);
    }
    JsonNode cell = node.path("cell");
    JsonNode under = node.path("configuration");
    JsonNode result = node.path("result");
    if (!cell.isTextual() || !under.isTextual() || result.isMissingNode()) {
      throw damaged(number);
    }
    if (under.textValue().equals(configuration)) {
      finished.put(cell.textValue(), result);
    }
  }

  private IOException damaged(int number) {
    return new IOException(
        "%s, line %d is damaged; remove that line, and its cell is measured again"
            .formatted(file, number));
  }
}
