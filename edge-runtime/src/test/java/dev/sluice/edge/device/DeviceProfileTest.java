package dev.sluice.edge.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.energy.DevicePowers;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceProfileTest {
  /** Three rates cannot follow how well an engine treats each shape of a convolution. */
  private static final double TOLERANCE = 0.10;

  /** TensorRT chooses a kernel per layer: the rates differ most there. */
  private static final double TENSORRT_TOLERANCE = 0.14;

  @ParameterizedTest
  @CsvSource({
    "pi-zero-2w, ResNet-50, 783",
    "pi-zero-2w, ResNet-18, 353",
    "pi-zero-2w, MobileNetV2, 147",
    "pi3, ResNet-50, 587",
    "pi3, ResNet-18, 272",
    "pi3, MobileNetV2, 112",
    "pi4, ResNet-50, 263",
    "pi4, ResNet-18, 123",
    "pi4, MobileNetV2, 62",
    "pi5, ResNet-50, 46",
    "pi5, ResNet-18, 20",
    "pi5, MobileNetV2, 10.5",
    "jetson-nano, ResNet-50, 93",
    "jetson-nano, ResNet-18, 44",
    "jetson-nano, MobileNetV2, 13",
    "jetson-nano-cpu, ResNet-50, 204",
    "jetson-nano-cpu, ResNet-18, 83",
    "jetson-nano-cpu, MobileNetV2, 34",
    "jetson-xavier, ResNet-18, 7.33",
    "jetson-xavier, ResNet-34, 12.9",
    "jetson-xavier, ResNet-50, 17.9",
    "jetson-xavier, ResNet-101, 35.1",
    "jetson-xavier, MobileNetV2, 15.4",
    "jetson-xavier-tensorrt, ResNet-18, 1.64",
    "jetson-xavier-tensorrt, ResNet-34, 2.79",
    "jetson-xavier-tensorrt, ResNet-50, 3.37",
    "jetson-xavier-tensorrt, ResNet-101, 6.04",
    "jetson-xavier-tensorrt, MobileNetV2, 1.67",
    "phone-low, ResNet-50, 394",
    "phone-low, ResNet-18, 145",
    "phone-low, MobileNetV2, 82",
    "phone-mid, ResNet-50, 68",
    "phone-mid, ResNet-18, 33",
    "phone-mid, MobileNetV2, 13",
    "phone-high, ResNet-50, 19",
    "phone-high, ResNet-18, 6.6",
    "phone-high, MobileNetV2, 3.2",
  })
  void takesAboutThePublishedTimes(String device, String network, double millis) {
    double predicted = DeviceProfiles.named(device).nanos(PublishedNetworks.named(network)) / 1e6;

    double tolerance = device.endsWith("tensorrt") ? TENSORRT_TOLERANCE : TOLERANCE;
    assertThat(predicted).isCloseTo(millis, within(tolerance * millis));
  }

  @ParameterizedTest
  @CsvSource({"ResNet-18, 1.81", "ResNet-50, 4.09", "MobileNetV2, 0.30"})
  void theNetworksHaveTheirPublishedOperations(String network, double gmacs) {
    double counted =
        PublishedNetworks.named(network).stream().mapToDouble(OperatorWork::macs).sum() / 1e9;

    assertThat(counted).isCloseTo(gmacs, within(0.006));
  }

  @Test
  void hasAFloorPerLaunchAndARatePerKind() {
    DeviceProfile device = device(100);

    assertThat(device.nanos(List.of(OperatorWork.dense(10)))).isEqualTo(100);
    assertThat(device.nanos(List.of(OperatorWork.dense(1_000)))).isEqualTo(1_000);
    assertThat(device.nanos(List.of(OperatorWork.depthwise(1_000)))).isEqualTo(4_000);
    assertThat(device.nanos(List.of(OperatorWork.memory(1_000)))).isEqualTo(500);
    assertThat(device.nanos(List.of(OperatorWork.dense(1_000), OperatorWork.memory(20))))
        .isEqualTo(1_010);
  }

  @Test
  void isSlowedDownAtEverything() {
    List<OperatorWork> work = PublishedNetworks.named("MobileNetV2");
    DeviceProfile device = DeviceProfiles.named("pi5");

    assertThat(device.slowedDown(3).nanos(work)).isCloseTo(3 * device.nanos(work), within(1.0));
  }

  @Test
  void replacesTheDevicesTimesAndLeavesTheWorkers() {
    BundleFacts facts =
        SyntheticFacts.of(new SyntheticFacts.Shape(3, List.of(1), 50, 4, 6_000_000, true), 1);
    BundleWork work =
        new BundleWork(
            List.of(
                List.of(OperatorWork.dense(1_000)),
                List.of(OperatorWork.dense(2_000), OperatorWork.memory(20)),
                List.of()),
            Map.of(0, List.of(OperatorWork.dense(500))));

    BundleFacts emulated = device(0).on(facts, work);

    Profile profile = emulated.profile();
    assertThat(profile.segments())
        .extracting(Profile.SegmentTime::nanos)
        .containsExactly(1_000L, 2_010L, 0L);
    assertThat(profile.headNanos(0)).isEqualTo(500);
    assertThat(profile.preprocessNanos()).isEqualTo(2 * facts.profile().preprocessNanos());
    assertThat(profile.codecs().get(0).encodeNanos())
        .isEqualTo(2 * facts.profile().codecs().get(0).encodeNanos());
    assertThat(profile.codecs().get(0).decodeNanos())
        .isEqualTo(facts.profile().codecs().get(0).decodeNanos());
    assertThat(emulated.workerProfile()).isEqualTo(facts.workerProfile());
  }

  @Test
  void refusesTheOperatorsOfAnotherNetwork() {
    BundleFacts facts =
        SyntheticFacts.of(new SyntheticFacts.Shape(3, List.of(1), 50, 4, 6_000_000, true), 1);
    BundleWork other = new BundleWork(Collections.nCopies(2, List.of()), Map.of());

    assertThatThrownBy(() -> device(0).on(facts, other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 segments");
  }

  @Test
  void namesTheDevicesThatThereAre() {
    assertThatThrownBy(() -> DeviceProfiles.named("pi9"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pi4");
    assertThat(DeviceProfiles.all().values()).noneMatch(device -> device.source().isBlank());
  }

  @Test
  void ofEveryDeviceItIsKnownWhatItDrawsOrWhyNot() {
    Set<String> told = new HashSet<>(DevicePowers.published().keySet());
    told.addAll(DevicePowers.unknown().keySet());

    assertThat(told).isEqualTo(DeviceProfiles.all().keySet());
  }

  @Test
  void saysWhichFiguresAreAssumed() {
    assertThat(DeviceProfiles.all().values())
        .allSatisfy(
            device -> {
              assertThat(device.assumed()).contains("gigabytes_per_s", "codec_factor");
              assertThat(device.source()).contains("(assumed)");
              // What is fitted to published times is not.
              assertThat(device.assumed())
                  .doesNotContain("dense_gmacs_per_s", "depthwise_gmacs_per_s");
            });
    assertThat(DeviceProfiles.named("jetson-nano").assumed()).doesNotContain("launch_us");
    assertThat(DeviceProfiles.named("pi4").assumed()).contains("launch_us");
  }

  /** A MAC takes 1 ns, 4 ns in a depthwise convolution; a byte takes half a nanosecond. */
  private static DeviceProfile device(double launchNanos) {
    return new DeviceProfile("test", "test", 1e9, 0.25e9, 2e9, launchNanos, 2, Set.of(), "made up");
  }
}
