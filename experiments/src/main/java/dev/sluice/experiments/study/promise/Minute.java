package dev.sluice.experiments.study.promise;

import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.replay.StreamReplay;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.math3.distribution.BinomialDistribution;
import org.apache.commons.math3.distribution.NormalDistribution;

/**
 * What a minute of a stream came to. Immutable.
 *
 * @param minute its number
 * @param all frames captured in it
 * @param counted those of them that are not exempt
 * @param throttled frames that count and were captured while the device was slowed down
 * @param workerNanos worker's compute
 * @param uplinkBytes bytes sent
 */
record Minute(
    int minute, Counts all, Counts counted, int throttled, double workerNanos, double uplinkBytes) {
  private static final long MINUTE_NANOS = 60_000_000_000L;

  /** A loss has a cause where more than half of the lost frames share it. */
  private static final double MOST = 0.5;

  /** Chance that any minute at all is called unexplained though the promise holds. */
  private static final double FALSE_ALARM = 0.05;

  /** Cuts a stream into minutes. */
  static List<Minute> of(StreamLog log, PromiseConfig config, Trouble trouble) {
    List<Minute> minutes = new ArrayList<>();
    int from = 0;
    while (from < log.frames()) {
      int number = (int) (sinceBegin(log, from) / MINUTE_NANOS);
      int to = from;
      while (to < log.frames() && sinceBegin(log, to) / MINUTE_NANOS == number) {
        to++;
      }
      minutes.add(of(log, config, trouble, number, from, to));
      from = to;
    }
    return minutes;
  }

  private static long sinceBegin(StreamLog log, int frame) {
    return log.captureNanos(frame) - StreamReplay.LEAD_NANOS;
  }

  private static Minute of(
      StreamLog log, PromiseConfig config, Trouble trouble, int number, int from, int to) {
    Counts all = Counts.NONE;
    Counts counted = Counts.NONE;
    int throttled = 0;
    for (int frame = from; frame < to; frame++) {
      long at = sinceBegin(log, frame);
      Counts one = Counts.of(log, frame, trouble.at(at));
      all = all.plus(one);
      if (!config.exempt(at)) {
        counted = counted.plus(one);
        throttled += config.throttling().span().holds(at) ? 1 : 0;
      }
    }
    StreamLog.Spent spent = log.spentBefore(to).since(log.spentBefore(from));
    return new Minute(number, all, counted, throttled, spent.workerNanos(), spent.uplinkBytes());
  }

  /**
   * The promises that the frames which count broke in this minute, each with its cause; empty if
   * none was broken. A promise is about the whole stream, so a minute that exceeds the bound no
   * more than one of so many may by chance, the promise kept, has chance for its cause; the chance
   * that it happens to any of them is held to 5 % in all.
   *
   * @param mostLate share that may be late
   * @param points that the accuracy may be below the uncut network's
   * @param minutes of the stream
   * @param oracle the same minute of whoever knows link and device and is as accurate as they allow
   */
  List<String> violations(double mostLate, double points, int minutes, Optional<Minute> oracle) {
    List<String> broken = new ArrayList<>();
    if (counted.frames() == 0) {
      return broken;
    }
    double alarm = FALSE_ALARM / minutes / 2;
    if (counted.lateShare() > mostLate) {
      double chance =
          1
              - new BinomialDistribution(counted.frames(), mostLate)
                  .cumulativeProbability(counted.late() - 1);
      broken.add(
          String.format(
              Locale.ROOT,
              "late, %d of %d: %s",
              counted.late(),
              counted.frames(),
              chance > alarm
                  ? CHANCE
                  : 2 * throttled > counted.frames() ? THROTTLED : UNEXPLAINED));
    }
    if (counted.points() < -points) {
      boolean fallback = counted.lostInTrouble() > MOST * counted.onlyUncut();
      boolean beyondAll = oracle.filter(other -> other.chance(points) <= alarm).isPresent();
      String cause =
          fallback
              ? FALLBACK
              : chance(points) > alarm ? CHANCE : beyondAll ? BEYOND_ALL : UNEXPLAINED;
      broken.add(
          String.format(
              Locale.ROOT,
              "accuracy, %d frames lost, %d won of %d: %s",
              counted.onlyUncut(),
              counted.onlyHere(),
              counted.frames(),
              cause));
    }
    return broken;
  }

  /** Probability of so large a loss where the bound holds exactly, by the normal approximation. */
  private double chance(double points) {
    double frames = counted.frames();
    double bound = points / 100;
    double discordant = (counted.onlyHere() + counted.onlyUncut()) / frames;
    double error = Math.sqrt(Math.max(bound, discordant) / frames);
    return new NormalDistribution().cumulativeProbability((counted.points() / 100 + bound) / error);
  }

  /** What a violation is called that one of so many minutes may have. */
  static final String CHANCE = "no more than chance among all minutes";

  /**
   * The device answered alone because the plan's way was too slow, at a time when none was quick
   * enough. Where neither device nor link was in trouble a device that answers alone explains
   * nothing: it was the plan that did not fit.
   */
  static final String FALLBACK =
      "most were answered by the device alone while it throttled or the link was away";

  /** Who knows the future did not do it either; that nobody could is not shown. */
  static final String BEYOND_ALL =
      "the oracle, which knows link and device, breaks the floor as well";

  static final String THROTTLED = "the device throttled";

  /** What a violation is called that nothing explains. */
  static final String UNEXPLAINED = "unexplained";
}
