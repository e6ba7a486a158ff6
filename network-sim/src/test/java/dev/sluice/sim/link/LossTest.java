package dev.sluice.sim.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LossTest {
  private static final int PACKETS = 400_000;

  /** Five standard errors of the mean of so many packets in bursts of ten. */
  private static final double TOLERANCE = 0.1;

  @ParameterizedTest
  @CsvSource({"0.01, 1", "0.01, 4", "0.05, 10", "0.3, 3"})
  void losesTheShareAskedForInRunsOfTheLengthAskedFor(double share, double burst) {
    LossProcess process = new LossProcess(Loss.bursty(share, burst), new SplittableRandom(7));
    int lost = 0;
    int runs = 0;
    boolean before = false;
    for (int i = 0; i < PACKETS; i++) {
      boolean now = process.next(1);
      lost += now ? 1 : 0;
      runs += now && !before ? 1 : 0;
      before = now;
    }
    assertThat((double) lost / PACKETS / share).isCloseTo(1, within(TOLERANCE));
    assertThat((double) lost / runs / burst).isCloseTo(1, within(TOLERANCE));
  }

  @Test
  void losesIndependentlyWithoutBursts() {
    LossProcess process = new LossProcess(Loss.random(0.2), new SplittableRandom(3));
    int lost = 0;
    int twice = 0;
    boolean before = false;
    for (int i = 0; i < PACKETS; i++) {
      boolean now = process.next(1);
      lost += now ? 1 : 0;
      twice += now && before ? 1 : 0;
      before = now;
    }
    assertThat((double) lost / PACKETS).isCloseTo(0.2, within(0.005));
    assertThat((double) twice / lost).isCloseTo(0.2, within(0.01));
  }

  @Test
  void forgetsABurstWhileNothingIsSent() {
    LossProcess process = new LossProcess(Loss.bursty(0.05, 50), new SplittableRandom(5));
    int losses = 0;
    int again = 0;
    for (int i = 0; i < PACKETS; i++) {
      if (process.next(1)) {
        losses++;
        again += process.next(10_000) ? 1 : 0;
      }
    }
    assertThat((double) again / losses).isCloseTo(0.05, within(0.02));
  }

  @Test
  void knowsItsShare() {
    assertThat(Loss.bursty(0.02, 5).share()).isCloseTo(0.02, within(1e-12));
    // Three quarters of the time in the good state: 0.75 * 0.01 + 0.25 * 0.5.
    assertThat(new Loss(0.1, 0.3, 0.01, 0.5).share()).isCloseTo(0.1325, within(1e-12));
    assertThat(Loss.NONE.share()).isZero();
  }

  @Test
  void refusesWhatIsNoLoss() {
    assertThatThrownBy(() -> Loss.random(0.51)).hasMessageContaining("0.51");
    assertThatThrownBy(() -> Loss.random(Double.NaN)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> Loss.bursty(0.1, 0.5)).hasMessageContaining("0.5");
    assertThatThrownBy(() -> new Loss(0.1, 0, 0, 1)).hasMessageContaining("must end");
    assertThatThrownBy(() -> new Loss(1, 1, 1, 1)).hasMessageContaining("every packet");
  }
}
