package dev.sluice.training;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Progress as lines on a stream: step, share done, time left in the step. */
final class ConsoleProgress implements Progress {
  private static final long EVERY_NANOS = 5_000_000_000L;

  private final PrintWriter out;
  private final LongSupplier nanoClock;
  private final int steps;
  private final long startNanos;
  private String name = "";
  private int step;
  private int total = 1;
  private long stepStart;
  private long lastLine;

  /**
   * Makes a progress.
   *
   * @param steps how many steps there will be, for "3/8"
   */
  ConsoleProgress(PrintWriter out, LongSupplier nanoClock, int steps) {
    this.out = out;
    this.nanoClock = nanoClock;
    this.steps = steps;
    this.startNanos = nanoClock.getAsLong();
  }

  @Override
  public synchronized void begin(String newName, int newTotal) {
    name = newName;
    total = Math.max(1, newTotal);
    step++;
    stepStart = nanoClock.getAsLong();
    lastLine = stepStart;
    line(name);
  }

  @Override
  public synchronized void done(int units) {
    long now = nanoClock.getAsLong();
    if (now - lastLine < EVERY_NANOS || units <= 0 || units >= total) {
      return;
    }
    lastLine = now;
    double left = (now - stepStart) * (total - (double) units) / units / 1e9;
    line(String.format(Locale.ROOT, "%s: %d %%, %.0f s left", name, 100L * units / total, left));
  }

  @Override
  public synchronized void note(String line) {
    line("  " + line);
  }

  private void line(String text) {
    out.printf(
        Locale.ROOT,
        "[%3.0f s] %d/%d %s%n",
        (nanoClock.getAsLong() - startNanos) / 1e9,
        Math.min(step, steps),
        steps,
        text);
    out.flush();
  }
}
