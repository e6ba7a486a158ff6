package dev.sluice.experiments.study.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.experiments.fleet.DeviceKind;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import org.junit.jupiter.api.Test;

class CamerasTest {
  private final BundleFacts facts =
      SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), 200, 10, 6_000_000, true), 1);

  @Test
  void scalesTheNetworksWorkAndNothingElse() {
    BundleFacts scaled = Cameras.scaled(facts, 3);

    assertThat(scaled.profile().networkNanos()).isEqualTo(3 * facts.profile().networkNanos());
    assertThat(scaled.profile().headNanos(0)).isEqualTo(3 * facts.profile().headNanos(0));
    assertThat(scaled.profile().codecs()).isEqualTo(facts.profile().codecs());
    assertThat(scaled.profile().preprocessNanos()).isEqualTo(facts.profile().preprocessNanos());
    assertThat(scaled.workerProfile()).isEqualTo(scaled.profile());
  }

  @Test
  void findsTheLargestLoadThatHolds() throws Exception {
    Objective goal = Objective.parse("p95_latency <= 150 ms; maximise accuracy");
    List<DeviceKind> kinds = new Cameras(facts, facts.certify(), goal, 16).kinds(Way.SPLIT, false);
    Capacity capacity = new Capacity(Cameras.fleet(kinds, 1, 2_000_000_000L, 4_000_000_000L, 1), 1);

    Capacity.Tried found = capacity.find(8).orElseThrow();

    assertThat(Capacity.holds(found.result())).isTrue();
    /* What is a twentieth more, or one device, was seen not to hold. */
    assertThat(capacity.tried())
        .anyMatch(
            tried ->
                tried.devices() > found.devices()
                    && tried.devices() <= 1.05 * found.devices() + 1
                    && !Capacity.holds(tried.result()));
  }
}
