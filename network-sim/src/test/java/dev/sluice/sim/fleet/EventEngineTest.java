package dev.sluice.sim.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sim.fleet.EventEngine.Scheduled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventEngineTest {
  private final EventEngine engine = new EventEngine();
  private final List<String> ran = new ArrayList<>();

  @Test
  void runsInOrderOfTimeAndOfSchedulingAmongEqualTimes() {
    engine.schedule(20, () -> note("c"));
    engine.schedule(10, () -> note("a"));
    engine.schedule(20, () -> note("d"));
    engine.schedule(10, () -> note("b"));

    engine.run();

    assertThat(ran).containsExactly("a@10", "b@10", "c@20", "d@20");
    assertThat(engine.nowNanos()).isEqualTo(20);
    assertThat(engine.pending()).isZero();
  }

  @Test
  void runsWhatAnActionSchedulesEvenForTheSameMoment() {
    engine.schedule(
        5,
        () -> {
          note("first");
          engine.schedule(5, () -> note("after"));
          engine.scheduleAfter(3, () -> note("later"));
        });
    engine.schedule(5, () -> note("second"));

    engine.run();

    assertThat(ran).containsExactly("first@5", "second@5", "after@5", "later@8");
  }

  @Test
  void stopsAtATimeAndGoesOn() {
    engine.schedule(10, () -> note("a"));
    engine.schedule(11, () -> note("b"));

    engine.runUntil(10);
    assertThat(ran).containsExactly("a@10");
    engine.runUntil(10);
    engine.runUntil(50);
    assertThat(ran).containsExactly("a@10", "b@11");
    assertThat(engine.nowNanos()).isEqualTo(50);
  }

  @Test
  void leavesOutWhatWasCancelled() {
    Scheduled cancelled = engine.schedule(10, () -> note("a"));
    engine.schedule(11, () -> note("b"));
    cancelled.cancel();

    engine.run();

    assertThat(ran).containsExactly("b@11");
  }

  @Test
  void refusesThePast() {
    engine.runUntil(100);
    assertThatThrownBy(() -> engine.schedule(99, () -> note("a")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> engine.runUntil(99)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void goesOnAfterAnActionThatFailed() {
    engine.schedule(
        1,
        () -> {
          throw new IllegalStateException("as planned");
        });
    engine.schedule(2, () -> note("b"));

    assertThatThrownBy(engine::run).hasMessage("as planned");
    engine.run();

    assertThat(ran).containsExactly("b@2");
  }

  private void note(String what) {
    ran.add(what + "@" + engine.nowNanos());
  }
}
