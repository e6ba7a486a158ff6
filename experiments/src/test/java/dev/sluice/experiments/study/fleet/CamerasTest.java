package dev.sluice.experiments.study.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.experiments.fleet.Arrivals;
import dev.sluice.experiments.fleet.DeviceKind;
import dev.sluice.experiments.fleet.Fleet;
import dev.sluice.experiments.fleet.FleetResult;
import dev.sluice.experiments.fleet.FleetSimulator;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import org.junit.jupiter.api.Test;

class CamerasTest {
  private static final long SECOND = 1_000_000_000L;

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
  void judgesEachGoalByItsOwnCameras() throws Exception {
    /* Alone on the device the one takes a quarter of a second, the other a hundredth. */
    Cameras both = mixed("p95_latency <= 150 ms", "p95_latency <= 150 ms");
    Cameras patient = mixed("p95_latency <= 500 ms", "p95_latency <= 150 ms");
    Cameras impatient = mixed("p95_latency <= 500 ms", "p95_latency <= 2 ms");

    assertThat(both.holds(alone(both))).isFalse();
    assertThat(patient.holds(alone(patient))).isTrue();
    assertThat(impatient.holds(alone(impatient))).isFalse();
    List<DeviceKind> kinds = patient.kinds(Way.DEVICE_ONLY, false);
    assertThat(kinds.get(0).options().deadlineNanos()).isEqualTo(500_000_000L);
    assertThat(kinds.get(1).options().deadlineNanos()).isEqualTo(150_000_000L);
    assertThat(kinds.get(1).arrivals().random()).isTrue();
    assertThat(kinds.get(1).book()).isNotSameAs(kinds.get(0).book());
    assertThat(both.kinds(Way.DEVICE_ONLY, false).stream().map(DeviceKind::book).distinct())
        .hasSize(1);
  }

  private Cameras mixed(String slowGoal, String quickGoal) throws Exception {
    String rest = ", accuracy >= final - 1 pt; minimise uplink_bytes";
    return new Cameras(
        facts,
        facts.certify(),
        List.of(
            new Cameras.Model(
                "slow", 250, new Arrivals(SECOND, false), Objective.parse(slowGoal + rest), 1),
            new Cameras.Model(
                "quick", 10, new Arrivals(SECOND, true), Objective.parse(quickGoal + rest), 1)),
        16);
  }

  private static FleetResult alone(Cameras cameras) throws Exception {
    List<DeviceKind> kinds = cameras.kinds(Way.DEVICE_ONLY, false);
    return run(Cameras.fleet(kinds, 1, 2 * SECOND, 10 * SECOND, 1), 20);
  }

  @Test
  void findsTheLargestLoadThatHolds() throws Exception {
    Objective goal =
        Objective.parse("p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise uplink_bytes");
    Cameras cameras = new Cameras(facts, facts.certify(), Cameras.models(goal), 16);
    Fleet fleet = Cameras.fleet(cameras.kinds(Way.SPLIT, false), 1, 2 * SECOND, 4 * SECOND, 1);

    for (int first : List.of(8, 500)) {
      Found found = new Capacity(fleet, 1, cameras::holds).find(first, 1.5);
      Load most = found.largest().orElseThrow();

      assertThat(cameras.holds(run(fleet, most.devices()))).isTrue();
      /* What is a twentieth more, or one device, was seen not to hold. */
      assertThat(found.tried())
          .as("from %d on", first)
          .anyMatch(
              tried ->
                  !tried.holds()
                      && tried.devices() > most.devices()
                      && tried.devices() <= 1.05 * most.devices() + 1);
      assertThat(found.tried().stream().map(Load::devices)).doesNotHaveDuplicates();
    }
  }

  @Test
  void findsThatWorkersDoNotHelpWhereNothingIsSent() throws Exception {
    Cameras cameras = mixed("p95_latency <= 150 ms", "p95_latency <= 150 ms");
    Cameras patient = mixed("p95_latency <= 500 ms", "p95_latency <= 500 ms");

    Found late = search(cameras);
    Found early = search(patient);

    /* Of few devices all may be quick, which says nothing of many. */
    assertThat(late.largest()).isEmpty();
    assertThat(late.perMillion().value()).isInfinite();
    assertThat(early.perMillion().value()).isZero();
    assertThat(late.dependsOnWorkers()).isFalse();
    assertThat(early.dependsOnWorkers()).isFalse();
  }

  private static Found search(Cameras cameras) throws Exception {
    List<DeviceKind> kinds = cameras.kinds(Way.DEVICE_ONLY, false);
    Fleet fleet = Cameras.fleet(kinds, 1, 2 * SECOND, 10 * SECOND, 1);
    return new Capacity(fleet, 1, cameras::holds).find(20, 2);
  }

  private static FleetResult run(Fleet fleet, int devices) throws Exception {
    return new FleetSimulator(fleet.withDevicesPerWorker(devices)).run(2 * devices, 1, d -> {});
  }

  @Test
  void refusesAGoalAtAnotherPercentile() throws Exception {
    Objective strict =
        Objective.parse("p99_latency <= 150 ms, accuracy >= final - 1 pt; minimise worker_compute");
    assertThatThrownBy(() -> Cameras.models(strict))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("p95_latency");
  }
}
