package dev.sluice.model.repository;

import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;

/** Tells people in lines how fetching goes: at its start and end, and now and then between. */
final class FetchLines implements FetchListener {
  private static final long EVERY_NANOS = Duration.ofSeconds(2).toNanos();
  private static final double MEBI = 1 << 20;

  private final Consumer<String> lines;
  private final Timing timing;
  private long next;

  FetchLines(Consumer<String> lines, Timing timing) {
    this.lines = lines;
    this.timing = timing;
  }

  @Override
  public void begins(String address, int files, long bytes) {
    next = timing.nanos() + EVERY_NANOS;
    lines.accept(
        "fetching "
            + address
            + (files == 1 ? "" : ", " + files + " files")
            + (bytes < 0 ? "" : ", " + mebi(bytes)));
  }

  @Override
  public void progresses(long bytes, long all) {
    if (timing.nanos() - next < 0) {
      return;
    }
    next = timing.nanos() + EVERY_NANOS;
    lines.accept(
        "fetched "
            + mebi(bytes)
            + (all <= 0
                ? ""
                : String.format(Locale.ROOT, " of %s, %d %%", mebi(all), 100 * bytes / all)));
  }

  @Override
  public void ends(String address, long bytes) {
    lines.accept("fetched " + address + ", " + mebi(bytes));
  }

  @Override
  public void warns(String warning) {
    lines.accept(warning);
  }

  private static String mebi(long bytes) {
    return String.format(Locale.ROOT, "%.1f MiB", bytes / MEBI);
  }
}
