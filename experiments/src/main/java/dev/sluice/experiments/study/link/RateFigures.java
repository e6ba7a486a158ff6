package dev.sluice.experiments.study.link;

import dev.sluice.experiments.report.TextTable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether what arrives under full load has the rate that was set, and what that costs. */
final class RateFigures {
  private static final List<Double> ALL =
      List.of(0.064, 0.25, 1.0, 6.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0);
  private static final List<Double> FEW = List.of(0.064, 1.0, 20.0, 200.0, 1000.0);
  private static final double COSTED_MEGABITS = 200;

  /** Slow start and the first queues are over by then. */
  private static final long SETTLE_NANOS = 2_000_000_000L;

  private RateFigures() {}

  private record Flood(double megabits, double cores) {}

  static void measure(Findings findings) throws IOException, InterruptedException {
    double seconds = findings.scaled(3, 10);
    TextTable table = new TextTable("set Mbit/s", "measured", "error %", "cores");
    List<List<Object>> rows = new ArrayList<>();
    for (double megabits : findings.scaled(FEW, ALL)) {
      Flood flood = flood(megabits, seconds);
      double error = errorPercent(megabits, flood.megabits);
      table.row(
          Findings.format("%.3f", megabits),
          Findings.format("%.4f", flood.megabits),
          Findings.format("%+.3f", error),
          Findings.format("%.2f", flood.cores));
      rows.add(List.of(megabits, flood.megabits, flood.cores));
      findings.claim(
          Findings.format("error of the rate over %.0f s at %s Mbit/s", seconds, megabits),
          Math.abs(error),
          "%",
          "<= 2",
          1,
          Math.abs(error),
          Math.abs(error));
      if (megabits == COSTED_MEGABITS && Double.isNaN(flood.cores)) {
        findings.say("this system does not tell a process's processor time: left out");
      } else if (megabits == COSTED_MEGABITS) {
        findings.claim(
            "processor time of the link at 200 Mbit/s",
            flood.cores,
            "cores",
            "<= 0.5",
            1,
            flood.cores,
            flood.cores);
      }
    }
    findings.show(table);
    findings.context().csv("rates.csv", List.of("set_mbit", "measured_mbit", "cores"), rows);
  }

  private static Flood flood(double megabits, double seconds)
      throws IOException, InterruptedException {
    try (Proxy proxy = Proxy.start(List.of("--rate", megabits + "mbit", "--round-trip", "10ms"));
        Ends ends = proxy.connect()) {
      ends.flood();
      List<Optional<Duration>> before = new ArrayList<>();
      long[] from = {0};
      double arriving =
          ends.arrivingMegabits(
              SETTLE_NANOS,
              seconds,
              () -> {
                before.add(proxy.cpuTime());
                from[0] = System.nanoTime();
              });
      Optional<Duration> began = before.get(0);
      Optional<Duration> now = proxy.cpuTime();
      double elapsed = (double) (System.nanoTime() - from[0]);
      return new Flood(arriving, cores(began, now, elapsed));
    }
  }

  /** Returns how much more arrives than was set; negative for less. */
  static double errorPercent(double setMegabits, double megabits) {
    return 100 * (megabits / setMegabits - 1);
  }

  /** Returns how many cores were busy in the mean, NaN where the system does not tell. */
  static double cores(Optional<Duration> began, Optional<Duration> now, double elapsedNanos) {
    return began.isPresent() && now.isPresent()
        ? now.get().minus(began.get()).toNanos() / elapsedNanos
        : Double.NaN;
  }
}
