package dev.sluice.scheduler.objective;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  @Test
  void doesNotPreferShortNames() {
    /* As many edits away from either, all of which replace the short one. */
    assertThat(Nearest.to("roundtrip", List.of("rate", "roundTripMillis")))
        .isEqualTo("roundTripMillis");
  }

  @ParameterizedTest
  @CsvSource({
    "worker_compte, worker_compute",
    "Uplink_Byts, uplink_bytes",
    "energy, device_energy",
    "acc, accuracy",
    "accuracies, accuracy"
  })
  void findsWhatIsNear(String typed, String meant) {
    List<String> known = List.of("accuracy", "worker_compute", "uplink_bytes", "device_energy");

    assertThat(Nearest.within(typed, known)).contains(meant);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ac", "price", "bandwidth", "computing_power"})
  void findsNothingWhereNothingIsNear(String typed) {
    assertThat(Nearest.within(typed, List.of("accuracy", "worker_compute", "uplink_bytes")))
        .isEmpty();
    assertThat(Nearest.within(typed, List.of())).isEmpty();
  }

  @Test
  void countsEdits() {
    assertThat(Nearest.edits("kitten", "sitting")).isEqualTo(3);
    assertThat(Nearest.edits("", "abc")).isEqualTo(3);
    assertThat(Nearest.edits("same", "same")).isZero();
  }
}
