package dev.sluice.training.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.training.tracker.Tracker;
import dev.sluice.training.roadsigns.DataSet;
import dev.sluice.training.roadsigns.LabelledFrame;
import dev.sluice.training.roadsigns.RoadSigns;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class JointTrainerTest {
  @Test
  void raisesTheLearningRateOnceAndLetsItFallToNothing() {
    Tracker rate = JointTrainer.oneCycle(0.1, 1000);

    assertThat(rate.getNewValue(0)).isLessThan(0.01f);
    assertThat(rate.getNewValue(150)).isEqualTo(0.1f);
    for (int step = 1; step <= 1000; step++) {
      boolean rising = step <= 150;
      assertThat(rate.getNewValue(step) >= rate.getNewValue(step - 1)).isEqualTo(rising);
    }
    assertThat(rate.getNewValue(1000)).isLessThan(1e-6f);
  }

  @Test
  void drawsThePoolAlikeOnAnyNumberOfThreads() {
    var signs = new RoadSigns(1);
    FramePool one = FramePool.draw(signs, DataSet.TRAIN, 20, 1, drawn -> {});
    FramePool three = FramePool.draw(signs, DataSet.TRAIN, 20, 3, drawn -> {});

    for (int i = 0; i < 20; i++) {
      assertThat(bytes(three, i)).isEqualTo(bytes(one, i));
      assertThat(three.label(i)).isEqualTo(one.label(i));
    }
  }

  @Test
  void shiftsAFrameByWholePixelsAndRepeatsItsEdges() {
    var signs = new RoadSigns(1);
    FramePool pool = FramePool.draw(signs, DataSet.TRAIN, 1, 1, drawn -> {});
    LabelledFrame frame = signs.frame(DataSet.TRAIN, 0);
    for (int seed = 0; seed < 30; seed++) {
      var out = ByteBuffer.allocate(RoadSigns.FRAME_BYTES);
      pool.copyShifted(0, out, 4, new SplittableRandom(seed));

      var same = new SplittableRandom(seed);
      int dx = same.nextInt(9) - 4;
      int dy = same.nextInt(9) - 4;
      byte[] expected = new byte[RoadSigns.FRAME_BYTES];
      for (int y = 0; y < RoadSigns.SIDE; y++) {
        for (int x = 0; x < RoadSigns.SIDE; x++) {
          int from = 3 * (inside(y + dy) * RoadSigns.SIDE + inside(x + dx));
          System.arraycopy(frame.rgb(), from, expected, 3 * (y * RoadSigns.SIDE + x), 3);
        }
      }
      assertThat(out.array()).as("seed %d", seed).isEqualTo(expected);
    }
  }

  @Test
  void startsTheCurriculumWithNearSignsOnly() {
    var signs = new RoadSigns(1);
    FramePool pool = FramePool.draw(signs, DataSet.TRAIN, 50, 1, drawn -> {});

    int[] near = pool.atLeast(0.5);

    assertThat(near).isNotEmpty().hasSizeLessThan(50);
    assertThat(Arrays.stream(near).mapToDouble(i -> signs.frame(DataSet.TRAIN, i).fill()))
        .allMatch(fill -> fill >= 0.4999);
    assertThat(pool.atLeast(0)).hasSize(50);
  }

  private static int inside(int i) {
    return Math.max(0, Math.min(RoadSigns.SIDE - 1, i));
  }

  private static byte[] bytes(FramePool pool, int index) {
    var out = ByteBuffer.allocate(RoadSigns.FRAME_BYTES);
    pool.copy(index, out);
    return out.array();
  }
}
