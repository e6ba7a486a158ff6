package dev.sluice.experiments.study.wire;

import io.netty.util.internal.PlatformDependent;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/**
 * What a Java process holds.
 *
 * @param heapBytes live objects
 * @param nettyBytes direct memory that Netty takes behind the JVM's back; 0 where it asks the JVM
 * @param directBytes direct buffers by the JVM's account
 */
record Memory(long heapBytes, long nettyBytes, long directBytes) {
  private static final int COLLECTIONS = 3;
  private static final int PAUSE_MILLIS = 100;

  /** Collects garbage, then looks. */
  static Memory afterCollection() throws InterruptedException {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      Thread.sleep(PAUSE_MILLIS);
    }
    long direct = 0;
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      direct += pool.getName().equals("direct") ? pool.getMemoryUsed() : 0;
    }
    return new Memory(
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
        PlatformDependent.useDirectBufferNoCleaner() ? PlatformDependent.usedDirectMemory() : 0,
        direct);
  }

  /** Reads what {@link #toString} wrote. */
  static Memory parse(String text) {
    String[] words = text.trim().split(" ", -1);
    return new Memory(Long.parseLong(words[0]), Long.parseLong(words[1]), Long.parseLong(words[2]));
  }

  Memory less(Memory before) {
    return new Memory(
        heapBytes - before.heapBytes,
        nettyBytes - before.nettyBytes,
        directBytes - before.directBytes);
  }

  long total() {
    return heapBytes + nettyBytes + directBytes;
  }

  double mebibytes() {
    return total() / (double) (1 << 20);
  }

  @Override
  public String toString() {
    return heapBytes + " " + nettyBytes + " " + directBytes;
  }
}
