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
 * @param ioThreads event loops, at least 1
 * @param handshakeTimeoutNanos a connection without Hello is closed after this long
 * @param idleAfterNanos a connection that sent nothing for this long is pinged; after twice as long
 *     it is closed
 * @param nanoClock monotonic clock of all stamps; thread-safe
 * @param security TLS and tokens, asked for at each new connection; thread-safe
 */
public record ServerOptions(
    String host,
    int port,
    String workerName,
    Limits limits,
    int maxConnections,
    int ioThreads,
    long handshakeTimeoutNanos,
    long idleAfterNanos,
    LongSupplier nanoClock,
    Supplier<ServerSecurity> security) {

  public ServerOptions {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port not in [0, 65535]: " + port);
    }
    if (maxConnections < 1) {
      throw new IllegalArgumentException("maxConnections must be positive: " + maxConnections);
    }
    if (ioThreads < 1) {
      throw new IllegalArgumentException("ioThreads must be positive: " + ioThreads);
    }
    if (handshakeTimeoutNanos <= 0 || idleAfterNanos <= 0) {
      throw new IllegalArgumentException("timeouts must be positive");
    }
  }

  /** Returns the usual options: default limits, 256 connections, one event loop, system clock. */
  public static ServerOptions on(String host, int port, String workerName) {
    return new ServerOptions(
        host,
        port,
        workerName,
        Limits.DEFAULT,
        256,
        1,
        5_000_000_000L,
        15_000_000_000L,
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
        ioThreads,
        handshakeTimeoutNanos,
        idleAfterNanos,
        nanoClock,
        security);
  }

  /** Returns the same options with other patience. */
  public ServerOptions withTimeouts(long handshakeTimeout, long idleAfter) {
    return new ServerOptions(
        host,
        port,
        workerName,
        limits,
        maxConnections,
        ioThreads,
        handshakeTimeout,
        idleAfter,
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
        ioThreads,
        handshakeTimeoutNanos,
        idleAfterNanos,
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
        ioThreads,
        handshakeTimeoutNanos,
        idleAfterNanos,
        nanoClock,
        other);
  }
}
