package dev.sluice.experiments.study.overhead;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Several ways to do something, timed in turns, so that whatever slows the machine meets all of
 * them: in every round each way has one block of runs, of which the median counts. The order turns
 * from round to round. Not thread-safe.
 */
final class Alternation {
  private static final int LEAST_RUNS = 3;
  private static final int UNCOUNTED_RUNS = 2;

  /** One way. */
  @FunctionalInterface
  interface Way {
    void run() throws Exception;
  }

  private final List<Way> ways = new ArrayList<>();

  /** Adds a way and returns its number. */
  int add(Way way) {
    ways.add(way);
    return ways.size() - 1;
  }

  /**
   * Measures.
   *
   * @param rounds at least 1
   * @param warmUpMillis spent on each way before
   * @param blockMillis about how long a block lasts; it has at least three runs
   * @return microseconds by way and round
   */
  double[][] measure(int rounds, int warmUpMillis, int blockMillis) throws Exception {
    int[] runs = new int[ways.size()];
    for (int way = 0; way < runs.length; way++) {
      double each = warmUp(ways.get(way), warmUpMillis);
      runs[way] = (int) Math.max(LEAST_RUNS, blockMillis * 1e3 / each);
    }
    double[][] micros = new double[ways.size()][rounds];
    for (int round = 0; round < rounds; round++) {
      for (int turn = 0; turn < runs.length; turn++) {
        int way = (turn + round) % runs.length;
        micros[way][round] = block(ways.get(way), runs[way]);
      }
    }
    return micros;
  }

  /** Returns the microseconds of the last run. */
  private static double warmUp(Way way, int millis) throws Exception {
    long end = System.nanoTime() + millis * 1_000_000L;
    long start;
    long last;
    do {
      start = System.nanoTime();
      way.run();
      last = System.nanoTime();
    } while (last < end);
    return Math.max(1, (last - start) / 1e3);
  }

  private static double block(Way way, int runs) throws Exception {
    // What ran before leaves its constants in the caches, and its threads spinning for a moment.
    for (int i = 0; i < UNCOUNTED_RUNS; i++) {
      way.run();
    }
    long[] nanos = new long[runs];
    for (int i = 0; i < runs; i++) {
      long start = System.nanoTime();
      way.run();
      nanos[i] = System.nanoTime() - start;
    }
    Arrays.sort(nanos);
    return nanos[runs / 2] / 1e3;
  }
}
