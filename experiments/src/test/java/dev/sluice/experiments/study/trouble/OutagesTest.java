package dev.sluice.experiments.study.trouble;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.report.figure.Series;
import dev.sluice.experiments.report.figure.Track;
import dev.sluice.experiments.study.grid.CellKey;
import dev.sluice.experiments.study.grid.GridConfig;
import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Courses;
import dev.sluice.experiments.study.replay.Decisions;
import dev.sluice.experiments.study.replay.Load;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Stream;
import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.experiments.study.timeline.TimelineFigure;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.sim.trace.LinkTrace;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutagesTest {
  private static final long PERIOD = 100 * Courses.MS;
  private static final Outages FROM_1_TO_4 = new Outages(List.of(new GridConfig.Outage(1, 3)));

  private static StreamLog log(Plan plan) {
    StreamReplay replay = Courses.tiny(1000, PERIOD);
    Question question =
        Question.of(
            "test", "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise device_compute");
    LinkTrace link = Courses.link(100_000, 40, 1, 4);
    int[] rows = Courses.rows(80, replay);
    Course course = new Course("test", replay, question, link, rows, 1);
    return replay.log(
        new Decisions(replay.facts(), course.mean()).always(plan),
        Stream.of(question, link, new Load.Periodic(PERIOD), rows, 1));
  }

  @Test
  void timesTheFirstAnswerOfTheCloudAfterwards() {
    Map<String, Double> figures = FROM_1_TO_4.figures(log(new Plan(1, "c", List.of())));

    /* Frames come every 100 ms; the link is noticed within a ping and its timeout. */
    assertThat(figures.get(Outages.RECOVERY_SECONDS)).isBetween(0.0, 1.0);
  }

  @Test
  void losesNothingWhileAwayWhereTheDeviceGoesOnToTheEnd() {
    Map<String, Double> figures = FROM_1_TO_4.figures(log(new Plan(1, "c", List.of())));

    /* One of thirty frames at most was caught under way. */
    assertThat(figures.get(Outages.LOSS_POINTS)).isBetween(0.0, 100.0 / 30 + 1e-9);
  }

  @Test
  void hasNothingToRecoverWhereTheCloudWasNotUsed() {
    Map<String, Double> figures = FROM_1_TO_4.figures(log(Plan.local(2, List.of())));

    assertThat(figures).doesNotContainKey(Outages.RECOVERY_SECONDS);
    assertThat(figures).containsEntry(Outages.LOSS_POINTS, 0.0);
  }

  @Test
  void asksForNoRecoveryWhereTheLinkIsSoonGoneAgainOrTheStreamEnds() {
    StreamLog log = log(new Plan(1, "c", List.of()));
    Outages flickering =
        new Outages(List.of(new GridConfig.Outage(1, 3), new GridConfig.Outage(4.5, 3)));
    Outages untilTheEnd = new Outages(List.of(new GridConfig.Outage(1, 30)));

    assertThat(flickering.figures(log)).doesNotContainKey(Outages.RECOVERY_SECONDS);
    assertThat(untilTheEnd.figures(log)).doesNotContainKey(Outages.RECOVERY_SECONDS);
  }

  @Test
  void takesTheOutagesFromTheLink() {
    StreamLog log = log(new Plan(1, "c", List.of()));

    assertThat(Outages.of(Courses.link(100_000, 40, 1, 4), log)).isEqualTo(FROM_1_TO_4);
    assertThat(Outages.of(Courses.link(100_000, 40, 0, 0), log).outages()).isEmpty();
  }

  @Test
  void saysNothingOfALinkThatStays() {
    assertThat(new Outages(List.of()).figures(log(new Plan(1, "c", List.of())))).isEmpty();
  }

  @Test
  void drawsTheTimelineThatItWrote(@TempDir Path folder) throws Exception {
    LinkTrace link = Courses.link(100_000, 40, 1, 4);
    Timelines timelines = new Timelines(folder.resolve("timelines"), Map.of("link", link));
    CellKey key = new CellKey("bundle", "device", "link", "task", "sluice", 0);
    timelines.write(key, log(new Plan(1, "c", List.of())));
    Figure.Timeline figure = TimelineFigure.of("title", timelines.file(key), 150);

    assertThat(figure.tracks()).hasSize(4);
    Track.Curves uplink = (Track.Curves) figure.tracks().get(0);
    assertThat(uplink.series().get(0).points())
        .extracting(Series.Point::y)
        .containsExactly(0.8, 0.0, 0.0, 0.0, 0.8, 0.8, 0.8, 0.8);
    assertThat(((Track.Spans) figure.tracks().get(1)).spans())
        .containsExactly(new Track.Span(0, 8, "split 1, c, no exits"));
    Track.Curves exits = (Track.Curves) figure.tracks().get(3);
    for (int second = 0; second < 8; second++) {
      double share = 0;
      for (Series exit : exits.series()) {
        share += exit.points().get(second).y();
      }
      assertThat(share).isCloseTo(1, within(1e-9));
    }
  }
}
