package dev.sluice.protocol.pool;

import dev.sluice.protocol.channel.AddressResolver;
import dev.sluice.protocol.channel.ClientOptions;
import java.util.List;

/**
 * How a client uses several workers. Immutable; start from {@link #of}.
 *
 * @param targets where workers are, at least one
 * @param client how each connection is made; its host, port and waits between attempts do not
 *     matter
 * @param connections connections that are kept at the same time, at least 1
 * @param urgentBackoffNanos bound of the random wait before the first new attempt while no worker
 *     is up; doubles with each failure
 * @param calmBackoffNanos the same while another worker is up
 * @param maxBackoffNanos cap of these bounds
 * @param replaceWithinNanos a worker that is lost is replaced by another connection after a random
 *     time up to this, while another one is up
 * @param slowStartNanos a worker that has just come gets its share of the requests little by little
 *     in this time
 * @param steadyNanos a connection that has lasted this long makes up for earlier failures
 * @param maxRetries how often one request goes to another worker, at least 0
 * @param retryShare retries per request that are allowed over time, in {@code [0, 1]}
 * @param retryBurst retries that are allowed beyond this share at once, at least 0
 * @param refreshNanos names are looked up again after about this long
 * @param refreshDownNanos the same while no worker can be reached
 * @param resolver looks names up
 */
public record PoolOptions(
    List<WorkerTarget> targets,
    ClientOptions client,
    int connections,
    long urgentBackoffNanos,
    long calmBackoffNanos,
    long maxBackoffNanos,
    long replaceWithinNanos,
    long slowStartNanos,
    long steadyNanos,
    int maxRetries,
    double retryShare,
    int retryBurst,
    long refreshNanos,
    long refreshDownNanos,
    AddressResolver resolver) {
  private static final long MILLIS = 1_000_000;
  private static final long SECONDS = 1_000 * MILLIS;

  /** More targets than this are refused. */
  public static final int MAX_TARGETS = 1_000;

  /** Connections that are usually kept at the same time. */
  public static final int CONNECTIONS = 3;

  public PoolOptions {
    targets = List.copyOf(targets);
    if (targets.isEmpty() || targets.size() > MAX_TARGETS) {
      throw new IllegalArgumentException("targets not in [1, 1000]: " + targets.size());
    }
    if (connections < 1) {
      throw new IllegalArgumentException("connections must be positive: " + connections);
    }
    positive("urgentBackoffNanos", urgentBackoffNanos);
    positive("calmBackoffNanos", calmBackoffNanos);
    positive("replaceWithinNanos", replaceWithinNanos);
    positive("slowStartNanos", slowStartNanos);
    positive("steadyNanos", steadyNanos);
    positive("refreshNanos", refreshNanos);
    positive("refreshDownNanos", refreshDownNanos);
    if (maxBackoffNanos < urgentBackoffNanos || maxBackoffNanos < calmBackoffNanos) {
      throw new IllegalArgumentException(
          "maxBackoffNanos below the first ones: " + maxBackoffNanos);
    }
    if (maxRetries < 0 || retryBurst < 0) {
      throw new IllegalArgumentException("retries must not be negative");
    }
    if (!(retryShare >= 0 && retryShare <= 1)) {
      throw new IllegalArgumentException("retryShare not in [0, 1]: " + retryShare);
    }
  }

  /**
   * Returns the usual options: three connections, first waits up to 50 ms (1 s while another worker
   * is up), 10 s at most, two retries of a request and one retry for five requests.
   */
  public static PoolOptions of(List<WorkerTarget> targets, ClientOptions client) {
    return new PoolOptions(
        targets,
        client,
        CONNECTIONS,
        50 * MILLIS,
        1 * SECONDS,
        10 * SECONDS,
        2 * SECONDS,
        10 * SECONDS,
        5 * SECONDS,
        2,
        0.2,
        3,
        30 * SECONDS,
        5 * SECONDS,
        AddressResolver.SYSTEM);
  }

  /** Returns the same options with another number of connections. */
  public PoolOptions withConnections(int kept) {
    return new PoolOptions(
        targets,
        client,
        kept,
        urgentBackoffNanos,
        calmBackoffNanos,
        maxBackoffNanos,
        replaceWithinNanos,
        slowStartNanos,
        steadyNanos,
        maxRetries,
        retryShare,
        retryBurst,
        refreshNanos,
        refreshDownNanos,
        resolver);
  }

  /** Returns the same options with another way to look names up, and distance of look-ups. */
  public PoolOptions withResolver(AddressResolver other, long refresh, long refreshDown) {
    return new PoolOptions(
        targets,
        client,
        connections,
        urgentBackoffNanos,
        calmBackoffNanos,
        maxBackoffNanos,
        replaceWithinNanos,
        slowStartNanos,
        steadyNanos,
        maxRetries,
        retryShare,
        retryBurst,
        refresh,
        refreshDown,
        other);
  }

  private static void positive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " must be positive: " + value);
    }
  }
}
