package dev.sluice.experiments.study.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.experiments.demo.DemoException;
import dev.sluice.experiments.study.StudyContext;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which bundles take part in a study. Its shared data is an empty folder. */
class SubjectTest {
  private static final String BUNDLES = "sluice.regret.bundles";
  private static final String ONLY = "sluice.regret.only";
  private static final String SHARED = "sluice.shared";

  private final ByteArrayOutputStream console = new ByteArrayOutputStream();

  @TempDir private Path folder;

  @BeforeEach
  void shareNothing() {
    System.setProperty(SHARED, folder.toString());
  }

  @AfterEach
  void forget() {
    System.clearProperty(SHARED);
    System.clearProperty(BUNDLES);
    System.clearProperty(ONLY);
  }

  private StudyContext context() {
    return new StudyContext(
        true,
        1,
        folder,
        Path.of("..").toAbsolutePath().normalize(),
        new PrintStream(console, true, StandardCharsets.UTF_8));
  }

  private static List<Subject> open(StudyContext context, String... bundles) throws IOException {
    return Subject.open(context, 3, List.of(bundles), (facts, precision) -> false);
  }

  @Test
  void refusesANameOfNoBundle() {
    assertThatThrownBy(() -> open(context(), "roadsigns", "resnet20-cifar"))
        .isInstanceOf(DemoException.class)
        .hasMessageContaining(
            "no study knows a bundle 'resnet20-cifar'; did you mean 'resnet20-cifar10'? There are");
    assertThat(console.size()).as("nothing was measured").isZero();
  }

  @Test
  void refusesToLeaveOutABundleThatSomebodyHasNamed() {
    StudyContext context = context();
    context.ownConditions();

    assertThatThrownBy(() -> open(context, "roadsigns", "resnet20-cifar10"))
        .isInstanceOf(DemoException.class)
        .hasMessageStartingWith(
            "resnet20-cifar10 is not found at " + folder.resolve("bundles/resnet20-cifar10"))
        .hasMessageContaining("./sluice model prepare")
        .hasMessageEndingWith("or leave it out of bundles");
    assertThat(console.size()).as("nothing was measured").isZero();
  }

  @Test
  void refusesAFolderOfBundlesThatIsNotThere() {
    System.setProperty(BUNDLES, folder.resolve("no such folder").toString());

    assertThatThrownBy(() -> open(context(), "roadsigns"))
        .isInstanceOf(DemoException.class)
        .hasMessageContaining("-Dsluice.regret.bundles=")
        .hasMessageEndingWith("no such folder is no folder");
  }

  @Test
  void goesOnWithoutABundleOfTheStudysOwnConditionsAndSaysSo() throws IOException {
    assertThat(open(context(), "roadsigns", "resnet20-cifar10"))
        .extracting(Subject::name)
        .containsExactly("roadsigns");
    assertThat(console.toString(StandardCharsets.UTF_8))
        .contains(
            "left out: resnet20-cifar10 is not found at "
                + folder.resolve("bundles/resnet20-cifar10"));
  }

  @Test
  void takesThoseThatAPartOfTheNameLeaves() throws IOException {
    StudyContext context = context();
    context.ownConditions();
    System.setProperty(ONLY, "road");

    assertThat(open(context, "roadsigns", "resnet20-cifar10"))
        .extracting(Subject::name)
        .containsExactly("roadsigns");
    assertThat(console.toString(StandardCharsets.UTF_8)).doesNotContain("resnet20");
  }
}
