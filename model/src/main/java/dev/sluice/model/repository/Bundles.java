package dev.sluice.model.repository;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleException;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.Durable;
import dev.sluice.model.repository.BundleCache.Known;
import dev.sluice.model.repository.RepositoryException.Reason;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Bundles by path or by address. Wherever a bundle is named, it may be a directory, a zip, or:
 *
 * <pre>
 *   http://host/bundles/roadsigns/           a folder with bundle.json and the files that it lists
 *   http://host/bundles/roadsigns.zip        the same as one zip
 *   http://host/bundles/index.json#roadsigns the one of that name in a repository's index
 *   ...#sha256=HEX                           any of them, of this digest and no other
 * </pre>
 *
 * <p>What an address leads to is fetched into a cache on this machine, file by file and in
 * parallel, going on where an interrupted fetch stopped; nothing is used before its digest is
 * checked. A server that has nothing new is asked no more than that. When a server cannot be
 * reached, or sends what is no bundle, the last good copy serves, with a warning; when it says that
 * the bundle is not there or not for us, or when a pinned digest is another one, that is an error.
 * A pinned bundle that is in the cache needs no server.
 *
 * <p>Thread-safe; several processes may share a cache.
 */
public final class Bundles {
  private static final long MAX_MANIFEST_BYTES = 8L << 20;

  private final BundleCache cache;
  private final FetchLimits limits;
  private final Timing timing;
  private final HttpFetcher http;
  private final FetchListener listener;

  /**
   * Makes one with everything chosen.
   *
   * @param cache folder of the cache, made if need be
   * @param random spreads pauses; thread-safe
   */
  public Bundles(
      Path cache,
      FetchLimits limits,
      Timing timing,
      RandomGenerator random,
      FetchListener listener) {
    this.cache = new BundleCache(cache);
    this.limits = limits;
    this.timing = timing;
    this.http = new HttpFetcher(limits, timing, random);
    this.listener = listener;
  }

  /** Returns the usual one: the user's cache, the usual limits, news as lines to that taker. */
  public static Bundles usual(Consumer<String> lines) {
    Timing timing = Timing.system();
    return new Bundles(
        usualCache(System.getProperty("sluice.cache"), System.getenv("XDG_CACHE_HOME")),
        FetchLimits.usual(),
        timing,
        new SecureRandom(),
        new FetchLines(lines, timing));
  }

  static Path usualCache(@Nullable String property, @Nullable String xdg) {
    if (property != null && !property.isBlank()) {
      return Path.of(property);
    }
    Path base =
        xdg != null && !xdg.isBlank() && Path.of(xdg).isAbsolute()
            ? Path.of(xdg)
            : Path.of(System.getProperty("user.home", "."), ".cache");
    return base.resolve("sluice").resolve("bundles");
  }

  /** Returns whether a text names a bundle on a server rather than a path. */
  public static boolean isAddress(String pathOrAddress) {
    return BundleAddress.isAddress(pathOrAddress);
  }

  /** Returns the name of a bundle as it may be shown: an address without its credentials. */
  public static String shown(String pathOrAddress) {
    try {
      return isAddress(pathOrAddress) ? BundleAddress.parse(pathOrAddress).shown() : pathOrAddress;
    } catch (RepositoryException e) {
      return e.address();
    }
  }

