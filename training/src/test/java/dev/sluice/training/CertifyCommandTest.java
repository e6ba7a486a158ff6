package dev.sluice.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertifyCommandTest {
  private static final String SHIPPED = "../experiments/bundles/roadsigns";
  private static final String TABLE = "certification.bin";
  private static final int DRIVES = 2;

  @TempDir Path folder;
  private String complained = "";

  private int run(String... arguments) {
    StringWriter err = new StringWriter();
    int status =
        ModelMain.execute(
            arguments, new PrintWriter(new StringWriter()), new PrintWriter(err, true));
    complained = err.toString();
    return status;
  }

  /** What the bundle was made with is measured again to the bit, as far as the drives go. */
  @Test
  void measuresTheShippedTableAgainAndLeavesAllElse() throws Exception {
    Path out = folder.resolve("bundle");

    int status =
        run("certify", SHIPPED, "--format", "roadsigns", "--drives", "2", "--out", out.toString());

    assertThat(complained).isEmpty();
    assertThat(status).isZero();
    Bundle shipped = Bundle.open(Path.of(SHIPPED));
    Bundle made = Bundle.open(out);
    assertThat(made.paths()).isEqualTo(shipped.paths());
    for (String path : shipped.paths()) {
      if (!path.equals(TABLE)) {
        assertThat(made.file(path)).as(path).isEqualTo(shipped.file(path));
      }
    }
    CalibrationTable table = CalibrationTable.read(made.file(TABLE));
    assertThat(table.role()).isEqualTo(CalibrationTable.Role.CERTIFY);
    assertThat(table.samples()).isEqualTo(DRIVES * RoadSignsData.CERTIFY_FRAMES);
    assertThat(table.sequence(table.samples() - 1)).isEqualTo(DRIVES - 1);
    assertThat(made.manifest().provenance().get("certification.command")).contains("--drives 2");
    CalibrationTable whole = CalibrationTable.read(shipped.file(TABLE));
    assertThat(table.variants()).isEqualTo(whole.variants());
    for (int s = 0; s < table.samples(); s++) {
      assertThat(table.label(s)).isEqualTo(whole.label(s));
      assertThat(table.sequence(s)).isEqualTo(whole.sequence(s));
      for (int exit = 0; exit < table.exits(); exit++) {
        assertThat(table.predicted(s, exit)).isEqualTo(whole.predicted(s, exit));
      }
    }
  }

  @Test
  void refusesDrivesWhereNoneAreDrawn() throws Exception {
    int status =
        run(
            "certify",
            SHIPPED,
            "--format",
            "folder",
            "--data",
            Files.createDirectory(folder.resolve("data")).toString(),
            "--drives",
            "5",
            "--out",
            folder.resolve("out").toString());

    assertThat(status).isEqualTo(2);
    assertThat(complained).contains("--drives goes with --format roadsigns only");
  }

  @Test
  void refusesNoDrivesAtAll() {
    int status =
        run(
            "certify",
            SHIPPED,
            "--format",
            "roadsigns",
            "--drives",
            "0",
            "--out",
            folder.resolve("out").toString());

    assertThat(status).isEqualTo(2);
    assertThat(complained).contains("--drives must be in [1, ");
  }
}
