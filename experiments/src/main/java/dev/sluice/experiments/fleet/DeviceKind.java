package dev.sluice.experiments.fleet;

import dev.sluice.edge.session.SessionOptions;

/**
 * Devices that are alike but for their link and a little of their speed. Immutable.
 *
 * @param name for people and files
 * @param book what they do; it decides by their objective, which kinds that share a book share
 * @param factor their time over the profile's, positive
 * @param spread standard deviation of the logarithm of single devices' speed, at least 0
 * @param options how their sessions serve, with fallback; they hold the deadline
 * @param arrivals when frames come to each of them
 * @param share of the fleet, positive; shares are taken relative to their sum
 */
public record DeviceKind(
    String name,
    PlanBook book,
    double factor,
    double spread,
    SessionOptions options,
    Arrivals arrivals,
    double share) {
  public DeviceKind {
    if (!(factor > 0 && spread >= 0 && share > 0)) {
      throw new IllegalArgumentException(
          "factor and share must be positive: " + name + ", " + factor + ", " + share);
    }
    if (!options.fallback()) {
      throw new IllegalArgumentException("a fleet's devices answer by the deadline: " + name);
    }
  }
}
