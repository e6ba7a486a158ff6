package dev.sluice.model.repository;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.model.bundle.Durable;
import dev.sluice.model.repository.RepositoryException.Reason;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * Bundles that were fetched before, by digest, on this machine.
 *
 * <pre>
 *   bundles/DIGEST/          a whole, verified bundle; DIGEST is that of its bundle.json
 *   files/DIGEST             its files, shared (as hard links) with other versions of it
 *   addresses/KEY.json       what an address led to last time: digest, validators, when
 *   partial/KEY/             what is still on its way
 *   locks/KEY                one process at a time fetches from an address
 * </pre>
 *
 * Everything is written elsewhere and moved into place whole, so that a crash leaves at most files
 * that nobody looks at.
 */
final class BundleCache {
  private static final JsonMapper JSON = new JsonMapper();
  private static final long MAX_RECORD_BYTES = 1 << 16;
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration LEFTOVERS = Duration.ofDays(7);

  /** File locks hold between processes only, so threads of this one have their own. */
  private static final Map<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

  private final Path root;

  BundleCache(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /**
   * What an address led to last time.
   *
   * @param digest the bundle's digest
   * @param validators of the file behind the address: manifest, zip or index
   * @param fetched when the server last vouched for it
   */
  record Known(String digest, Validators validators, Instant fetched) {}

  Path bundle(String digest) {
    return root.resolve("bundles").resolve(digest);
  }

  Path file(String digest) {
    return root.resolve("files").resolve(digest);
  }

  /** Returns the folder for what is on its way from an address, made if need be. */
  Path partial(String key) throws IOException {
    return Files.createDirectories(root.resolve("partial").resolve(key));
  }

  /** Returns a fresh folder on the same disk, to be filled and moved into place. */
  Path fresh() throws IOException {
    return Files.createTempDirectory(Files.createDirectories(root.resolve("partial")), "new-");
  }

  Optional<Known> known(String key) {
    Path file = record(key);
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MAX_RECORD_BYTES) {
        return Optional.empty();
      }
      JsonNode json = JSON.readTree(Files.readAllBytes(file));
      String digest = json.path("digest").asText("");
      if (!digest.matches("[0-9a-f]{64}")) {
        return Optional.empty();
      }
      return Optional.of(
          new Known(
              digest,
              new Validators(json.path("etag").asText(""), json.path("lastModified").asText("")),
              Instant.parse(json.path("fetched").asText(""))));
    } catch (IOException | DateTimeException e) {
      // A record that cannot be read is one that is not there: it only saves a download.
      return Optional.empty();
    }
  }

  void remember(String key, String shownAddress, Known known) throws IOException {
    ObjectNode json = JSON.createObjectNode();
    json.put("address", shownAddress);
    json.put("digest", known.digest());
    json.put("etag", known.validators().etag());
    json.put("lastModified", known.validators().lastModified());
    json.put("fetched", known.fetched().toString());
    Path file = record(key);
    Files.createDirectories(root.resolve("addresses"));
    Durable.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
  }

  private Path record(String key) {
    return root.resolve("addresses").resolve(key + ".json");
  }

  /** Moves a whole bundle into its place; one that somebody else put there meanwhile stays. */
  void place(Path whole, String digest) throws IOException {
    Path place = bundle(digest);
    Files.createDirectories(root.resolve("bundles"));
    try {
      Durable.moveNew(whole, place);
    } catch (FileAlreadyExistsException e) {
      Durable.deleteTree(whole);
    }
  }

  /** Removes a bundle that is damaged. */
  void drop(String digest) throws IOException {
    Path place = bundle(digest);
    if (Files.exists(place)) {
      Path aside = fresh().resolve("dropped");
      Durable.moveNew(place, aside);
      Path folder = aside.getParent();
      if (folder != null) {
        Durable.deleteTree(folder);
      }
    }
  }

  /** Removes what crashed fetches left behind more than a week ago. */
  void tidy(Instant now) throws IOException {
    Path partial = root.resolve("partial");
    if (!Files.isDirectory(partial)) {
      return;
    }
    Instant old = now.minus(LEFTOVERS);
    try (Stream<Path> entries = Files.list(partial)) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        try {
          if (Files.getLastModifiedTime(entry).toInstant().isBefore(old)) {
            Durable.deleteTree(entry);
          }
        } catch (IOException e) {
          // Another process was quicker, or still writes there.
        }
      }
    }
  }

  /** Holds an address; closing lets go of it. */
  interface Held extends AutoCloseable {
    @Override
    void close() throws IOException;
  }

  /**
   * Waits until nobody else fetches from an address.
   *
   * @param waiting run once if somebody does
   */
  Held lock(String key, String shownAddress, FetchLimits limits, Timing timing, Runnable waiting)
      throws IOException {
    Path file;
    try {
      // By its real path, since a link to the cache leads to the same locks.
      file = Files.createDirectories(root.resolve("locks")).toRealPath().resolve(key);
    } catch (IOException e) {
      throw new RepositoryException(
          Reason.CACHE,
          root.toString(),
          "cannot be made: " + e,
          "name another folder in XDG_CACHE_HOME, or with -Dsluice.cache=DIR",
          e);
    }
    ReentrantLock thread = THREADS.computeIfAbsent(file, any -> new ReentrantLock());
    long until = timing.nanos() + limits.lockWait().toNanos();
    boolean told = false;
    FileChannel channel = null;
    boolean held = false;
    try {
      while (true) {
        if (thread.isHeldByCurrentThread() || thread.tryLock()) {
          if (channel == null) {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          }
          FileLock lock = channel.tryLock();
          if (lock != null) {
            held = true;
            FileChannel open = channel;
            return () -> {
              try (open) {
                lock.release();
              } finally {
                thread.unlock();
              }
            };
          }
        }
        if (!told) {
          told = true;
          waiting.run();
        }
        if (timing.nanos() >= until) {
          throw new RepositoryException(
              Reason.CACHE,
              shownAddress,
              "another process has been fetching it for more than "
                  + limits.lockWait().toSeconds()
                  + " s",
              "wait for it or end it");
        }
        timing.pause(POLL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for another process");
    } finally {
      if (!held) {
        if (channel != null) {
          channel.close();
        }
        if (thread.isHeldByCurrentThread()) {
          thread.unlock();
        }
      }
    }
  }
}
