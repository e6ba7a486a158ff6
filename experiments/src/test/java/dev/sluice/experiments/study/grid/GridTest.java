package dev.sluice.experiments.study.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.edge.device.BundleWork;
import dev.sluice.edge.device.DeviceProfile;
import dev.sluice.edge.device.DeviceProfiles;
import dev.sluice.edge.device.OperatorWork;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.replay.Rows;
import dev.sluice.experiments.study.replay.Subject;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GridTest {
  /** Emulated times carry 2 % of noise. */
  private static final double NOISE = 0.02;

  private static final String FILE =
      """
      bundles: [made up]
      pictures: 1000
      devices: [{name: slow, networkMillis: 120, scalarFactor: 10}]
      sweep: {uplinkMbit: [0.5, 8], roundTripMillis: [40]}
      tasks:
        - name: most
          objective: "p95_latency <= 60 s, accuracy >= final - 1 pt; minimise device_compute"
          load: {inFlight: 4}
        - name: soon
          objective: "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise mean_latency"
          load: {poisson: 3}
      strategies: [device-only, neurosurgeon, "edgent, static as published"]
      frames: 121
      warmUpFrames: 20
      blockFrames: 20
      seeds: 2
      points: 1
      """;

  @TempDir private Path out;

  private static Subject madeUp() {
    BundleFacts facts = SyntheticFacts.of(4);
    return new Subject("made up", facts, facts.certify());
  }

  /** The same with a network in int8 that takes half as long and never errs. */
  private static Subject withInt8() {
    Subject floats = madeUp();
    BundleFacts facts = floats.facts();
    Profile profile = facts.profile();
    Profile half =
        new Profile(
            profile.version(),
            profile.machine(),
            profile.preprocessNanos(),
            profile.segments().stream()
                .map(segment -> new Profile.SegmentTime(segment.cut(), segment.nanos() / 2))
                .toList(),
            profile.heads(),
            profile.codecs());
    CalibrationTable test = floats.test();
    int[] exitCuts = IntStream.range(0, test.exits()).map(test::exitCut).toArray();
    var right =
        CalibrationTable.builder(
            CalibrationTable.Role.CERTIFY, test.classes(), test.samples(), exitCuts, List.of());
    for (int sample = 0; sample < test.samples(); sample++) {
      right.sample(sample, test.label(sample), test.sequence(sample));
      for (int exit = 0; exit < test.exits(); exit++) {
        right.outcome(sample, exit, test.label(sample), 0.9, 0.8, 0.3);
      }
    }
    BundleFacts int8 =
        new BundleFacts(
            facts.lastCut(),
            facts.exits(),
            facts.cuts(),
            facts.codecs(),
            half,
            facts.workerProfile(),
            facts.select(),
            facts.certify(),
            facts.companion());
    return new Subject(
        "made up", facts, test, Map.of("int8", new Subject.AtPrecision(int8, right.build())));
  }

  /** The uncut network needs no proof; a hundredth of a point is more than exits can show. */
  @Test
  void tellsWhoseFloorIsProven() throws Exception {
    GridResults results =
        run(
            FILE.replace("final - 1 pt", "final - 0.01 pt")
                .replace("[device-only,", "[device-only, branchynet,"),
            new AtomicInteger(),
            madeUp());
    assertThat(results.points())
        .allMatch(point -> results.at(point, "device-only").orElseThrow().proven())
        .anyMatch(point -> results.at(point, "branchynet").filter(s -> !s.proven()).isPresent());
  }

  @Test
  void replaysIntegersAloneAtTheirOwnTimesAndAnswersAgainstTheNetworkInFloats() throws Exception {
    GridResults results =
        run(
            FILE.replace("[device-only,", "[device-only, device-only int8,"),
            new AtomicInteger(),
            withInt8());
    for (CellKey.Point point : results.points("most")) {
      Series floats = results.at(point, "device-only").orElseThrow();
      Series integers = results.at(point, "device-only int8").orElseThrow();

      assertThat(floats.value(Measure.DEVICE) - integers.value(Measure.DEVICE))
          .isCloseTo(60, within(NOISE * 120));
      assertThat(integers.value(Measure.BYTES)).isZero();
      assertThat(integers.value(Measure.ACCURACY)).isEqualTo(1);
      assertThat(integers.difference().value())
          .isCloseTo(100 * (1 - floats.value(Measure.ACCURACY)), within(1e-9))
          .isPositive();
      assertThat(floats.difference().value()).isZero();
    }
  }

  @Test
  void leavesOutIntegersThatABundleDoesNotHave() throws Exception {
    GridResults results =
        run(FILE.replace("neurosurgeon", "device-only int8"), new AtomicInteger());

    assertThat(results.all(results.points().get(0)))
        .containsKey("device-only")
        .doesNotContainKey("device-only int8");
  }

  @Test
  void asksForThePrecisionsOfItsPlannersAlone() {
    BundleFacts facts = madeUp().facts();

    BiPredicate<BundleFacts, String> integers =
        Entrants.usual().computeAt(List.of("sluice", "device-only int8"));
    assertThat(integers.test(facts, "int8")).isTrue();
    assertThat(integers.test(facts, "float16")).isFalse();
    BiPredicate<BundleFacts, String> floats =
        Entrants.usual().computeAt(List.of("sluice", "device-only", "mistyped"));
    assertThat(floats.test(facts, "int8")).isFalse();
  }

  /** Else a planner would take no part for want of a measurement. */
  @Test
  void refusesAPlannerAtAPrecisionThatWasLeftOut() {
    Subject floats = madeUp();
    Subject partly =
        new Subject(
            "made up",
            floats.facts(),
            floats.test(),
            Optional.empty(),
            Map.of(),
            Set.of("int8"),
            Optional.empty());

    assertThat(partly.replay(250e6, 20, 100_000_000L)).isNotNull();
    assertThatThrownBy(() -> partly.replay("int8", 250e6, 20, 100_000_000L))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("not measured in int8");
  }

  @Test
  void refusesAVariantThatRanOtherPictures() {
    BundleFacts facts = SyntheticFacts.of(4);
    Subject.AtPrecision other = new Subject.AtPrecision(facts, SyntheticFacts.of(5).certify());

    assertThatThrownBy(() -> new Subject("made up", facts, facts.certify(), Map.of("int8", other)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("other pictures");
  }

  private GridResults run(String file, AtomicInteger streams) throws Exception {
    return run(file, streams, madeUp());
  }

  private GridResults run(String file, AtomicInteger streams, Subject subject) throws Exception {
    StudyContext context =
        new StudyContext(
            false,
            7,
            out,
            out,
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
    GridConfig config = StudyFile.parse(file, "test.yaml", false, GridConfig.class);
    return new Grid(context, config)
        .watched((key, log) -> streams.incrementAndGet())
        .noting((key, log) -> Map.of("frames", (double) log.frames()))
        .run(List.of(subject));
  }

  @Test
  void measuresEveryCellOnceAndNoneAgainWhenResumed() throws Exception {
    AtomicInteger streams = new AtomicInteger();
    GridResults first = run(FILE, streams);
    int cells = 2 * 2 * 3 * 2;

    assertThat(streams).hasValue(cells);
    GridResults again = run(FILE, streams);

    assertThat(streams).hasValue(cells);
    assertThat(again.points()).isEqualTo(first.points()).hasSize(4);
    for (CellKey.Point point : first.points()) {
      assertThat(again.all(point)).isEqualTo(first.all(point)).hasSize(3);
    }
  }

  @Test
  void measuresAnewUnderOtherConditions() throws Exception {
    AtomicInteger streams = new AtomicInteger();
    run(FILE, streams);
    int before = streams.get();
    run(FILE.replace("warmUpFrames: 20", "warmUpFrames: 19"), streams);

    assertThat(streams.get()).isEqualTo(2 * before);
  }

  @Test
  void servesAloneWhatTheDeviceComputesPerSecond() throws Exception {
    GridResults results = run(FILE, new AtomicInteger());
    for (CellKey.Point point : results.points("most")) {
      Series alone = results.at(point, "device-only").orElseThrow();
      double perSecond = 1e3 / alone.value(Measure.DEVICE);

      assertThat(alone.value(Measure.THROUGHPUT)).isCloseTo(perSecond, within(NOISE * perSecond));
      assertThat(alone.value(Measure.BYTES)).isZero();
      assertThat(alone.difference().value()).isZero();
      assertThat(alone.extra("frames")).isEqualTo(121);
      assertThat(alone.frames()).isEqualTo(2 * 5 * 20);
    }
  }

  @Test
  void takesTheTimesOfAPublishedDeviceFromTheOperators() throws Exception {
    BundleFacts facts = SyntheticFacts.of(4);
    List<List<OperatorWork>> segments = new ArrayList<>();
    for (int cut = 1; cut <= facts.lastCut(); cut++) {
      segments.add(List.of(OperatorWork.dense(90_000_000L), OperatorWork.depthwise(5_000_000L)));
    }
    BundleWork work = new BundleWork(segments, Map.of());
    Subject subject =
        new Subject(
            "made up",
            facts,
            facts.certify(),
            Optional.empty(),
            Map.of(),
            Set.of(),
            Optional.of(work));
    String file =
        FILE.replace("{name: slow, networkMillis: 120, scalarFactor: 10}", "{profile: pi3}");

    GridResults results = run(file, new AtomicInteger(), subject);

    DeviceProfile pi = DeviceProfiles.named("pi3");
    double millis =
        (facts.lastCut() * pi.nanos(segments.get(0))
                + pi.codecFactor() * facts.profile().preprocessNanos())
            / 1e6;
    for (CellKey.Point point : results.points("most")) {
      assertThat(point.device()).isEqualTo("pi3");
      Series alone = results.at(point, "device-only").orElseThrow();
      assertThat(alone.value(Measure.DEVICE)).isCloseTo(millis, within(NOISE * millis));
    }
  }

  @Test
  void leavesOutAPublishedDeviceWithoutANetwork() throws Exception {
    String file =
        FILE.replace("{name: slow, networkMillis: 120, scalarFactor: 10}", "{profile: pi3}");

    assertThat(run(file, new AtomicInteger()).points()).isEmpty();
  }

  @Test
  void countsLatencyFromCapture() throws Exception {
    GridResults results = run(FILE.replace("poisson: 3", "periodMillis: 60"), new AtomicInteger());
    for (CellKey.Point point : results.points("soon")) {
      Series alone = results.at(point, "device-only").orElseThrow();

      /* Twice as many frames come as can be computed: what is answered at all has waited. */
      assertThat(alone.latencyMillis(50)).isGreaterThan(120);
      assertThat(alone.value(Measure.LATE) + alone.value(Measure.RIGHT_IN_TIME))
          .isLessThanOrEqualTo(1);
    }
  }

  @Test
  void givesEveryStrategyTheSameFrames() throws Exception {
    GridResults results = run(FILE, new AtomicInteger());
    for (CellKey.Point point : results.points()) {
      List<List<Integer>> uncut =
          results.all(point).values().stream()
              .map(series -> series.blocks().stream().map(Block::uncutRight).toList())
              .distinct()
              .toList();

      assertThat(uncut).hasSize(1);
    }
  }

  /** Streams of 30 frames, 4 of them warm-up and 2 behind the last of four blocks of 6. */
  private static List<List<Integer>> blocks(int samples, int streams) {
    List<List<Integer>> blocks = new ArrayList<>();
    for (int stream = 0; stream < streams; stream++) {
      int[] rows = Rows.inBlocks(samples, 30, 4, 6, 4, stream, 7);
      for (int from = 4; from < 28; from += 6) {
        blocks.add(Arrays.stream(rows, from, from + 6).boxed().toList());
      }
    }
    return blocks;
  }

  @Test
  void givesEverySeedPicturesOfItsOwnWhileThereAreEnough() {
    assertThat(blocks(100, 4).stream().flatMap(List::stream).toList())
        .hasSize(96)
        .doesNotHaveDuplicates();
  }

  @Test
  void beginsAnewInBlocksOfTheSamePicturesWhereThereAreFew() {
    List<List<Integer>> blocks = blocks(47, 4);
    int different = 47 / 6;
    for (int i = different; i < blocks.size(); i++) {
      assertThat(blocks.get(i)).isEqualTo(blocks.get(i - different));
    }

    assertThat(blocks.subList(0, different).stream().flatMap(List::stream).toList())
        .doesNotHaveDuplicates();
  }

  @Test
  void putsBlocksOfTheSamePicturesInOneGroup() throws Exception {
    /* Two seeds of 29 blocks each on 1,000 pictures, which are 50 blocks. */
    GridResults results =
        run(
            FILE.replace("frames: 121", "frames: 601").replace("pictures: 1000", "pictures: 1202"),
            new AtomicInteger());
    Series alone = results.at(results.points().get(0), "device-only").orElseThrow();

    assertThat(alone.blocks()).hasSize(58);
    assertThat(alone.groups()).hasSize(50);
    assertThat(alone.groups().get(7)).hasSize(2);
    assertThat(alone.groups().get(7).get(0).uncutRight())
        .isEqualTo(alone.groups().get(7).get(1).uncutRight());
    assertThat(alone.groups().get(8)).hasSize(1);
  }

  @Test
  void refusesABundleOfTooFewPicturesForBlocks() {
    assertThatThrownBy(
            () ->
                run(
                    FILE.replace("frames: 121", "frames: 2000")
                        .replace("pictures: 1000", "pictures: 4000")
                        .replace("blockFrames: 20", "blockFrames: 300"),
                    new AtomicInteger()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("made up has 1000 test pictures only");
  }

  @Test
  void servesMoreOverAFasterLink() throws Exception {
    GridResults results = run(FILE, new AtomicInteger());
    List<CellKey.Point> points = results.points("most");
    double slow = results.at(points.get(0), "neurosurgeon").orElseThrow().value(Measure.THROUGHPUT);
    double fast = results.at(points.get(1), "neurosurgeon").orElseThrow().value(Measure.THROUGHPUT);

    assertThat(fast).isGreaterThanOrEqualTo(slow * (1 - NOISE));
  }

  @Test
  void writesALinePerCellAndPerBlock() throws Exception {
    AtomicInteger streams = new AtomicInteger();
    GridResults results = run(FILE, streams);
    StudyContext context =
        new StudyContext(false, 7, out, out, new PrintStream(new ByteArrayOutputStream()));
    results.write(context);

    assertThat(Files.readAllLines(out.resolve("cells.csv"))).hasSize(1 + streams.get());
    assertThat(Files.readAllLines(out.resolve("blocks.csv"))).hasSize(1 + 5 * streams.get());
  }

  @Test
  void saysWhichStrategyMayHaveBeenMeant() {
    assertThatThrownBy(() -> run(FILE.replace("neurosurgeon", "neurosurgen"), new AtomicInteger()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no strategy is called 'neurosurgen'; did you mean 'neurosurgeon'?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"cloud-only png", "cloud-only jpegm-75-444", "cloud-only jpegs-50 as published"})
  void leavesOutPicturesThatOnlyOtherBundlesHave(String strategy) throws Exception {
    GridResults results = run(FILE.replace("neurosurgeon", strategy), new AtomicInteger());

    assertThat(results.all(results.points().get(0)))
        .containsKey("device-only")
        .doesNotContainKey(strategy);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cloud-only jpeg-30", "cloud-only best", "cloud-only best as published"})
  void sendsPicturesByAnyCodecOfTheBundle(String strategy) throws Exception {
    GridResults results = run(FILE.replace("neurosurgeon", strategy), new AtomicInteger());

    for (CellKey.Point point : results.points()) {
      Series series = results.at(point, strategy).orElseThrow();
      assertThat(series.value(Measure.BYTES)).isPositive();
    }
  }

  @Test
  void refusesAPictureCodecThatThereIsNot() {
    assertThatThrownBy(
            () -> run(FILE.replace("neurosurgeon", "cloud-only jpg-75"), new AtomicInteger()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("did you mean 'cloud-only jpeg-75'?");
  }

  @Test
  void needsLinks() {
    assertThatThrownBy(
            () ->
                run(
                    FILE.replace("sweep: {uplinkMbit: [0.5, 8], roundTripMillis: [40]}\n", ""),
                    new AtomicInteger()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no links");
  }
}
