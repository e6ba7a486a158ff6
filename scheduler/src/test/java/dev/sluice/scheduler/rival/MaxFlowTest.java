package dev.sluice.scheduler.rival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MaxFlowTest {
  @Test
  void theExampleOfTheTextbook() {
    /* Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, figure 26.1: 23. */
    MaxFlow flow = new MaxFlow(6);
    int[][] edges = {
      {0, 1, 16},
      {0, 2, 13},
      {1, 3, 12},
      {2, 1, 4},
      {3, 2, 9},
      {2, 4, 14},
      {4, 3, 7},
      {3, 5, 20},
      {4, 5, 4}
    };
    for (int[] edge : edges) {
      flow.edge(edge[0], edge[1], edge[2]);
    }

    assertThat(flow.run(0, 5)).isEqualTo(23);
    assertThat(flow.sourceSide().stream().toArray()).containsExactly(0, 1, 2, 4);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 6, 7, 8, 9})
  void equalsTheSmallestOfAllCuts(int nodes) {
    for (int seed = 0; seed < 100; seed++) {
      Random random = new Random(1000L * nodes + seed);
      long[][] capacity = new long[nodes][nodes];
      MaxFlow flow = new MaxFlow(nodes);
      for (int edge = 0; edge < 3 * nodes; edge++) {
        int from = random.nextInt(nodes);
        int to = random.nextInt(nodes);
        long size = random.nextInt(10) == 0 ? MaxFlow.UNLIMITED / 64 : random.nextInt(20);
        flow.edge(from, to, size);
        capacity[from][to] += size;
      }
      long least = Long.MAX_VALUE;
      for (int side = 0; side < (1 << nodes); side++) {
        BitSet set = BitSet.valueOf(new long[] {side});
        if (set.get(0) && !set.get(nodes - 1)) {
          least = Math.min(least, size(capacity, set));
        }
      }

      assertThat(flow.run(0, nodes - 1)).as("seed %d", seed).isEqualTo(least);
      assertThat(size(capacity, flow.sourceSide())).as("seed %d", seed).isEqualTo(least);
    }
  }

  private static long size(long[][] capacity, BitSet side) {
    long size = 0;
    for (int from = 0; from < capacity.length; from++) {
      for (int to = 0; to < capacity.length; to++) {
        size += side.get(from) && !side.get(to) ? capacity[from][to] : 0;
      }
    }
    return size;
  }

  @Test
  void capacitiesAreNotNegative() {
    assertThatThrownBy(() -> new MaxFlow(2).edge(0, 1, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
