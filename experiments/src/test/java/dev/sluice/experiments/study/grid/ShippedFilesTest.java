package dev.sluice.experiments.study.grid;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The conditions that the studies come with. */
class ShippedFilesTest {
  private static ObjectNode grid(String file, boolean quick) throws Exception {
    try (InputStream in = Study.class.getResourceAsStream(file)) {
      ObjectNode all = (ObjectNode) new YAMLMapper().readTree(Objects.requireNonNull(in, file));
      JsonNode changes = all.remove("quick");
      if (quick) {
        all.setAll((ObjectNode) changes);
      }
      return (ObjectNode) (all.has("grid") ? all.get("grid") : all);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ablation/ablation.yaml",
        "energy/energy.yaml",
        "map/map.yaml",
        "sweep/bandwidth-sweep.yaml",
        "sweep/latency-sla.yaml",
        "sweep/server-load.yaml",
        "trouble/outage.yaml",
        "trouble/traces.yaml"
      })
  void haveAPictureForEveryFrame(String file) throws Exception {
    for (boolean quick : new boolean[] {true, false}) {
      JsonNode grid = grid(file, quick);
      int frames = grid.get("frames").asInt();
      int seeds = grid.get("seeds").asInt();

      assertThat(frames * seeds)
          .as("%s, quick %s", file, quick)
          .isLessThanOrEqualTo(grid.get("pictures").asInt());
    }
  }

  /** A 95th percentile of fewer independent frames is not sure enough. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ablation/ablation.yaml",
        "energy/energy.yaml",
        "sweep/bandwidth-sweep.yaml",
        "sweep/server-load.yaml",
        "trouble/outage.yaml",
        "trouble/traces.yaml"
      })
  void countEnoughFramesForAPercentile(String file) throws Exception {
    JsonNode grid = grid(file, false);
    int block = grid.get("blockFrames").asInt();
    int blocks = (grid.get("frames").asInt() - 1 - grid.get("warmUpFrames").asInt()) / block;

    assertThat(grid.get("seeds").asInt() * blocks * block).isGreaterThanOrEqualTo(1300);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "energy/energy.yaml",
        "map/map.yaml",
        "sweep/bandwidth-sweep.yaml",
        "sweep/latency-sla.yaml",
        "sweep/server-load.yaml",
        "trouble/outage.yaml",
        "trouble/traces.yaml"
      })
  void nameStrategiesThatThereAre(String file) throws Exception {
    for (boolean quick : new boolean[] {true, false}) {
      JsonNode grid = grid(file, quick);
      List<String> strategies = texts(grid.get("strategies"));

      Entrants.usual().check(strategies, List.of(SyntheticFacts.of(4)));
      assertThat(strategies).contains(Entrants.SLUICE).doesNotHaveDuplicates();
      if (grid.has("singleExit")) {
        assertThat(strategies).containsAll(texts(grid.get("singleExit")));
      }
    }
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(item -> texts.add(item.asText()));
    return texts;
  }

  /** Three recordings at least, beside the links of one rate, which need no files. */
  @Test
  void takeOutagesFromRecordingsToo() throws Exception {
    try (InputStream in = Study.class.getResourceAsStream("trouble/outage.yaml")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      GridConfig config = StudyFile.parse(text, "outage.yaml", false, GridConfig.class);

      assertThat(config.links()).filteredOn(link -> link.recorded() != null).hasSize(3);
      assertThat(config.links()).filteredOn(link -> !link.outages().isEmpty()).hasSize(4);
    }
  }

  /** The map compares single frames, so whoever is in time must be done before the next one. */
  @Test
  void letNobodyQueueOnTheMapWhoIsInTime() throws Exception {
    for (boolean quick : new boolean[] {true, false}) {
      JsonNode task = grid("map/map.yaml", quick).get("tasks").get(0);
      Question question = Question.of("map", task.get("objective").asText());

      assertThat(task.get("load").get("periodMillis").asDouble() * 1e6)
          .isGreaterThanOrEqualTo((double) question.deadlineNanos());
    }
  }
}
