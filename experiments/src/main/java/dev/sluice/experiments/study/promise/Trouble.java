package dev.sluice.experiments.study.promise;

import dev.sluice.experiments.study.replay.Silence;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.sim.trace.LinkTrace;
import java.util.List;

/**
 * When a device that answers alone has an excuse: it is slowed down, or the link passed nothing for
 * a second at least. A link that is merely slow is none. Immutable.
 *
 * @param throttled when the device is slower than it says
 * @param silences of the link
 * @param deadlineNanos a frame captured so long before a silence may be caught by it
 */
record Trouble(PromiseConfig.Span throttled, List<Silence> silences, long deadlineNanos) {
  private static final long LEAST_NANOS = 1_000_000_000;

  Trouble {
    silences = List.copyOf(silences);
  }

  /** Of a link over a whole stream. */
  static Trouble of(LinkTrace link, PromiseConfig config) {
    return new Trouble(
        config.throttling().span(),
        Silence.of(link, config.frames(config.minutes()) * config.periodNanos(), LEAST_NANOS),
        config.question().deadlineNanos());
  }

  /**
   * Whether there is an excuse for a frame captured then, in nanoseconds since the stream began.
   */
  boolean at(long nanos) {
    long back = nanos - StreamReplay.recoveryNanos(deadlineNanos);
    return throttled.holds(nanos)
        || silences.stream().anyMatch(silence -> silence.meets(back, nanos + deadlineNanos));
  }
}
