package dev.sluice.experiments.study.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sim.trace.LinkTrace;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SilenceTest {
  private static final long MS = Courses.MS;

  /** Steps of 100 ms that are away or not. */
  private static LinkTrace random(SplittableRandom random, int steps) {
    List<LinkTrace.Step> all = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      all.add(new LinkTrace.Step(100L * MS * i, 1000 + i, 1000, 0, random.nextInt(3) > 0));
    }
    return LinkTrace.of(all, 100L * MS * steps, true);
  }

  /** Every moment is silent in the list exactly where the link is away long enough around it. */
  @Test
  void findsEveryStretchThatIsLongEnough() {
    SplittableRandom random = new SplittableRandom(1);
    for (int run = 0; run < 50; run++) {
      LinkTrace trace = random(random, 40);
      List<Silence> found = Silence.of(trace, 4000 * MS, 300 * MS);

      for (int i = 0; i < 40; i++) {
        long at = 100L * MS * i + 50 * MS;
        boolean silent = found.stream().anyMatch(s -> s.meets(at, at + 1));
        assertThat(silent).as("run %d, step %d", run, i).isEqualTo(stretch(trace, i) >= 3);
      }
    }
  }

  private static int stretch(LinkTrace trace, int step) {
    if (!away(trace, step)) {
      return 0;
    }
    int from = step;
    int to = step;
    while (from > 0 && away(trace, from - 1)) {
      from--;
    }
    while (to < 39 && away(trace, to + 1)) {
      to++;
    }
    return to - from + 1;
  }

  private static boolean away(LinkTrace trace, int step) {
    return trace.stepAt(100L * MS * step).outage();
  }

  /** Recordings of packets have no outages, but times without any packet. */
  @Test
  void takesARateOfNothingForSilence() {
    List<LinkTrace.Step> steps =
        List.of(
            new LinkTrace.Step(0, 1000, 1000, 0, false),
            new LinkTrace.Step(1000 * MS, 0, 1000, 0, false),
            new LinkTrace.Step(1500 * MS, 0, 1000, 0, true),
            new LinkTrace.Step(2000 * MS, 1000, 1000, 0, false));

    assertThat(Silence.of(LinkTrace.of(steps), 4000 * MS, 1000 * MS))
        .containsExactly(new Silence(1000 * MS, 2000 * MS));
  }

  @Test
  void endsWithWhatCounts() {
    assertThat(Silence.of(Courses.link(1000, 0, 1, 4), 2000 * MS, 1))
        .containsExactly(new Silence(1000 * MS, 2000 * MS));
    assertThat(Silence.of(Courses.link(1000, 0, 1, 4), 1000 * MS, 1)).isEmpty();
  }

  @Test
  void beginsATraceAnywhereWithoutChangingIt() {
    LinkTrace trace = random(new SplittableRandom(2), 40);
    LinkTrace begun = Traces.begunAt(trace, 1230 * MS);

    assertThat(begun.durationNanos()).isEqualTo(trace.durationNanos());
    for (int i = 0; i < 100; i++) {
      LinkTrace.Step step = begun.stepAt(97L * MS * i);
      LinkTrace.Step there = trace.stepAt(97L * MS * i + 1230 * MS);
      assertThat(step.outage()).isEqualTo(there.outage());
      assertThat(step.uplinkBytesPerSecond()).isEqualTo(there.uplinkBytesPerSecond());
    }
  }
}
