package dev.sluice.experiments.study.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.experiments.report.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PairedTest {
  private static final double EXACT = 1e-9;

  /** As many pictures as blocks could want. */
  private static final int MANY = 1_000_000;

  /** Of 2,000 normal intervals of 95 %, give or take three standard errors. */
  private static final double COVERAGE_TOLERANCE = 0.015;

  static Block block(double latencyMillis, int right) {
    return new Block(
        10, right, 10, right, 0, 0, 0, 0, 10 * latencyMillis * 1e6, 1e9, 0, 0, latencyMillis);
  }

  static Series series(String name, Block... blocks) {
    CellResult cell = cell(name, true, blocks);
    return new Series(cell.key().point(), name, List.of(cell));
  }

  private static CellResult cell(String name, boolean proven, Block... blocks) {
    CellKey key = new CellKey("bundle", "device", "link", "task", name, 0);
    return new CellResult(key, List.of(blocks), MANY, "", 0, 0, proven, 0, Map.of());
  }

  @Test
  void comparesWithProvenRivalsAloneWhereAskedTo() {
    GridResults results =
        new GridResults(
            List.of(
                cell("own", true, block(30, 10), block(30, 10)),
                cell("lucky", false, block(10, 10), block(10, 10)),
                cell("sure", true, block(20, 10), block(20, 10)),
                cell("surely bad", true, block(5, 5), block(5, 5))));

    assertThat(ratio(results, Standing.Against.ACCURATE)).isCloseTo(3, within(EXACT));
    assertThat(ratio(results, Standing.Against.PROVEN)).isCloseTo(1.5, within(EXACT));
  }

  private static double ratio(GridResults results, Standing.Against against) {
    Standing standing =
        Standing.of(
                results,
                results.points(),
                "own",
                List.of("lucky", "sure", "surely bad"),
                Measure.MEAN_LATENCY,
                1,
                against,
                1)
            .get(0);
    return standing.ratio().orElseThrow().value();
  }

  @Test
  void dividesSumsAndNotMeansOfRatios() {
    Series one = series("one", block(10, 10), block(30, 10));
    Series other = series("other", block(20, 10), block(20, 10));

    assertThat(Paired.ratio(Measure.MEAN_LATENCY, one, other, 1).value())
        .isCloseTo(1, within(EXACT));
  }

  /** Blocks of another seed are of other frames, even if there are as many. */
  @Test
  void doesNotCompareAStrategyOfWhichASeedIsMissing() {
    GridResults results =
        new GridResults(List.of(cell("whole", 0), cell("whole", 1), cell("a", 1), cell("b", 0)));
    CellKey.Point point = results.points().get(0);

    assertThat(results.all(point)).containsOnlyKeys("whole");
  }

  private static CellResult cell(String strategy, int seed) {
    CellKey key = new CellKey("bundle", "device", "link", "task", strategy, seed);
    return new CellResult(key, List.of(block(10, 10)), MANY, "", 0, 0, true, 0, Map.of());
  }

  @Test
  void isSureOfARatioThatIsTheSameInEveryBlock() {
    Series one = series("one", block(10, 10), block(30, 10), block(50, 10), block(20, 10));
    Series other = series("other", block(20, 10), block(60, 10), block(100, 10), block(40, 10));
    Interval ratio = Paired.ratio(Measure.MEAN_LATENCY, one, other, 1);

    assertThat(ratio.low()).isCloseTo(0.5, within(EXACT));
    assertThat(ratio.high()).isCloseTo(0.5, within(EXACT));
  }

  @Test
  void takesTheGeometricMeanOverPoints() {
    Paired.Pair twice = new Paired.Pair(series("a", block(20, 10)), series("b", block(10, 10)));
    Paired.Pair eightfold = new Paired.Pair(series("a", block(80, 10)), series("b", block(10, 10)));

    assertThat(Paired.geometricMean(Measure.MEAN_LATENCY, List.of(twice, eightfold), 1).value())
        .isCloseTo(4, within(EXACT));
  }

  @Test
  void coversTheMeanAsOftenAsItSays() {
    SplittableRandom random = new SplittableRandom(5);
    int covered = 0;
    int repeats = 2000;
    for (int r = 0; r < repeats; r++) {
      double[] values = random.doubles(8).map(u -> Math.sqrt(-2 * Math.log(1 - u))).toArray();
      for (int i = 0; i < values.length; i++) {
        values[i] *= Math.cos(2 * Math.PI * random.nextDouble());
      }
      Interval mean = Paired.mean(values);
      covered += mean.low() <= 0 && mean.high() >= 0 ? 1 : 0;
    }

    assertThat((double) covered / repeats).isCloseTo(0.95, within(COVERAGE_TOLERANCE));
  }

  /**
   * Streams of pictures that come three times each: the latency's ratio of two strategies depends
   * on the picture, and its mean over all pictures is 1.
   */
  @ParameterizedTest
  @CsvSource({"3, 8, 1", "1, 24, 1", "2, 12, 2"})
  void coversARatioThoughPicturesComeAgain(int repeats, int different, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int covered = 0;
    int runs = 1000;
    for (int run = 0; run < runs; run++) {
      double[] effects = new double[different];
      for (int i = 0; i < different; i++) {
        effects[i] = random.nextGaussian();
      }
      List<Block> one = new ArrayList<>();
      List<Block> other = new ArrayList<>();
      for (int i = 0; i < repeats * different; i++) {
        one.add(block(100 + 10 * effects[i % different] + random.nextGaussian(), 10));
        other.add(block(100, 10));
      }
      Interval ratio =
          Paired.ratio(
              Measure.MEAN_LATENCY,
              series("a", different, one),
              series("b", different, other),
              run);
      covered += ratio.low() <= 1 && ratio.high() >= 1 ? 1 : 0;
    }

    assertThat((double) covered / runs).isBetween(0.92, 0.98);
  }

  @Test
  void isNoSurerOfAnAccuracyWhenPicturesComeAgain() {
    List<Block> once = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      once.add(block(1, 9 - i % 2));
    }
    List<Block> thrice = new ArrayList<>(once);
    thrice.addAll(once);
    thrice.addAll(once);

    assertThat(series("thrice", 8, thrice).difference())
        .isEqualTo(series("once", 8, once).difference());
  }

  private static Series series(String name, int different, List<Block> blocks) {
    CellKey key = new CellKey("bundle", "device", "link", "task", name, 0);
    CellResult cell = new CellResult(key, blocks, different, "", 0, 0, true, 0, Map.of());
    return new Series(key.point(), name, List.of(cell));
  }

  @Test
  void knowsNoSpreadOfOneValue() {
    assertThat(Paired.mean(new double[] {3})).isEqualTo(new Interval(3, 3, 3));
  }

  @Test
  void refusesSeriesOfOtherBlocks() {
    assertThatThrownBy(
            () -> new Paired.Pair(series("a", block(1, 1), block(1, 1)), series("b", block(1, 1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not the same blocks");
  }

  @Test
  void callsAccurateWhatIsNotShownToBeWorse() {
    List<Block> noisy = new ArrayList<>();
    List<Block> worse = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      noisy.add(block(1, i % 2 == 0 ? 10 : 8));
      worse.add(block(1, 9));
    }

    /* Ten points below in the mean; the one varies by ten points, the other not at all. */
    assertThat(series("noisy", noisy.toArray(Block[]::new)).accurate(6)).isTrue();
    assertThat(series("worse", worse.toArray(Block[]::new)).accurate(6)).isFalse();
  }

  @Test
  void leavesOutOfTheBestWhoeverIsNotAccurate() {
    CellKey.Point point = series("x", block(1, 1)).point();
    List<CellResult> cells = new ArrayList<>();
    cells.addAll(series("quick and wrong", block(1, 5), block(1, 5)).seeds());
    cells.addAll(series("slow", block(9, 10), block(9, 10)).seeds());
    cells.addAll(series("quicker", block(7, 10), block(7, 10)).seeds());
    GridResults results = new GridResults(cells);

    assertThat(
            results.best(
                point,
                List.of("quick and wrong", "slow", "quicker", "absent"),
                Measure.MEAN_LATENCY,
                0.5))
        .map(Series::strategy)
        .contains("quicker");
  }

  @Test
  void hasNoRatioWhereNobodyElseIsAccurate() {
    List<CellResult> cells = new ArrayList<>();
    cells.addAll(series("sluice", block(5, 10), block(5, 10)).seeds());
    cells.addAll(series("rival", block(1, 5), block(1, 5)).seeds());
    GridResults results = new GridResults(cells);
    List<Standing> standings =
        Standing.of(
            results,
            results.points(),
            "sluice",
            List.of("rival"),
            Measure.MEAN_LATENCY,
            0.5,
            Standing.Against.ACCURATE,
            1);

    assertThat(standings).hasSize(1);
    assertThat(standings.get(0).accurate()).isTrue();
    assertThat(standings.get(0).ratio()).isEmpty();
    assertThat(Standing.worst(standings, Measure.MEAN_LATENCY)).isEmpty();
  }
}
