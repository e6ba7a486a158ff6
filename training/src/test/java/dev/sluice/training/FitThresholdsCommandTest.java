package dev.sluice.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FitThresholdsCommandTest {
  private static final Path SHIPPED = Path.of("..", "experiments", "bundles", "roadsigns");
  private static final String THRESHOLDS = "thresholds.json";

  @TempDir Path folder;
  private String printed = "";
  private String complained = "";

  private int run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        ModelMain.execute(arguments, new PrintWriter(out, true), new PrintWriter(err, true));
    printed = out.toString();
    complained = err.toString();
    return status;
  }

  /** The shipped bundle with other files in place of some of its own, or without them. */
  private Path changed(String name, Map<String, byte[]> changes) throws IOException {
    Bundle shipped = Bundle.open(SHIPPED);
    Map<String, byte[]> files = new TreeMap<>();
    for (String path : shipped.paths()) {
      files.put(path, shipped.file(path));
    }
    changes.forEach(
        (path, content) -> {
          if (content.length == 0) {
            files.remove(path);
          } else {
            files.put(path, content);
          }
        });
    BundleManifest old = shipped.manifest();
    BundleWriter writer = BundleWriter.to(folder.resolve(name));
    files.forEach(writer::put);
    writer.commit(
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            old.name(),
            old.labels(),
            old.preprocessing(),
            old.cuts(),
            old.exits(),
            old.codecs(),
            old.variants(),
            old.provenance(),
            Map.of(),
            Map.of()),
        false);
    return folder.resolve(name);
  }

  /** The digest is that of the manifest, which has the digest of every other file. */
  @Test
  void givesAnOlderBundleWhatTheShippedOneKeepsAndChangesNothingElse() throws Exception {
    Path older = changed("older", Map.of(THRESHOLDS, new byte[0]));
    assertThat(Bundle.open(older).has(THRESHOLDS)).isFalse();
    Path out = folder.resolve("fitted");

    int status = run("fit-thresholds", older.toString(), "--out", out.toString());

    assertThat(complained).isEmpty();
    assertThat(status).isZero();
    assertThat(Bundle.open(out).digest()).isEqualTo(Bundle.open(SHIPPED).digest());
    assertThat(printed).contains(Bundle.open(out).digest().substring(0, 12));
  }

  @Test
  void findsStaleOnesAnewInPlace() throws Exception {
    byte[] stale =
        new String(Bundle.open(SHIPPED).file(THRESHOLDS), StandardCharsets.UTF_8)
            .replaceFirst("\"select\" : \"......", "\"select\" : \"abcdef")
            .getBytes(StandardCharsets.UTF_8);
    Path bundle = changed("stale", Map.of(THRESHOLDS, stale));
    assertThat(run("inspect", bundle.toString())).isZero();
    assertThat(printed).contains("thresholds.json is of another table or profile: not used");

    assertThat(run("fit-thresholds", bundle.toString(), "--out", bundle.toString())).isZero();

    assertThat(Bundle.open(bundle).digest()).isEqualTo(Bundle.open(SHIPPED).digest());
  }

  @Test
  void aBundleWithoutOutcomesIsRefused() throws Exception {
    Path bare = changed("bare", Map.of("calibration.bin", new byte[0], THRESHOLDS, new byte[0]));
    Path out = folder.resolve("out");

    assertThat(run("fit-thresholds", bare.toString(), "--out", out.toString())).isEqualTo(1);
    assertThat(complained).hasLineCount(1).contains("bare", "./sluice model prepare");
    assertThat(out).doesNotExist();
  }

  @Test
  void inspectNamesTheFileOfThresholdsThatAreNone() throws Exception {
    Path damaged = changed("damaged", Map.of(THRESHOLDS, new byte[] {'{', '}'}));

    assertThat(run("inspect", damaged.toString())).isEqualTo(1);
    assertThat(complained).hasLineCount(1).contains("damaged", THRESHOLDS);
  }

  @Test
  void inspectShowsTheFront() throws Exception {
    assertThat(run("inspect", SHIPPED.toString())).isZero();

    assertThat(printed).contains("exits that stop", "answers lost", "precise exits");
    assertThat(printed.lines().filter(line -> line.startsWith("split from cut "))).hasSize(6);
  }
}
