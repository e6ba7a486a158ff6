package dev.sluice.edge.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.edge.SmallBundle;
import dev.sluice.edge.Warnings;
import dev.sluice.edge.host.BundleFactsReader;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Profile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevicesTest {
  @Test
  void acceptsAPublishedNameOrAFile(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("board.json"), "{}");

    assertThatCode(() -> Devices.check("pi5")).doesNotThrowAnyException();
    assertThatCode(() -> Devices.check(file.toString())).doesNotThrowAnyException();
    assertThatThrownBy(() -> Devices.check(folder.resolve("missing.json").toString()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no device");
  }

  /** As of a file that was written before the bundle got the codec. */
  @Test
  void saysWhichCodecsADevicesFileHasNoTimeOf(@TempDir Path folder) throws IOException {
    Bundle bundle = SmallBundle.write(folder.resolve("small"));
    BundleFacts facts = BundleFactsReader.read(bundle);
    Profile whole = facts.profile();
    Profile lacking =
        new Profile(
            whole.version(),
            "a board",
            whole.preprocessNanos(),
            whole.segments(),
            whole.heads(),
            whole.codecs().stream().filter(cost -> !cost.codec().equals("f32")).toList());
    Path file = Files.write(folder.resolve("board.json"), lacking.toJson());

    try (Warnings warnings = Warnings.of(Devices.class)) {
      BundleFacts there = Devices.on(file.toString(), facts, bundle);

      assertThat(there.profile()).isEqualTo(lacking);
      assertThat(warnings.lines())
          .containsExactly(
              file
                  + ": no plan uses codec f32 at cut 1: the device's time for it was not measured;"
                  + " write the file again with ./sluice profile BUNDLE");
      assertThat(
              CandidatePlans.sluice(there).stream()
                  .flatMap(chain -> chain.plans().stream())
                  .filter(Plan::usesCloud)
                  .map(Plan::codec))
          .containsOnly("raw");
    }
  }
}
