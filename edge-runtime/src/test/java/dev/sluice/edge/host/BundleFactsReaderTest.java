package dev.sluice.edge.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.edge.SmallBundle;
import dev.sluice.edge.Warnings;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleFactsReaderTest {
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
