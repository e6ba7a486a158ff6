package dev.sluice.experiments.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {
  /** Fields of a grid's file. */
  private static final List<String> FIELDS =
      List.of(
          "blockFrames",
          "bundles",
          "devices",
          "frames",
          "links",
          "pictures",
          "points",
          "seeds",
          "strategies",
          "sweep",
          "tasks",
          "warmUpFrames");

  @ParameterizedTest
  @CsvSource({
    "blokFrames, blockFrames",
    "block_frames, blockFrames",
    "blocks, blockFrames",
    "warmup, warmUpFrames",
    "warm, warmUpFrames",
    "WARMUPFRAMES, warmUpFrames",
    "strategy, strategies",
    "strats, strategies",
    "picture, pictures",
    "pics, pictures",
    "seed, seeds",
    "point, points",
    "device, devices",
    "bundel, bundles",
    "link, links",
    "frame, frames"
  })
  void findsTheFieldThatWasMeant(String typed, String meant) {
    assertThat(Nearest.to(typed, FIELDS)).isEqualTo(meant);
  }

  @ParameterizedTest
  @CsvSource({
    "bandwidth, bandwidth-sweep",
    "latency, latency-sla",
    "server, server-load",
    "trace, traces",
    "outages, outage"
  })
  void findsTheStudyThatWasMeant(String typed, String meant) {
    List<String> studies = Studies.all().stream().map(Study::name).collect(Collectors.toList());

    assertThat(Nearest.to(typed, studies)).isEqualTo(meant);
  }

  @Test
  void doesNotPreferShortNames() {
    /* As many edits away from either, all of which replace the short one. */
    assertThat(Nearest.to("roundtrip", List.of("rate", "roundTripMillis")))
        .isEqualTo("roundTripMillis");
  }
}
