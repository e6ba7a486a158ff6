package dev.sluice.model.repository;

import dev.sluice.model.repository.RepositoryException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Flow;
import java.util.random.RandomGenerator;

/**
 * Gets single files over HTTP, within limits, again and again while that can help. Thread-safe.
 *
 * <p>What passes: a reset or stalled connection, 408, 425, 429 and 5xx; after a pause it goes on
 * where it stopped. What does not: every other status, too many bytes, redirects in a circle or
 * from https to http.
 */
final class HttpFetcher {
  /** A fetch that moves on in tiny steps ends too. */
  private static final int ATTEMPTS_IN_ALL = 8;

  /** Attempts at a server to which there is no way: a last good copy should not wait long. */
  private static final int ATTEMPTS_TO_CONNECT = 2;

  /** Bytes that count as progress; a server that drips has none. */
  private static final int PROGRESS_BYTES = 1024;

  private final HttpClient client;
  private final FetchLimits limits;
  private final Timing timing;
  private final RandomGenerator random;

  /**
   * @param random spreads the pauses, so that a fleet does not come back in step; thread-safe
   */
  HttpFetcher(FetchLimits limits, Timing timing, RandomGenerator random) {
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(limits.connect())
            .build();
    this.limits = limits;
    this.timing = timing;
    this.random = random;
  }

  /**
   * What came.
   *
   * @param changed false if the server says that it is still what the validators stand for
   * @param content the content; empty if it has not changed
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  record Small(boolean changed, byte[] content, Validators validators) {}

  /** Gets a small file into memory. */
  Small get(URI uri, Optional<String> authorization, Validators known, long maxBytes)
      throws IOException {
    return retrying(
        uri,
        () -> 0,
        () -> {
          try (Reply reply = open(uri, authorization, known::ifChanged)) {
            if (reply.status == 304) {
              return new Small(false, new byte[0], known);
            }
            reply.requireOk(200);
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            reply.read(
                piece -> {
                  if (content.size() + piece.remaining() > maxBytes) {
                    throw tooLarge(uri, maxBytes);
                  }
                  byte[] bytes = new byte[piece.remaining()];
                  piece.get(bytes);
                  content.writeBytes(bytes);
                });
            reply.requireWhole(content.size());
            return new Small(true, content.toByteArray(), reply.validators());
          }
        });
  }

  /**
   * A file that is fetched to disk.
   *
   * @param uri its address
   * @param authorization the Authorization header, if any
   * @param part where its bytes go; what stands there is continued
   * @param bytes how many there must be, or -1 if that is not known
   * @param maxBytes most that there may be
   */
  record Wanted(URI uri, Optional<String> authorization, Path part, long bytes, long maxBytes) {}

  /**
   * What became of it.
   *
   * @param changed false if the server says that it is still what the validators stand for
   * @param resumed whether some of the bytes are from an earlier try
   */
  record Fetched(boolean changed, boolean resumed, Validators validators) {}

  /**
   * Gets a file to disk, going on where an earlier try stopped.
   *
   * @param known validators of a copy that is at hand, asked about unless a part is there
   * @param partValidators validators under which the part was fetched
   * @param remember told the validators of the bytes that come now, before they come
   * @param size told the size of the whole file, once it is known
   * @param progress told the size of the part whenever it grows or starts anew
   */
  Fetched download(
      Wanted wanted,
      Validators known,
      Validators partValidators,
      Remember remember,
      Tell size,
      Tell progress)
      throws IOException {
    Validators[] current = {partValidators};
    boolean[] resumed = {false};
    return retrying(
        wanted.uri(),
        () -> sizeOf(wanted.part()),
        () -> {
          long offset = sizeOf(wanted.part());
          if (offset > 0 && offset == wanted.bytes()) {
            return new Fetched(true, true, current[0]);
          }
          if (wanted.bytes() >= 0 && offset > wanted.bytes()) {
            Files.delete(wanted.part());
            offset = 0;
          }
          long from = offset;
          try (Reply reply =
              open(
                  wanted.uri(),
                  wanted.authorization(),
                  request -> {
                    if (from > 0) {
                      current[0].rangeIfSame(request, from);
                    } else {
                      known.ifChanged(request);
                    }
                  })) {
            if (reply.status == 304 && from == 0) {
              return new Fetched(false, false, known);
            }
            if (reply.status == 416) {
              if (reply.header("Content-Range").orElse("").equals("bytes */" + from)) {
                return new Fetched(true, true, current[0]);
              }
              // The part is longer than the file is by now.
              Files.deleteIfExists(wanted.part());
              throw new Passing("the file has become shorter", Optional.of(Duration.ZERO));
            }
            reply.requireOk(from > 0 ? 206 : 200);
            boolean continues = reply.status == 206;
            if (continues && reply.rangeStart() != from) {
              Files.deleteIfExists(wanted.part());
              throw new Passing("it sent other bytes than were asked for", Optional.empty());
            }
            long start = continues ? from : 0;
            resumed[0] = start > 0;
            if (!continues) {
              current[0] = reply.validators();
              remember.now(current[0]);
            }
            if (reply.length().isPresent()) {
              size.bytes(start + reply.length().get());
            }
            requireSize(wanted, reply, start);
            long end = append(wanted, reply, start, progress);
            reply.requireWhole(end - start);
            if (wanted.bytes() >= 0 && end < wanted.bytes()) {
              throw wrongLength(wanted, String.valueOf(end));
            }
            return new Fetched(true, resumed[0], current[0]);
          }
        });
  }

