package dev.sluice.experiments.study.promise;

import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.replay.StreamReplay;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.commons.math3.distribution.TDistribution;

/**
 * A stream, cut in two ways. Immutable; can be written as JSON and read back.
 *
 * <p>Frames that follow each other share the link, and the stream is longer than there are
 * pictures, so the same ones come again. An interval therefore stands on groups of frames, once by
 * minutes and once by pictures, and the wider one counts.
 *
 * @param minutes of the stream
 * @param byPictures frames that are not exempt, by groups of neighbouring pictures
 */
record Course30(List<Minute> minutes, List<Counts> byPictures) {
  /** Pictures of a group. */
  static final int GROUP = 20;

  private static final double UPPER = 0.975;

  Course30 {
    minutes = List.copyOf(minutes);
    byPictures = List.copyOf(byPictures);
  }

  /**
   * Cuts a stream.
   *
   * @param trouble when nothing else can be had than the device's own answer
   * @param groups how many groups of pictures there are: frame {@code i} has a picture of group
   *     {@code i / GROUP} modulo this, but for the shift
   */
  static Course30 of(StreamLog log, PromiseConfig config, Trouble trouble, int groups) {
    List<Counts> byPictures = new ArrayList<>(Collections.nCopies(groups, Counts.NONE));
    for (int frame = 0; frame < log.frames(); frame++) {
      long at = log.captureNanos(frame) - StreamReplay.LEAD_NANOS;
      if (!config.exempt(at)) {
        int group = frame / GROUP % groups;
        byPictures.set(group, byPictures.get(group).plus(Counts.of(log, frame, trouble.at(at))));
      }
    }
    return new Course30(Minute.of(log, config, trouble), byPictures);
  }

  /** All frames that are not exempt. */
  Counts counted() {
    return byPictures.stream().reduce(Counts.NONE, Counts::plus);
  }

  /** Accuracy minus the uncut network's over all frames that are not exempt, in points. */
  Interval difference() {
    return wider(Course30::net);
  }

  /** Share of late frames among those that are not exempt, in per cent. */
  Interval latePercent() {
    return wider(counts -> 100.0 * counts.late());
  }

  /** Accuracy minus another strategy's on the same frames, exempt ones apart, in points. */
  Interval difference(Course30 other) {
    return wider(
        against(countedByMinute(), other.countedByMinute()),
        against(byPictures, other.byPictures),
        Course30::net);
  }

  private static double net(Counts counts) {
    return 100.0 * (counts.onlyHere() - counts.onlyUncut());
  }

  private List<Counts> countedByMinute() {
    return minutes.stream().map(Minute::counted).toList();
  }

  private static List<Counts> against(List<Counts> own, List<Counts> other) {
    return IntStream.range(0, own.size()).mapToObj(i -> own.get(i).against(other.get(i))).toList();
  }

  private Interval wider(ToDoubleFunction<Counts> figure) {
    return wider(countedByMinute(), byPictures, figure);
  }

  private static Interval wider(
      List<Counts> byMinute, List<Counts> byPictures, ToDoubleFunction<Counts> figure) {
    Interval inTime = ratio(byMinute, figure);
    Interval overPictures = ratio(byPictures, figure);
    return inTime.high() - inTime.low() > overPictures.high() - overPictures.low()
        ? inTime
        : overPictures;
  }

  /**
   * A sum over groups per frame, with Student's interval of a ratio of sums over groups that were
   * drawn alike (Cochran, "Sampling Techniques", third edition, 1977, section 2.11, without the
   * correction for a finite population).
   */
  static Interval ratio(List<Counts> all, ToDoubleFunction<Counts> figure) {
    List<Counts> groups = all.stream().filter(group -> group.frames() > 0).toList();
    double frames = groups.stream().mapToInt(Counts::frames).sum();
    double value = groups.stream().mapToDouble(figure).sum() / frames;
    int n = groups.size();
    if (n < 2) {
      return new Interval(value, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    }
    double squares = 0;
    for (Counts group : groups) {
      double off = figure.applyAsDouble(group) - value * group.frames();
      squares += off * off;
    }
    double error =
        new TDistribution(n - 1.0).inverseCumulativeProbability(UPPER)
            * Math.sqrt(squares * n / (n - 1.0))
            / frames;
    return new Interval(value, value - error, value + error);
  }
}
