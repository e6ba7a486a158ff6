package dev.sluice.experiments.study.replay;

import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.sim.trace.LinkTrace;
import java.util.Optional;
import java.util.function.LongToDoubleFunction;

/**
 * What is streamed and under what conditions. Immutable by convention.
 *
 * @param question the objective with its deadline
 * @param trace the link; begins {@link StreamReplay#LEAD_NANOS} after the session opens
 * @param load when frames are captured
 * @param rows the table's row of every frame, at least one; not modified
 * @param seed of the noise and of random captures
 * @param energy prices what device and radio do, if wanted
 * @param slowdown by nanoseconds since the trace began, by what the device is slower than usual,
 *     positive; it is not told
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record Stream(
    Question question,
    LinkTrace trace,
    Load load,
    int[] rows,
    long seed,
    Optional<EnergyModel> energy,
    LongToDoubleFunction slowdown) {

  /** A stream on a device of constant speed. */
  public static Stream of(Question question, LinkTrace trace, Load load, int[] rows, long seed) {
    return new Stream(question, trace, load, rows, seed, Optional.empty(), nanos -> 1);
  }

  /** Returns the same with its energy priced. */
  public Stream priced(EnergyModel model) {
    return new Stream(question, trace, load, rows, seed, Optional.of(model), slowdown);
  }

  /** Returns the same on a device that is slower at times. */
  public Stream slowed(LongToDoubleFunction newSlowdown) {
    return new Stream(question, trace, load, rows, seed, energy, newSlowdown);
  }
}
