package dev.sluice.experiments.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.experiments.report.AnswerRecord.Place;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonTest {
  @Test
  void scoreHasTheNamesThatScriptsRelyOn() {
    Tally tally = new Tally(150_000_000);
    tally.ask(0, 4, 0, true);
    tally.ask(1, 4, 0, true);
    tally.answer(
        new AnswerRecord(
            0, 4, 2, Place.CLOUD, "split 1", false, false, 80_000_000, 900, 3_000_000));

    JsonNode json = Json.score(tally.score());

    assertThat(json.fieldNames())
        .toIterable()
        .contains(
            "requests",
            "answered",
            "lost",
            "degraded",
            "late",
            "accuracy",
            "p50_ms",
            "p95_ms",
            "deadline_ms",
            "offloaded_share",
            "bytes_per_answer",
            "exits",
            "plans");
    assertThat(json.get("requests").asInt()).isEqualTo(2);
    assertThat(json.get("lost").asInt()).isEqualTo(1);
    assertThat(json.get("deadline_ms").asDouble()).isEqualTo(150);
    assertThat(json.get("offloaded_share").asDouble()).isEqualTo(1);
    assertThat(json.get("bytes_per_answer").asDouble()).isEqualTo(900);
    assertThat(json.get("exits").get("exit 2 cloud").asInt()).isEqualTo(1);
    assertThat(json.get("plans").get("split 1").asInt()).isEqualTo(1);
  }

  @Test
  void claimHasTheShapeOfASummary(@TempDir Path folder) throws Exception {
    Claim claim = Claim.of("ours vs bare", new Interval(1.02, 1.01, 1.04), "ratio", "<= 1.03", 40);
    Path file = folder.resolve("new/folder/summary.json");
    Json.write(file, Json.claim(claim));

    JsonNode json = new ObjectMapper().readTree(file.toFile());

    assertThat(json)
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"name": "ours vs bare", "measured": 1.02, "unit": "ratio",
                     "wanted": "<= 1.03", "holds": true, "samples": 40, "spread": [1.01, 1.04]}
                    """));
  }

  @Test
  void tableLinesUpItsColumns() {
    List<String> lines =
        new TextTable("strategy", "right").row("sluice", "140").row("cloud-only", "7").lines();

    assertThat(lines)
        .containsExactly(
            "strategy    right", "-----------------", "sluice        140", "cloud-only      7");
  }
}
