package dev.sluice.model.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Direct buffers for reuse: a fresh one per tensor costs zeroing and waits for the garbage
 * collector to be freed. Bounded; thread-safe.
 */
final class BufferPool {
  /** Kept at rest: some tensors of a large picture network, each for several runs at once. */
  private static final long MAX_BYTES = 64L << 20;

  /** A cache line: wide loads that straddle two are slower by half. */
  private static final int ALIGNMENT = 64;

  private final Map<Integer, Queue<ByteBuffer>> free = new ConcurrentHashMap<>();
  private final AtomicLong pooledBytes = new AtomicLong();

  /** Returns a cleared buffer of exactly that capacity; its content is arbitrary. */
  ByteBuffer take(int bytes) {
    Queue<ByteBuffer> queue = free.get(bytes);
    ByteBuffer buffer = queue == null ? null : queue.poll();
    if (buffer == null) {
      return allocate(bytes);
    }
    pooledBytes.addAndGet(-bytes);
    return buffer.clear();
  }

  void giveBack(ByteBuffer buffer) {
    if (pooledBytes.addAndGet(buffer.capacity()) > MAX_BYTES) {
      // Sizes that nobody asks for any more would fill the pool for ever.
      free.clear();
      pooledBytes.set(0);
      return;
    }
    free.computeIfAbsent(buffer.capacity(), size -> new ConcurrentLinkedQueue<>()).add(buffer);
  }

  /** Returns bytes kept at rest, roughly while others take and give back. */
  long pooledBytes() {
    return pooledBytes.get();
  }

  /** Allocates a direct, zeroed, aligned buffer in native order. */
  static ByteBuffer allocate(int bytes) {
    ByteBuffer room = ByteBuffer.allocateDirect(Math.addExact(bytes, ALIGNMENT - 1));
    int skipped = (ALIGNMENT - room.alignmentOffset(0, ALIGNMENT)) % ALIGNMENT;
    return room.slice(skipped, bytes).order(ByteOrder.nativeOrder());
  }
}
