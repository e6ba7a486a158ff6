package dev.sluice.experiments.report.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.experiments.report.Bound;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Json;
import dev.sluice.experiments.report.RawTable;
import dev.sluice.experiments.report.RawTable.Column;
import dev.sluice.experiments.report.RunFolder;
import dev.sluice.experiments.report.compare.Difference.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
  private static final RawTable CELLS =
      new RawTable(
          "cells",
          "cells.csv",
          List.of(
              Column.key("bundle"),
              Column.block("seed"),
              Column.cost("p95_ms"),
              Column.gain("accuracy"),
              Column.info("note")));

  @TempDir private Path folder;

  @Test
  void aRunIsNoWorseThanItself() throws IOException {
    Path run = run("a", "a,1,10,0.9,\na,2,11,0.8,\n", claim("latency", 90, 85, 95, "<= 100"));

    Comparison comparison = compare(run, run);

    assertThat(comparison.isRegression()).isFalse();
    assertThat(comparison.differences()).extracting(Difference::verdict).containsOnly(Verdict.SAME);
    assertThat(comparison.notes()).isEmpty();
  }

  @Test
  void pairsBySeedWhereTheSeedsDifferMoreThanTheRuns() throws IOException {
    Path before = run("a", "a,1,10,0.9,\na,2,50,0.9,\na,3,90,0.9,\n");
    Path after = run("b", "a,3,92.5,0.9,\na,1,11.5,0.9,\na,2,52,0.9,\n");

    Difference latency = only(compare(before, after), "cells.csv: p95_ms (a)");

    // Changes 1.5, 2, 2.5; two figures are judged: Student's quantile of 2 degrees at 1 - 0.05/4.
    assertThat(latency.verdict()).isEqualTo(Verdict.WORSE);
    assertThat(latency.pairs()).isEqualTo(3);
    assertThat(latency.low()).isCloseTo(2 - 6.2053 * 0.5 / Math.sqrt(3), within(1e-3));
    assertThat(latency.high()).isCloseTo(2 + 6.2053 * 0.5 / Math.sqrt(3), within(1e-3));
  }

  @Test
  void takesAChangeWithinNoiseForNone() throws IOException {
    Path before = run("a", "a,1,10,0.9,\na,2,50,0.9,\na,3,90,0.9,\n");
    Path after = run("b", "a,1,11,0.9,\na,2,52,0.9,\na,3,93,0.9,\n");

    assertThat(only(compare(before, after), "cells.csv: p95_ms (a)").verdict())
        .isEqualTo(Verdict.SAME);
  }

  @Test
  void countsARowPerBlockOnce() throws IOException {
    RawTable frames =
        new RawTable(
            "frames",
            "cells.csv",
            List.of(Column.block("drive"), Column.key("frame"), Column.cost("ms")));
    Path before = run("a", frames, "drive,frame,ms\n1,1,10\n1,2,12\n2,1,20\n2,2,22\n");
    Path after = run("b", frames, "drive,frame,ms\n1,1,11\n1,2,13\n2,1,23\n2,2,25\n");

    List<PairedTable.Measure> measures = PairedTable.of(frames, before, after).measures();

    // By frame, as the condition, each has two drives.
    assertThat(measures)
        .extracting(PairedTable.Measure::what)
        .containsExactly("cells.csv: ms (1)", "cells.csv: ms (2)");
    assertThat(measures.get(0).changes()).containsExactly(1.0, 3.0);
    assertThat(measures.get(0).before()).isEqualTo(15);
  }

  @Test
  void judgesEachConditionByItself() throws IOException {
    Path before = run("a", "a,1,10,0.9,\na,2,11,0.9,\nb,1,10,0.5,\nb,2,11,0.5,\n");
    Path after = run("b", "a,1,10,0.9,\na,2,11,0.9,\nb,1,10,0.4,\nb,2,11,0.4,\n");

    Comparison comparison = compare(before, after);

    assertThat(only(comparison, "cells.csv: accuracy (a)").verdict()).isEqualTo(Verdict.SAME);
    assertThat(only(comparison, "cells.csv: accuracy (b)").verdict()).isEqualTo(Verdict.WORSE);
    assertThat(comparison.isRegression()).isTrue();
  }

  @Test
  void putsUpWithAChangeWithinTheMargin() throws IOException {
    Path before = run("a", "a,1,10,0.9,\na,2,10,0.9,\n");
    Path after = run("b", "a,1,10.4,0.9,\na,2,10.4,0.9,\n");

    assertThat(compare(before, after).isRegression()).isTrue();
    assertThat(Comparison.of(RunFolder.read(before), RunFolder.read(after), 0.05).isRegression())
        .isFalse();
  }

  @Test
  void saysHowManyRowsHaveNoPartner() throws IOException {
    Path before = run("a", "a,1,10,0.9,\na,2,10,0.9,\na,3,10,0.9,\n");
    Path after = run("b", "a,1,10,0.9,\na,2,10,0.9,\n");

    assertThat(compare(before, after).notes()).containsExactly("cells.csv: 1 rows have no partner");
  }

  @Test
  void judgesClaimsByTheirIntervals() throws IOException {
    Path before =
        run("a", "", claim("near", 90, 80, 100, "<= 100"), claim("far", 90, 89, 91, "<= 100"));
    Path after =
        run("b", "", claim("near", 101, 91, 111, "<= 100"), claim("far", 99, 98, 100, "<= 100"));

    Comparison comparison = compare(before, after);

    Difference near = only(comparison, "near");
    assertThat(near.verdict()).isEqualTo(Verdict.SAME);
    assertThat(near.reason()).isEqualTo("no longer holds, within noise");
    // Two claims: the normal quantile at 1 - 0.05/4 over that at 0.975, times both half widths.
    assertThat(near.high() - 11).isCloseTo(Math.hypot(10, 10) * 2.2414 / 1.96, within(1e-2));
    assertThat(only(comparison, "far").verdict()).isEqualTo(Verdict.WORSE);
  }

  @Test
  void callsAClaimWithoutIntervalWorseOnlyWhereItCeasesToHold() throws IOException {
    Path before = run("a", "", claim("lost", 0, 0, 0, "= 0"), claim("size", 5, 5, 5, "<= 9"));
    Path after = run("b", "", claim("lost", 1, 1, 1, "= 0"), claim("size", 6, 6, 6, "<= 9"));

    Comparison comparison = compare(before, after);

    assertThat(only(comparison, "lost").verdict()).isEqualTo(Verdict.WORSE);
    assertThat(only(comparison, "size").verdict()).isEqualTo(Verdict.CHANGED);
  }

  @Test
  void doesNotLetAClaimDisappear() throws IOException {
    Path before = run("a", "", claim("latency", 90, 85, 95, "<= 100"));
    Path after = run("b", "", claim("energy", 1, 1, 1, "<= 2"));

    Comparison comparison = compare(before, after);

    assertThat(only(comparison, "latency").verdict()).isEqualTo(Verdict.GONE);
    assertThat(only(comparison, "energy").verdict()).isEqualTo(Verdict.NEW);
    assertThat(comparison.isRegression()).isTrue();
  }

  @Test
  void callsAFigureThatIsNoNumberAnyMoreWorse() throws IOException {
    Path before = run("a", "", claim("ratio", 1, 0.9, 1.1, "<= 2"));
    Path after = run("b", "", claim("ratio", Double.NaN, Double.NaN, Double.NaN, "<= 2"));

    assertThat(only(compare(before, after), "ratio").verdict()).isEqualTo(Verdict.WORSE);
    assertThat(only(compare(after, before), "ratio").verdict()).isEqualTo(Verdict.BETTER);
    assertThat(only(compare(after, after), "ratio").verdict()).isEqualTo(Verdict.SAME);
  }

  @Test
  void doesNotLetLoosenedBoundsHideThatAClaimCeasesToHold() throws IOException {
    Path before = run("a", "", claim("late", 1, 1, 1, "<= 2"));
    Path after = run("b", "", claim("late", 3, 3, 3, "<= 4"));

    assertThat(only(compare(before, after), "late").verdict()).isEqualTo(Verdict.WORSE);
  }

  @Test
  void doesNotLetRawResultsDisappear() throws IOException {
    Path before = run("a", "a,1,10,0.9,\na,2,10,0.9,\n");
    Path after = run("b", "a,1,10,0.9,\na,2,10,0.9,\n");
    Files.writeString(after.resolve("figures.json"), "{\"figures\": [], \"tables\": []}");

    Comparison comparison = compare(before, after);

    assertThat(only(comparison, "cells.csv").verdict()).isEqualTo(Verdict.GONE);
    assertThat(comparison.isRegression()).isTrue();
  }

  /**
   * Of two hundred pairs of runs that differ by chance alone, about one in twenty may be called.
   */
  @Test
  void seldomCallsChanceARegression() {
    SplittableRandom random = new SplittableRandom(11);
    Judge judge = new Judge(10, 0);
    int called = 0;
    for (int run = 0; run < 200; run++) {
      boolean worse = false;
      for (int figure = 0; figure < 10; figure++) {
        List<Double> changes = random.doubles(8).map(u -> u - 0.5).boxed().toList();
        worse |= judge.measure("x", 1, changes, 1).verdict().isRegression();
      }
      called += worse ? 1 : 0;
    }
    // Half of the 5 % are on this side; 3 standard deviations above that are 12 of 200.
    assertThat(called).isLessThanOrEqualTo(12);
  }

  @Test
  void refusesRunsOfDifferentStudies() throws IOException {
    Path before = run("a", "");
    Path after = run("b", "");
    Files.writeString(after.resolve("run.json"), "{\"study\": \"other\"}");

    assertThatThrownBy(() -> compare(before, after))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("only runs of one study compare");
  }

  @Test
  void namesWhatElseIsDifferent() throws IOException {
    Path before = run("a", "");
    Path after = run("b", "");
    Files.writeString(
        after.resolve("run.json"),
        "{\"study\": \"sample\", \"status\": \"failed\", \"quick\": true, \"inputs\": {\"x\": \"1\"}}");

    assertThat(compare(before, after).notes())
        .containsExactly(
            after + " did not come to its end: failed", "quick: -, then true", "inputs differ: x");
  }

  private Comparison compare(Path before, Path after) throws IOException {
    return Comparison.of(RunFolder.read(before), RunFolder.read(after), 0);
  }

  private static Difference only(Comparison comparison, String what) {
    return comparison.differences().stream()
        .filter(difference -> difference.what().equals(what))
        .findFirst()
        .orElseThrow(() -> new AssertionError(what + " is not in " + comparison));
  }

  private static Claim claim(String name, double value, double low, double high, String wanted) {
    return new Claim(name, value, "", Bound.parse(wanted), 10, low, high);
  }

  private Path run(String name, String rows, Claim... claims) throws IOException {
    return run(name, CELLS, "bundle,seed,p95_ms,accuracy,note\n" + rows, claims);
  }

  private Path run(String name, RawTable table, String csv, Claim... claims) throws IOException {
    Path run = Files.createDirectories(folder.resolve(name));
    Json.write(run.resolve(RunFolder.RECORD), Json.object().put("study", "sample"));
    ObjectNode summary = Json.object();
    ArrayNode list = summary.putArray("claims");
    for (Claim claim : claims) {
      list.add(Json.claim(claim));
    }
    Json.write(run.resolve(RunFolder.SUMMARY), summary);
    Json.write(run.resolve(RunFolder.FIGURES), RunFolder.drawn(List.of(), List.of(table)));
    Files.writeString(run.resolve(table.file()), csv);
    return run;
  }
}
