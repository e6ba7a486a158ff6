package dev.sluice.experiments.study.promise;

import dev.sluice.experiments.study.replay.StreamLog;

/**
 * What became of some frames. Immutable.
 *
 * @param frames how many
 * @param late answered after the deadline, or not at all
 * @param degraded answered by the device because the plan's way was too slow
 * @param onlyHere frames that the strategy gets right and the uncut network wrong
 * @param onlyUncut frames that the uncut network gets right and the strategy wrong
 * @param lostInTrouble of the last, those that the device answered for want of another answer while
 *     it was slowed down or the link was away
 */
record Counts(int frames, int late, int degraded, int onlyHere, int onlyUncut, int lostInTrouble) {
  static final Counts NONE = new Counts(0, 0, 0, 0, 0, 0);

  /**
   * One frame.
   *
   * @param trouble whether the device was slowed down or the link away
   */
  static Counts of(StreamLog log, int frame, boolean trouble) {
    boolean lost = log.uncutRight(frame) && !log.right(frame);
    boolean fallback = log.degraded(frame) || log.dropped(frame);
    return new Counts(
        1,
        log.late(frame) ? 1 : 0,
        fallback ? 1 : 0,
        log.right(frame) && !log.uncutRight(frame) ? 1 : 0,
        lost ? 1 : 0,
        lost && fallback && trouble ? 1 : 0);
  }

  /** The same frames, compared with another strategy in place of the uncut network. */
  Counts against(Counts other) {
    return new Counts(
        frames,
        late,
        degraded,
        onlyHere + other.onlyUncut,
        onlyUncut + other.onlyHere,
        lostInTrouble);
  }

  Counts plus(Counts other) {
    return new Counts(
        frames + other.frames,
        late + other.late,
        degraded + other.degraded,
        onlyHere + other.onlyHere,
        onlyUncut + other.onlyUncut,
        lostInTrouble + other.lostInTrouble);
  }

  /** Accuracy minus the uncut network's, in points; NaN of no frames. */
  double points() {
    return 100.0 * (onlyHere - onlyUncut) / frames;
  }

  /** Share that is late; NaN of no frames. */
  double lateShare() {
    return (double) late / frames;
  }
}
