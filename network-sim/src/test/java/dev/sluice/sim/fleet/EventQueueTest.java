package dev.sluice.sim.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventQueueTest {
  private record Event(long atNanos, long number) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void takesEventsInTheOrderOfAPriorityQueueOfObjects(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    EventQueue queue = new EventQueue();
    PriorityQueue<Event> oracle =
        new PriorityQueue<>(
            Comparator.comparingLong(Event::atNanos).thenComparingLong(Event::number));
    long number = 0;
    for (int i = 0; i < 20_000; i++) {
      /* Grows, then shrinks; small steps, so that many times are equal. */
      if (random.nextInt(10) < (i < 10_000 ? 7 : 4)) {
        long at = queue.nowNanos() + random.nextInt(50);
        queue.schedule(at, number);
        oracle.add(new Event(at, number++));
      } else if (!oracle.isEmpty()) {
        Event expected = oracle.remove();
        assertThat(queue.advance()).isTrue();
        assertThat(new Event(queue.nowNanos(), queue.what())).isEqualTo(expected);
      }
      assertThat(queue.size()).isEqualTo(oracle.size());
    }
  }

  @Test
  void endsWhenNothingIsScheduled() {
    EventQueue queue = new EventQueue(7);
    queue.schedule(7, 1);

    assertThat(queue.advance()).isTrue();
    assertThat(queue.advance()).isFalse();
    assertThat(queue.nextNanos()).isEqualTo(Long.MAX_VALUE);
    assertThat(queue.nowNanos()).isEqualTo(7);
  }

  @Test
  void countsWhatWasScheduled() {
    EventQueue queue = new EventQueue();
    List<Long> taken = new ArrayList<>();
    for (long i = 0; i < 1000; i++) {
      queue.schedule(1000 - i, i);
    }
    while (queue.advance()) {
      taken.add(queue.what());
    }
    assertThat(queue.scheduled()).isEqualTo(1000);
    assertThat(taken).hasSize(1000).isSortedAccordingTo(Comparator.reverseOrder());
  }

  @Test
  void refusesThePastAndToRestBehindTheNextEvent() {
    EventQueue queue = new EventQueue(10);
    queue.schedule(20, 1);
    assertThatThrownBy(() -> queue.schedule(9, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> queue.rest(21)).isInstanceOf(IllegalArgumentException.class);
    queue.rest(20);
    assertThat(queue.nowNanos()).isEqualTo(20);
  }
}
