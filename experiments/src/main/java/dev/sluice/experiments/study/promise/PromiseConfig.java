package dev.sluice.experiments.study.promise;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.experiments.study.grid.GridConfig;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.StreamReplay;
import java.util.List;

/**
 * The conditions of the study, as its YAML gives them. Immutable.
 *
 * @param bundles names of the bundles that take part where they are found
 * @param pictures test pictures per bundle that are measured
 * @param device the emulated device
 * @param trace name of a recorded uplink
 * @param objective bounds a latency percentile and the accuracy
 * @param periodMillis between frames
 * @param minutes of the whole stream
 * @param outage when nothing passes
 * @param throttling when the device is slower than it says
 * @param shift when few classes are seen
 * @param strategies planners by name
 */
record PromiseConfig(
    @JsonProperty(required = true) List<String> bundles,
    @JsonProperty(required = true) int pictures,
    @JsonProperty(required = true) GridConfig.Device device,
    @JsonProperty(required = true) String trace,
    @JsonProperty(required = true) String objective,
    @JsonProperty(required = true) double periodMillis,
    @JsonProperty(required = true) double minutes,
    @JsonProperty(required = true) Span outage,
    @JsonProperty(required = true) Throttling throttling,
    @JsonProperty(required = true) Shift shift,
    @JsonProperty(required = true) List<String> strategies) {
  private static final double MINUTE_NANOS = 60e9;

  /**
   * A stretch of the stream.
   *
   * @param fromMinute at least 0
   * @param minutes positive
   */
  record Span(
      @JsonProperty(required = true) double fromMinute,
      @JsonProperty(required = true) double minutes) {
    Span {
      if (!(fromMinute >= 0 && minutes > 0)) {
        throw new IllegalArgumentException("not a stretch: " + fromMinute + ", " + minutes);
      }
    }

    double endNanos() {
      return (fromMinute + minutes) * MINUTE_NANOS;
    }

    /** Whether a moment is within, in nanoseconds since the stream began. */
    boolean holds(long nanos) {
      return nanos >= fromMinute * MINUTE_NANOS && nanos < endNanos();
    }
  }

  /** A device that is slower by a factor of at least 1. */
  record Throttling(
      @JsonProperty(required = true) double fromMinute,
      @JsonProperty(required = true) double minutes,
      @JsonProperty(required = true) double slowdown) {
    Throttling {
      if (!(slowdown >= 1)) {
        throw new IllegalArgumentException("slowdown must be at least 1: " + slowdown);
      }
    }

    Span span() {
      return new Span(fromMinute, minutes);
    }
  }

  /** Pictures of a share of the classes alone, in (0, 1]. */
  record Shift(
      @JsonProperty(required = true) double fromMinute,
      @JsonProperty(required = true) double minutes,
      @JsonProperty(required = true) double classes) {
    Shift {
      if (!(classes > 0 && classes <= 1)) {
        throw new IllegalArgumentException("classes not in (0, 1]: " + classes);
      }
    }

    Span span() {
      return new Span(fromMinute, minutes);
    }
  }

  PromiseConfig {
    bundles = List.copyOf(bundles);
    strategies = List.copyOf(strategies);
    if (!strategies.contains("sluice")) {
      throw new IllegalArgumentException("sluice must be among the strategies: " + strategies);
    }
    if (!(periodMillis > 0 && minutes >= 1)) {
      throw new IllegalArgumentException("periodMillis or minutes out of range");
    }
    Question.of("promise", objective);
  }

  /**
   * Whether a frame is exempt from the promises: captured during the outage or within the time that
   * recovery from it takes by design, or during the shift, from which there is nothing to recover:
   * a plan that was proven for the usual pictures is so for them when they come back. All other
   * frames count, those of a device that throttles among them.
   *
   * @param nanos of its capture, since the stream began
   */
  boolean exempt(long nanos) {
    long back = nanos - StreamReplay.recoveryNanos(question().deadlineNanos());
    return outage.holds(nanos)
        || (back < outage.endNanos() && nanos >= outage.endNanos())
        || shift.span().holds(nanos);
  }

  Question question() {
    return Question.of("promise", objective);
  }

  long periodNanos() {
    return Math.round(periodMillis * 1e6);
  }

  /** Frames within so many minutes. */
  int frames(double someMinutes) {
    return (int) (someMinutes * MINUTE_NANOS / periodNanos());
  }
}