  /** Is told the validators of the bytes that come now. */
  interface Remember {
    void now(Validators validators) throws IOException;
  }

  /** Is told a number of bytes. */
  interface Tell {
    void bytes(long bytes) throws RepositoryException;
  }

  private void requireSize(Wanted wanted, Reply reply, long start) throws RepositoryException {
    Optional<Long> length = reply.length();
    if (length.isEmpty()) {
      return;
    }
    long all = start + length.get();
    if (wanted.bytes() >= 0 && all != wanted.bytes()) {
      throw wrongLength(wanted, String.valueOf(all));
    }
    if (all > wanted.maxBytes()) {
      throw tooLarge(wanted.uri(), wanted.maxBytes());
    }
  }

  private static RepositoryException wrongLength(Wanted wanted, String bytes) {
    return new RepositoryException(
        Reason.CONTENT,
        BundleAddress.shown(wanted.uri()),
        "has " + bytes + " bytes instead of " + wanted.bytes(),
        "publish the bundle anew on the server");
  }

  private static RepositoryException tooLarge(URI uri, long maxBytes) {
    return new RepositoryException(
        Reason.TOO_LARGE,
        BundleAddress.shown(uri),
        "has more than the " + maxBytes + " bytes that it may have",
        "check what the server sends there");
  }

  private static long append(Wanted wanted, Reply reply, long start, Tell progress)
      throws IOException {
    long most =
        wanted.bytes() >= 0 ? Math.min(wanted.bytes(), wanted.maxBytes()) : wanted.maxBytes();
    long[] end = {start};
    try (FileChannel out = open(wanted.part(), start)) {
      progress.bytes(start);
      try {
        reply.read(
            piece -> {
              if (end[0] + piece.remaining() > most) {
                throw most == wanted.bytes()
                    ? wrongLength(wanted, "more than " + most)
                    : tooLarge(wanted.uri(), most);
              }
              end[0] += write(out, piece, wanted.part());
              progress.bytes(end[0]);
            });
      } finally {
        force(out, wanted.part());
      }
    }
    return end[0];
  }

  private static FileChannel open(Path part, long start) throws RepositoryException {
    try {
      FileChannel out = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      out.truncate(start);
      out.position(start);
      return out;
    } catch (IOException e) {
      throw unwritable(part, e);
    }
  }

  private static int write(FileChannel out, ByteBuffer piece, Path part)
      throws RepositoryException {
    int written = 0;
    try {
      while (piece.hasRemaining()) {
        written += out.write(piece);
      }
    } catch (IOException e) {
      throw unwritable(part, e);
    }
    return written;
  }

  private static void force(FileChannel out, Path part) throws RepositoryException {
    try {
      out.force(true);
    } catch (IOException e) {
      throw unwritable(part, e);
    }
  }

  private static RepositoryException unwritable(Path part, IOException e) {
    return new RepositoryException(
        Reason.CACHE,
        part.toString(),
        "cannot be written: " + e.getMessage(),
        "make room or rights there, or name another folder with -Dsluice.cache=DIR",
        e);
  }

