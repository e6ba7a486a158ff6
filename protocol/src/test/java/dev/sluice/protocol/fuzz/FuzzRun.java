package dev.sluice.protocol.fuzz;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.management.ManagementFactory;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.LoggerFactory;

/**
 * Runs numbered cases until enough frames were thrown, and looks after each for what must not be:
 * anything thrown, a warning (the handlers catch what they do not expect, and warn), a buffer kept,
 * memory allocated out of proportion, time without end.
 *
 * <p>A case follows from seed and number alone, so that one can be run again: {@code
 * -Dsluice.fuzz.seed=S -Dsluice.fuzz.case=N}. {@code -Dsluice.fuzz.frames=N} sets how many frames
 * both sides together are thrown; codecs get an eighth as many payloads beside.
 */
public final class FuzzRun {
  /** A tenth of the run that counts. */
  private static final long USUAL_FRAMES = 100_000;

  private static final long USUAL_SEED = 20;
  private static final long MOST_BYTES_PER_CASE = 16L << 20;
  private static final long PATIENCE_MILLIS = 20_000;
  private static final int LEAK_CHECKS = 3;

  /** One case. */
  public interface Case {
    /**
     * Runs it.
     *
     * @param random from which all of it follows
     * @param allocator for every buffer that comes in
     * @return how many frames were thrown
     */
    long run(Random random, UnpooledByteBufAllocator allocator) throws Exception;
  }

  private final String name;
  private final long seed = Long.getLong("sluice.fuzz.seed", USUAL_SEED);
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
  private final ListAppender<ILoggingEvent> warnings = new ListAppender<>();
  private final Queue<String> leaks = new ConcurrentLinkedQueue<>();
  private final com.sun.management.ThreadMXBean threads =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
  private volatile long current;
  private volatile long startedMillis;

  /** Prepares a run under a name of its own, which is part of every case's seed. */
  public FuzzRun(String name) {
    this.name = name;
  }

  /** Returns a share of all frames that are to be thrown. */
  public static long share(double part) {
    return (long) (part * Long.getLong("sluice.fuzz.frames", USUAL_FRAMES));
  }

  /** Runs cases until so many frames were thrown, or the one that is asked for. */
  public void run(long frames, Case each) {
    Logger logger = (Logger) LoggerFactory.getLogger("dev.sluice");
    warnings.start();
    logger.addAppender(warnings);
    ByteBufUtil.setLeakListener((type, records) -> leaks.add(type + ": " + records));
    Thread watch = watch(Thread.currentThread());
    try {
      Long only = Long.getLong("sluice.fuzz.case");
      if (only != null) {
        one(only, each);
        return;
      }
      long thrown = 0;
      long number = 0;
      while (thrown < frames) {
        thrown += one(number++, each);
      }
      collectLeaks();
      System.out.printf("%s: %d frames in %d cases, seed %d%n", name, thrown, number, seed);
    } finally {
      watch.interrupt();
      logger.detachAppender(warnings);
      ByteBufUtil.setLeakListener(null);
    }
  }

  private long one(long number, Case each) {
    current = number;
    startedMillis = System.currentTimeMillis();
    long before = threads.getCurrentThreadAllocatedBytes();
    try {
      long frames = each.run(new Random(seed * 1_000_003 + name.hashCode() + number), allocator);
      check(threads.getCurrentThreadAllocatedBytes() - before);
      return frames;
    } catch (Throwable thrown) {
      throw new AssertionError(told(number), thrown);
    }
  }

  private void check(long allocated) {
    for (ILoggingEvent event : warnings.list) {
      if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
        var proxy = event.getThrowableProxy();
        throw new IllegalStateException(
            event.getFormattedMessage()
                + (proxy == null
                    ? ""
                    : "\n" + ch.qos.logback.classic.spi.ThrowableProxyUtil.asString(proxy)));
      }
    }
    long used = allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory();
    if (used != 0) {
      throw new IllegalStateException(used + " bytes of buffers are kept");
    }
    if (!leaks.isEmpty()) {
      throw new IllegalStateException("leak: " + leaks.peek());
    }
    if (allocated > MOST_BYTES_PER_CASE) {
      throw new IllegalStateException(allocated + " bytes were allocated");
    }
  }

  private String told(long number) {
    return "%s, seed %d, case %d; again: mvn -pl protocol test -Dtest=FuzzTest,CodecFuzzTest %s"
        .formatted(
            name, seed, number, "-Dsluice.fuzz.seed=" + seed + " -Dsluice.fuzz.case=" + number);
  }

  /** Buffers that were dropped show when they are collected and others are allocated. */
  private void collectLeaks() {
    for (int i = 0; i < LEAK_CHECKS; i++) {
      System.gc();
      for (int k = 0; k < 100; k++) {
        allocator.buffer(1).release();
      }
    }
    if (ResourceLeakDetector.getLevel() != ResourceLeakDetector.Level.PARANOID) {
      throw new IllegalStateException("run with -Dio.netty.leakDetection.level=paranoid");
    }
    if (!leaks.isEmpty()) {
      throw new AssertionError(told(current) + " or before: leak: " + leaks.peek());
    }
  }

  /** A case that does not end is told with its number and its stack, and interrupted. */
  private Thread watch(Thread running) {
    Thread watch =
        new Thread(
            () -> {
              try {
                while (true) {
                  Thread.sleep(1_000);
                  if (System.currentTimeMillis() - startedMillis > PATIENCE_MILLIS) {
                    AssertionError hang = new AssertionError("does not end: " + told(current));
                    hang.setStackTrace(running.getStackTrace());
                    hang.printStackTrace();
                    running.interrupt();
                    return;
                  }
                }
              } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
              }
            },
            "fuzz-watch");
    watch.setDaemon(true);
    startedMillis = System.currentTimeMillis();
    watch.start();
    return watch;
  }
}
