package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.security.ServerSecurity;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How a worker listens. Immutable; start from {@link #on}.
 *
 * @param host address to bind
 * @param port in {@code [0, 65535]}; 0 takes a free one
 * @param workerName told in the Welcome
 * @param limits granted to each connection
 * @param maxConnections further ones are refused with OVERLOADED, at least 1
 * @param maxBytesInAll payload bytes of all connections' requests together, beyond which requests
 *     are refused with OVERLOADED; at least the largest payload
 * @param ioThreads event loops, at least 1
 * @param patience how long peers may take
 * @param nanoClock monotonic clock of all stamps; thread-safe
 * @param security TLS and tokens, asked for at each new connection; thread-safe
 */
public record ServerOptions(
    String host,
    int port,
    String workerName,
    Limits limits,
    int maxConnections,
    long maxBytesInAll,
    int ioThreads,
    Patience patience,
    LongSupplier nanoClock,
    Supplier<ServerSecurity> security) {

  /**
   * How long peers may take; all positive.
   *
   * @param handshakeNanos a connection without Hello is closed after this long
   * @param idleAfterNanos a connection that sent nothing for this long is pinged; after twice as
   *     long it is closed, half-open or not reading
   * @param frameNanos a connection whose frame is not whole after this long, and a second more for
   *     each KiB of its body, is refused
   * @param requestNanos a request whose data is not whole after this long, and a second more for
   *     each KiB of it that has come, is refused
   */
  public record Patience(
      long handshakeNanos, long idleAfterNanos, long frameNanos, long requestNanos) {
    /** 5 s for the Hello, 15 s of quiet, 20 s and more for a frame, 60 s and more for a request. */
    public static final Patience USUAL =
        new Patience(5_000_000_000L, 15_000_000_000L, 20_000_000_000L, 60_000_000_000L);

    public Patience {
      if (handshakeNanos <= 0 || idleAfterNanos <= 0 || frameNanos <= 0 || requestNanos <= 0) {
        throw new IllegalArgumentException(
            "patience must be positive: %d, %d, %d, %d ns"
                .formatted(handshakeNanos, idleAfterNanos, frameNanos, requestNanos));
      }
    }
  }

  private static final long MOST_BYTES_IN_ALL = 512L << 20;

  public ServerOptions {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port not in [0, 65535]: " + port);
    }
    if (maxConnections < 1) {
      throw new IllegalArgumentException("maxConnections must be positive: " + maxConnections);
    }
    if (maxBytesInAll < limits.maxPayloadBytes()) {
      throw new IllegalArgumentException("maxBytesInAll below one payload: " + maxBytesInAll);
    }
    if (ioThreads < 1) {
      throw new IllegalArgumentException("ioThreads must be positive: " + ioThreads);
    }
  }

  /**
   * Returns the usual options: default limits, 256 connections, payloads of a quarter of the heap
   * and 512 MiB at most, one event loop, system clock.
   */
  public static ServerOptions on(String host, int port, String workerName) {
    return new ServerOptions(
        host,
        port,
        workerName,
        Limits.DEFAULT,
        256,
        Math.max(
            Limits.DEFAULT.maxPayloadBytes(),
            Math.min(MOST_BYTES_IN_ALL, Runtime.getRuntime().maxMemory() / 4)),
        1,
        Patience.USUAL,
        System::nanoTime,
        ServerSecurity::none);
  }

  /** Returns the same options with other limits. */
  public ServerOptions withLimits(Limits other, int connections) {
    return new ServerOptions(
        host,
        port,
        workerName,
        other,
        connections,
        Math.max(maxBytesInAll, other.maxPayloadBytes()),
        ioThreads,
        patience,
        nanoClock,
        security);
  }

  /** Returns the same options with another bound of the payloads of all connections. */
  public ServerOptions withBytesInAll(long bytes) {
    return new ServerOptions(
        host,
        port,
        workerName,
        limits,
        maxConnections,
        bytes,
        ioThreads,
        patience,
        nanoClock,
        security);
  }

  /** Returns the same options with other patience for the Hello and with quiet connections. */
  public ServerOptions withTimeouts(long handshake, long idleAfter) {
    return withPatience(
        new Patience(handshake, idleAfter, patience.frameNanos, patience.requestNanos));
  }

  /** Returns the same options with other patience. */
  public ServerOptions withPatience(Patience other) {
    return new ServerOptions(
        host,
        port,
        workerName,
        limits,
        maxConnections,
        maxBytesInAll,
        ioThreads,
        other,
        nanoClock,
        security);
  }

  /** Returns the same options with another number of event loops. */
  public ServerOptions withIoThreads(int threads) {
    return new ServerOptions(
        host,
        port,
        workerName,
        limits,
        maxConnections,
        maxBytesInAll,
        threads,
        patience,
        nanoClock,
        security);
  }

  /** Returns the same options with another clock. */
  public ServerOptions withClock(LongSupplier clock) {
    return new ServerOptions(
        host,
        port,
        workerName,
        limits,
        maxConnections,
        maxBytesInAll,
        ioThreads,
        patience,
        clock,
        security);
  }

  /** Returns the same options with TLS, tokens, both or none. */
  public ServerOptions withSecurity(Supplier<ServerSecurity> other) {
    return new ServerOptions(
        host,
        port,
        workerName,
        limits,
        maxConnections,
        maxBytesInAll,
        ioThreads,
        patience,
        nanoClock,
        other);
  }
}
