package dev.sluice.experiments.study.herd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

class HerdTest {
  /**
   * Forty devices weigh as much as a hundred on a worker that is 2.5 times as slow. With fewer a
   * single one that moves looks like a swing.
   */
  private static final int DEVICES = 40;

  private static final double SLOWDOWN = 2.5;

  private static final HerdConfig CONFIG =
      new HerdConfig(
          DEVICES,
          DEVICES / 2,
          1,
          SLOWDOWN,
          40,
          180,
          250,
          40,
          20,
          20,
          List.of("jpeg-75", "klt-s1.0"),
          16,
          List.of("p95_latency <= 180 ms; minimise mean_latency"),
          List.of(HerdConfig.Mixture.ALIKE),
          List.of("sluice"),
          1);

  private static Herd herd(HerdStudy.Contender contender) throws Exception {
    HerdStudy.Course course = new HerdStudy.Course(contender, HerdConfig.Mixture.ALIKE, 0, 0);
    return new Herd(CONFIG.setting(HerdStudy.facts(), course), 7);
  }

  @Test
  void settlesUnderAWorkerThatCannotServeAllWhereTheUndampedLeaveTogether() throws Exception {
    List<Phase> phases =
        HerdStudy.phases(herd(HerdStudy.Contender.SLUICE), DEVICES, DEVICES / 2, SLOWDOWN, 1, 40);
    for (Phase phase : phases) {
      assertThat(phase.settlingSeconds()).as(phase.name()).isLessThanOrEqualTo(10);
      assertThat(phase.oscillation()).as(phase.name()).isLessThan(0.3);
      assertThat(phase.utilisation()).as(phase.name()).isBetween(0.7, 0.97);
      assertThat(phase.lateShare()).as(phase.name()).isLessThan(0.01);
      assertThat(phase.refusedShare()).as(phase.name()).isLessThan(0.01);
    }

    Herd undamped = herd(HerdStudy.Contender.UNDAMPED);
    undamped.slowDown(SLOWDOWN);
    undamped.join(DEVICES);
    undamped.run(20);
    assertThat(leastSent(undamped.course())).isLessThan(0.7 * leastSent(phases.get(0).course()));
  }

  /** The fewest requests in one of the first twenty seconds, once all have begun. */
  private static double leastSent(List<Herd.Second> course) {
    return course.subList(2, 20).stream().mapToLong(Herd.Second::sent).min().orElseThrow();
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

  private static Phase phase(int seconds, IntToLongFunction sent) {
    List<Herd.Second> course = new ArrayList<>();
    for (int i = 0; i < seconds; i++) {
      course.add(new Herd.Second(10, 40, 0, 0, sent.applyAsLong(i), 0, 500_000_000, 0, 0));
    }
    return new Phase("made up", course, 1);
  }
}
