package dev.sluice.experiments.report;

import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.Locale;

/**
 * A block of lines that repaints itself on a terminal; elsewhere one plain line every few seconds.
 * Thread-safe.
 */
public final class Terminal {
  private static final String CLEAR_LINE = "\u001b[2K";

  private final PrintStream out;
  private final boolean ansi;
  private final long plainEveryNanos;
  private int painted;
  private long nextPlainNanos = Long.MIN_VALUE;

  /**
   * Writes to a stream.
   *
   * @param out where to, not closed
   * @param ansi whether it is a terminal that understands cursor movements
   * @param plainEveryNanos how often a plain line is due otherwise, positive
   */
  public Terminal(PrintStream out, boolean ansi, long plainEveryNanos) {
    this.out = out;
    this.ansi = ansi;
    this.plainEveryNanos = plainEveryNanos;
  }

  /**
   * Whether the standard output of this process is a terminal that can repaint. From Java 22 on a
   * console is there even where output goes to a file, and {@code Console.isTerminal} tells.
   */
  @SuppressWarnings("SystemConsoleNull")
  public static boolean isInteractive() {
    java.io.Console console = System.console();
    String type = System.getenv("TERM");
    if (console == null || type == null || type.equals("dumb")) {
      return false;
    }
    try {
      return (Boolean) java.io.Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (IllegalAccessException | InvocationTargetException e) {
      return false;
    }
  }

  /**
   * Shows the state of the moment.
   *
   * @param nowNanos the moment, on any clock that goes forward
   * @param block what a terminal shows
   * @param plain what is written elsewhere, when a line is due
   */
  public synchronized void show(long nowNanos, List<String> block, String plain) {
    if (!ansi) {
      if (nextPlainNanos == Long.MIN_VALUE || nowNanos - nextPlainNanos >= 0) {
        nextPlainNanos = nowNanos + plainEveryNanos;
        out.println(plain);
        out.flush();
      }
      return;
    }
    StringBuilder text = new StringBuilder();
    if (painted > 0) {
      text.append(String.format(Locale.ROOT, "\u001b[%dA", painted));
    }
    for (String line : block) {
      text.append(CLEAR_LINE).append(line).append('\n');
    }
    painted = block.size();
    out.print(text);
    out.flush();
  }

  /** Writes lines that stay; the next block starts below them. */
  public synchronized void print(List<String> lines) {
    painted = 0;
    lines.forEach(out::println);
    out.flush();
  }

  /** Writes one line that stays. */
  public void print(String line) {
    print(List.of(line));
  }
}
