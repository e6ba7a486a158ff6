package dev.sluice.model.repository;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes a body piece by piece, one piece in memory at a time, and gives up when none comes. Closing
 * it ends the connection if the body is not at its end.
 */
final class BodyReader implements Flow.Subscriber<List<ByteBuffer>>, AutoCloseable {
  private static final Object END = new Object();

  private final BlockingQueue<Object> pieces = new LinkedBlockingQueue<>();
  private final CountDownLatch subscribed = new CountDownLatch(1);
  private volatile Flow.@Nullable Subscription subscription;

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    subscribed.countDown();
  }

  @Override
  public void onNext(List<ByteBuffer> piece) {
    pieces.add(piece);
  }

  @Override
  public void onError(Throwable trouble) {
    pieces.add(trouble);
  }

  @Override
  public void onComplete() {
    pieces.add(END);
  }

  /**
   * Returns the next piece, empty at the end of the body.
   *
   * @throws IOException if the connection breaks or nothing comes for that long
   */
  @SuppressWarnings("unchecked") // only onNext puts lists in
  List<ByteBuffer> next(Duration patience) throws IOException {
    try {
      if (!subscribed.await(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw stalled(patience);
      }
      Flow.Subscription open = subscription;
      if (open != null) {
        open.request(1);
      }
      Object piece = pieces.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
      if (piece == null) {
        throw stalled(patience);
      }
      if (piece == END) {
        return List.of();
      }
      if (piece instanceof Throwable trouble) {
        throw new IOException(
            "the connection broke" + (trouble.getMessage() == null ? "" : ": " + trouble), trouble);
      }
      return (List<ByteBuffer>) piece;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while fetching");
    }
  }

  private static IOException stalled(Duration patience) {
    return new IOException("nothing came for " + patience.toMillis() + " ms");
  }

  @Override
  public void close() {
    Flow.Subscription open = subscription;
    if (open != null) {
      open.cancel();
    }
  }
}
