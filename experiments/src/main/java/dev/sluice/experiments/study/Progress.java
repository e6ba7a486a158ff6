package dev.sluice.experiments.study;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Says from time to time how far a long study is and about how long it will still take, judged by
 * the mean time of the cells measured in this run. Thread-safe.
 */
public final class Progress {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final PrintStream console;
  private final int total;
  private final int resumed;
  private final LongSupplier clock;
  private final long everyNanos;
  private final long startNanos;
  private int measured;
  private int failed;
  private long nextNanos;

  /**
   * Starts now.
   *
   * @param console where the lines go
   * @param total cells of the study, at least 0
   * @param resumed how many of them an earlier run has finished, in {@code [0, total]}
   * @param clock nanoseconds since any moment, never backwards
   * @param everyNanos least time between two lines, at least 0
   */
  public Progress(
      PrintStream console, int total, int resumed, LongSupplier clock, long everyNanos) {
    if (resumed < 0 || resumed > total) {
      throw new IllegalArgumentException("resumed not in [0, %d]: %d".formatted(total, resumed));
    }
    this.console = console;
    this.total = total;
    this.resumed = resumed;
    this.clock = clock;
    this.everyNanos = everyNanos;
    this.startNanos = clock.getAsLong();
    this.nextNanos = startNanos + everyNanos;
    if (resumed > 0) {
      console.printf(Locale.ROOT, "%d of %d cells are done already%n", resumed, total);
    }
  }

  /** A cell is finished; the last one always shows a line. */
  public synchronized void finished(String cell) {
    measured++;
    show(cell);
  }

  /** A cell could not be measured; shows a line at once. */
  public synchronized void failed(String cell, String reason) {
    failed++;
    console.printf(Locale.ROOT, "failed: %s: %s%n", cell, reason);
    show(cell);
  }

  private void show(String cell) {
    long now = clock.getAsLong();
    int ended = measured + failed;
    int left = total - resumed - ended;
    if (now < nextNanos && left > 0) {
      return;
    }
    nextNanos = now + everyNanos;
    long gone = now - startNanos;
    String rest =
        left > 0
            ? ", about %s left".formatted(span(Math.round((double) gone / ended * left)))
            : ", done";
    console.printf(
        Locale.ROOT,
        "%d of %d cells%s, %s gone%s (%s)%n",
        resumed + measured,
        total,
        failed > 0 ? ", " + failed + " failed" : "",
        span(gone),
        rest,
        cell);
  }

  /** A span of time for people: its two largest units at most. */
  static String span(long nanos) {
    long seconds = Math.max(0, Math.round((double) nanos / NANOS_PER_SECOND));
    long minutes = seconds / 60;
    long hours = minutes / 60;
    if (hours > 0) {
      return "%d h %d min".formatted(hours, minutes % 60);
    }
    return minutes > 0 ? "%d min %d s".formatted(minutes, seconds % 60) : seconds + " s";
  }
}
