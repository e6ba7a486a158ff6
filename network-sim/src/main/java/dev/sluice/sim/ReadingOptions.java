package dev.sluice.sim;

import dev.sluice.sim.trace.TraceReader;
import java.time.Duration;
import picocli.CommandLine.Option;

/** How traces are read that leave something open. */
final class ReadingOptions {
  @Option(
      names = "--round-trip",
      paramLabel = "TIME",
      converter = Amounts.Millis.class,
      defaultValue = "50ms",
      description = "round trip where a trace has none (default: ${DEFAULT-VALUE})")
  private double roundTripMillis = 50;

  @Option(
      names = "--downlink-factor",
      paramLabel = "FACTOR",
      defaultValue = "1",
      description =
          "downlink rate over uplink rate where a trace has one rate (default: ${DEFAULT-VALUE})")
  private double downlinkFactor = 1;

  double downlinkFactor() {
    return downlinkFactor;
  }

  /**
   * Returns how to read.
   *
   * @param loop whether a trace begins again at its end
   * @throws IllegalArgumentException if an option is out of range
   */
  TraceReader.Settings settings(boolean loop) {
    Duration roundTrip = Duration.ofNanos(Math.round(roundTripMillis * 1e6));
    return new TraceReader.Settings(roundTrip, downlinkFactor, loop);
  }
}
