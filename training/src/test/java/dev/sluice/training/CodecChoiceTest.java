package dev.sluice.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.training.CodecChoice.Tried;
import dev.sluice.training.transform.CutCodec;
import java.util.List;
import org.junit.jupiter.api.Test;

class CodecChoiceTest {
  private static final double LOSSLESS = 0.97;

  private static Tried picture(String name, double bytes, double accuracy, double unchanged) {
    return new Tried(CutCodec.picture(name), bytes, accuracy, unchanged);
  }

  private static List<String> kept(Tried... tried) {
    return CodecChoice.keep(List.of(tried), LOSSLESS).stream().map(CutCodec::name).toList();
  }

  @Test
  void plain_pictures_stay_however_good_others_are() {
    assertThat(
            kept(
                picture("raw", 27_652, 0.97, 1),
                picture("jpeg-75", 1_700, 0.95, 0.96),
                picture("jpegm-50-444", 1_300, 0.968, 0.98)))
        .containsExactly("raw", "jpeg-75", "jpegm-50-444");
  }

  @Test
  void a_picture_that_another_beats_in_bytes_and_answers_goes() {
    assertThat(
            kept(
                picture("raw", 27_652, 0.97, 1),
                picture("jpegm-75", 1_470, 0.956, 0.968),
                picture("jpegm-50-444", 1_290, 0.96, 0.975)))
        .containsExactly("raw", "jpegm-50-444");
  }

  @Test
  void a_picture_that_loses_more_than_four_points_goes_though_it_is_the_smallest() {
    assertThat(kept(picture("raw", 27_652, 0.97, 1), picture("jpegm-5", 300, 0.92, 0.93)))
        .containsExactly("raw");
  }

  @Test
  void of_many_the_smallest_within_half_a_point_and_the_smallest_that_changes_little_stay() {
    assertThat(
            kept(
                picture("jpegm-90-444", 4_000, 0.9699, 0.999),
                picture("jpegm-75-444", 2_000, 0.967, 0.985),
                picture("jpegm-74-444", 1_990, 0.9666, 0.979),
                picture("jpegm-73-444", 1_980, 0.966, 0.978),
                picture("jpegm-30-444", 1_000, 0.95, 0.96),
                picture("jpegm-29-444", 990, 0.949, 0.959),
                picture("jpegm-28-444", 980, 0.948, 0.958),
                picture("jpegm-20-444", 700, 0.94, 0.95)))
        .hasSize(6)
        .contains("jpegm-75-444", "jpegm-73-444")
        .startsWith("jpegm-90-444")
        .endsWith("jpegm-20-444");
  }

  @Test
  void cuts_do_not_compete_with_each_other() {
    assertThat(
            kept(
                picture("raw", 27_652, 0.97, 1),
                new Tried(CutCodec.eightBit(2), 6_000, 0.97, 0.999),
                new Tried(CutCodec.eightBit(1), 12_000, 0.97, 0.999)))
        .containsExactly("raw", CutCodec.EIGHT_BIT, CutCodec.EIGHT_BIT);
  }
}
