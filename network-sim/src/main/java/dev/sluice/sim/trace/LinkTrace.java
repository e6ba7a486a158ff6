package dev.sluice.sim.trace;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How a link behaves over time: steps of constant rate and delay. Immutable.
 *
 * <p>A trace begins at position 0 with its first step. A looping trace begins again after {@link
 * #durationNanos()}; in any other the last step holds for ever.
 */
public final class LinkTrace {
  private static final double BYTES_PER_MEGABIT = 125_000;

  private final List<Step> steps;
  private final long[] starts;
  private final long durationNanos;
  private final boolean looping;

  /**
   * A stretch of time during which the link does not change.
   *
   * @param startNanos where it begins, from the start of the trace, at least 0
   * @param uplinkBytesPerSecond rate from device to worker, finite, at least 0
   * @param downlinkBytesPerSecond rate from worker to device, finite, at least 0
   * @param roundTripNanos delay there and back without queueing or transmission, at least 0; half
   *     of it each way
   * @param outage whether nothing at all passes, whatever the rates
   */
  public record Step(
      long startNanos,
      double uplinkBytesPerSecond,
      double downlinkBytesPerSecond,
      long roundTripNanos,
      boolean outage) {
    /** The longest round trip accepted: a minute. */
    public static final long MAX_ROUND_TRIP_NANOS = 60_000_000_000L;

    /** Checks the ranges. */
    public Step {
      if (startNanos < 0) {
        throw new IllegalArgumentException("a step starts before the trace: " + startNanos + " ns");
      }
      checkRate("uplink", uplinkBytesPerSecond);
      checkRate("downlink", downlinkBytesPerSecond);
      if (roundTripNanos < 0 || roundTripNanos > MAX_ROUND_TRIP_NANOS) {
        throw new IllegalArgumentException(
            "round trip not in [0, " + MAX_ROUND_TRIP_NANOS + "] ns: " + roundTripNanos);
      }
    }

    /** Returns whether nothing passes towards the worker. */
    public boolean uplinkBlocked() {
      return outage || uplinkBytesPerSecond == 0;
    }

    /** Returns whether nothing passes towards the device. */
    public boolean downlinkBlocked() {
      return outage || downlinkBytesPerSecond == 0;
    }

    private static void checkRate(String name, double bytesPerSecond) {
      if (!Double.isFinite(bytesPerSecond) || bytesPerSecond < 0) {
        throw new IllegalArgumentException(
            name + " rate must be finite and not negative: " + bytesPerSecond + " bytes/s");
      }
    }

    private Step at(long newStartNanos) {
      return new Step(
          newStartNanos, uplinkBytesPerSecond, downlinkBytesPerSecond, roundTripNanos, outage);
    }
  }

  private LinkTrace(List<Step> steps, long durationNanos, boolean looping) {
    if (steps.isEmpty()) {
      throw new IllegalArgumentException("a trace needs at least one step");
    }
    if (steps.get(0).startNanos() != 0) {
      throw new IllegalArgumentException(
          "the first step must start at 0, not at " + steps.get(0).startNanos() + " ns");
    }
    for (int i = 1; i < steps.size(); i++) {
      if (steps.get(i).startNanos() <= steps.get(i - 1).startNanos()) {
        throw new IllegalArgumentException(
            "step "
                + i
                + " does not start after the one before it: "
                + steps.get(i).startNanos()
                + " ns");
      }
    }
    if (durationNanos <= steps.get(steps.size() - 1).startNanos()) {
      throw new IllegalArgumentException(
          "the trace ends before its last step begins: " + durationNanos + " ns");
    }
    if (steps.stream().allMatch(Step::uplinkBlocked)) {
      throw new IllegalArgumentException("the uplink rate is zero all the time");
    }
    if (steps.stream().allMatch(Step::downlinkBlocked)) {
      throw new IllegalArgumentException("the downlink rate is zero all the time");
    }
    this.steps = List.copyOf(steps);
    this.starts = steps.stream().mapToLong(Step::startNanos).toArray();
    this.durationNanos = durationNanos;
    this.looping = looping;
  }

  /**
   * Makes a trace whose last step holds for ever. Its {@link #durationNanos()} takes the last step
   * as lasting a second.
   *
   * @param steps at least one, the first at 0, starts increasing
   * @throws IllegalArgumentException if the steps are none such, or a direction never has a rate
   */
  public static LinkTrace of(List<Step> steps) {
    long lastStart = steps.isEmpty() ? 0 : steps.get(steps.size() - 1).startNanos();
    return new LinkTrace(steps, Math.addExact(lastStart, 1_000_000_000L), false);
  }

  /**
   * Makes a trace of known length.
   *
   * @param steps at least one, the first at 0, starts increasing
   * @param durationNanos where the last step ends, after its start
   * @param looping whether the trace begins again there, or else its last step holds for ever
   * @throws IllegalArgumentException if the steps are none such, or a direction never has a rate
   */
  public static LinkTrace of(List<Step> steps, long durationNanos, boolean looping) {
    return new LinkTrace(steps, durationNanos, looping);
  }

  /**
   * Makes a link that never changes.
   *
   * @param uplinkBytesPerSecond above 0
   * @param downlinkBytesPerSecond above 0
   */
  public static LinkTrace constant(
      double uplinkBytesPerSecond, double downlinkBytesPerSecond, Duration roundTrip) {
    return of(
        List.of(
            new Step(0, uplinkBytesPerSecond, downlinkBytesPerSecond, roundTrip.toNanos(), false)));
  }

  /** Begins a trace that is put together phase by phase. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the steps, in order. */
  public List<Step> steps() {
    return steps;
  }

  /** Returns where the trace ends (or begins again), in nanoseconds from its start. */
  public long durationNanos() {
    return durationNanos;
  }

  /** Returns whether the trace begins again at its end. */
  public boolean looping() {
    return looping;
  }

  /** Returns the same steps, begun again at the end for ever. */
  public LinkTrace looped() {
    return looping ? this : new LinkTrace(steps, durationNanos, true);
  }

  /**
   * Returns the trace with every time multiplied; rates and round trips stay.
   *
   * @param factor above 0; 0.5 makes 30 s of a trace of 60 s
   * @throws IllegalArgumentException if steps would fall together
   */
  public LinkTrace scaled(double factor) {
    if (!Double.isFinite(factor) || factor <= 0) {
      throw new IllegalArgumentException("factor must be positive: " + factor);
    }
    List<Step> scaled = new ArrayList<>(steps.size());
    for (Step step : steps) {
      scaled.add(step.at(Math.round(step.startNanos() * factor)));
    }
    return new LinkTrace(scaled, Math.round(durationNanos * factor), looping);
  }

  /**
   * Returns the step in force.
   *
   * @param positionNanos time since the start of the trace; before it the first step holds
   */
  public Step stepAt(long positionNanos) {
    return steps.get(indexAt(wrap(positionNanos)));
  }

  /**
   * Returns where the step in force ends.
   *
   * @param positionNanos time since the start of the trace
   * @return the first position after it at which another step begins, or {@link Long#MAX_VALUE} if
   *     none does
   */
  public long nextChangeNanos(long positionNanos) {
    long position = Math.max(0, positionNanos);
    long wrapped = wrap(position);
    int next = indexAt(wrapped) + 1;
    long end;
    if (next < starts.length) {
      end = starts[next];
    } else if (looping) {
      end = durationNanos;
    } else {
      return Long.MAX_VALUE;
    }
    long left = end - wrapped;
    return position > Long.MAX_VALUE - left ? Long.MAX_VALUE : position + left;
  }

  /** Returns the mean uplink rate over the trace, outages counted as zero, in bytes per second. */
  public double meanUplinkBytesPerSecond() {
    return mean(true);
  }

  /**
   * Returns the mean downlink rate over the trace, outages counted as zero, in bytes per second.
   */
  public double meanDownlinkBytesPerSecond() {
    return mean(false);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LinkTrace that
        && steps.equals(that.steps)
        && durationNanos == that.durationNanos
        && looping == that.looping;
  }

  @Override
  public int hashCode() {
    return 31 * steps.hashCode() + Long.hashCode(durationNanos);
  }

  @Override
  public String toString() {
    return "LinkTrace["
        + steps.size()
        + " steps, "
        + durationNanos / 1e9
        + " s"
        + (looping ? ", looping]" : "]");
  }

  private double mean(boolean uplink) {
    double bytes = 0;
    for (int i = 0; i < starts.length; i++) {
      Step step = steps.get(i);
      long end = i + 1 < starts.length ? starts[i + 1] : durationNanos;
      double rate = uplink ? step.uplinkBytesPerSecond() : step.downlinkBytesPerSecond();
      bytes += step.outage() ? 0 : rate * (end - starts[i]);
    }
    return bytes / durationNanos;
  }

  private long wrap(long positionNanos) {
    long position = Math.max(0, positionNanos);
    return looping ? position % durationNanos : position;
  }

  private int indexAt(long wrappedNanos) {
    int found = Arrays.binarySearch(starts, wrappedNanos);
    return found >= 0 ? found : -found - 2;
  }

  /**
   * Puts a trace together phase by phase. The named phases are those of the demonstration: round
   * figures in the range of published measurements of such links, not a record of any one of them.
   * Not thread-safe.
   */
  public static final class Builder {
    private final List<Step> steps = new ArrayList<>();
    private long endNanos;

    private Builder() {}

    /** Appends Wi-Fi: 20 Mbit/s each way, 10 ms. */
    public Builder wifi(Duration length) {
      return phase(length, 20, 20, Duration.ofMillis(10));
    }

    /** Appends good 4G: 6 Mbit/s up, 12 down, 50 ms. */
    public Builder lte(Duration length) {
      return phase(length, 6, 12, Duration.ofMillis(50));
    }

    /** Appends weak 4G: 1 Mbit/s up, 2 down, 80 ms. */
    public Builder weakLte(Duration length) {
      return phase(length, 1, 2, Duration.ofMillis(80));
    }

    /** Appends a congested cell: 0.25 Mbit/s up, 0.5 down, 80 ms. */
    public Builder congested(Duration length) {
      return phase(length, 0.25, 0.5, Duration.ofMillis(80));
    }

    /** Appends an outage, which keeps rates and round trip of the phase before it on paper. */
    public Builder outage(Duration length) {
      Step before = steps.isEmpty() ? new Step(0, 0, 0, 0, true) : steps.get(steps.size() - 1);
      return append(
          length,
          before.uplinkBytesPerSecond(),
          before.downlinkBytesPerSecond(),
          before.roundTripNanos(),
          true);
    }

    /**
     * Appends a phase.
     *
     * @param length above 0
     * @param uplinkMegabitsPerSecond at least 0
     * @param downlinkMegabitsPerSecond at least 0
     */
    public Builder phase(
        Duration length,
        double uplinkMegabitsPerSecond,
        double downlinkMegabitsPerSecond,
        Duration roundTrip) {
      return append(
          length,
          uplinkMegabitsPerSecond * BYTES_PER_MEGABIT,
          downlinkMegabitsPerSecond * BYTES_PER_MEGABIT,
          roundTrip.toNanos(),
          false);
    }

    private Builder append(
        Duration length, double uplink, double downlink, long roundTripNanos, boolean outage) {
      if (length.isNegative() || length.isZero()) {
        throw new IllegalArgumentException("a phase must last: " + length);
      }
      steps.add(new Step(endNanos, uplink, downlink, roundTripNanos, outage));
      endNanos = Math.addExact(endNanos, length.toNanos());
      return this;
    }

    /** Returns the trace; its last phase holds for ever. */
    public LinkTrace build() {
      return new LinkTrace(steps, endNanos, false);
    }
  }
}
