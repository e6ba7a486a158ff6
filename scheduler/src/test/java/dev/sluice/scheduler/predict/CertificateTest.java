package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CertificateTest {
  @Test
  void boundsADifferenceAsTheFormulaDoesByHand() {
    // n = 98, 4 won, 9 lost: (5 - 10) / 100 -+ 1.644854 sqrt((0.15 - 0.0025) / 100).
    assertThat(Certificate.bonettPrice(4, 9, 98)).isCloseTo(-0.05 - 0.0631716, within(1e-6));
  }

  @Test
  void boundsAnAccuracyAsWilsonDoesByHand() {
    // p = 0.9, n = 100: (0.9 + 0.0135277 - 1.644854 sqrt(0.0009 + 0.0000676)) / 1.0270554.
    assertThat(Certificate.wilson(90, 100)).isCloseTo(0.839636, within(1e-5));
  }

  @Test
  void provesLessTheFewerTheSamples() {
    assertThat(Certificate.bonettPrice(0, 0, 1000)).isGreaterThan(-0.003);
    assertThat(Certificate.bonettPrice(0, 0, 50)).isLessThan(-0.03);
  }

  @Test
  void provesLessWhenErrorsComeInSequences() {
    boolean[] right = new boolean[1000];
    for (int s = 0; s < right.length; s++) {
      right[s] = s % 200 >= 20; // one drive in ten is all wrong
    }

    Certificate.Bounds alone = new Certificate(table(1000, false)).bounds(right, false);
    Certificate.Bounds drives = new Certificate(table(1000, true)).bounds(right, false);

    assertThat(drives.difference()).isLessThan(alone.difference());
    assertThat(drives.accuracy()).isLessThan(alone.accuracy());
  }

  @Test
  void coversTheTruthAsOftenAsItSays() {
    // True difference -1 pt: 3 % lost, 2 % won. The bound must lie above it in about 5 % of draws.
    Random random = new Random(17);
    int n = 750;
    int above = 0;
    int draws = 4000;
    for (int draw = 0; draw < draws; draw++) {
      int won = 0;
      int lost = 0;
      for (int s = 0; s < n; s++) {
        double u = random.nextDouble();
        won += u < 0.02 ? 1 : 0;
        lost += u > 0.97 ? 1 : 0;
      }
      above += Certificate.bonettPrice(won, lost, n) > -0.01 ? 1 : 0;
    }
    assertThat((double) above / draws).isBetween(0.03, 0.06);
  }

  @Test
  void needsNoProofForThePlanThatIsTheNetworkItself() {
    boolean[] right = new boolean[50];
    assertThat(new Certificate(table(50, false)).bounds(right, true).difference()).isZero();
  }

  /** The final exit is always right; twenty frames per drive. */
  private static CalibrationTable table(int samples, boolean drives) {
    CalibrationTable.Builder table =
        CalibrationTable.builder(Role.CERTIFY, 2, samples, new int[] {1}, List.of());
    for (int s = 0; s < samples; s++) {
      table.sample(s, 1, drives ? s / 20 : -1).outcome(s, 0, 1, 0.9, 0.8, 0.1);
    }
    return table.build();
  }
}
