package dev.sluice.experiments.demo;

import dev.sluice.model.engine.EngineOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * What a demo does. Immutable.
 *
 * @param bundle the network
 * @param goal what is asked of the stream
 * @param scenario of the main stream
 * @param rivalry of the streams on which strategies are compared
 * @param strategies to compare, ours first; none skips the comparison
 * @param device how long the emulated device takes for the whole network in float32
 * @param precision at which the device computes: {@code float32}, or a variant of the bundle
 * @param floorPlans plans whose accuracy is shown, at least 0
 * @param engine what the agent computes with; the worker uses the same provider
 */
public record DemoOptions(
    Path bundle,
    Goal goal,
    Scenario scenario,
    Scenario rivalry,
    List<Strategy> strategies,
    Duration device,
    String precision,
    int floorPlans,
    EngineOptions engine) {

  public DemoOptions {
    Objects.requireNonNull(bundle, "bundle");
    strategies = List.copyOf(strategies);
    if (device.isNegative() || device.isZero()) {
      throw new IllegalArgumentException("device time must be positive: " + device);
    }
    if (floorPlans < 0) {
      throw new IllegalArgumentException("negative number of plans: " + floorPlans);
    }
  }
}
