package dev.sluice.model.repository;

import dev.sluice.model.repository.RepositoryException.Reason;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a bundle is on an HTTP server.
 *
 * <pre>
 *   http://host/bundles/roadsigns/           a folder with bundle.json and the files that it lists
 *   http://host/bundles/roadsigns.zip        the same as one zip
 *   http://host/bundles/index.json#roadsigns the one of that name in a repository's index
 *   ...#sha256=HEX                           any of them, of this digest and no other
 *   .../index.json#roadsigns&amp;sha256=HEX      both
 * </pre>
 *
 * Credentials ({@code http://user:password@host/}) and the query ({@code ?token=...}) go to the
 * server that the address names and are never shown.
 */
final class BundleAddress {
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final int MAX_PORT = 0xffff;
  private static final String MANIFEST = "bundle.json";
  private static final String INDEX = "index.json";

  /** What stands at the address. */
  enum Kind {
    FOLDER,
    ZIP,
    INDEX
  }

  private final URI uri;
  private final Kind kind;
  private final Optional<String> name;
  private final Optional<String> pin;
  private final Optional<String> authorization;

  private BundleAddress(
      URI uri,
      Kind kind,
      Optional<String> name,
      Optional<String> pin,
      Optional<String> authorization) {
    this.uri = uri;
    this.kind = kind;
    this.name = name;
    this.pin = pin;
    this.authorization = authorization;
  }

  static boolean isAddress(String text) {
    String start = text.substring(0, Math.min(8, text.length())).toLowerCase(Locale.ROOT);
    return start.startsWith("http://") || start.startsWith("https://");
  }

  static BundleAddress parse(String text) throws RepositoryException {
    URI given;
    try {
      given = new URI(text.strip());
    } catch (URISyntaxException e) {
      // The cause would show the text, and with it credentials.
      throw wrong("the address", "is no address: " + e.getReason());
    }
    String host = given.getHost();
    if (host == null || given.getRawPath() == null) {
      throw wrong("the address", "has no host that can be asked");
    }
    if (!isPort(given.getPort())) {
      throw wrong("the address", "has a port that is none");
    }
    Optional<String> name = Optional.empty();
    Optional<String> pin = Optional.empty();
    String fragment = given.getFragment();
    if (fragment != null && !fragment.isEmpty()) {
      for (String part : fragment.split("&", -1)) {
        if (part.toLowerCase(Locale.ROOT).startsWith("sha256=")) {
          pin = Optional.of(part.substring(7).toLowerCase(Locale.ROOT));
        } else {
          name = Optional.of(part);
        }
      }
    }
    URI bare = bare(given, host, given.getRawPath());
    if (pin.isPresent() && !DIGEST.matcher(pin.get()).matches()) {
      throw wrong(shown(bare), "sha256= needs 64 hexadecimal digits");
    }
    if (name.isPresent() && !isName(name.get())) {
      throw wrong(
          shown(bare), "what stands behind # is neither a bundle's name nor sha256= and a digest");
    }
    Optional<String> authorization =
        Optional.ofNullable(given.getUserInfo())
            .map(
                user ->
                    "Basic "
                        + Base64.getEncoder()
                            .encodeToString(user.getBytes(StandardCharsets.UTF_8)));
    return of(bare, name, pin, authorization);
  }

  /** Returns whether a URI's port is one that can be connected to; -1 stands for the usual one. */
  static boolean isPort(int port) {
    return port == -1 || (port > 0 && port <= MAX_PORT);
  }

  /** Returns whether a text can name a bundle in an index. */
  static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  private static BundleAddress of(
      URI bare, Optional<String> name, Optional<String> pin, Optional<String> authorization)
      throws RepositoryException {
    String path = bare.getRawPath();
    String last = path.substring(path.lastIndexOf('/') + 1);
    Kind kind;
    if (last.toLowerCase(Locale.ROOT).endsWith(".zip")) {
      kind = Kind.ZIP;
    } else if (last.equals(MANIFEST)) {
      path = path.substring(0, path.length() - last.length());
      kind = Kind.FOLDER;
    } else if (last.endsWith(".json")) {
      kind = Kind.INDEX;
    } else {
      path = path.endsWith("/") ? path : path + "/";
      kind = name.isPresent() ? Kind.INDEX : Kind.FOLDER;
      path = name.isPresent() ? path + INDEX : path;
    }
    if (name.isPresent() && kind != Kind.INDEX) {
      throw wrong(shown(bare), "is one bundle already: a name behind # belongs to an index.json");
    }
    return new BundleAddress(bare(bare, bare.getHost(), path), kind, name, pin, authorization);
  }

  private static URI bare(URI given, String host, String rawPath) {
    String query = given.getRawQuery();
    return URI.create(
        given.getScheme().toLowerCase(Locale.ROOT)
            + "://"
            + host.toLowerCase(Locale.ROOT)
            + (given.getPort() < 0 ? "" : ":" + given.getPort())
            + (rawPath.isEmpty() ? "/" : rawPath)
            + (query == null ? "" : "?" + query));
  }

  private static RepositoryException wrong(String where, String trouble) {
    return new RepositoryException(
        Reason.ADDRESS,
        where,
        trouble,
        "give http://HOST/FOLDER/, http://HOST/FILE.zip or http://HOST/index.json#NAME,"
            + " each with #sha256=HEX if you like");
  }

  /** Returns a text without credentials and query, for people and logs. */
  static String shown(URI uri) {
    return uri.getScheme()
        + "://"
        + uri.getHost()
        + (uri.getPort() < 0 ? "" : ":" + uri.getPort())
        + uri.getRawPath();
  }

  String shown() {
    return shown(uri) + name.map(n -> "#" + n).orElse("");
  }

  /** Returns what tells this address from others; the digest that it may be pinned to does not. */
  String key() {
    return Digests.sha256(
        (kind + " " + uri + " " + name.orElse("")).getBytes(StandardCharsets.UTF_8));
  }

  Kind kind() {
    return kind;
  }

  Optional<String> name() {
    return name;
  }

  Optional<String> pin() {
    return pin;
  }

  Optional<String> authorization() {
    return authorization;
  }

  /** Returns the zip's or index's own address, or the folder's with a slash at its end. */
  URI uri() {
    return uri;
  }

  URI manifest() {
    return file(MANIFEST);
  }

  /** Returns the address of a file below this one's folder. */
  URI file(String relativePath) {
    return URI.create(shown(uri)).resolve(encoded(relativePath) + query());
  }

  /** Returns the address of a bundle that this one, an index, names by a relative path. */
  BundleAddress bundle(String relativePath, String digest) throws RepositoryException {
    return of(file(relativePath), Optional.empty(), Optional.of(digest), authorization);
  }

  private String query() {
    return uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
  }

  private static String encoded(String path) {
    try {
      // The multi-argument form quotes what may not stand in a path as it is.
      return new URI(null, null, "/" + path, null).toASCIIString().substring(1);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("no path: " + path, e);
    }
  }
}
