package dev.sluice.experiments.study.link;

import dev.sluice.experiments.report.TextTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * How much later than wanted messages arrive below saturation: small ones, and ones that load the
 * link by half. What is wanted is half a round trip and the bytes at the rate, worked out by hand.
 */
final class DelayFigures {
  private static final List<Double> ALL = List.of(0.064, 0.25, 1.0, 6.0, 20.0, 50.0, 100.0, 200.0);
  private static final List<Double> FEW = List.of(0.064, 6.0);
  private static final double ROUND_TRIP_NANOS = 50e6;
  private static final long PERIOD_NANOS = 20_000_000;
  private static final int SMALL_BYTES = 100;

  /** Within the first congestion window, so that no acknowledgement is waited for. */
  private static final int MOST_BYTES = 14_000;

  private static final int LEAST_BYTES = 64;
  private static final int WARM_UP = 100;

  private DelayFigures() {}

  static void measure(Findings findings) throws IOException, InterruptedException {
    int messages = findings.scaled(200, 500);
    TextTable table =
        new TextTable("set Mbit/s", "bytes", "p50 ms", "p99 ms", "worst ms", "bare timer p99 ms");
    List<List<Object>> rows = new ArrayList<>();
    for (double megabits : findings.scaled(FEW, ALL)) {
      int half = (int) (megabits * 125_000 * PERIOD_NANOS / 1e9 / 2);
      List<String> options = List.of("--rate", megabits + "mbit", "--round-trip", "50ms");
      try (Proxy proxy = Proxy.start(options)) {
        for (int bytes :
            new int[] {SMALL_BYTES, Math.max(LEAST_BYTES, Math.min(MOST_BYTES, half))}) {
          probe(proxy, megabits, bytes, messages, findings, table, rows);
        }
      }
    }
    findings.show(table);
    findings.context().csv("delays.csv", List.of("set_mbit", "bytes", "error_ms"), rows);
  }

  private static void probe(
      Proxy proxy,
      double megabits,
      int bytes,
      int messages,
      Findings findings,
      TextTable table,
      List<List<Object>> rows)
      throws IOException, InterruptedException {
    double wanted = wantedNanos(bytes, megabits);
    BareTimer bare = new BareTimer();
    bare.start();
    double[] errors;
    try (Ends ends = proxy.connect()) {
      errors = ends.delayErrorsMillis(messages, WARM_UP, bytes, PERIOD_NANOS, wanted);
    }
    bare.interrupt();
    bare.join();
    for (double error : errors) {
      rows.add(List.of(megabits, bytes, error));
    }
    // Too early is as wrong as too late: the rows keep the sign, the percentiles do not.
    errors = Arrays.stream(errors).map(Math::abs).toArray();
    Arrays.sort(errors);
    double p99 = percentile(errors, 0.99);
    table.row(
        Findings.format("%.3f", megabits),
        Integer.toString(bytes),
        Findings.format("%.3f", percentile(errors, 0.5)),
        Findings.format("%.3f", p99),
        Findings.format("%.3f", errors[errors.length - 1]),
        Findings.format("%.3f", bare.p99Millis()));
    findings.claim(
        Findings.format("added delay of %d bytes at %s Mbit/s, p99", bytes, megabits),
        p99,
        "ms",
        "<= 1",
        errors.length,
        percentile(errors, 0.5),
        errors[errors.length - 1]);
  }

  /** Returns when a message is to be there that meets nothing else, from its sending. */
  static double wantedNanos(int bytes, double megabits) {
    return ROUND_TRIP_NANOS / 2 + bytes * 8e3 / megabits;
  }

  /** Returns the least of ascending values that a share of them does not exceed. */
  static double percentile(double[] sorted, double share) {
    return sorted[(int) Math.ceil(sorted.length * share) - 1];
  }

  /** What the machine itself adds at the same time: how late a thread wakes that parks for 5 ms. */
  private static final class BareTimer extends Thread {
    private static final long PERIOD_NANOS = 5_000_000;
    private final List<Double> errors = new ArrayList<>();

    BareTimer() {
      super("bare-timer");
    }

    @Override
    public void run() {
      while (!isInterrupted()) {
        long due = System.nanoTime() + PERIOD_NANOS;
        LockSupport.parkNanos(PERIOD_NANOS);
        errors.add((System.nanoTime() - due) / 1e6);
      }
    }

    /** Once it has ended. */
    double p99Millis() {
      double[] sorted = errors.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      return sorted.length == 0 ? Double.NaN : percentile(sorted, 0.99);
    }
  }
}
