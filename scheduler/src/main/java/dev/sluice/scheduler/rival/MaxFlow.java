package dev.sluice.scheduler.rival;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Exact maximum flow in integers, and with it the minimum cut. Not thread-safe.
 *
 * <p>Dinitz, "Algorithm for solution of a problem of maximum flow in a network with power
 * estimation", Soviet Mathematics Doklady 11, 1970: blocking flows in the graph of shortest paths.
 */
final class MaxFlow {
  /** Capacity of an edge that no cut may contain; a sum of some finite ones stays below it. */
  static final long UNLIMITED = 1L << 60;

  /** Edges 2k and 2k + 1 are each other's reverse. */
  private int[] to = new int[16];

  private long[] left = new long[16];
  private int[] nextOfNode = new int[16];
  private final int[] firstOfNode;
  private int edges;
  private final int[] level;
  private final int[] at;

  MaxFlow(int nodes) {
    firstOfNode = new int[nodes];
    Arrays.fill(firstOfNode, -1);
    level = new int[nodes];
    at = new int[nodes];
  }

  /**
   * Adds an edge.
   *
   * @param capacity at least 0
   */
  void edge(int from, int node, long capacity) {
    if (capacity < 0) {
      throw new IllegalArgumentException("capacity must not be negative: " + capacity);
    }
    if (edges + 2 > to.length) {
      to = Arrays.copyOf(to, 2 * to.length);
      left = Arrays.copyOf(left, 2 * left.length);
      nextOfNode = Arrays.copyOf(nextOfNode, 2 * nextOfNode.length);
    }
    half(from, node, capacity);
    half(node, from, 0);
  }

  private void half(int from, int node, long capacity) {
    to[edges] = node;
    left[edges] = capacity;
    nextOfNode[edges] = firstOfNode[from];
    firstOfNode[from] = edges++;
  }

  /** Returns the maximum flow, which is also the minimum cut; to be called once. */
  long run(int source, int sink) {
    long flow = 0;
    while (levels(source, sink)) {
      System.arraycopy(firstOfNode, 0, at, 0, at.length);
      for (long pushed = push(source, sink, Long.MAX_VALUE);
          pushed > 0;
          pushed = push(source, sink, Long.MAX_VALUE)) {
        flow += pushed;
      }
    }
    return flow;
  }

  /** Returns the smallest source side of a minimum cut, after {@link #run}. */
  BitSet sourceSide() {
    BitSet side = new BitSet(level.length);
    for (int node = 0; node < level.length; node++) {
      side.set(node, level[node] >= 0);
    }
    return side;
  }

  private boolean levels(int source, int sink) {
    Arrays.fill(level, -1);
    level[source] = 0;
    ArrayDeque<Integer> queue = new ArrayDeque<>();
    queue.add(source);
    while (!queue.isEmpty()) {
      int node = queue.remove();
      for (int edge = firstOfNode[node]; edge >= 0; edge = nextOfNode[edge]) {
        if (left[edge] > 0 && level[to[edge]] < 0) {
          level[to[edge]] = level[node] + 1;
          queue.add(to[edge]);
        }
      }
    }
    return level[sink] >= 0;
  }

  private long push(int node, int sink, long most) {
    if (node == sink) {
      return most;
    }
    for (; at[node] >= 0; at[node] = nextOfNode[at[node]]) {
      int edge = at[node];
      if (left[edge] > 0 && level[to[edge]] == level[node] + 1) {
        long pushed = push(to[edge], sink, Math.min(most, left[edge]));
        if (pushed > 0) {
          left[edge] -= pushed;
          left[edge ^ 1] += pushed;
          return pushed;
        }
      }
    }
    return 0;
  }
}
