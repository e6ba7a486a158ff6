package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class QuickSelectTest {
  @Test
  void findsWhatSortingFinds() {
    Random random = new Random(5);
    for (int round = 0; round < 2000; round++) {
      int length = 1 + random.nextInt(40);
      int distinct = 1 + random.nextInt(20);
      double[] values = random.ints(length, 0, distinct).asDoubleStream().toArray();
      double[] sorted = values.clone();
      Arrays.sort(sorted);
      int rank = random.nextInt(length);
      assertThat(QuickSelect.select(values, rank)).as("round %d", round).isEqualTo(sorted[rank]);
    }
  }
}
