package dev.sluice.sim.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.sim.trace.LinkTrace.Step;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TraceWriterTest {
  private static final TraceReader.Settings SETTINGS =
      new TraceReader.Settings(Duration.ofMillis(40), 2, false);

  /** A rate as decimal text and back is off by a rounding at most. */
  private static final double TOLERANCE = 1e-9;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void readsBackWhatItWroteInFull(long seed) throws IOException {
    LinkTrace trace = random(seed);
    for (TraceFormat format : List.of(TraceFormat.STEPS, TraceFormat.CSV)) {
      LinkTrace read = read(TraceWriter.write(trace, format));

      assertThat(read.durationNanos()).isEqualTo(trace.durationNanos());
      assertThat(read.steps()).as("%s, seed %d", format, seed).hasSameSizeAs(trace.steps());
      for (int i = 0; i < trace.steps().size(); i++) {
        Step was = trace.steps().get(i);
        Step is = read.steps().get(i);
        assertThat(is.startNanos()).isEqualTo(was.startNanos());
        assertThat(is.outage()).isEqualTo(was.outage());
        if (!was.outage()) {
          assertThat(is.roundTripNanos()).isEqualTo(was.roundTripNanos());
          assertThat(is.uplinkBytesPerSecond())
              .isCloseTo(was.uplinkBytesPerSecond(), within(TOLERANCE * 1e6));
          assertThat(is.downlinkBytesPerSecond())
              .isCloseTo(was.downlinkBytesPerSecond(), within(TOLERANCE * 1e6));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void keepsTheUplinkInAThroughputLog(long seed) throws IOException {
    LinkTrace trace = random(seed);
    LinkTrace read = read(TraceWriter.write(trace, TraceFormat.THROUGHPUT));

    for (Step step : trace.steps()) {
      assertThat(read.stepAt(step.startNanos()).uplinkBytesPerSecond())
          .isCloseTo(step.outage() ? 0 : step.uplinkBytesPerSecond(), within(TOLERANCE * 1e6));
    }
    /* Half of an odd number of nanoseconds. */
    assertThat(read.durationNanos()).isCloseTo(trace.durationNanos(), within(1L));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void putsEveryWholePacketIntoSlots(long seed) throws IOException {
    LinkTrace trace = random(seed);
    String slots = TraceWriter.write(trace, TraceFormat.MAHIMAHI);
    double bytes = trace.meanUplinkBytesPerSecond() * trace.durationNanos() / 1e9;

    List<Long> times = slots.lines().map(Long::valueOf).toList();
    assertThat(times).isSorted().hasSize((int) (bytes / 1500));
    assertThat(times.get(times.size() - 1))
        .isEqualTo((trace.durationNanos() + 999_999) / 1_000_000);
    // At no slot are more packets through than the rate has sent by the end of its millisecond.
    for (int i = 0; i < times.size() - 1; i++) {
      double sent = bytesUntil(trace, (times.get(i) + 1) * 1_000_000);
      assertThat((i + 1) * 1500.0).isLessThanOrEqualTo(sent + 1);
      assertThat((i + 2) * 1500.0).isGreaterThan(bytesUntil(trace, times.get(i) * 1_000_000));
    }
  }

  @Test
  void writesSlotsThatReadAsTheyWere() throws IOException {
    // Ten packets in every bin of 100 ms but the third.
    StringBuilder text = new StringBuilder();
    for (int bin = 0; bin < 5; bin++) {
      for (int i = 1; i <= 10 && bin != 2; i++) {
        text.append(bin * 100 + i * 10 - (bin == 4 && i == 10 ? 0 : 1)).append('\n');
      }
    }
    LinkTrace trace = read(text.toString());

    assertThat(TraceWriter.write(trace, TraceFormat.MAHIMAHI)).isEqualTo(text.toString());
  }

  @ParameterizedTest
  @EnumSource(TraceFormat.class)
  void writesWhatIsToldFromItsFirstLine(TraceFormat format) throws IOException {
    LinkTrace trace =
        LinkTrace.builder().lte(Duration.ofSeconds(3)).wifi(Duration.ofSeconds(3)).build();

    LinkTrace read = read(TraceWriter.write(trace, format));

    assertThat(read.durationNanos()).isEqualTo(trace.durationNanos());
    assertThat(read.meanUplinkBytesPerSecond())
        .isCloseTo(trace.meanUplinkBytesPerSecond(), within(300.0));
  }

  @Test
  void refusesSlotsOfNothing() {
    LinkTrace faint = LinkTrace.constant(100, 1, Duration.ZERO);
    assertThatThrownBy(() -> TraceWriter.write(faint, TraceFormat.MAHIMAHI))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("this trace has 0");
  }

  private static LinkTrace read(String text) throws TraceFormatException {
    return TraceReader.parse("t", text, SETTINGS);
  }

  private static double bytesUntil(LinkTrace trace, long untilNanos) {
    double bytes = 0;
    for (long at = 0; at < untilNanos; ) {
      long end = Math.min(untilNanos, trace.nextChangeNanos(at));
      Step step = trace.stepAt(at);
      bytes += step.outage() ? 0 : step.uplinkBytesPerSecond() * (end - at) / 1e9;
      at = end;
    }
    return bytes;
  }

  private static LinkTrace random(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Step> steps = new ArrayList<>();
    long start = 0;
    for (int i = 0; i < 40; i++) {
      double rate = i % 7 == 3 ? 0 : random.nextDouble() * 2e6;
      steps.add(new Step(start, rate, rate * 2, 1 + random.nextLong(90_000_000), i % 5 == 4));
      start += 1 + random.nextLong(900_000_000L);
    }
    return LinkTrace.of(steps, start, false);
  }
}
