package dev.sluice.protocol.channel;

import dev.sluice.protocol.security.ClientSecurity;
import java.util.Random;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * How a client connects. Immutable; start from {@link #to}.
 *
 * @param host name or address of the worker
 * @param port in {@code [1, 65535]}
 * @param modelDigest digest of the bundle, told in the Hello; requests for the same bundle need not
 *     repeat it
 * @param clientName for the worker's log
 * @param connectTimeoutNanos for the connection and again for the Welcome
 * @param pingEveryNanos distance of pings
 * @param silentAfterNanos the link is {@link LinkState#SILENT} when a ping is unanswered for this
 *     long and nothing else was heard meanwhile
 * @param giveUpAfterNanos a silent connection is closed and opened anew after this long. Long,
 *     because a TCP connection often outlives an outage, and short enough not to wait for TCP's own
 *     retransmission timer
 * @param firstBackoffNanos mean wait before the first new attempt; doubles with each failure
 * @param maxBackoffNanos cap of that wait
 * @param sendBufferBytes SO_SNDBUF; small, so that bytes wait here, where they can be cancelled,
 *     not in the kernel
 * @param queueTargetNanos how much waiting in the network the client's own uploads may cause: its
 *     window shrinks when round trips exceed the smallest one by more
 * @param jitter spreads reconnects of many devices; used on the event loop only
 * @param nanoClock monotonic clock of all stamps; thread-safe
 * @param security TLS and token
 */
public record ClientOptions(
    String host,
    int port,
    String modelDigest,
    String clientName,
    long connectTimeoutNanos,
    long pingEveryNanos,
    long silentAfterNanos,
    long giveUpAfterNanos,
    long firstBackoffNanos,
    long maxBackoffNanos,
    int sendBufferBytes,
    long queueTargetNanos,
    RandomGenerator jitter,
    LongSupplier nanoClock,
    ClientSecurity security) {
  private static final long MILLIS = 1_000_000;

  public ClientOptions {
    if (host.isEmpty()) {
      throw new IllegalArgumentException("host must not be empty");
    }
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port not in [1, 65535]: " + port);
    }
    positive("connectTimeoutNanos", connectTimeoutNanos);
    positive("pingEveryNanos", pingEveryNanos);
    positive("silentAfterNanos", silentAfterNanos);
    positive("giveUpAfterNanos", giveUpAfterNanos);
    positive("firstBackoffNanos", firstBackoffNanos);
    positive("sendBufferBytes", sendBufferBytes);
    positive("queueTargetNanos", queueTargetNanos);
    if (maxBackoffNanos < firstBackoffNanos) {
      throw new IllegalArgumentException(
          "maxBackoffNanos below firstBackoffNanos: " + maxBackoffNanos);
    }
  }

  /** Returns the usual options: pings every 250 ms, silence noticed after 500 ms, system clock. */
  public static ClientOptions to(String host, int port, String modelDigest, String clientName) {
    return new ClientOptions(
        host,
        port,
        modelDigest,
        clientName,
        2_000 * MILLIS,
        250 * MILLIS,
        500 * MILLIS,
        10_000 * MILLIS,
        50 * MILLIS,
        1_000 * MILLIS,
        16 * 1024,
        100 * MILLIS,
        new Random(clientName.hashCode() * 31L + port),
        System::nanoTime,
        ClientSecurity.none());
  }

  /** Returns the same options with another rhythm of pings and patience with silence. */
  public ClientOptions withPings(long everyNanos, long silentAfter, long giveUpAfter) {
    return new ClientOptions(
        host,
        port,
        modelDigest,
        clientName,
        connectTimeoutNanos,
        everyNanos,
        silentAfter,
        giveUpAfter,
        firstBackoffNanos,
        maxBackoffNanos,
        sendBufferBytes,
        queueTargetNanos,
        jitter,
        nanoClock,
        security);
  }

  /** Returns the same options with other waits for connections. */
  public ClientOptions withReconnect(long connectTimeout, long firstBackoff, long maxBackoff) {
    return new ClientOptions(
        host,
        port,
        modelDigest,
        clientName,
        connectTimeout,
        pingEveryNanos,
        silentAfterNanos,
        giveUpAfterNanos,
        firstBackoff,
        maxBackoff,
        sendBufferBytes,
        queueTargetNanos,
        jitter,
        nanoClock,
        security);
  }

  /** Returns the same options with other sources of time and chance. */
  public ClientOptions withChance(RandomGenerator random, LongSupplier clock) {
    return new ClientOptions(
        host,
        port,
        modelDigest,
        clientName,
        connectTimeoutNanos,
        pingEveryNanos,
        silentAfterNanos,
        giveUpAfterNanos,
        firstBackoffNanos,
        maxBackoffNanos,
        sendBufferBytes,
        queueTargetNanos,
        random,
        clock,
        security);
  }

  /** Returns the same options for another address. */
  public ClientOptions at(String otherHost, int otherPort) {
    return new ClientOptions(
        otherHost,
        otherPort,
        modelDigest,
        clientName,
        connectTimeoutNanos,
        pingEveryNanos,
        silentAfterNanos,
        giveUpAfterNanos,
        firstBackoffNanos,
        maxBackoffNanos,
        sendBufferBytes,
        queueTargetNanos,
        jitter,
        nanoClock,
        security);
  }

  /** Returns the same options with TLS, a token, both or none. */
  public ClientOptions withSecurity(ClientSecurity other) {
    return new ClientOptions(
        host,
        port,
        modelDigest,
        clientName,
        connectTimeoutNanos,
        pingEveryNanos,
        silentAfterNanos,
        giveUpAfterNanos,
        firstBackoffNanos,
        maxBackoffNanos,
        sendBufferBytes,
        queueTargetNanos,
        jitter,
        nanoClock,
        other);
  }

  private static void positive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " must be positive: " + value);
    }
  }
}
