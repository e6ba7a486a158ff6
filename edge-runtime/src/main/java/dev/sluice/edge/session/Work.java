package dev.sluice.edge.session;

import java.util.Objects;
import java.util.concurrent.Callable;

/**
 * Something for the device to compute.
 *
 * @param what its name, for people
 * @param profiledNanos how long the profile says it takes on the machine that was profiled
 * @param compute the computation; runs once, on whatever thread the device has
 * @param <T> what comes out
 */
public record Work<T>(String what, long profiledNanos, Callable<T> compute) {

  /** Checks that the time is one. */
  public Work {
    Objects.requireNonNull(what, "what");
    Objects.requireNonNull(compute, "compute");
    if (profiledNanos < 0) {
      throw new IllegalArgumentException(what + " cannot take " + profiledNanos + " ns");
    }
  }
}
