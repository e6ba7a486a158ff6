package dev.sluice.experiments.report.figure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FigureTest {
  private static final Axis X = Axis.of("x", "");
  private static final Axis Y = Axis.of("y", "");

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void frontHoldsExactlyWhatNoOtherChoiceBeats(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Series.Point> points = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      points.add(Series.Point.of(random.nextInt(12), random.nextInt(12)));
    }
    for (boolean larger : new boolean[] {true, false}) {
      Figure.Pareto pareto =
          new Figure.Pareto("", "", X, Y, larger, List.of(new Series("all", points)));

      List<Series.Point> expected =
          points.stream()
              .filter(one -> points.stream().noneMatch(other -> beats(other, one, larger)))
              .distinct()
              .sorted(java.util.Comparator.comparingDouble(Series.Point::x))
              .toList();

      assertThat(pareto.front()).as("seed %d", seed).containsExactlyElementsOf(expected);
    }
  }

  private static boolean beats(Series.Point other, Series.Point one, boolean larger) {
    boolean asHigh = larger ? other.y() >= one.y() : other.y() <= one.y();
    boolean higher = larger ? other.y() > one.y() : other.y() < one.y();
    return other.x() <= one.x() && asHigh && (other.x() < one.x() || higher);
  }

  @Test
  void distributionRisesToOneAndIsThatOfTheSamples() {
    double[] samples = new SplittableRandom(5).doubles(10_000).toArray();

    Figure.Cdf cdf = Figure.Cdf.of("", "", X, Map.of("u", samples));

    List<Series.Point> points = cdf.curves().get(0).points();
    assertThat(points).hasSizeLessThanOrEqualTo(400);
    assertThat(points.get(points.size() - 1).y()).isEqualTo(1);
    for (Series.Point point : points) {
      double share =
          (double) java.util.Arrays.stream(samples).filter(s -> s <= point.x()).count()
              / samples.length;
      assertThat(point.y()).isEqualTo(share);
    }
  }

  @Test
  void keepsEveryOneOfFewSamples() {
    Figure.Cdf cdf = Figure.Cdf.of("", "", X, Map.of("u", new double[] {3, 1}));

    assertThat(cdf.curves().get(0).points())
        .containsExactly(Series.Point.of(1, 0.5), Series.Point.of(3, 1));
  }

  @Test
  void refusesAFieldOutsideOfTheMap() {
    List<Figure.HeatMap.Cell> cells = List.of(new Figure.HeatMap.Cell(1, 0, 0, ""));

    assertThatThrownBy(
            () ->
                new Figure.HeatMap("", "", X, List.of("a"), Y, List.of("b"), "", List.of(), cells))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("column 1 of 1");
  }

  @Test
  void refusesACategoryThatHasNoName() {
    List<Figure.HeatMap.Cell> cells = List.of(new Figure.HeatMap.Cell(0, 0, 1, ""));

    assertThatThrownBy(
            () ->
                new Figure.HeatMap(
                    "", "", X, List.of("a"), Y, List.of("b"), "", List.of("only"), cells))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no such category");
  }
}
