package dev.sluice.scheduler.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SizeSlopeTest {
  private static final long MS = 1_000_000;

  @Test
  void findsTheRateWithoutKnowingTheRoundTrip() {
    SizeSlope slope = new SizeSlope();
    for (int i = 1; i <= 6; i++) {
      // 40 ms and 1 MB/s: a microsecond per byte.
      slope.observe(i * 5_000, 40 * MS + i * 5_000 * 1_000L, i);
    }
    SizeSlope.Fit fit = slope.fit(6).orElseThrow();
    assertThat(fit.bytesPerNano()).isCloseTo(1e-3, within(1e-9));
    assertThat(fit.relativeSd()).isEqualTo(0.05);
  }

  @Test
  void saysHowUncertainNoiseMakesIt() {
    int within = 0;
    int fits = 0;
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      SizeSlope slope = new SizeSlope();
      for (int i = 0; i < 12; i++) {
        int bytes = 2_000 + random.nextInt(40_000);
        slope.observe(bytes, 40 * MS + bytes * 1_000L + (long) (4 * MS * random.nextGaussian()), i);
      }
      if (slope.fit(12).isPresent()) {
        fits++;
        SizeSlope.Fit fit = slope.fit(12).get();
        within += Math.abs(1e-3 / fit.bytesPerNano() - 1) < 2.3 * fit.relativeSd() ? 1 : 0;
      }
    }
    assertThat(fits).isGreaterThan(190);
    assertThat(within).isGreaterThan((int) (0.9 * fits));
  }

  @Test
  void saysNothingOfSizesThatAreAlikeOrTooFewOrOld() {
    SizeSlope alike = new SizeSlope();
    for (int i = 0; i < 8; i++) {
      alike.observe(10_000 + i, 50 * MS + i, i);
    }
    assertThat(alike.fit(8)).isEmpty();
    SizeSlope few = new SizeSlope();
    few.observe(1_000, 50 * MS, 0);
    few.observe(90_000, 150 * MS, 1);
    assertThat(few.fit(1)).isEmpty();
    SizeSlope old = new SizeSlope();
    for (int i = 1; i <= 6; i++) {
      old.observe(i * 5_000, 40 * MS + i * 5_000_000L, i);
    }
    assertThat(old.fit(60_000 * MS)).isEmpty();
  }

  @Test
  void saysNothingWhereNoiseHidesTheSlope() {
    Random random = new Random(3);
    SizeSlope slope = new SizeSlope();
    for (int i = 0; i < 12; i++) {
      slope.observe(1_000 + random.nextInt(2_000), random.nextInt(500) * MS, i);
    }
    assertThat(slope.fit(12)).isEmpty();
  }
}
