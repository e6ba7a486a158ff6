package dev.sluice.cloud.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cloud.admission.ComputeQueue;
import dev.sluice.protocol.channel.Responder;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What tests of the turns that a worker takes share. */
final class Turns {
  static final Path BUNDLE = Path.of("../experiments/bundles/roadsigns");

  private Turns() {}

  /** A picture of one pixel in the codec {@code raw}. */
  static ByteBuffer onePixel() {
    return ByteBuffer.wrap(new byte[] {1, 0, 1, 0, 10, 20, 30});
  }

  /** Keeps a worker's thread until it is let go, so that what is handed in meanwhile waits. */
  static final class Held {
    private final CountDownLatch letGo = new CountDownLatch(1);

    /** Returns when the thread is kept: before that it may take what comes next instead. */
    Held(ComputeQueue queue) throws InterruptedException {
      CountDownLatch begun = new CountDownLatch(1);
      queue.offer(
          () -> {
            begun.countDown();
            try {
              letGo.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    }

    void letGo() {
      letGo.countDown();
    }
  }

  /** Answers in the order in which they came. */
  static final class Answers {
    private final BlockingQueue<Answer> come = new LinkedBlockingQueue<>();

    /** Where a request's answer goes; a refusal fails the turn. */
    Responder to(long requestId) {
      return new Collecting(requestId, come);
    }

    Answer next() throws InterruptedException {
      Answer answer = come.poll(20, TimeUnit.SECONDS);
      assertThat(answer).as("an answer").isNotNull();
      return answer;
    }

    List<Answer> next(int count) throws InterruptedException {
      List<Answer> all = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        all.add(next());
      }
      return all;
    }
  }

  private record Collecting(long requestId, BlockingQueue<Answer> come) implements Responder {
    @Override
    public long connectionId() {
      return 1;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void answer(Answer answer) {
      come.add(answer);
    }

    @Override
    public void refuse(ErrorCode code, String message, long retryAfterNanos) {
      throw new AssertionError(message);
    }
  }
}
