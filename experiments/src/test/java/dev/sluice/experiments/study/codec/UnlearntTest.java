package dev.sluice.experiments.study.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.training.data.LabelledImages;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UnlearntTest {
  private static final int COUNT = 40;
  private static final int STEP = 4;

  /** One grey pixel each, of four times the picture's number. */
  private static final LabelledImages GREYS =
      new LabelledImages() {
        @Override
        public int size() {
          return COUNT;
        }

        @Override
        public int label(int index) {
          return index % 3;
        }

        @Override
        public Picture picture(int index) {
          byte grey = (byte) (STEP * index);
          return new Picture(new byte[] {grey, grey, grey}, 1, 1);
        }
      };

  private static int grey(LabelledImages images, int index) throws Exception {
    return Byte.toUnsignedInt(images.picture(index).rgb()[0]);
  }

  @Test
  void theLabelsPictureDominatesAndTheSharesDiffer() throws Exception {
    LabelledImages blended = new Unlearnt(GREYS, 0.5, 1);
    Set<Integer> moved = new HashSet<>();
    for (int i = 0; i < COUNT; i++) {
      assertThat(blended.label(i)).isEqualTo(GREYS.label(i));
      int by = Math.abs(grey(blended, i) - STEP * i);
      assertThat(by).isLessThanOrEqualTo(STEP * COUNT / 2);
      moved.add(by);
    }
    assertThat(moved).hasSizeGreaterThan(COUNT / 3);
  }

  @Test
  void nothingOfAnotherPictureLeavesAllAsTheyAre() throws Exception {
    LabelledImages blended = new Unlearnt(GREYS, 0, 1);
    for (int i = 0; i < COUNT; i++) {
      assertThat(grey(blended, i)).isEqualTo(STEP * i);
    }
  }

  @Test
  void aSeedRepeats() throws Exception {
    for (int i = 0; i < COUNT; i++) {
      assertThat(grey(new Unlearnt(GREYS, 0.4, 7), i))
          .isEqualTo(grey(new Unlearnt(GREYS, 0.4, 7), i));
    }
  }

  @Test
  void moreThanHalfOfAnotherPictureIsRefused() {
    assertThatThrownBy(() -> new Unlearnt(GREYS, 0.6, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
