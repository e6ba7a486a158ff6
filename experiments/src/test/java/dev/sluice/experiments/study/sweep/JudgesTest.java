package dev.sluice.experiments.study.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.study.grid.CellKey;
import dev.sluice.experiments.study.grid.GridConfig;
import dev.sluice.experiments.study.grid.GridResults;
import dev.sluice.experiments.study.grid.Made;
import dev.sluice.experiments.study.grid.Measure;
import dev.sluice.experiments.study.grid.Standing;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The claims of the sweeps, from results made by hand. */
class JudgesTest {
  private static final double EXACT = 1e-9;
  private static final CellKey.Point SLOW = Made.point("1 Mbit/s, 10 ms", "worker");
  private static final CellKey.Point FAST = Made.point("2 Mbit/s, 10 ms", "worker");

  private static Claim claim(List<Claim> claims, String part) {
    return claims.stream().filter(c -> c.name().contains(part)).findFirst().orElseThrow();
  }

  private static List<Claim> load(Made... cells) {
    return ServerLoadStudy.claims(
        "bundle",
        Made.results(cells),
        List.of(SLOW, FAST),
        Made.config(List.of(Made.task("worker")), List.of("sluice")),
        1);
  }

  @Test
  void comparesTheWorkersLoadWhereBothHold() {
    List<Claim> claims =
        load(
            Made.of(SLOW, "sluice").worker(1),
            Made.of(SLOW, "cloud-only best").worker(2),
            Made.of(FAST, "sluice").worker(1),
            Made.of(FAST, "cloud-only best").worker(8),
            Made.of(SLOW, "neurosurgeon").worker(9).late(1),
            Made.of(FAST, "neurosurgeon").worker(9).right(8));

    assertThat(claim(claims, "cloud-only best over Sluice's, best rate").measured())
        .isCloseTo(8, within(EXACT));
    assertThat(claim(claims, "cloud-only best over Sluice's, geometric mean").measured())
        .isCloseTo(4, within(EXACT));
    /* Late at one rate and wrong at the other. */
    assertThat(claim(claims, "of neurosurgeon over Sluice's: nowhere").holds()).isFalse();
    assertThat(claim(claims, "some rival holds").holds()).isTrue();
  }

  @Test
  void countsRatesAtWhichARivalHoldsAndSluiceNot() {
    List<Claim> claims =
        load(
            Made.of(SLOW, "sluice").worker(1).late(1),
            Made.of(SLOW, "cloud-only best").worker(2),
            Made.of(FAST, "sluice").worker(1).right(9),
            Made.of(FAST, "cloud-only best").worker(2).late(1),
            Made.of(FAST, "device-only"));

    assertThat(claim(claims, "some rival holds").measured()).isEqualTo(2);
    assertThat(claim(claims, "the device alone").measured()).isEqualTo(1);
    assertThat(claim(claims, "the device alone").holds()).isFalse();
  }

  @Test
  void setsApartRatesAtWhichSluiceNeedsNoWorker() {
    List<Claim> claims =
        load(
            Made.of(SLOW, "sluice").worker(0),
            Made.of(SLOW, "cloud-only best").worker(2),
            Made.of(FAST, "sluice").worker(1),
            Made.of(FAST, "cloud-only best").worker(3));
    Claim best = claim(claims, "cloud-only best over Sluice's, best rate");

    assertThat(best.name()).contains("1 rates where Sluice needs no worker apart");
    assertThat(best.measured()).isCloseTo(3, within(EXACT));
  }

  private static List<Standing> standings(
      GridResults results, Measure measure, Standing.Against against) {
    return Standing.of(
        results, results.points(), "sluice", List.of("a", "b"), measure, 0.5, against, 1);
  }

  @Test
  void takesTheWorstRateAgainstTheBestRivalThere() {
    GridResults results =
        Made.results(
            Made.of(SLOW, "sluice").throughput(10),
            Made.of(SLOW, "a").throughput(8),
            Made.of(SLOW, "b").throughput(20).unproven(),
            Made.of(FAST, "sluice").throughput(30),
            Made.of(FAST, "a").throughput(40).right(5),
            Made.of(FAST, "b").throughput(25));
    List<Claim> claims =
        BandwidthSweepStudy.claims(
            "bundle",
            "throughput",
            standings(results, Measure.THROUGHPUT, Standing.Against.ACCURATE),
            standings(results, Measure.THROUGHPUT, Standing.Against.PROVEN));

    assertThat(claim(claims, "less accurate").holds()).isTrue();
    Claim all = claim(claims, "the best rival's, worst rate (1 Mbit/s, 10 ms, b)");
    assertThat(all.measured()).isCloseTo(0.5, within(EXACT));
    assertThat(all.holds()).isFalse();
    Claim proven = claim(claims, "whose plans are proven, worst rate (2 Mbit/s, 10 ms, b)");
    assertThat(proven.measured()).isCloseTo(1.2, within(EXACT));
    assertThat(proven.holds()).isTrue();
  }

