package dev.sluice.edge.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.edge.SmallBundle;
import dev.sluice.edge.Warnings;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleException;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.ThresholdFile;
import dev.sluice.scheduler.profile.ThresholdFront;
import dev.sluice.scheduler.profile.ThresholdFront.Family;
import dev.sluice.scheduler.profile.ThresholdFront.Vector;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleFactsReaderTest {
  private static final double MARK = 0.123;
  private static final ThresholdFront MARKED =
      new ThresholdFront(
          List.of(1, 3),
          List.of(
              new Family(0, List.of(new Vector(List.of(MARK), 0.9, 0))),
              new Family(1, List.of()),
              new Family(3, List.of())),
          List.of());

  @TempDir private Path folder;

  @Test
  void saysOfACodecThatCannotBePredictedWhatItLacks() throws IOException {
    Bundle bundle = SmallBundle.writeMirroring(folder.resolve("mirroring"));

    try (Warnings warnings = Warnings.of(BundleFactsReader.class)) {
      BundleFacts facts = BundleFactsReader.read(bundle);

      assertThat(facts.codecs()).containsExactly(new CodecFact(0, "raw"), new CodecFact(1, "f32"));
      assertThat(warnings.lines())
          .containsExactly(
              bundle.source()
                  + ": no plan uses codec mirror at cut 1: it lacks a time in the profile and"
                  + " outcomes in the table SELECT and outcomes in the table CERTIFY; prepare the"
                  + " bundle again");
    }
  }

  @Test
  void saysNothingOfABundleWhoseCodecsCanAllBePredicted() throws IOException {
    Bundle bundle = SmallBundle.write(folder.resolve("small"));

    try (Warnings warnings = Warnings.of(BundleFactsReader.class)) {
      BundleFactsReader.read(bundle);

      assertThat(warnings.lines()).isEmpty();
    }
  }

  @Test
  void refusesATableWithoutSamplesByTheNameOfItsFile() throws IOException {
    byte[] table = SmallBundle.write(folder.resolve("small")).file("calibration.bin");
    Bundle bundle = SmallBundle.write(folder.resolve("empty"), withoutSamples(table));

    assertThatThrownBy(() -> BundleFactsReader.read(bundle))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(bundle.source() + "/calibration.bin: calibration table: samples")
        .hasMessageContaining(": 0; prepare the bundle again");
  }

  @Test
  void takesTheThresholdsThatTheBundleKeeps() throws IOException {
    Bundle older = SmallBundle.write(folder.resolve("older"));
    byte[] file = marked(older, "calibration.bin");
    Bundle bundle = SmallBundle.writeWithThresholds(folder.resolve("kept"), file);

    try (Warnings warnings = Warnings.of(BundleFactsReader.class)) {
      BundleFacts facts = BundleFactsReader.read(bundle);

      assertThat(facts.thresholds()).contains(MARKED);
      assertThat(plans(facts)).anyMatch(BundleFactsReaderTest::isMarked);
      assertThat(plans(BundleFactsReader.read(older)))
          .isNotEmpty()
          .noneMatch(BundleFactsReaderTest::isMarked);
      assertThat(warnings.lines()).isEmpty();
    }
  }

  @Test
  void aBundleFromBeforeThresholdsWereKeptIsReadAsEver() throws IOException {
    Bundle older = SmallBundle.write(folder.resolve("older"));

    try (Warnings warnings = Warnings.of(BundleFactsReader.class)) {
      assertThat(BundleFactsReader.read(older).thresholds()).isEmpty();
      assertThat(warnings.lines()).isEmpty();
    }
  }

  @Test
  void thresholdsOfAnotherTableAreNotUsedAndItIsSaid() throws IOException {
    Bundle older = SmallBundle.write(folder.resolve("older"));
    byte[] ofTheCertifyTable = marked(older, "certification.bin");
    Bundle bundle = SmallBundle.writeWithThresholds(folder.resolve("stale"), ofTheCertifyTable);

    try (Warnings warnings = Warnings.of(BundleFactsReader.class)) {
      BundleFacts facts = BundleFactsReader.read(bundle);

      assertThat(facts.thresholds()).isEmpty();
      assertThat(plans(facts)).isEqualTo(plans(BundleFactsReader.read(older)));
      assertThat(warnings.lines())
          .containsExactly(
              bundle.source()
                  + "/thresholds.json: is of another table or profile, so thresholds are found anew"
                  + " at every start; find them with ./sluice model fit-thresholds");
    }
  }

  @Test
  void refusesThresholdsThatWereTamperedWithByTheNameOfTheirFile() throws IOException {
    byte[] file = marked(SmallBundle.write(folder.resolve("older")), "calibration.bin");
    Path kept = folder.resolve("kept");
    SmallBundle.writeWithThresholds(kept, file);
    String text = new String(file, UTF_8);
    String other = text.replaceFirst("\"thresholds\" : \\[ 0\\.\\d", "\"thresholds\" : [ 0.0");
    assertThat(other).isNotEqualTo(text);
    Files.writeString(kept.resolve("thresholds.json"), other);

    assertThatThrownBy(() -> Bundle.open(kept))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("thresholds.json");
  }

  @Test
  void refusesHostileThresholdsByTheNameOfTheirFile() throws IOException {
    String file =
        new String(marked(SmallBundle.write(folder.resolve("older")), "calibration.bin"), UTF_8);
    Map<String, String> hostile =
        Map.of(
            "nan", file.replaceFirst("\"cost\" : [^,]*", "\"cost\" : \"NaN\""),
            "range", file.replaceFirst("\"thresholds\" : \\[ ", "\"thresholds\" : [ 1"),
            "more", file.replaceFirst("\"thresholds\" : \\[ ", "\"thresholds\" : [ 0.5, "),
            "exits",
                file.replace("[ 1, 3 ]", "[ 2, 3 ]")
                    .replace("firstSplit\" : 1", "firstSplit\" : 2"),
            "huge", file + " ".repeat(5 << 20),
            "none", "[]");
    for (Map.Entry<String, String> one : hostile.entrySet()) {
      assertThat(one.getValue()).as(one.getKey()).isNotEqualTo(file);
      Bundle bundle =
          SmallBundle.writeWithThresholds(
              folder.resolve(one.getKey()), one.getValue().getBytes(UTF_8));

      assertThatThrownBy(() -> BundleFactsReader.read(bundle))
          .as(one.getKey())
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith(bundle.source() + "/thresholds.json: ")
          .hasMessageEndingWith("; find them with ./sluice model fit-thresholds");
    }
  }

  /** Fails when the shipped tables or the search change and the vectors beside them do not. */
  @Test
  void theShippedBundleKeepsWhatWouldBeFoundAnew() throws IOException {
    Path shipped = Path.of("..", "experiments", "bundles", "roadsigns");
    Assumptions.assumeTrue(
        Files.isDirectory(shipped), "the shipped bundle is not beside this module");
    Bundle bundle = Bundle.open(shipped);

    BundleFacts facts = BundleFactsReader.read(bundle);

    assertThat(bundle.file("thresholds.json")).isEqualTo(thresholds(bundle));
    assertThat(facts.thresholds()).isPresent();
    assertThat(plans(facts)).hasSizeGreaterThan(1000).isEqualTo(plans(withoutThresholds(facts)));
    BundleFacts emulated = EmulatedProfile.of(facts, 20, 7);
    assertThat(emulated.thresholds()).isPresent();
    assertThat(plans(emulated)).isEqualTo(plans(withoutThresholds(emulated)));
  }

  private static boolean isMarked(Plan plan) {
    return plan.exits().stream().anyMatch(exit -> exit.threshold() == MARK);
  }

  /** Vectors that no search would find, as if found on a table and the profile of a bundle. */
  private static byte[] marked(Bundle bundle, String table) {
    return ThresholdFile.of(bundle.file(table), bundle.file("profile.json"), MARKED).toJson();
  }

  private static byte[] thresholds(Bundle bundle) throws IOException {
    return CandidatePlans.thresholds(bundle.file("calibration.bin"), bundle.file("profile.json"))
        .toJson();
  }

  private static BundleFacts withoutThresholds(BundleFacts facts) {
    return new BundleFacts(
        facts.lastCut(),
        facts.exits(),
        facts.cuts(),
        facts.codecs(),
        facts.profile(),
        facts.workerProfile(),
        facts.select(),
        facts.certify(),
        facts.companion(),
        facts.layers());
  }

  private static List<Plan> plans(BundleFacts facts) {
    return CandidatePlans.sluice(facts).stream().flatMap(chain -> chain.plans().stream()).toList();
  }

  private static byte[] withoutSamples(byte[] table) throws IOException {
    byte[] plain;
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(table))) {
      plain = in.readAllBytes();
    }
    // Behind "SLCT", version u16, role u8 and classes u32.
    Arrays.fill(plain, 11, 15, (byte) 0);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(plain);
    }
    return out.toByteArray();
  }
}
