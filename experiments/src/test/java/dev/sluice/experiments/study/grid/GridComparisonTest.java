package dev.sluice.experiments.study.grid;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.RunFolder;
import dev.sluice.experiments.report.compare.Comparison;
import dev.sluice.experiments.report.compare.Difference;
import dev.sluice.experiments.report.compare.Difference.Verdict;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.StudyRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two runs of a grid side by side, as the gate sees them. */
class GridComparisonTest {
  private static final int BLOCKS = 60;
  private static final String LATENCY =
      "blocks.csv: latency_ms_sum (bundle, device, link, task, sluice)";

  @TempDir private Path folder;

  /** Leaves the results of a grid. */
  private record Kept(GridResults results) implements Study {
    @Override
    public String name() {
      return "kept";
    }

    @Override
    public String question() {
      return "Is it as before?";
    }

    @Override
    public List<Claim> run(StudyContext context) throws IOException {
      results.write(context);
      return List.of();
    }
  }

  @Test
  void aRunIsNoWorseThanItself() throws Exception {
    Path run = run("a", BLOCKS, blocks(BLOCKS, 1, 0));

    Comparison comparison = compare(run, run);

    assertThat(comparison.isRegression()).isFalse();
    assertThat(comparison.differences())
        .extracting(Difference::what)
        .contains(LATENCY)
        .anyMatch(what -> what.startsWith("blocks.csv: right_in_time"))
        .anyMatch(what -> what.startsWith("cells.csv: p95_ms"));
    assertThat(comparison.differences()).extracting(Difference::verdict).containsOnly(Verdict.SAME);
  }

  /** Pictures take 20 to 60 ms, so a tenth shows only where blocks of the same ones are paired. */
  @Test
  void seesATenthMoreThroughPicturesThatDifferMuchMore() throws Exception {
    Path before = run("a", BLOCKS, blocks(BLOCKS, 1, 0.5));
    Path after = run("b", BLOCKS, blocks(BLOCKS, 1.1, 0.5));

    Difference latency = only(compare(before, after), LATENCY);

    assertThat(latency.verdict()).isEqualTo(Verdict.WORSE);
    assertThat(latency.pairs()).isEqualTo(BLOCKS);
    assertThat(latency.low()).isPositive();
    assertThat(only(compare(after, before), LATENCY).verdict()).isEqualTo(Verdict.BETTER);
  }

  @Test
  void takesNoiseForNoDifference() throws Exception {
    Path before = run("a", BLOCKS, blocks(BLOCKS, 1, 0.5));
    Path after = run("b", BLOCKS, blocks(BLOCKS, Math.nextUp(1.0), 0.5));

    assertThat(only(compare(before, after), LATENCY).verdict()).isEqualTo(Verdict.SAME);
  }

  @Test
  void countsBlocksOfTheSamePicturesOnce() throws Exception {
    Path before = run("a", 20, blocks(20, 1, 0.5));
    Path after = run("b", 20, blocks(20, 1.1, 0.5));

    assertThat(only(compare(before, after), LATENCY).pairs()).isEqualTo(20);
  }

  /** Latencies of a picture differ from run to run by a factor and by noise. */
  private static List<Block> blocks(int differentPictures, double factor, double noiseMillis) {
    double[] millis = new SplittableRandom(1).doubles(differentPictures, 20, 60).toArray();
    SplittableRandom random = new SplittableRandom(Double.doubleToLongBits(factor));
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < BLOCKS; i++) {
      double latency = factor * millis[i % differentPictures];
      blocks.add(PairedTest.block(latency + noiseMillis * random.nextGaussian(), 9));
    }
    return blocks;
  }

  private Path run(String name, int differentPictures, List<Block> blocks) throws Exception {
    Path out = Files.createDirectories(folder.resolve(name));
    CellKey key = new CellKey("bundle", "device", "link", "task", "sluice", 0);
    CellResult cell =
        new CellResult(key, blocks, differentPictures, histogram(), 0, 0, true, 0, Map.of());
    PrintStream console =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    StudyRun.of(
        new Kept(new GridResults(List.of(cell))),
        new StudyContext(true, 1, out, folder, console),
        "as typed",
        Clock.systemUTC());
    return out;
  }

  /** A single latency of a millisecond. */
  private static String histogram() {
    Histogram histogram = CellResult.empty();
    histogram.recordValue(1000);
    ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
    byte[] bytes = new byte[histogram.encodeIntoCompressedByteBuffer(buffer)];
    buffer.rewind().get(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static Comparison compare(Path before, Path after) throws IOException {
    return Comparison.of(RunFolder.read(before), RunFolder.read(after), 0);
  }

  private static Difference only(Comparison comparison, String what) {
    return comparison.differences().stream()
        .filter(difference -> difference.what().equals(what))
        .findFirst()
        .orElseThrow();
  }
}
