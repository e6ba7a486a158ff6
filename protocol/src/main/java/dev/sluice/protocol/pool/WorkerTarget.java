package dev.sluice.protocol.pool;

/** Where workers are. */
public sealed interface WorkerTarget {
  /** What a text begins with that means {@link EveryAddress}. */
  String EVERY_ADDRESS = "dns:";

  /** Returns the host as it is written, without brackets. */
  String host();

  /** Returns the port, in {@code [1, 65535]}. */
  int port();

  /**
   * One worker, at whatever address its host has when it is called.
   *
   * @param host name or address
   * @param port in {@code [1, 65535]}
   */
  record Host(String host, int port) implements WorkerTarget {
    public Host {
      check(host, port);
    }

    @Override
    public String toString() {
      return text(host, port);
    }
  }

  /**
   * A worker at every address of a name, which is looked up again and again.
   *
   * <p>Told from {@link Host} by its writing, because a name with several addresses may also be one
   * machine (as {@code localhost} with its two).
   *
   * @param host a name
   * @param port in {@code [1, 65535]}
   */
  record EveryAddress(String host, int port) implements WorkerTarget {
    public EveryAddress {
      check(host, port);
    }

    @Override
    public String toString() {
      return EVERY_ADDRESS + text(host, port);
    }
  }

  /**
   * Reads {@code HOST:PORT} or {@code dns:NAME:PORT}; an IPv6 address stands in brackets.
   *
   * @throws IllegalArgumentException if it is neither
   */
  static WorkerTarget parse(String text) {
    boolean every = text.startsWith(EVERY_ADDRESS);
    String rest = every ? text.substring(EVERY_ADDRESS.length()) : text;
    int colon = rest.lastIndexOf(':');
    String host = colon < 0 ? "" : rest.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (bracketed) {
      host = host.substring(1, host.length() - 1);
    }
    try {
      int port = Integer.parseInt(rest.substring(colon + 1));
      if (!host.isBlank() && (bracketed || host.indexOf(':') < 0) && port >= 1 && port <= 65_535) {
        return every ? new EveryAddress(host, port) : new Host(host, port);
      }
    } catch (NumberFormatException notANumber) {
      // Falls through to the message below.
    }
    throw new IllegalArgumentException(
        "'" + text + "' is no address; write HOST:PORT, or dns:NAME:PORT for all of its addresses");
  }

  private static void check(String host, int port) {
    if (host.isBlank()) {
      throw new IllegalArgumentException("host must not be empty");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port not in [1, 65535]: " + port);
    }
  }

  /** Returns {@code HOST:PORT}, with an IPv6 address in brackets. */
  static String text(String host, int port) {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