  @Test
  void wantsLessLatencyAndCountsWhereSluiceIsNotAccurate() {
    GridResults results =
        Made.results(
            Made.of(SLOW, "sluice").latency(10),
            Made.of(SLOW, "a").latency(8),
            Made.of(FAST, "sluice").latency(1).right(5),
            Made.of(FAST, "a").latency(9));
    List<Standing> standings = standings(results, Measure.MEAN_LATENCY, Standing.Against.ACCURATE);
    List<Claim> claims = BandwidthSweepStudy.claims("bundle", "latency", standings, standings);

    assertThat(claim(claims, "less accurate").measured()).isEqualTo(1);
    assertThat(claim(claims, "the best rival's").measured()).isCloseTo(1.25, within(EXACT));
    assertThat(claim(claims, "the best rival's").holds()).isFalse();
  }

  @Test
  void comparesWithNeurosurgeonsOwnCodecWhereSluiceIsAccurate() {
    String rival = "neurosurgeon as published";
    GridResults results =
        Made.results(
            Made.of(SLOW, "sluice").throughput(16),
            Made.of(SLOW, rival).throughput(4),
            Made.of(FAST, "sluice").throughput(16),
            Made.of(FAST, rival).throughput(16));
    List<Claim> claims =
        BandwidthSweepStudy.neurosurgeon("bundle", results, results.points(), 0.5, 1);

    assertThat(claim(claims, "best rate").measured()).isCloseTo(4, within(EXACT));
    assertThat(claim(claims, "geometric mean").measured()).isCloseTo(2, within(EXACT));
    assertThat(
            BandwidthSweepStudy.neurosurgeon(
                    "bundle",
                    Made.results(Made.of(SLOW, "sluice").right(5), Made.of(SLOW, rival)),
                    List.of(SLOW),
                    0.5,
                    1)
                .get(0)
                .holds())
        .isFalse();
  }

  private static final List<Integer> DEADLINES = List.of(20, 40, 100);

  /** Right in time at each deadline, in tenths. */
  private static Stream<Made> curve(String strategy, int... tenths) {
    return IntStream.range(0, tenths.length)
        .mapToObj(
            i ->
                Made.of(Made.point("link", DEADLINES.get(i) + " ms"), strategy)
                    .rightInTime(tenths[i]));
  }

  private static LatencySlaStudy.Curves curves(List<Stream<Made>> strategies) {
    GridResults results =
        Made.results(strategies.stream().flatMap(cells -> cells).toArray(Made[]::new));
    LatencySlaStudy.Config config =
        new LatencySlaStudy.Config(
            List.of("bundle"),
            1000,
            List.of(new GridConfig.Device("device", 100, 1)),
            List.of(GridConfig.Link.ofRate(1, 10)),
            DEADLINES,
            "p95_latency <= DEADLINE; maximise accuracy",
            new GridConfig.LoadSpec(null, 4.0, null),
            List.of("sluice", "a", "b"),
            List.of("b"),
            100,
            10,
            10,
            1);
    return new LatencySlaStudy.Curves(
        results,
        DEADLINES.stream().map(millis -> Made.point("link", millis + " ms")).toList(),
        config);
  }

  /** Trapezoids of 20 ms from 0 to 0.5 and of 60 ms from 0.5 to 1: 5 + 45 of 80. */
  @Test
  void takesTheAreaUnderTheCurveAsAShareOfTheDeadlines() {
    double[] areas = new double[8];
    Arrays.fill(areas, 100 * 50.0 / 80);

    assertThat(curves(List.of(curve("sluice", 0, 5, 10))).areas("sluice").orElseThrow())
        .containsExactly(areas, within(EXACT));
  }

  @Test
  void claimsTheAreaOverTheNearestRivalAndTheBestDeadlineOverNoExits() {
    List<Claim> claims =
        curves(List.of(curve("sluice", 0, 5, 10), curve("a", 0, 5, 9), curve("b", 0, 1, 10)))
            .claims("here");

    /* A tenth at the last deadline: half of 60 ms of 80. */
    assertThat(claim(claims, "best rival's (a)").measured()).isCloseTo(3.75, within(EXACT));
    assertThat(claim(claims, "best without exits").measured()).isCloseTo(40, within(EXACT));
    assertThat(
            claim(
                    curves(List.of(curve("sluice", 0, 5, 9), curve("a", 0, 5, 10))).claims("here"),
                    "(a)")
                .holds())
        .isFalse();
  }
}
