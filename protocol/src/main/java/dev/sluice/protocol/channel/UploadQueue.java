package dev.sluice.protocol.channel;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Requests of which nothing was sent yet, in the order of {@link Upload#ORDER}, bounded in number
 * and bytes. Room is taken and left by any thread; the rest belongs to the event loop.
 */
final class UploadQueue {
  private final int maxRequests;
  private final long maxBytes;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final PriorityQueue<Upload> waiting = new PriorityQueue<>(Upload.ORDER);
  private long nextSequence;

  UploadQueue(int maxRequests, long maxBytes) {
    this.maxRequests = maxRequests;
    this.maxBytes = maxBytes;
  }

  /** Takes room for a request. Returns whether there was some. */
  boolean enter(Upload upload) {
    int number = requests.incrementAndGet();
    long sum = bytes.addAndGet(upload.payloadBytes);
    // A request larger than all the room may wait alone.
    if (number > maxRequests || (sum > maxBytes && number > 1)) {
      leave(upload);
      return false;
    }
    return true;
  }

  /** Gives the room of a request back. */
  void leave(Upload upload) {
    requests.decrementAndGet();
    bytes.addAndGet(-upload.payloadBytes);
  }

  /** Adds a request that has entered. */
  void add(Upload upload) {
    upload.sequence = nextSequence++;
    waiting.add(upload);
  }

  /** Takes a request back that had been taken out; it keeps its place. */
  void putBack(Upload upload) {
    requests.incrementAndGet();
    bytes.addAndGet(upload.payloadBytes);
    waiting.add(upload);
  }

  @Nullable Upload first() {
    return waiting.peek();
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** Takes a request out, wherever it stands. */
  void remove(Upload upload) {
    if (waiting.remove(upload)) {
      leave(upload);
    }
  }

  /** Takes all out. */
  List<Upload> drain() {
    List<Upload> all = new ArrayList<>(waiting);
    waiting.clear();
    all.forEach(this::leave);
    return all;
  }
}
