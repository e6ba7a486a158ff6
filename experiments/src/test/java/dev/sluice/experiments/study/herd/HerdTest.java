package dev.sluice.experiments.study.herd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HerdTest {
  /** Twenty devices weigh as much as a hundred on a worker that is five times as slow. */
  private static List<Phase> course(HerdStudy.Contender contender) throws Exception {
    Herd herd = new Herd(HerdStudy.setting(HerdStudy.facts(), contender, 0, true, 1), 7);
    return HerdStudy.course(herd, 20, 10, 5, 1, 40);
  }

  @Test
  void settlesUnderAWorkerThatCannotServeAllOfThem() throws Exception {
    for (Phase phase : course(HerdStudy.Contender.SLUICE)) {
      assertThat(phase.settlingSeconds()).as(phase.name()).isLessThanOrEqualTo(20);
      assertThat(phase.oscillation()).as(phase.name()).isLessThan(0.3);
      assertThat(phase.utilisation()).as(phase.name()).isBetween(0.65, 0.97);
      assertThat(phase.lateShare()).as(phase.name()).isLessThan(0.01);
      assertThat(phase.refusedShare()).as(phase.name()).isLessThan(0.01);
    }
  }

  @Test
  void leavesTogetherAndTooFarWithoutDamping() throws Exception {
    Phase damped = course(HerdStudy.Contender.SLUICE).get(0);
    Phase undamped = course(HerdStudy.Contender.UNDAMPED).get(0);
    assertThat(leastSent(undamped)).isLessThan(0.6 * leastSent(damped));
  }

  /** The fewest requests in a second of the first twenty. */
  private static double leastSent(Phase phase) {
    return phase.course().subList(2, 20).stream().mapToLong(Herd.Second::sent).min().orElseThrow();
  }

  @Test
  void tellsSettledFromSwinging() {
    assertThat(phase(60, i -> 100).settlingSeconds()).isZero();
    assertThat(phase(60, i -> 100).oscillation()).isZero();
    // A window of five seconds is within 15 % of the end when one second of it is at 160.
    assertThat(phase(60, i -> i < 30 ? 160 : 100).settlingSeconds()).isBetween(25.0, 30.0);
    Phase swinging = phase(60, i -> i / 10 % 2 == 0 ? 50 : 150);
    assertThat(swinging.settlingSeconds()).isGreaterThan(45);
    assertThat(swinging.oscillation()).isCloseTo(1, within(1e-9));
    assertThatThrownBy(() -> phase(5, i -> 100)).isInstanceOf(IllegalArgumentException.class);
  }

  private static Phase phase(int seconds, java.util.function.IntToLongFunction sent) {
    List<Herd.Second> course = new ArrayList<>();
    for (int i = 0; i < seconds; i++) {
      course.add(new Herd.Second(10, 40, 0, 0, sent.applyAsLong(i), 0, 500_000_000, 0, 0));
    }
    return new Phase("made up", course, 1);
  }
}