  private static long sizeOf(Path part) {
    try {
      return Files.exists(part) ? Files.size(part) : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  private interface Size {
    long now();
  }

  private interface Attempt<T> {
    T run() throws IOException;
  }

  private <T> T retrying(URI uri, Size size, Attempt<T> attempt) throws IOException {
    int inVain = 0;
    int all = 0;
    while (true) {
      long before = size.now();
      try {
        return attempt.run();
      } catch (RepositoryException | InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        all++;
        inVain = size.now() > before ? 1 : inVain + 1;
        int patience =
            unconnected(e) ? Math.min(ATTEMPTS_TO_CONNECT, limits.attempts()) : limits.attempts();
        if (inVain >= patience || all >= ATTEMPTS_IN_ALL * limits.attempts()) {
          throw unreachable(uri, e, all);
        }
        pause(uri, e, inVain);
      }
    }
  }

  private static boolean unconnected(IOException e) {
    return e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
  }

  private RepositoryException unreachable(URI uri, IOException e, int attempts) {
    String trouble;
    if (e instanceof HttpConnectTimeoutException) {
      trouble = "no connection within " + limits.connect().toMillis() + " ms";
    } else if (e instanceof ConnectException) {
      trouble =
          e.getCause() instanceof ConnectException
                  && e.getCause().getCause() instanceof UnresolvedAddressException
              ? "the host's name is not known"
              : "no connection to the server";
    } else if (e instanceof HttpTimeoutException) {
      trouble = "no answer within " + limits.stall().toMillis() + " ms";
    } else {
      trouble = String.valueOf(e.getMessage()).lines().findFirst().orElse("the connection broke");
    }
    return new RepositoryException(
        Reason.UNREACHABLE,
        BundleAddress.shown(uri),
        trouble + (attempts > 1 ? " (" + attempts + " tries)" : ""),
        "check address, network and server",
        e);
  }

  private void pause(URI uri, IOException trouble, int inVain) throws IOException {
    Duration wait;
    Optional<Duration> asked =
        trouble instanceof Passing passing ? passing.wait : Optional.<Duration>empty();
    if (asked.isPresent()) {
      wait = asked.get();
      if (wait.compareTo(limits.longestWait()) > 0) {
        throw new RepositoryException(
            Reason.UNREACHABLE,
            BundleAddress.shown(uri),
            trouble.getMessage() + " and asks to come back in " + wait.toSeconds() + " s",
            "try again then");
      }
    } else {
      long doubled = limits.backoff().toMillis() << Math.min(20, inVain - 1);
      long bounded = Math.min(doubled, limits.longestWait().toMillis());
      wait = Duration.ofMillis(bounded / 2 + random.nextLong(bounded / 2 + 1));
    }
    try {
      timing.pause(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for " + uri.getHost());
    }
  }

  /** Trouble that may be over when asked again. */
  private static final class Passing extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Optional<Duration> wait;

    Passing(String message, Optional<Duration> wait) {
      super(message);
      this.wait = wait;
    }
  }

  private interface Ask {
    void on(HttpRequest.Builder request);
  }

  private interface Take {
    void piece(ByteBuffer piece) throws IOException;
  }

  /** Asks, and follows redirects. */
  private Reply open(URI uri, Optional<String> authorization, Ask ask) throws IOException {
    Set<URI> seen = new HashSet<>();
    URI at = uri;
    while (true) {
      seen.add(at);
      HttpRequest.Builder request = HttpRequest.newBuilder(at).timeout(limits.stall()).GET();
      ask.on(request);
      if (authorization.isPresent() && sameOrigin(uri, at)) {
        request.setHeader("Authorization", authorization.get());
      }
      Reply reply = send(at, request.build());
      if (!reply.redirects()) {
        return reply;
      }
      try (reply) {
        at = reply.target();
      }
      if (seen.contains(at)) {
        throw redirect(uri, "is redirected in a circle");
      }
      if (seen.size() > limits.redirects()) {
        throw redirect(uri, "is redirected more than " + limits.redirects() + " times");
      }
    }
  }

  private Reply send(URI at, HttpRequest request) throws IOException {
    try {
      HttpResponse<Flow.Publisher<List<ByteBuffer>>> response =
          client.send(request, HttpResponse.BodyHandlers.ofPublisher());
      BodyReader body = new BodyReader();
      response.body().subscribe(body);
      return new Reply(at, response, body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while asking " + at.getHost());
    }
  }

  /** Returns whether a step leads from https to http, however the schemes are written. */
  static boolean givesUpEncryption(URI from, URI to) {
    return from.getScheme().equalsIgnoreCase("https") && !to.getScheme().equalsIgnoreCase("https");
  }

  private static boolean sameOrigin(URI one, URI other) {
    return one.getScheme().equals(other.getScheme())
        && one.getHost().equalsIgnoreCase(other.getHost())
        && one.getPort() == other.getPort();
  }

  private static RepositoryException redirect(URI uri, String trouble) {
    return new RepositoryException(
        Reason.REDIRECT,
        BundleAddress.shown(uri),
        trouble,
        "give the address that it should lead to");
  }

  /** An answer whose body is still to come. */
  private final class Reply implements AutoCloseable {
    private final URI at;
    private final int status;
    private final HttpResponse<?> response;
    private final BodyReader body;

    Reply(URI at, HttpResponse<?> response, BodyReader body) {
      this.at = at;
      this.status = response.statusCode();
      this.response = response;
      this.body = body;
    }

    boolean redirects() {
      return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    }

    URI target() throws RepositoryException {
      String location = header("Location").orElse("");
      URI target;
      try {
        target = at.resolve(location);
      } catch (IllegalArgumentException e) {
        throw redirect(at, "is redirected to something that is no address");
      }
      String scheme = target.getScheme() == null ? "" : target.getScheme().toLowerCase(Locale.ROOT);
      if (location.isEmpty()
          || target.getHost() == null
          || !BundleAddress.isPort(target.getPort())
          || !(scheme.equals("http") || scheme.equals("https"))) {
        throw redirect(at, "is redirected to something that is no address");
      }
      if (givesUpEncryption(at, target)) {
        throw redirect(at, "is redirected from https to http");
      }
      return target;
    }

    Validators validators() {
      return Validators.of(response.headers());
    }

    private Optional<String> header(String name) {
      return response.headers().firstValue(name);
    }

    /** Returns the length of this answer's body, if the server says it. */
    Optional<Long> length() {
      try {
        return header("Content-Length").map(Long::parseLong).filter(length -> length >= 0);
      } catch (NumberFormatException e) {
        return Optional.empty();
      }
    }

    /** Returns the first byte of the range that is sent, or -1. */
    long rangeStart() {
      String range = header("Content-Range").orElse("");
      int dash = range.indexOf('-');
      try {
        return range.startsWith("bytes ") && dash > 6
            ? Long.parseLong(range.substring(6, dash).strip())
            : -1;
      } catch (NumberFormatException e) {
        return -1;
      }
    }

    /** Lets 200 pass, and one other status where that was asked for. */
    void requireOk(int other) throws IOException {
      if (status == 200 || status == other) {
        String encoding = header("Content-Encoding").orElse("identity");
        if (!encoding.equalsIgnoreCase("identity")) {
          throw new RepositoryException(
              Reason.CONTENT,
              shown(),
              "comes in the encoding " + plain(encoding) + ", which nobody asked for",
              "let the server send files as they are");
        }
        return;
      }
      String says = "the server says " + status;
      if (status == 408 || status == 425 || status == 429 || status >= 500) {
        throw new Passing(says, retryAfter());
      }
      if (status == 404 || status == 410) {
        throw new RepositoryException(
            Reason.ABSENT,
            shown(),
            "is not there (" + says + ")",
            "check the address: it must name a folder with bundle.json, a .zip, or an"
                + " index.json#NAME");
      }
      if (status == 401 || status == 403 || status == 407) {
        throw new RepositoryException(
            Reason.FORBIDDEN,
            shown(),
            "is not for us (" + says + ")",
            "give credentials as http://USER:PASSWORD@HOST/, or ask for access");
      }
      throw new RepositoryException(
          Reason.CONTENT, shown(), says, "check what the server has at this address");
    }

    private Optional<Duration> retryAfter() {
      String text = header("Retry-After").orElse("").strip();
      try {
        return Optional.of(Duration.ofSeconds(Math.max(0, Long.parseLong(text))));
      } catch (NumberFormatException notSeconds) {
        try {
          Duration wait =
              Duration.between(
                  timing.now(),
                  ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
          return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
        } catch (DateTimeParseException neither) {
          return Optional.empty();
        }
      }
    }

    /** Hands the body over; gives up when a kibibyte takes longer than the limit for stalling. */
    void read(Take take) throws IOException {
      long progress = 0;
      long nanosLeft = limits.stall().toNanos();
      while (true) {
        long before = timing.nanos();
        List<ByteBuffer> pieces = body.next(Duration.ofNanos(Math.max(1, nanosLeft)));
        if (pieces.isEmpty()) {
          return;
        }
        for (ByteBuffer piece : pieces) {
          progress += piece.remaining();
          take.piece(piece);
        }
        nanosLeft -= timing.nanos() - before;
        if (progress >= PROGRESS_BYTES) {
          progress = 0;
          nanosLeft = limits.stall().toNanos();
        }
      }
    }

    void requireWhole(long bytes) throws IOException {
      Optional<Long> length = length();
      if (length.isPresent() && length.get() != bytes) {
        throw new IOException("the connection ended after " + bytes + " of " + length.get());
      }
    }

    private String shown() {
      return BundleAddress.shown(at);
    }

    private String plain(String text) {
      return text.replaceAll("[^A-Za-z0-9-]", "?");
    }

    @Override
    public void close() {
      body.close();
    }
  }
}
