package dev.sluice.experiments.study.promise;

import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.replay.StreamReplay;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.stat.interval.WilsonScoreInterval;

/**
 * What a minute of a stream came to. Immutable.
 *
 * @param minute its number
 * @param frames captured in it
 * @param late answered after the deadline, or not at all
 * @param dropped without a prediction
 * @param degraded answered by the device because the plan's way was too slow
 * @param onlyHere frames that the strategy gets right and the uncut network wrong
 * @param onlyUncut frames that the uncut network gets right and the strategy wrong
 * @param workerNanos worker's compute
 * @param uplinkBytes bytes sent
 * @param away whether the link was away in it, or came back less than a second before
 * @param throttled whether the device was slowed down in it
 * @param shifted whether few classes were seen in it
 */
record Minute(
    int minute,
    int frames,
    int late,
    int dropped,
    int degraded,
    int onlyHere,
    int onlyUncut,
    double workerNanos,
    double uplinkBytes,
    boolean away,
    boolean throttled,
    boolean shifted) {
  private static final long MINUTE_NANOS = 60_000_000_000L;
  private static final double CONFIDENCE = 0.95;

  /** Share of degraded answers from which on they explain a loss of accuracy. */
  private static final double MANY_DEGRADED = 0.02;

  /** Cuts a stream into minutes. */
  static List<Minute> of(StreamLog log, PromiseConfig config) {
    List<Minute> minutes = new ArrayList<>();
    int from = 0;
    while (from < log.frames()) {
      int number = (int) (sinceBegin(log, from) / MINUTE_NANOS);
      int to = from;
      while (to < log.frames() && sinceBegin(log, to) / MINUTE_NANOS == number) {
        to++;
      }
      minutes.add(of(log, config, number, from, to));
      from = to;
    }
    return minutes;
  }

  private static long sinceBegin(StreamLog log, int frame) {
    return log.captureNanos(frame) - StreamReplay.LEAD_NANOS;
  }

  private static Minute of(StreamLog log, PromiseConfig config, int number, int from, int to) {
    int late = 0;
    int dropped = 0;
    int degraded = 0;
    int onlyHere = 0;
    int onlyUncut = 0;
    boolean away = false;
    boolean throttled = false;
    boolean shifted = false;
    for (int frame = from; frame < to; frame++) {
      late += log.late(frame) ? 1 : 0;
      dropped += log.dropped(frame) ? 1 : 0;
      degraded += log.degraded(frame) ? 1 : 0;
      onlyHere += log.right(frame) && !log.uncutRight(frame) ? 1 : 0;
      onlyUncut += log.uncutRight(frame) && !log.right(frame) ? 1 : 0;
      long at = sinceBegin(log, frame);
      away |= config.outage().holds(at) || config.outage().holds(at - 1_000_000_000L);
      throttled |= config.throttling().span().holds(at);
      shifted |= config.shift().span().holds(at);
    }
    StreamLog.Spent spent = log.spentBefore(to).since(log.spentBefore(from));
    return new Minute(
        number,
        to - from,
        late,
        dropped,
        degraded,
        onlyHere,
        onlyUncut,
        spent.workerNanos(),
        spent.uplinkBytes(),
        away,
        throttled,
        shifted);
  }

  /** Accuracy minus the uncut network's, in points. */
  Interval difference() {
    return Interval.ofPairedAccuracy(onlyHere, onlyUncut, frames);
  }

  /** Whether nothing was done to link, device or classes. */
  boolean undisturbed() {
    return !away && !throttled && !shifted;
  }

  /**
   * Why a promise was broken in this minute; empty if none was.
   *
   * @param mostLate share that may be late
   * @param points that the accuracy may be below the uncut network's
   */
  String violations(double mostLate, double points) {
    List<String> all = new ArrayList<>();
    if ((double) late / frames > mostLate) {
      double least =
          new WilsonScoreInterval().createInterval(frames, late, CONFIDENCE).getLowerBound();
      all.add(
          "late: "
              + (away
                  ? "outage"
                  : throttled ? "throttled device" : least <= mostLate ? "noise" : UNEXPLAINED));
    }
    if (difference().value() < -points) {
      boolean fallback = (double) degraded / frames > MANY_DEGRADED;
      all.add(
          "accuracy: "
              + (shifted
                  ? "other classes than those it was certified on"
                  : fallback && (away || throttled)
                      ? "answers of the device alone"
                      : difference().high() >= -points ? "noise" : UNEXPLAINED));
    }
    return String.join("; ", all);
  }

  /** What a violation is called that nothing explains. */
  static final String UNEXPLAINED = "unexplained";
}
