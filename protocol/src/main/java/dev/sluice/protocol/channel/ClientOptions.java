package dev.sluice.protocol.channel;

import dev.sluice.protocol.security.ClientSecurity;
import dev.sluice.protocol.security.Token;
import java.util.List;
import java.util.Random;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * How a client connects. Immutable; start from {@link #to}.
 *
 * @param host name or address of the worker
 * @param port in {@code [1, 65535]}
 * @param identity who calls, and what for
 * @param patience how long what may take
 * @param sending how much may wait where
 * @param jitter spreads reconnects of many devices; used on the event loop only
 * @param nanoClock monotonic clock of all stamps; thread-safe
 * @param security TLS, and where a token may go
 */
public record ClientOptions(
    String host,
    int port,
    Identity identity,
    Patience patience,
    Sending sending,
    RandomGenerator jitter,
    LongSupplier nanoClock,
    ClientSecurity security) {

  /**
   * What the Hello says.
   *
   * @param clientName for the worker's log
   * @param modelDigests digests of the bundles that requests may be for; may be empty. Requests for
   *     them need not repeat them
   * @param token proves who calls, empty where none is needed; never shown
   * @param codecs families of codecs that this device writes; empty when it does not say
   */
  public record Identity(
      String clientName, List<String> modelDigests, String token, List<String> codecs) {
    public Identity {
      modelDigests = List.copyOf(modelDigests);
      codecs = List.copyOf(codecs);
    }

    /** Returns all but the token. */
    @Override
    public String toString() {
      return "Identity[clientName="
          + clientName
          + ", modelDigests="
          + modelDigests
          + ", token="
          + (token.isEmpty() ? "none" : "hidden")
          + ", codecs="
          + codecs
          + "]";
    }
  }

  /**
   * How long what may take; all positive.
   *
   * @param connectTimeoutNanos for the look-up of the host, for the connection and for the Welcome,
   *     each
   * @param pingEveryNanos distance of pings while requests are under way
   * @param idlePingEveryNanos distance of pings while none is, at least as long; with a longer one
   *     a request after a pause has a ping of its own. Workers ping a connection that says nothing
   *     for 15 s, so longer ones save nothing
   * @param silentAfterNanos the link is {@link LinkState#SILENT} when a ping is unanswered for this
   *     long and nothing else was heard meanwhile
   * @param giveUpAfterNanos a silent connection is closed and opened anew after this long. Long,
   *     because a TCP connection often outlives an outage, and short enough not to wait for TCP's
   *     own retransmission timer
   * @param firstBackoffNanos mean wait before the first new attempt; doubles with each failure
   * @param maxBackoffNanos cap of that wait
   */
  public record Patience(
      long connectTimeoutNanos,
      long pingEveryNanos,
      long idlePingEveryNanos,
      long silentAfterNanos,
      long giveUpAfterNanos,
      long firstBackoffNanos,
      long maxBackoffNanos) {
    /** Pings every 250 ms, silence noticed after 500 ms, a new connection after 10 s of it. */
    public static final Patience USUAL =
        new Patience(
            2_000 * MILLIS,
            250 * MILLIS,
            250 * MILLIS,
            500 * MILLIS,
            10_000 * MILLIS,
            50 * MILLIS,
            1000 * MILLIS);

    public Patience {
      positive("connectTimeoutNanos", connectTimeoutNanos);
      positive("pingEveryNanos", pingEveryNanos);
      if (idlePingEveryNanos < pingEveryNanos) {
        throw new IllegalArgumentException(
            "idlePingEveryNanos below pingEveryNanos: " + idlePingEveryNanos);
      }
      positive("silentAfterNanos", silentAfterNanos);
      positive("giveUpAfterNanos", giveUpAfterNanos);
      positive("firstBackoffNanos", firstBackoffNanos);
      if (maxBackoffNanos < firstBackoffNanos) {
        throw new IllegalArgumentException(
            "maxBackoffNanos below firstBackoffNanos: " + maxBackoffNanos);
      }
    }
  }

  /**
   * How much may wait where; all positive.
   *
   * @param socketBufferBytes SO_SNDBUF: bytes that the kernel holds unacknowledged
   * @param unsentBytes TCP_NOTSENT_LOWAT, where the system has it: bytes that the kernel holds
   *     unsent. Small, so that bytes wait here, where they can be overtaken and cancelled
   * @param queueTargetNanos how much waiting in the network the client's own uploads may cause: its
   *     window shrinks when round trips exceed the smallest one by more
   * @param maxWaitingRequests requests that may wait to be sent; further ones are refused with
   *     OVERLOADED, here
   * @param maxWaitingBytes payload bytes of these together
   */
  public record Sending(
      int socketBufferBytes,
      int unsentBytes,
      long queueTargetNanos,
      int maxWaitingRequests,
      long maxWaitingBytes) {
    /** At most 1,024 requests and 64 MiB wait, 50 ms of queueing. */
    public static final Sending USUAL =
        new Sending(1 << 20, 1 << 15, 50 * MILLIS, 1_024, 64L << 20);

    public Sending {
      positive("socketBufferBytes", socketBufferBytes);
      positive("unsentBytes", unsentBytes);
      positive("queueTargetNanos", queueTargetNanos);
      positive("maxWaitingRequests", maxWaitingRequests);
      positive("maxWaitingBytes", maxWaitingBytes);
    }
  }

  private static final long MILLIS = 1_000_000;

  public ClientOptions {
    if (host.isEmpty()) {
      throw new IllegalArgumentException("host must not be empty");
    }
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port not in [1, 65535]: " + port);
    }
  }

  /**
   * Returns the usual options on the system's clock.
   *
   * @param modelDigest digest of the bundle that requests are for, empty when none is named yet
   */
  public static ClientOptions to(String host, int port, String modelDigest, String clientName) {
    List<String> digests = modelDigest.isEmpty() ? List.of() : List.of(modelDigest);
    return new ClientOptions(
        host,
        port,
        new Identity(clientName, digests, "", List.of()),
        Patience.USUAL,
        Sending.USUAL,
        new Random(clientName.hashCode() * 31L + port),
        System::nanoTime,
        ClientSecurity.none());
  }

  /** Returns the digest of the first bundle, empty when none is named. */
  public String modelDigest() {
    return identity.modelDigests().isEmpty() ? "" : identity.modelDigests().get(0);
  }

  /** Returns the same options for another address. */
  public ClientOptions at(String otherHost, int otherPort) {
    return new ClientOptions(
        otherHost, otherPort, identity, patience, sending, jitter, nanoClock, security);
  }

  /** Returns the same options with another account of who calls. */
  public ClientOptions as(Identity other) {
    return new ClientOptions(host, port, other, patience, sending, jitter, nanoClock, security);
  }

  /** Returns the same options with a token. */
  public ClientOptions withToken(String token) {
    return as(
        new Identity(identity.clientName(), identity.modelDigests(), token, identity.codecs()));
  }

  /** Returns the same options with other bounds of what waits. */
  public ClientOptions withSending(Sending other) {
    return new ClientOptions(host, port, identity, patience, other, jitter, nanoClock, security);
  }

  /** Returns the same options with another patience. */
  public ClientOptions withPatience(Patience other) {
    return new ClientOptions(host, port, identity, other, sending, jitter, nanoClock, security);
  }

  /** Returns the same options with another rhythm of pings and patience with silence. */
  public ClientOptions withPings(long everyNanos, long silentAfter, long giveUpAfter) {
    return withPatience(
        new Patience(
            patience.connectTimeoutNanos,
            everyNanos,
            everyNanos,
            silentAfter,
            giveUpAfter,
            patience.firstBackoffNanos,
            patience.maxBackoffNanos));
  }

  /** Returns the same options with other pings while no request is under way. */
  public ClientOptions withIdlePings(long everyNanos) {
    return withPatience(
        new Patience(
            patience.connectTimeoutNanos,
            patience.pingEveryNanos,
            everyNanos,
            patience.silentAfterNanos,
            patience.giveUpAfterNanos,
            patience.firstBackoffNanos,
            patience.maxBackoffNanos));
  }

  /** Returns the same options with other waits for connections. */
  public ClientOptions withReconnect(long connectTimeout, long firstBackoff, long maxBackoff) {
    return withPatience(
        new Patience(
            connectTimeout,
            patience.pingEveryNanos,
            patience.idlePingEveryNanos,
            patience.silentAfterNanos,
            patience.giveUpAfterNanos,
            firstBackoff,
            maxBackoff));
  }

  /** Returns the same options with other sources of time and chance. */
  public ClientOptions withChance(RandomGenerator random, LongSupplier clock) {
    return new ClientOptions(host, port, identity, patience, sending, random, clock, security);
  }

  /** Returns the same options with TLS, a token, both or none. */
  public ClientOptions withSecurity(ClientSecurity other) {
    Identity told =
        new Identity(
            identity.clientName(),
            identity.modelDigests(),
            other.token().map(Token::reveal).orElse(""),
            identity.codecs());
    return new ClientOptions(host, port, told, patience, sending, jitter, nanoClock, other);
  }

  private static void positive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " must be positive: " + value);
    }
  }
}
