package dev.sluice.scheduler.energy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DevicePowersTest {
  private static PublishedPower published(String name) {
    return Optional.ofNullable(DevicePowers.published().get(name)).orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    "pi-zero-2w, 500, 2500",
    "pi3, 3100, 5600",
    "pi4, 2700, 6400",
    "pi5, 2800, 9700",
    "jetson-nano, 2000, 10000",
    "jetson-nano-cpu, 2000, 10000"
  })
  void drawsItsPublishedPowerWithIdlePowerAndWorkTogether(String name, double idle, double busy) {
    PublishedPower power = published(name);

    assertThat(power.idleMilliwatts()).isEqualTo(idle);
    assertThat(idle + power.aboveIdle().networkMilliwatts()).isEqualTo(busy);
    assertThat(power.aboveIdle().codingMilliwatts())
        .isEqualTo(power.aboveIdle().networkMilliwatts() / 4);
    assertThat(DevicePowers.named(name)).isEqualTo(power.aboveIdle());
    assertThat(power.aboveIdle().name()).isEqualTo(name);
  }

  @Test
  void oneCoreComputesTheNetworkWhereTheAgentDoes() {
    assertThat(DevicePowers.named("pi4-one-core"))
        .isEqualTo(new DevicePower("pi4-one-core", 925, 925, 0));
    assertThat(DevicePowers.named("jetson-nano-cpu-one-core"))
        .isEqualTo(new DevicePower("jetson-nano-cpu-one-core", 2000, 2000, 0));
  }

  @Test
  void whoIsSwitchedOffBetweenFramesPaysForIdlingToo() {
    assertThat(DevicePowers.named("pi4-duty-cycled"))
        .isEqualTo(new DevicePower("pi4-duty-cycled", 3625, 3625, 2700));
    assertThat(DevicePowers.named("pi-zero-2w-duty-cycled"))
        .isEqualTo(new DevicePower("pi-zero-2w-duty-cycled", 1000, 1000, 500));
  }

  @ParameterizedTest
  @ValueSource(strings = {"phone-mid", "phone-mid-one-core", "phone-mid-duty-cycled"})
  void saysWhyADevicesPowerIsNotKnown(String name) {
    assertThatThrownBy(() -> DevicePowers.named(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("what a 'phone-mid' draws is not known")
        .hasMessageContaining(DevicePowers.unknown().get("phone-mid"))
        .hasMessageContaining(
            "pi-zero-2w, pi3, pi4, pi5, jetson-nano, jetson-nano-cpu, each also with -one-core");
  }

  @ParameterizedTest
  @ValueSource(strings = {"toaster", "", "-one-core", "pi4-one-core-one-core", "PI4"})
  void namesTheDevicesThatThereAre(String name) {
    assertThatThrownBy(() -> DevicePowers.named(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no device")
        .hasMessageContaining("pi-zero-2w, pi3, pi4, pi5, jetson-nano, jetson-nano-cpu");
  }

  @Test
  void whatIsNotPublishedIsListedAndSaid() {
    for (Map.Entry<String, PublishedPower> device : DevicePowers.published().entrySet()) {
      assertThat(device.getValue().assumed()).as(device.getKey()).contains("coding_mw");
      assertThat(device.getValue().source()).as(device.getKey()).contains("idle", "(assumed)");
    }
    assertThat(published("jetson-nano").assumed()).contains("idle_mw", "network_mw");
    assertThat(published("pi4").assumed()).containsExactly("coding_mw");
    assertThat(DevicePowers.unknown().values()).noneMatch(String::isBlank);
  }

  @Test
  void refusesAFigureWithoutSourceOrSense() {
    DevicePower power = DevicePowers.named("pi4");

    assertThatThrownBy(() -> new PublishedPower(0, power, Set.of(), "somebody"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new PublishedPower(Double.NaN, power, Set.of(), "somebody"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new PublishedPower(1, power, Set.of(), " "))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
