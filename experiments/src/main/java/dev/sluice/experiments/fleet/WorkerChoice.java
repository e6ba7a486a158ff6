package dev.sluice.experiments.fleet;

import java.util.SplittableRandom;
import java.util.function.IntToLongFunction;

/**
 * To which worker of a pool a device sends, by the rules of the real {@code WorkerPool}: it keeps
 * connections to three of them, and each request goes to the better of two of those, drawn at
 * random. Not thread-safe.
 *
 * <p>Simplified: which three is drawn, where the real pool hashes names; both spread devices
 * evenly. All workers are alike and equally far, so that the shorter queue by the last report is
 * the shorter expected wait. Reports come with pongs, at moments of the device's own: were they the
 * same for all, all would run to the same worker. What the device itself has sent since that report
 * is not added, since a camera has seldom more than one request under way. A refused request is not
 * moved to another worker, so that loads near the limit look a little worse than they are.
 */
final class WorkerChoice {
  /** As many connections as a pool keeps. */
  static final int CONNECTIONS = 3;

  static final long PING_EVERY_NANOS = 250_000_000L;

  private final int[] members;
  private final SplittableRandom random;
  private final long phaseNanos;
  private int current;

  /**
   * Connects to some of a pool's workers.
   *
   * @param workers of the pool, at least 1
   */
  WorkerChoice(int workers, SplittableRandom random) {
    this.random = random;
    int[] all = new int[workers];
    for (int i = 0; i < workers; i++) {
      int other = random.nextInt(i + 1);
      all[i] = all[other];
      all[other] = i;
    }
    members = java.util.Arrays.copyOf(all, Math.min(CONNECTIONS, workers));
    current = members[0];
    phaseNanos = random.nextLong(PING_EVERY_NANOS);
  }

  /** When the last pong had told the load of its workers. */
  long heardNanos(long nowNanos) {
    return nowNanos - Math.floorMod(nowNanos - phaseNanos, PING_EVERY_NANOS);
  }

  /** The worker that the last request went to, of whose load the device knows. */
  int current() {
    return current;
  }

  /**
   * Chooses for a request.
   *
   * @param queued what a worker's last report says
   */
  int next(IntToLongFunction queued) {
    if (members.length > 1) {
      int first = random.nextInt(members.length);
      int second = (first + 1 + random.nextInt(members.length - 1)) % members.length;
      boolean shorter = queued.applyAsLong(members[second]) < queued.applyAsLong(members[first]);
      current = members[shorter ? second : first];
    }
    return current;
  }
}
