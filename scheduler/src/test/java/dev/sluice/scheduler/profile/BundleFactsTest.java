package dev.sluice.scheduler.profile;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BundleFactsTest {
  private static final BundleFacts GOOD = SyntheticFacts.of(1);

  private static BundleFacts with(CalibrationTable select, CalibrationTable certify) {
    return new BundleFacts(
        GOOD.lastCut(), GOOD.exits(), GOOD.cuts(), GOOD.codecs(), GOOD.profile(), select, certify);
  }

  @Test
  void refusesToProveOnTheTableThatPlansAreChosenOn() {
    assertThatThrownBy(() -> with(GOOD.select(), GOOD.select()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("SELECT and SELECT");
    assertThatThrownBy(() -> with(GOOD.certify(), GOOD.select()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("CERTIFY and SELECT");
  }
}
