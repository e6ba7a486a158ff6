package dev.sluice.experiments.study.promise;

import dev.sluice.experiments.report.figure.Axis;
import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.report.figure.Series;
import dev.sluice.experiments.report.figure.Track;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.timeline.TimelineFigure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** Draws half an hour of a stream, with what happens in it and what was promised. */
final class PromiseFigure {
  private static final double SECONDS_PER_MINUTE = 60;
  private static final double PERCENT = 100;

  private PromiseFigure() {}

  /**
   * Draws Sluice's stream.
   *
   * @param timeline of the stream, as it was written
   * @param course the same stream by minutes
   * @throws IOException if the timeline is missing or damaged
   */
  static Figure of(String bundle, Path timeline, Course30 course, PromiseConfig config)
      throws IOException {
    Question question = config.question();
    List<Track> below =
        List.of(
            byMinute(
                "accuracy off the uncut network's, by minute",
                "points",
                course,
                Counts::points,
                new Track.Limit("promised", -PERCENT * question.mostLoss())),
            byMinute(
                "late, by minute",
                "%",
                course,
                counts -> PERCENT * counts.lateShare(),
                new Track.Limit("promised", PERCENT * question.mostLate())));
    return TimelineFigure.of(
        bundle + ": sluice over %.0f minutes".formatted(config.minutes()),
        timeline,
        question.deadlineNanos() / 1e6,
        List.of(new Track.Spans("what happens", events(config))),
        below);
  }

  private static List<Track.Span> events(PromiseConfig config) {
    return Stream.of(
            span(config.outage(), "outage"),
            span(config.throttling().span(), "throttling"),
            span(config.shift().span(), "shift"))
        .sorted(Comparator.comparingDouble(Track.Span::from))
        .toList();
  }

  private static Track.Span span(PromiseConfig.Span span, String label) {
    return new Track.Span(
        span.fromMinute() * SECONDS_PER_MINUTE,
        (span.fromMinute() + span.minutes()) * SECONDS_PER_MINUTE,
        label);
  }

  /** All frames of a minute, exempt ones too: the events above say which those are. */
  private static Track byMinute(
      String title,
      String unit,
      Course30 course,
      ToDoubleFunction<Counts> measure,
      Track.Limit promised) {
    List<Series.Point> points = new ArrayList<>();
    for (Minute minute : course.minutes()) {
      points.add(
          Series.Point.of(
              minute.minute() * SECONDS_PER_MINUTE, measure.applyAsDouble(minute.all())));
    }
    return new Track.Curves(
        title,
        Axis.of(title, unit),
        Track.Style.STEPS,
        List.of(new Series("sluice", points)),
        List.of(promised));
  }
}
