package dev.sluice.training.network;

import dev.sluice.training.roadsigns.DataSet;
import dev.sluice.training.roadsigns.RoadSigns;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Frames of one set in memory, drawn once. Immutable after {@link #draw}. */
final class FramePool {
  private static final int SIDE = RoadSigns.SIDE;
  private static final int ROW_BYTES = SIDE * 3;

  private static final int FRAMES_PER_REPORT = 250;

  private final byte[][] frames;
  private final int[] labels;
  private final float[] fills;

  private FramePool(byte[][] frames, int[] labels, float[] fills) {
    this.frames = frames;
    this.labels = labels;
    this.fills = fills;
  }

  /**
   * Draws frames {@code [0, count)} of a set on several threads; the result does not depend on how
   * many.
   *
   * @param progress told the number of frames drawn so far, on the calling thread
   */
  static FramePool draw(
      RoadSigns signs, DataSet set, int count, int threads, IntConsumer progress) {
    byte[][] frames = new byte[count][];
    int[] labels = new int[count];
    float[] fills = new float[count];
    var next = new AtomicInteger();
    var reported = new AtomicInteger();
    var done = new CountDownLatch(threads);
    var failure = new AtomicReference<RuntimeException>();
    Thread caller = Thread.currentThread();
    Runnable work =
        () -> {
          try {
            for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
              var frame = signs.frame(set, i);
              frames[i] = frame.rgb();
              labels[i] = frame.label();
              fills[i] = (float) frame.fill();
              if (Thread.currentThread() == caller && i - reported.get() >= FRAMES_PER_REPORT) {
                reported.set(i);
                progress.accept(i);
              }
            }
          } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
          } finally {
            done.countDown();
          }
        };
    for (int t = 1; t < threads; t++) {
      var thread = new Thread(work, "frame-pool-" + t);
      thread.setDaemon(true);
      thread.start();
    }
    work.run();
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while drawing frames", e);
    }
    if (failure.get() != null) {
      throw failure.get();
    }
    return new FramePool(frames, labels, fills);
  }

  int size() {
    return labels.length;
  }

  int label(int index) {
    return labels[index];
  }

  /** Indices of the frames in which the sign fills at least a share of the width. */
  int[] atLeast(double fill) {
    return IntStream.range(0, fills.length).filter(i -> fills[i] >= fill).toArray();
  }

  void copy(int index, ByteBuffer out) {
    out.put(frames[index]);
  }

  /** Writes a frame moved by up to {@code reach} pixels each way, edges repeated. */
  void copyShifted(int index, ByteBuffer out, int reach, SplittableRandom random) {
    int dx = random.nextInt(2 * reach + 1) - reach;
    int dy = random.nextInt(2 * reach + 1) - reach;
    byte[] frame = frames[index];
    byte[] row = new byte[ROW_BYTES];
    for (int y = 0; y < SIDE; y++) {
      int from = Math.max(0, Math.min(SIDE - 1, y + dy)) * ROW_BYTES;
      if (dx >= 0) {
        System.arraycopy(frame, from + 3 * dx, row, 0, ROW_BYTES - 3 * dx);
        for (int x = SIDE - dx; x < SIDE; x++) {
          System.arraycopy(frame, from + ROW_BYTES - 3, row, 3 * x, 3);
        }
      } else {
        System.arraycopy(frame, from, row, -3 * dx, ROW_BYTES + 3 * dx);
        for (int x = 0; x < -dx; x++) {
          System.arraycopy(frame, from, row, 3 * x, 3);
        }
      }
      out.put(row);
    }
  }
}
