package dev.sluice.experiments.study.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.report.figure.Series;
import dev.sluice.experiments.report.figure.Track;
import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Courses;
import dev.sluice.experiments.study.replay.Decisions;
import dev.sluice.experiments.study.replay.Load;
import dev.sluice.experiments.study.replay.Outcome;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Stream;
import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.sim.trace.LinkTrace;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimelineTest {
  private static final long PERIOD = 100 * Courses.MS;
  private static final LinkTrace LINK = Courses.link(100_000, 40, 1, 4);

  @TempDir private Path folder;

  private static StreamLog log(int frames) {
    StreamReplay replay = Courses.tiny(1000, PERIOD);
    Question question =
        Question.of(
            "test", "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise device_compute");
    int[] rows = Courses.rows(frames, replay);
    Course course = new Course("test", replay, question, LINK, rows, 1);
    return replay.log(
        new Decisions(replay.facts(), course.mean()).always(new Plan(1, "c", List.of())),
        Stream.of(question, LINK, new Load.Periodic(PERIOD), rows, 1));
  }

  @Test
  void writesEverySecond() {
    List<String> lines = Timeline.lines(log(80), LINK);

    /* Eight seconds of ten frames. */
    assertThat(lines).hasSize(9);
    assertThat(lines.get(1)).startsWith("0,0.800,").endsWith("\"split 1, c, no exits\"");
    assertThat(lines.get(3)).startsWith("2,0.000,");
  }

  @Test
  void drawsSeveralSecondsOfALongStreamAsOne() throws Exception {
    Path file = folder.resolve("new folder/long.csv");
    Timeline.write(file, log(4_000), LINK);

    Figure.Timeline figure = TimelineFigure.of("title", file, 150);

    /* 400 seconds, two at a time; nothing passes from the second to the fifth. */
    assertThat(figure.note()).endsWith("Curves are means over 2 s.");
    Track.Curves uplink = (Track.Curves) figure.tracks().get(0);
    List<Series.Point> link = uplink.series().get(0).points();
    assertThat(link).hasSize(200);
    assertThat(link.subList(0, 3)).extracting(Series.Point::x).containsExactly(0.0, 2.0, 4.0);
    assertThat(link.subList(0, 3)).extracting(Series.Point::y).containsExactly(0.4, 0.0, 0.8);
    Track.Curves exits = (Track.Curves) figure.tracks().get(3);
    for (int bin = 0; bin < 200; bin++) {
      double share = 0;
      for (Series exit : exits.series()) {
        share += exit.points().get(bin).y();
      }
      assertThat(share).isCloseTo(1, within(1e-9));
    }
  }

  /** What was spent while nothing counts is left out of the means. */
  @Test
  void judgesTheFramesThatCount() {
    StreamLog log = log(80);
    Outcome away = log.outcome(frame -> frame >= 10 && frame < 40);
    Outcome others = log.outcome(frame -> frame < 10 || frame >= 40);

    assertThat(away.frames()).isEqualTo(30);
    assertThat(others.frames()).isEqualTo(50);
    assertThat(others.fromCloud()).isGreaterThan(away.fromCloud());
    double bytes = 0;
    for (int frame = 0; frame < 80; frame++) {
      bytes += log.spentBefore(frame + 1).uplinkBytes() - log.spentBefore(frame).uplinkBytes();
    }
    assertThat(30 * away.uplinkBytes() + 50 * others.uplinkBytes()).isCloseTo(bytes, within(1e-6));
    assertThat(away.uncutRight() + others.uncutRight())
        .isEqualTo(log.outcome(frame -> true).uncutRight());
  }
}
