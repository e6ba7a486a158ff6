package dev.sluice.edge.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.edge.SimulatedLoop;
import dev.sluice.edge.session.Finished;
import dev.sluice.edge.session.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EmulatedDeviceTest {
  private static final long MS = 1_000_000;

  private final SimulatedLoop loop = new SimulatedLoop();
  private final long start = loop.nanoTime();

  @Test
  void endsWorkExactlyWhenItsVirtualTimeHasPassed() {
    EmulatedDevice device = new EmulatedDevice(loop, Runnable::run, 250, 0, new Random(1));
    List<Long> ends = new ArrayList<>();
    device.run(
        new Work<>("a", MS / 10, () -> "a"),
        first -> {
          ends.add(loop.nanoTime() - start);
          device.run(
              new Work<>("b", MS / 5, () -> "b"), second -> ends.add(loop.nanoTime() - start));
        });
    loop.runUntil(start + 1000 * MS);
    assertThat(ends).containsExactly(25 * MS, 75 * MS);
    assertThat(device.overruns()).isZero();
  }

  @Test
  void endsWorkThatIsGivenUpAtOnce() {
    EmulatedDevice device = new EmulatedDevice(loop, Runnable::run, 250, 0, new Random(1));
    List<Finished<String>> finished = new ArrayList<>();
    List<Long> ends = new ArrayList<>();
    device.run(
        new Work<>("a", MS, () -> "a"),
        given -> {
          finished.add(given);
          ends.add(loop.nanoTime() - start);
          device.run(new Work<>("b", MS, () -> "b"), b -> ends.add(loop.nanoTime() - start));
        });
    loop.at(start + 10 * MS, device::giveUp);
    loop.runUntil(start + 1000 * MS);
    assertThat(finished.get(0).elapsedNanos()).isEqualTo(10 * MS);
    assertThat(ends).containsExactly(10 * MS, 260 * MS);

    device.giveUp();
    assertThat(device.overruns()).isZero();
  }

  @Test
  void followsWithoutAGapHoweverLateTheLoopIs() {
    EmulatedDevice device = new EmulatedDevice(loop, Runnable::run, 1, 0, new Random(1));
    List<Long> elapsed = new ArrayList<>();
    List<Long> ends = new ArrayList<>();
    device.run(
        new Work<>("a", 10 * MS, () -> "a"),
        first -> {
          loop.spend(2 * MS);
          device.run(
              new Work<>("b", 10 * MS, () -> "b"),
              second -> {
                elapsed.add(second.elapsedNanos());
                ends.add(loop.nanoTime() - start);
              });
        });
    loop.runUntil(start + 1000 * MS);
    assertThat(elapsed).containsExactly(10 * MS);
    assertThat(ends).containsExactly(20 * MS);
  }

  @Test
  void countsRealComputationThatIsSlowerThanTheEmulatedDevice() {
    EmulatedDevice device = new EmulatedDevice(loop, Runnable::run, 2, 0, new Random(1));
    List<Finished<String>> finished = new ArrayList<>();
    device.run(
        new Work<>(
            "a",
            MS,
            () -> {
              loop.spend(5 * MS);
              return "a";
            }),
        finished::add);
    loop.runUntil(start + 1000 * MS);
    assertThat(device.overruns()).isEqualTo(1);
    assertThat(device.overrunNanos()).isEqualTo(3 * MS);
    assertThat(finished.get(0).elapsedNanos()).isEqualTo(5 * MS);
  }

  @Test
  void addsSeededNoiseThatDoesNotDependOnRealTime() {
    List<Long> first = elapsed(new Random(7), 0);
    List<Long> second = elapsed(new Random(7), MS / 2);
    assertThat(first).isEqualTo(second);
    double mean = first.stream().mapToLong(n -> n).average().orElseThrow();
    assertThat(mean).isBetween(0.98 * 10 * MS, 1.02 * 10 * MS);
    assertThat(first).allMatch(n -> n >= 9 * MS && n <= 11 * MS);
    assertThat(first).doesNotHaveDuplicates();
  }

  private List<Long> elapsed(Random noise, long realNanos) {
    EmulatedDevice device = new EmulatedDevice(loop, Runnable::run, 10, 0.03, noise);
    List<Long> elapsed = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      device.run(
          new Work<>(
              "a",
              MS,
              () -> {
                loop.spend(realNanos);
                return "a";
              }),
          finished -> elapsed.add(finished.elapsedNanos()));
      loop.runUntil(loop.nanoTime() + 100 * MS);
    }
    return elapsed;
  }

  @Test
  void handsOverAFailureAsAValue() {
    EmulatedDevice device = new EmulatedDevice(loop, Runnable::run, 1, 0, new Random(1));
    List<Finished<String>> finished = new ArrayList<>();
    device.run(
        new Work<String>(
            "a",
            MS,
            () -> {
              throw new IllegalStateException("broken");
            }),
        finished::add);
    loop.runUntil(start + 10 * MS);
    assertThat(finished.get(0).value()).isEmpty();
    assertThat(finished.get(0).failure().orElseThrow()).hasMessage("broken");
  }
}
