package dev.sluice.experiments.study.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.study.grid.CellKey;
import dev.sluice.experiments.study.grid.Made;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RegionTest {
  private static final double EXACT = 1e-9;
  private static final CellKey.Point POINT = Made.point("1 Mbit/s, 10 ms", "latency");

  private static final MapStudy.Config CONFIG =
      new MapStudy.Config(
          Made.config(
              List.of(Made.task("latency")),
              List.of("sluice", "device-only", "raw", "jpeg", "neurosurgeon", "spinn")),
          Map.of(
              "device", List.of("device-only"),
              "picture", List.of("raw", "jpeg"),
              "split", List.of("neurosurgeon"),
              "joint rivals", List.of("spinn"),
              "joint plan", List.of("sluice")),
          "joint plan");

  private static Made of(String strategy, double millis) {
    return Made.of(POINT, strategy).latency(millis);
  }

  private static Region region(Made... cells) {
    return Region.of(Made.results(cells), POINT, CONFIG, 1).orElseThrow();
  }

  private static double value(java.util.Optional<Interval> interval) {
    return interval.orElseThrow().value();
  }

  @Test
  void namesTheQuickestKindAndByHowMuch() {
    Region region = region(of("sluice", 30), of("device-only", 80), of("raw", 50), of("jpeg", 40));

    assertThat(region.winner()).isEqualTo("joint plan");
    assertThat(region.second()).isEqualTo("picture");
    assertThat(value(region.margin())).isCloseTo(40.0 / 30, within(EXACT));
    assertThat(value(region.overBestOther())).isCloseTo(30.0 / 40, within(EXACT));
  }

  @Test
  void leavesOutWhoeverIsNotAccurateEnough() {
    Region region = region(of("sluice", 30), of("device-only", 80), of("jpeg", 10).right(9));

    assertThat(region.winner()).isEqualTo("joint plan");
    assertThat(region.second()).isEqualTo("device");
  }

  @Test
  void saysWhereTheJointPlanItselfIsNotAccurateEnough() {
    Region region = region(of("sluice", 30).right(9), of("device-only", 80));

    assertThat(region.jointAccurate()).isFalse();
    assertThat(region.winner()).isEqualTo("device");
    assertThat(region.overBestOther()).isEmpty();
    assertThat(region.overBestProven()).isEmpty();
  }

  @Test
  void comparesWithProvenWaysApart() {
    Region region = region(of("sluice", 30), of("device-only", 40), of("jpeg", 20).unproven());

    assertThat(value(region.overBestOther())).isCloseTo(1.5, within(EXACT));
    assertThat(value(region.overBestProven())).isCloseTo(0.75, within(EXACT));
  }

  /** Joint rivals may split, so they are no measure of a split alone. */
  @Test
  void measuresASplitAgainstWhatDoesNotSplit() {
    Region region =
        region(of("sluice", 10), of("spinn", 20), of("neurosurgeon", 60), of("device-only", 40));

    assertThat(value(region.splitOverBestOther())).isCloseTo(1.5, within(EXACT));
    assertThat(Region.clearlyWorse(region.splitOverBestOther().orElseThrow())).isTrue();
  }

  @Test
  void isNoRegionWhereNobodyIsAccurateEnough() {
    assertThat(
            Region.of(
                Made.results(of("sluice", 30).right(5), of("jpeg", 10).right(5)), POINT, CONFIG, 1))
        .isEmpty();
  }

  @Test
  void hasAsManyCellsAsTitles() {
    assertThat(region(of("sluice", 30)).line()).hasSameSizeAs(Region.TITLES);
  }
}
