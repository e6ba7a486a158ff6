package dev.sluice.model.engine;

import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Direct buffers for reuse: a fresh one per picture costs zeroing and waits for the garbage
 * collector to be freed. Bounded; thread-safe.
 */
final class BufferPool {
  private static final int MAX_BUFFERS = 16;

  private final Map<Integer, Queue<FloatBuffer>> free = new ConcurrentHashMap<>();
  private final AtomicInteger pooled = new AtomicInteger();

  /** Returns a cleared buffer of exactly that capacity; its content is arbitrary. */
  FloatBuffer take(int floats) {
    Queue<FloatBuffer> queue = free.get(floats);
    @Nullable FloatBuffer buffer = queue == null ? null : queue.poll();
    if (buffer == null) {
      return OnnxEngine.allocate(floats);
    }
    pooled.decrementAndGet();
    return buffer.clear();
  }

  void giveBack(FloatBuffer buffer) {
    if (pooled.incrementAndGet() > MAX_BUFFERS) {
      pooled.decrementAndGet();
      return;
    }
    free.computeIfAbsent(buffer.capacity(), size -> new ConcurrentLinkedQueue<>()).add(buffer);
  }
}
