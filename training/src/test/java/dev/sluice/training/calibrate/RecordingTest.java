package dev.sluice.training.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RecordingTest {
  private static final double STEP = 1.0 / CalibrationTable.STEPS;
  private static final double COARSE = 256 * STEP;

  private final SplittableRandom random = new SplittableRandom(4);

  @Test
  void coarseMarginsLeaveARunnerUpOfWholeBytesAndAreNeverLarger() {
    for (int i = 0; i < 10_000; i++) {
      double confidence = random.nextDouble();
      double margin = confidence * random.nextDouble();
      double coarse = Recording.coarseMargin(confidence, margin);

      assertThat(coarse).isBetween(Math.max(0, margin - COARSE - STEP), margin + STEP);
      long first = Math.round(confidence / STEP);
      long second = first - Math.round(coarse / STEP);
      assertThat(second % 256 == 0 || second == first).isTrue();
    }
  }

  @Test
  void coarseEntropiesAreNeverSmallerButForTheLargest() {
    double most = Math.log(38);
    for (int i = 0; i < 10_000; i++) {
      double nats = most * random.nextDouble();
      assertThat(Recording.coarseEntropyNats(nats, 38))
          .isBetween(nats - STEP * most, Math.min(most, nats + (COARSE + STEP) * most));
    }
    assertThat(Recording.coarseEntropyNats(most, 38)).isCloseTo(most, within(1e-12));
    assertThat(Recording.coarseEntropyNats(0, 38)).isZero();
  }
}
