package dev.sluice.experiments.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.sim.trace.LinkTrace;
import dev.sluice.sim.trace.TraceReader;
import org.junit.jupiter.api.Test;

class ScenarioTest {
  private static final long SECOND = 1_000_000_000;

  @Test
  void lastsAMinuteWithAnOutageOfEightSeconds() {
    assertThat(Scenario.DRIVE.seconds()).isEqualTo(60);
    assertThat(Scenario.DRIVE.frames()).isEqualTo(300);
    assertThat(Scenario.DRIVE.phases().get(4)).isEqualTo(Phase.outage(8));
    assertThat(Scenario.DRIVE.outages()).containsExactly(4);
  }

  @Test
  void namesThePhaseOfEveryMoment() {
    assertThat(Scenario.DRIVE.phaseAt(0)).isZero();
    assertThat(Scenario.DRIVE.phaseAt(12 * SECOND - 1)).isZero();
    assertThat(Scenario.DRIVE.phaseAt(12 * SECOND)).isEqualTo(1);
    assertThat(Scenario.DRIVE.phaseAt(600 * SECOND)).isEqualTo(5);
  }

  @Test
  void shrinksInProportion() {
    Scenario half = Scenario.DRIVE.lasting(30);

    assertThat(half.seconds()).isEqualTo(30, within(1e-9));
    assertThat(half.frames()).isEqualTo(150);
    assertThat(half.phases().get(4).seconds()).isEqualTo(4, within(1e-9));
    assertThat(half.meanBytesPerSecond())
        .isEqualTo(Scenario.DRIVE.meanBytesPerSecond(), within(1e-6));
  }

  @Test
  void writesATraceThatTheEmulatedLinkReadsAsTheSame() throws Exception {
    Scenario scenario = Scenario.DRIVE.lasting(30);

    LinkTrace read = TraceReader.parse("demo", scenario.traceText(), TraceReader.Settings.DEFAULT);

    LinkTrace written = scenario.trace();
    assertThat(read.durationNanos()).isEqualTo(written.durationNanos());
    assertThat(read.steps()).hasSameSizeAs(written.steps());
    for (int i = 0; i < written.steps().size(); i++) {
      LinkTrace.Step step = written.steps().get(i);
      assertThat(read.steps().get(i).startNanos()).isEqualTo(step.startNanos());
      assertThat(read.steps().get(i).outage()).isEqualTo(step.outage());
      if (!step.outage()) {
        assertThat(read.steps().get(i)).isEqualTo(step);
      }
    }
  }
}
