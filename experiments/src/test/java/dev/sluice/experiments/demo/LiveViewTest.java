package dev.sluice.experiments.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.experiments.report.AnswerRecord;
import dev.sluice.experiments.report.AnswerRecord.Place;
import dev.sluice.experiments.report.Tally;
import org.junit.jupiter.api.Test;

class LiveViewTest {
  @Test
  void showsPhaseLinkPlanAnswersLatencyAndBytes() {
    Tally tally = new Tally(150_000_000);
    for (int id = 0; id < 4; id++) {
      tally.ask(id, 1, 0, true);
      tally.answer(
          new AnswerRecord(
              id,
              id == 0 ? 2 : 1,
              id % 2,
              id % 2 == 0 ? Place.DEVICE : Place.CLOUD,
              "split 3",
              false,
              false,
              90_000_000,
              25_000,
              1_000_000));
    }
    LiveView.Moment moment =
        new LiveView.Moment(
            "sluice",
            13_000_000_000L,
            Scenario.DRIVE,
            new LiveView.AgentState("up, 5.9 Mbit/s, 51 ms", "split 3, q8", false),
            tally.score(),
            5);

    String block = String.join("\n", LiveView.block(moment));

    assertThat(block)
        .contains("13.0 of 60 s", "4G (6 Mbit/s, 50 ms)", "up, 5.9 Mbit/s, 51 ms", "split 3, q8")
        .contains("best effort", "4 of 5", "exit 0 device: 2", "exit 1 cloud: 2")
        .contains("p95 90 ms, deadline 150 ms", "3 of 4 (75.0 %)", "100 kB, 25 kB per answer")
        .doesNotContain("\u001b");
    assertThat(LiveView.plain(moment)).contains("13 s", "4/5 answered").doesNotContain("\n");
  }
}
