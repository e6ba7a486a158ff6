package dev.sluice.edge.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import org.junit.jupiter.api.Test;

class EmulatedProfileTest {
  private static final BundleFacts FACTS = SyntheticFacts.withCompanion(3, 1, 9_000_000);

  @Test
  void isThatOfTheBundleWhereCodecsSlowDownAsNetworksDo() {
    assertThat(EmulatedProfile.of(FACTS, 20, 20)).isEqualTo(FACTS);
  }

  @Test
  void changesTimesOfCodecsAlone() {
    BundleFacts emulated = EmulatedProfile.of(FACTS, 40, 20);

    assertThat(emulated.profile().segments()).isEqualTo(FACTS.profile().segments());
    assertThat(emulated.profile().codecs().get(0).encodeNanos())
        .isEqualTo(Math.round(FACTS.profile().codecs().get(0).encodeNanos() / 2.0));
  }

  @Test
  void keepsTheCompanion() {
    assertThat(EmulatedProfile.of(FACTS, 40, 20).companion()).isEqualTo(FACTS.companion());
  }
}
