package dev.sluice.protocol.channel;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Arrays for payloads that are filled again when their requests are answered. A fresh array is
 * cleared by the JVM and lies in memory that no cache holds: of requests of 64 KiB that was half of
 * what a worker's event loop computed. Thread-safe.
 */
final class PayloadArrays {
  /** Smaller ones cost little to make. */
  private static final int LEAST_BYTES = 1 << 12;

  private static final int MOST_BYTES = 1 << 20;
  private static final int MAX_KEPT_BYTES = 4 << 20;
  private static final int STEPS_PER_DOUBLING = 4;

  private final Map<Integer, Deque<byte[]>> free = new HashMap<>();
  private int keptBytes;

  /**
   * Returns an array with any content.
   *
   * @param bytes how long it is at least, at least 0; it is at most a quarter longer
   */
  byte[] take(int bytes) {
    if (bytes < LEAST_BYTES || bytes > MOST_BYTES) {
      return new byte[bytes];
    }
    int size = size(bytes);
    synchronized (free) {
      Deque<byte[]> some = free.get(size);
      if (some != null && !some.isEmpty()) {
        keptBytes -= size;
        return some.pop();
      }
    }
    return new byte[size];
  }

  /** Takes an array back that nobody reads or writes any more. */
  void giveBack(byte[] array) {
    int size = array.length;
    if (size < LEAST_BYTES || size > MOST_BYTES || size != size(size)) {
      return;
    }
    synchronized (free) {
      if (keptBytes + size > MAX_KEPT_BYTES) {
        // Requests may have another size by now.
        free.clear();
        keptBytes = 0;
      }
      keptBytes += size;
      free.computeIfAbsent(size, any -> new ArrayDeque<>()).push(array);
    }
  }

  /** Few sizes, so that requests of about one size share arrays. */
  private static int size(int bytes) {
    int step = Integer.highestOneBit(bytes - 1) / STEPS_PER_DOUBLING;
    return (bytes + step - 1) / step * step;
  }
}
