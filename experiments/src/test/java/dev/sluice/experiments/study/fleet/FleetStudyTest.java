package dev.sluice.experiments.study.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.experiments.demo.DemoException;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.replay.Subject;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FleetStudyTest {
  private static final String ONLY = "sluice.fleet.only";
  private static final String BUNDLE = "sluice.fleet.bundle";
  private static final String BUNDLES = "sluice.regret.bundles";

  private final ByteArrayOutputStream console = new ByteArrayOutputStream();

  @TempDir private Path folder;

  @AfterEach
  void forget() {
    System.clearProperty(ONLY);
    System.clearProperty(BUNDLE);
    System.clearProperty(BUNDLES);
  }

  private StudyContext context() {
    return new StudyContext(
        true, 1, folder, folder, new PrintStream(console, true, StandardCharsets.UTF_8));
  }

  @Test
  void refusesAPartThatItDoesNotHave() {
    System.setProperty(ONLY, "worker");

    assertThatThrownBy(() -> new FleetStudy().run(context()))
        .isInstanceOf(DemoException.class)
        .hasMessageContaining("'worker' names no part; there are validation, rounding, workers");
  }

  @Test
  void refusesABundleThatNoStudyKnows() {
    System.setProperty(BUNDLE, "roadsign");

    assertThatThrownBy(() -> new FleetStudy().run(context()))
        .isInstanceOf(DemoException.class)
        .hasMessageContaining(
            "'roadsign'; did you mean 'roadsigns'? There are roadsigns, mobilenet-imagenette");
  }

  @Test
  void looksForABundleWhereTheOtherStudiesDo() {
    System.setProperty(BUNDLE, "resnet20-cifar10");
    System.setProperty(BUNDLES, folder.toString());

    assertThatThrownBy(() -> new FleetStudy().run(context()))
        .isInstanceOf(DemoException.class)
        .hasMessageStartingWith(
            "resnet20-cifar10 is not found at " + folder.resolve("resnet20-cifar10"))
        .hasMessageContaining("model prepare");
    assertThat(console.toString(StandardCharsets.UTF_8)).doesNotContain("resnet56-cifar10");
  }

  @Test
  void readsTheOneThatIsNamed() throws Exception {
    String read =
        Subject.read(
            context(),
            "roadsigns",
            3,
            (name, bundle, images) ->
                name + ", " + folder.relativize(bundle) + ", " + images.independent().size());

    assertThat(read).isEqualTo("roadsigns, " + Path.of("experiments/bundles/roadsigns") + ", 3");
  }
}
