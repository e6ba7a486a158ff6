package dev.sluice.edge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProbeAllowanceTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void withoutBoundsEveryProbeMayGoOut() {
    ProbeAllowance usual = new ProbeAllowance(0, Double.POSITIVE_INFINITY);
    for (int i = 0; i < 1000; i++) {
      assertThat(usual.allows(true, 0)).isTrue();
      usual.took(12_000, 0);
    }
  }

  @Test
  void probesOfAMeasuredLinkKeepTheirDistanceAndThoseOfAnotherNeedNot() {
    ProbeAllowance spared = new ProbeAllowance(10 * SECOND, Double.POSITIVE_INFINITY);
    assertThat(spared.allows(true, 0)).isTrue();
    spared.took(1000, 0);

    assertThat(spared.allows(true, 10 * SECOND - 1)).isFalse();
    assertThat(spared.allows(false, 1)).isTrue();
    assertThat(spared.allows(true, 10 * SECOND)).isTrue();
  }

  @Test
  void aFewMayFollowEachOtherAndThenTheyKeepToTheirRateMeasuredOrNot() {
    ProbeAllowance bounded = new ProbeAllowance(0, 100);
    long sent = 0;
    for (long now = 0; now < 3600 * SECOND; now += SECOND / 4) {
      if (bounded.allows(false, now)) {
        bounded.took(3000, now);
        sent += 3000;
      }
      assertThat(sent).isLessThanOrEqualTo(now / SECOND * 100 + 12_000 + 3000 + 100);
    }
    assertThat(sent).isGreaterThan(3600 * 100);
  }

  @Test
  void longSilenceSavesUpNoMoreThanAFew() {
    ProbeAllowance bounded = new ProbeAllowance(0, 100);
    long now = 1_000_000 * SECOND;
    int probes = 0;
    while (bounded.allows(true, now)) {
      bounded.took(3000, now);
      probes++;
    }
    assertThat(probes).isEqualTo(5);
  }

  @Test
  void whereNothingMayBeSentNoProbeGoesOut() {
    assertThat(new ProbeAllowance(0, 0).allows(false, 0)).isFalse();
  }
}
