package dev.sluice.cloud.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ComputeQueueTest {
  @Test
  void runsJobsInTheOrderInWhichTheyCame() throws InterruptedException {
    List<Integer> ran = new CopyOnWriteArrayList<>();
    CountDownLatch done = new CountDownLatch(10);
    try (ComputeQueue queue = new ComputeQueue(1, 10)) {
      for (int i = 0; i < 10; i++) {
        int job = i;
        queue.offer(
            () -> {
              ran.add(job);
              done.countDown();
            });
      }
      assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(ran).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  }

  @Test
  void runsTheUrgentFirstThenTheEarlyThenThoseThatCameFirst() throws InterruptedException {
    List<String> ran = new CopyOnWriteArrayList<>();
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(5);
    try (ComputeQueue queue = new ComputeQueue(1, 10)) {
      queue.offer(
          () -> {
            started.countDown();
            awaitUninterrupted(release);
          });
      assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
      record Named(String name, ComputeQueue.Urgency urgency) {}

      for (Named named :
          List.of(
              new Named("first", ComputeQueue.Urgency.NONE),
              new Named("second", ComputeQueue.Urgency.NONE),
              new Named("late", new ComputeQueue.Urgency(0, true, 200)),
              new Named("early", new ComputeQueue.Urgency(0, true, -100)),
              new Named("urgent", new ComputeQueue.Urgency(7, false, 0)))) {
        queue.offer(
            () -> {
              ran.add(named.name());
              done.countDown();
            },
            named.urgency());
      }
      release.countDown();
      assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(ran).containsExactly("urgent", "early", "late", "first", "second");
  }

  @Test
  void refusesWhatDoesNotFitAndCountsWhatIsUnfinished() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (ComputeQueue queue = new ComputeQueue(1, 2)) {
      queue.offer(
          () -> {
            started.countDown();
            awaitUninterrupted(release);
          });
      assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(queue.offer(() -> {})).isTrue();
      assertThat(queue.offer(() -> {})).isTrue();
      assertThat(queue.offer(() -> {})).isFalse();
      assertThat(queue.unfinished()).isEqualTo(3);
      release.countDown();
    }
  }

  @Test
  void makesRoomWhenAWaitingJobIsWithdrawn() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch ran = new CountDownLatch(1);
    AtomicBoolean withdrawnRan = new AtomicBoolean();
    Runnable running =
        () -> {
          started.countDown();
          awaitUninterrupted(release);
        };
    Runnable waiting = () -> withdrawnRan.set(true);
    try (ComputeQueue queue = new ComputeQueue(1, 1)) {
      queue.offer(running);
      assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
      queue.offer(waiting);
      queue.withdraw(waiting);
      queue.withdraw(waiting);
      queue.withdraw(running);
      assertThat(queue.unfinished()).isEqualTo(1);
      assertThat(queue.offer(ran::countDown)).isTrue();
      release.countDown();
      assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(withdrawnRan).isFalse();
  }

  @Test
  void takesNothingOnceClosed() {
    ComputeQueue queue = new ComputeQueue(1, 2);
    queue.close();
    assertThat(queue.offer(() -> {})).isFalse();
    assertThat(queue.unfinished()).isZero();
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
