package dev.sluice.experiments.demo;

import dev.sluice.sim.trace.LinkTrace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * What happens to the link, phase by phase, while frames come at a steady rate. Immutable.
 *
 * @param phases in order, at least one
 * @param framesPerSecond positive
 */
public record Scenario(List<Phase> phases, double framesPerSecond) {
  private static final double NANOS = 1e9;

  /** Wi-Fi, 4G, weak 4G, congestion, an outage, 4G again: 60 s at 5 frames/s. */
  public static final Scenario DRIVE =
      new Scenario(
          List.of(
              Phase.of("Wi-Fi", 12, 20, 10),
              Phase.of("4G", 10, 6, 50),
              Phase.of("weak 4G", 10, 1, 80),
              Phase.of("congested", 10, 0.25, 80),
              Phase.outage(8),
              Phase.of("4G again", 10, 6, 50)),
          5);

  public Scenario {
    phases = List.copyOf(phases);
    if (phases.isEmpty()) {
      throw new IllegalArgumentException("a scenario has at least one phase");
    }
    if (!(framesPerSecond > 0 && Double.isFinite(framesPerSecond))) {
      throw new IllegalArgumentException("frames per second: " + framesPerSecond);
    }
  }

  /** How long it lasts. */
  public double seconds() {
    return phases.stream().mapToDouble(Phase::seconds).sum();
  }

  /** The same phases in proportion, in a total of {@code seconds}. */
  public Scenario lasting(double seconds) {
    double factor = seconds / seconds();
    return new Scenario(
        phases.stream().map(phase -> phase.scaled(factor)).toList(), framesPerSecond);
  }

  /** How many frames come. */
  public int frames() {
    return (int) Math.round(seconds() * framesPerSecond);
  }

  /** When a frame is captured, from the start. */
  public long captureNanos(int frame) {
    return Math.round(frame * NANOS / framesPerSecond);
  }

  /** Number of the phase that holds at a moment; the last one ever after. */
  public int phaseAt(long nanos) {
    double end = 0;
    for (int i = 0; i < phases.size(); i++) {
      end += phases.get(i).seconds();
      if (nanos < end * NANOS) {
        return i;
      }
    }
    return phases.size() - 1;
  }

  /** Numbers of the phases in which nothing passes. */
  public Set<Integer> outages() {
    Set<Integer> outages = new TreeSet<>();
    for (int i = 0; i < phases.size(); i++) {
      if (phases.get(i).outage()) {
        outages.add(i);
      }
    }
    return outages;
  }

  /** The link's trace; the last phase holds for ever. */
  public LinkTrace trace() {
    List<LinkTrace.Step> steps = new ArrayList<>();
    double start = 0;
    for (Phase phase : phases) {
      double bytesPerSecond = phase.megabitsPerSecond() * 125_000;
      steps.add(
          new LinkTrace.Step(
              Math.round(start * NANOS),
              bytesPerSecond,
              bytesPerSecond,
              Duration.ofNanos(Math.round(phase.roundTripMillis() * 1e6)).toNanos(),
              phase.outage()));
      start += phase.seconds();
    }
    return LinkTrace.of(steps, Math.round(start * NANOS), false);
  }

  /** The trace as a file that the emulated link reads. */
  public String traceText() {
    StringBuilder text = new StringBuilder("# seconds uplink_mbit downlink_mbit round_trip_ms\n");
    double start = 0;
    for (Phase phase : phases) {
      text.append(
          phase.outage()
              ? String.format(Locale.ROOT, "%.6f outage%n", start)
              : String.format(
                  Locale.ROOT,
                  "%.6f %.6f %.6f %.3f%n",
                  start,
                  phase.megabitsPerSecond(),
                  phase.megabitsPerSecond(),
                  phase.roundTripMillis()));
      start += phase.seconds();
    }
    return text.append(String.format(Locale.ROOT, "%.6f end%n", start)).toString();
  }

  /** Mean uplink rate over the whole trace, the outage counted as nothing, in bytes per second. */
  public double meanBytesPerSecond() {
    return phases.stream()
            .mapToDouble(phase -> phase.megabitsPerSecond() * 125_000 * phase.seconds())
            .sum()
        / seconds();
  }

  /** Mean round trip over the phases in which bytes pass. */
  public double meanRoundTripMillis() {
    double open = phases.stream().filter(p -> !p.outage()).mapToDouble(Phase::seconds).sum();
    return open == 0
        ? 0
        : phases.stream()
                .filter(phase -> !phase.outage())
                .mapToDouble(phase -> phase.roundTripMillis() * phase.seconds())
                .sum()
            / open;
  }
}
