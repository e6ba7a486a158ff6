package dev.sluice.experiments.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WorkerChoiceTest {
  @Test
  void keepsToTheOnlyWorkerOfAPoolOfOne() {
    WorkerChoice choice = new WorkerChoice(1, new SplittableRandom(1));

    assertThat(choice.next(worker -> 7)).isZero();
    assertThat(choice.current()).isZero();
  }

  @Test
  void usesThreeOfManyWorkersAndRemembersTheLast() {
    WorkerChoice choice = new WorkerChoice(20, new SplittableRandom(2));
    Set<Integer> used = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      int next = choice.next(worker -> 0);
      assertThat(choice.current()).isEqualTo(next);
      used.add(next);
    }

    assertThat(used).hasSize(3);
  }

  @Test
  void neverTakesTheLongestOfThreeQueuesAndTheShortestTwoTimesInThree() {
    WorkerChoice choice = new WorkerChoice(3, new SplittableRandom(3));
    int[] taken = new int[3];
    for (int i = 0; i < 30_000; i++) {
      taken[choice.next(worker -> worker)]++;
    }

    /* Two of three: the shortest is among them in two of three draws, and then taken. */
    assertThat(taken[2]).isZero();
    assertThat(taken[0] / 30_000.0).isCloseTo(2.0 / 3, within(0.02));
  }

  @Test
  void spreadsDevicesEvenlyOverThePool() {
    int[] connected = new int[10];
    for (int device = 0; device < 20_000; device++) {
      connected[new WorkerChoice(10, new SplittableRandom(device)).current()]++;
    }

    for (int devices : connected) {
      assertThat(devices / 2_000.0).isCloseTo(1, within(0.1));
    }
  }
}
