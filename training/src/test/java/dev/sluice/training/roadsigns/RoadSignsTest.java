package dev.sluice.training.roadsigns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RoadSignsTest {
  private final RoadSigns signs = new RoadSigns(RoadSigns.DEFAULT_SEED);

  @Test
  void knowsAtLeastTwentyFourSignsByDistinctNames() {
    List<String> labels = RoadSigns.labels();

    assertThat(labels).hasSizeGreaterThanOrEqualTo(24).doesNotHaveDuplicates();
    assertThat(labels).allMatch(label -> label.matches("[a-z0-9-]+"));
  }

  @ParameterizedTest
  @EnumSource
  void drawsTheSameFrameAgainInAnyOrderAndOnAnyThread(DataSet set) {
    List<LabelledFrame> once = IntStream.range(0, 40).mapToObj(i -> signs.frame(set, i)).toList();
    var other = new RoadSigns(RoadSigns.DEFAULT_SEED);

    List<LabelledFrame> again =
        IntStream.range(0, 40).parallel().mapToObj(i -> other.frame(set, i)).toList();

    assertThat(again).isEqualTo(once);
    assertThat(other.drive(set, 3)).isEqualTo(signs.drive(set, 3));
  }

  @Test
  void givesOtherFramesForOtherSeedsSetsAndIndices() {
    Set<LabelledFrame> frames = new HashSet<>();
    for (DataSet set : DataSet.values()) {
      for (int i = 0; i < 30; i++) {
        frames.add(signs.frame(set, i));
        frames.add(new RoadSigns(21).frame(set, i));
      }
    }

    assertThat(frames).hasSize(DataSet.values().length * 60);
  }

  @Test
  void numbersScenesOfDifferentSetsAndKindsApart() {
    long last = DataSet.SCENES_PER_KIND - 1;
    List<Long> ends =
        LongStream.of(0, last)
            .boxed()
            .flatMap(
                i ->
                    Arrays.stream(DataSet.values())
                        .flatMap(
                            set ->
                                Arrays.stream(DataSet.Kind.values())
                                    .map(kind -> set.sceneNumber(kind, i))))
            .sorted()
            .toList();

    // Ranges are disjoint exactly if, sorted, each begins right where another one ended.
    assertThat(ends).doesNotHaveDuplicates();
    for (int i = 0; i < ends.size(); i += 2) {
      assertThat(ends.get(i + 1) - ends.get(i)).isEqualTo(last);
    }
  }

  @Test
  void refusesAnIndexOutsideTheSet() {
    assertThatThrownBy(() -> signs.frame(DataSet.TEST, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
    assertThatThrownBy(() -> signs.drive(DataSet.TEST, DataSet.SCENES_PER_KIND))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void showsEverySignAboutEquallyOftenAndEverySizeAsPromised() {
    int count = 1500;
    int[] seen = new int[RoadSigns.labels().size()];
    for (int i = 0; i < count; i++) {
      LabelledFrame frame = signs.frame(DataSet.TRAIN, i);
      seen[frame.label()]++;
      assertThat(frame.fill()).isBetween(0.25, 0.9);
    }

    double expected = (double) count / seen.length;
    // Five standard deviations of a count of rare events.
    for (int n : seen) {
      assertThat((double) n).isCloseTo(expected, within(5 * Math.sqrt(expected)));
    }
  }

  @Test
  void bringsTheSignNearerFrameByFrame() {
    for (int i = 0; i < 10; i++) {
      Drive drive = signs.drive(DataSet.TEST, i);

      assertThat(drive.frames()).hasSizeBetween(12, 20);
      assertThat(drive.frames()).extracting(LabelledFrame::fill).isSorted();
      assertThat(drive.frames()).allMatch(frame -> frame.label() == drive.label());
    }
  }

  @Test
  void makesNeighbouringFramesOfADriveMoreAlikeThanFramesOfDifferentDrives() {
    double within = 0;
    double across = 0;
    for (int i = 0; i < 10; i++) {
      List<LabelledFrame> here = signs.drive(DataSet.TEST, i).frames();
      List<LabelledFrame> there = signs.drive(DataSet.TEST, i + 10).frames();
      within += difference(here.get(5), here.get(6));
      across += difference(here.get(5), there.get(6));
    }

    assertThat(within).isLessThan(0.5 * across);
  }

  @Test
  void takesMoreFramesOfADriveAtAHigherRate() {
    int slow = signs.drive(DataSet.TEST, 0, 5).frames().size();
    int fast = signs.drive(DataSet.TEST, 0, 10).frames().size();

    assertThat(fast).isBetween(2 * slow - 1, 2 * slow + 1);
    assertThatThrownBy(() -> signs.drive(DataSet.TEST, 0, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static double difference(LabelledFrame a, LabelledFrame b) {
    double sum = 0;
    for (int i = 0; i < RoadSigns.FRAME_BYTES; i++) {
      sum += Math.abs((a.rgb()[i] & 255) - (b.rgb()[i] & 255));
    }
    return sum / RoadSigns.FRAME_BYTES;
  }
}