  /**
   * Returns what is wrong with the name of a bundle, before anything is opened or fetched: an
   * address that is none, or a path where nothing is.
   */
  public static Optional<String> misnamed(String pathOrAddress) {
    try {
      if (isAddress(pathOrAddress)) {
        BundleAddress.parse(pathOrAddress);
        return Optional.empty();
      }
      return Files.exists(path(pathOrAddress))
          ? Optional.empty()
          : Optional.of(
              pathOrAddress
                  + ": no such bundle; name a bundle's folder or zip, or an http(s):// address");
    } catch (RepositoryException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Opens a bundle and verifies all of it.
   *
   * @throws RepositoryException if it cannot be had from its address
   * @throws BundleException if it is missing, damaged, tampered with, too large or of a newer
   *     schema
   */
  public Bundle open(String pathOrAddress) throws IOException {
    return Bundle.open(locate(pathOrAddress));
  }

  /**
   * Returns where a bundle is on this machine, fetched before if it is on a server. A path is
   * returned as it is, whether there is something or not.
   *
   * @throws RepositoryException if it cannot be had from its address
   */
  public Path locate(String pathOrAddress) throws IOException {
    if (isAddress(pathOrAddress)) {
      return cache.bundle(fetch(BundleAddress.parse(pathOrAddress)));
    }
    return path(pathOrAddress);
  }

  private static Path path(String text) throws RepositoryException {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new RepositoryException(
          Reason.ADDRESS,
          "the bundle",
          "is neither a path nor an address: " + e.getReason(),
          "give a directory, a zip or an http(s):// address");
    }
  }

  @SuppressWarnings("try") // the lock is held, not used
  private String fetch(BundleAddress address) throws IOException {
    if (address.pin().isPresent() && isCached(address.pin().get())) {
      return address.pin().get();
    }
    String key = address.key();
    try (BundleCache.Held held = lock(address, key)) {
      cache.tidy(timing.now());
      Optional<Known> known = cache.known(key).filter(one -> isCached(one.digest()));
      try {
        return fresh(address, key, known);
      } catch (RepositoryException e) {
        return lastGood(address, known, e);
      }
    } catch (FileSystemException e) {
      throw new RepositoryException(
          Reason.CACHE,
          String.valueOf(e.getFile()),
          "the cache cannot be used: " + e.getClass().getSimpleName(),
          "make room or rights there, or name another folder with -Dsluice.cache=DIR",
          e);
    }
  }

  private BundleCache.Held lock(BundleAddress address, String key) throws IOException {
    return cache.lock(
        key,
        address.shown(),
        limits,
        timing,
        () -> listener.warns(address.shown() + ": another process is fetching it; waiting for it"));
  }

  private String lastGood(BundleAddress address, Optional<Known> known, RepositoryException trouble)
      throws RepositoryException {
    if (known.isEmpty()
        || !trouble.reason().lastGoodCopyServes()
        || !address.pin().orElse(known.get().digest()).equals(known.get().digest())) {
      throw trouble;
    }
    listener.warns(
        "%s: %s; using the last good copy, of %s, digest %s"
            .formatted(
                trouble.address(),
                trouble.trouble(),
                known.get().fetched().truncatedTo(ChronoUnit.SECONDS),
                known.get().digest().substring(0, 12)));
    return known.get().digest();
  }

  /** Returns whether a bundle is in the cache, whole; a damaged one is removed. */
  private boolean isCached(String digest) {
    Path place = cache.bundle(digest);
    if (!Files.isDirectory(place)) {
      return false;
    }
    try {
      if (Bundle.open(place).digest().equals(digest)) {
        return true;
      }
    } catch (BundleException e) {
      listener.warns(e.file() + ": " + e.trouble() + "; the cached copy is fetched again");
    }
    try {
      cache.drop(digest);
    } catch (IOException e) {
      listener.warns(place + ": is damaged and cannot be removed: " + e.getMessage());
    }
    return false;
  }

  private String fresh(BundleAddress address, String key, Optional<Known> known)
      throws IOException {
    return switch (address.kind()) {
      case FOLDER -> folder(address, key, known);
      case ZIP -> zip(address, key, known);
      case INDEX -> index(address, key, known);
    };
  }

  @SuppressWarnings("try") // the lock is held, not used
  private String index(BundleAddress address, String key, Optional<Known> known)
      throws IOException {
    HttpFetcher.Small answer =
        http.get(
            address.uri(),
            address.authorization(),
            known.map(Known::validators).orElse(Validators.NONE),
            RepositoryIndex.MAX_BYTES);
    if (!answer.changed() && known.isPresent()) {
      checkPin(address, known.get().digest());
      return remember(address, key, known.get().digest(), answer.validators());
    }
    RepositoryIndex index =
        RepositoryIndex.parse(answer.content(), BundleAddress.shown(address.uri()));
    RepositoryIndex.Entry entry = entry(address, index);
    checkPin(address, entry.digest());
    if (entry.bytes() > limits.totalBytes()) {
      throw tooLarge(address, entry.bytes() + " bytes");
    }
    BundleAddress bundle = address.bundle(entry.path(), entry.digest());
    String bundleKey = bundle.key();
    try (BundleCache.Held held = lock(bundle, bundleKey)) {
      if (!isCached(entry.digest())) {
        fresh(bundle, bundleKey, Optional.empty());
      }
    }
    return remember(address, key, entry.digest(), answer.validators());
  }

  private static RepositoryIndex.Entry entry(BundleAddress address, RepositoryIndex index)
      throws RepositoryException {
    Map<String, RepositoryIndex.Entry> bundles = index.bundles();
    RepositoryIndex.Entry entry =
        address
            .name()
            .map(bundles::get)
            .orElseGet(
                () ->
                    address.name().isEmpty() && bundles.size() == 1
                        ? bundles.values().iterator().next()
                        : null);
    if (entry == null) {
      throw new RepositoryException(
          Reason.ABSENT,
          BundleAddress.shown(address.uri()),
          address.name().map(name -> "has no bundle '" + name + "'").orElse("has several bundles"),
          "put one of these behind a #: " + String.join(", ", new TreeSet<>(bundles.keySet())));
    }
    return entry;
  }

  private String folder(BundleAddress address, String key, Optional<Known> known)
      throws IOException {
    HttpFetcher.Small answer =
        http.get(
            address.manifest(),
            address.authorization(),
            known.map(Known::validators).orElse(Validators.NONE),
            MAX_MANIFEST_BYTES);
    if (!answer.changed() && known.isPresent()) {
      checkPin(address, known.get().digest());
      return remember(address, key, known.get().digest(), answer.validators());
    }
    String digest = Digests.sha256(answer.content());
    checkPin(address, digest);
    if (!isCached(digest)) {
      BundleManifest manifest = manifest(address, answer.content());
      download(address, key, manifest);
      assemble(address, digest, answer.content(), manifest);
      Durable.deleteTree(cache.partial(key));
    }
    return remember(address, key, digest, answer.validators());
  }

  private static BundleManifest manifest(BundleAddress address, byte[] json)
      throws RepositoryException {
    String shown = BundleAddress.shown(address.manifest());
    try {
      return BundleManifest.parse(json, shown);
    } catch (BundleException e) {
      throw unusable(shown, e);
    }
  }

  private static RepositoryException unusable(String shown, BundleException e) {
    return new RepositoryException(Reason.CONTENT, shown, e.trouble(), e.remedy(), e);
  }

  private String remember(BundleAddress address, String key, String digest, Validators validators)
      throws IOException {
    cache.remember(key, address.shown(), new Known(digest, validators, timing.now()));
    return digest;
  }

  private static void checkPin(BundleAddress address, String digest) throws RepositoryException {
    if (address.pin().isPresent() && !address.pin().get().equals(digest)) {
      throw new RepositoryException(
          Reason.DIGEST,
          address.shown(),
          "has the digest " + digest + ", pinned is " + address.pin().get(),
          "check which of the two is meant");
    }
  }

  private static RepositoryException tooLarge(BundleAddress address, String what) {
    return new RepositoryException(
        Reason.TOO_LARGE, address.shown(), "has " + what, "check what the server has there");
  }

  private void download(BundleAddress address, String key, BundleManifest manifest)
      throws IOException {
    Map<String, String> missing = new LinkedHashMap<>();
    long declared = 0;
    for (Map.Entry<String, String> file : manifest.digests().entrySet()) {
      declared += manifest.sizes().getOrDefault(file.getKey(), 0L);
      if (!isCachedFile(file.getValue())) {
        missing.putIfAbsent(file.getValue(), file.getKey());
      }
    }
    if (manifest.digests().size() > limits.files()) {
      throw tooLarge(address, manifest.digests().size() + " files");
    }
    if (declared > limits.totalBytes()) {
      throw tooLarge(address, declared + " bytes");
    }
    if (missing.isEmpty()) {
      return;
    }
    FetchProgress progress = new FetchProgress(listener, address.shown(), limits.totalBytes());
    missing.forEach(
        (digest, path) -> {
          if (manifest.sizes().containsKey(path)) {
            progress.size(digest, manifest.sizes().getOrDefault(path, 0L));
          }
        });
    progress.begin(missing.size());
    ExecutorService threads =
        Executors.newFixedThreadPool(
            Math.min(limits.parallel(), missing.size()),
            task -> {
              Thread thread = new Thread(task, "fetch");
              thread.setDaemon(true);
              return thread;
            });
    try {
      ExecutorCompletionService<String> files = new ExecutorCompletionService<>(threads);
      List<Future<String>> started = new ArrayList<>();
      missing.forEach(
          (digest, path) ->
              started.add(
                  files.submit(() -> file(address, key, path, digest, manifest, progress))));
      await(files, started);
    } finally {
      end(threads);
    }
    progress.end();
  }

  /** Ends the threads; none may still write when the lock on their folder is let go of. */
  private static void end(ExecutorService threads) {
    threads.shutdownNow();
    boolean interrupted = false;
    while (true) {
      try {
        if (threads.awaitTermination(1, TimeUnit.MINUTES)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void await(
      ExecutorCompletionService<String> files, Collection<Future<String>> started)
      throws IOException {
    try {
      for (int i = 0; i < started.size(); i++) {
        files.take().get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException trouble) {
        throw trouble;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while fetching");
    }
  }

  private boolean isCachedFile(String digest) throws IOException {
    Path file = cache.file(digest);
    if (!Files.isRegularFile(file)) {
      return false;
    }
    if (Digests.sha256(file).equals(digest)) {
      return true;
    }
    Files.deleteIfExists(file);
    return false;
  }

  private String file(
      BundleAddress address,
      String key,
      String path,
      String digest,
      BundleManifest manifest,
      FetchProgress progress)
      throws IOException {
    long bytes = manifest.sizes().getOrDefault(path, -1L);
    HttpFetcher.Wanted wanted =
        new HttpFetcher.Wanted(
            address.file(path),
            address.authorization(),
            cache.partial(key).resolve(digest),
            bytes,
            limits.fileBytes());
    boolean again = false;
    while (true) {
      HttpFetcher.Fetched fetched = part(wanted, Validators.NONE, digest, progress);
      if (Digests.sha256(wanted.part()).equals(digest)) {
        break;
      }
      Files.delete(wanted.part());
      if (again || !fetched.resumed()) {
        throw new RepositoryException(
            Reason.DIGEST,
            BundleAddress.shown(wanted.uri()),
            "is damaged or was changed: its SHA-256 is not the manifest's",
            "publish the bundle anew on the server");
      }
      // Two halves of different files: once more, all of it.
      again = true;
    }
    Path place = cache.file(digest);
    Files.createDirectories(parent(place));
    Durable.move(wanted.part(), place);
    Files.deleteIfExists(notes(wanted.part()));
    return path;
  }

  /** Fetches to a part, whose validators stand in a file beside it. */
  private HttpFetcher.Fetched part(
      HttpFetcher.Wanted wanted, Validators known, String name, FetchProgress progress)
      throws IOException {
    Path notes = notes(wanted.part());
    Validators before = Validators.NONE;
    if (Files.isRegularFile(notes)) {
      String[] lines = Files.readString(notes).split("\n", -1);
      before = new Validators(lines[0], lines.length > 1 ? lines[1] : "");
    }
    return http.download(
        wanted,
        known,
        before,
        now ->
            Durable.writeSynced(
                notes, (now.etag() + "\n" + now.lastModified()).getBytes(StandardCharsets.UTF_8)),
        size -> progress.size(name, size),
        done -> progress.done(name, done));
  }

  private static Path notes(Path part) {
    return part.resolveSibling(part.getFileName() + ".validators");
  }

  private void assemble(BundleAddress address, String digest, byte[] json, BundleManifest manifest)
      throws IOException {
    Path whole = cache.fresh();
    try {
      for (Map.Entry<String, String> file : manifest.digests().entrySet()) {
        Path target = whole.resolve(file.getKey());
        Files.createDirectories(parent(target));
        link(target, cache.file(file.getValue()));
      }
      Durable.writeSynced(whole.resolve(Bundle.MANIFEST), json);
      Bundle.open(whole);
      cache.place(whole, digest);
    } catch (BundleException e) {
      throw unusable(address.shown(), e);
    } finally {
      Durable.deleteTree(whole);
    }
  }

  private static Path parent(Path path) {
    return Objects.requireNonNull(path.getParent());
  }

  private static void link(Path target, Path file) throws IOException {
    try {
      Files.createLink(target, file);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (IOException | UnsupportedOperationException e) {
      // Not every file system has links.
      Durable.writeSynced(target, Files.readAllBytes(file));
    }
  }

  private String zip(BundleAddress address, String key, Optional<Known> known) throws IOException {
    Path part = cache.partial(key).resolve("bundle.zip");
    HttpFetcher.Wanted wanted =
        new HttpFetcher.Wanted(
            address.uri(), address.authorization(), part, -1, limits.fileBytes());
    FetchProgress progress = new FetchProgress(listener, address.shown(), limits.totalBytes());
    boolean again = false;
    while (true) {
      HttpFetcher.Fetched fetched =
          part(
              wanted, known.map(Known::validators).orElse(Validators.NONE), "bundle.zip", progress);
      if (!fetched.changed() && known.isPresent()) {
        checkPin(address, known.get().digest());
        return remember(address, key, known.get().digest(), fetched.validators());
      }
      try {
        Bundle bundle = Bundle.open(part);
        checkPin(address, bundle.digest());
        if (!isCached(bundle.digest())) {
          Path whole = cache.fresh().resolve("bundle");
          try {
            bundle.writeFolder(whole);
            cache.place(whole, bundle.digest());
          } finally {
            Durable.deleteTree(parent(whole));
          }
        }
        progress.end();
        Durable.deleteTree(cache.partial(key));
        return remember(address, key, bundle.digest(), fetched.validators());
      } catch (BundleException e) {
        Files.deleteIfExists(part);
        if (again || !fetched.resumed()) {
          throw unusable(address.shown(), e);
        }
        // Two halves of different zips: once more, all of it.
        again = true;
      }
    }
  }
}
