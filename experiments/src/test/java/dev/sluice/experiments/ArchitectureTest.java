package dev.sluice.experiments;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who may see whom, as the design has it. */
class ArchitectureTest {
  private static final String ROOT = "dev.sluice.";

  /** Every room with the rooms that it may see besides itself. */
  private static final Map<String, Set<String>> MAY_SEE =
      Map.of(
          "protocol", Set.of(),
          "model", Set.of(),
          "scheduler", Set.of(),
          "sim", Set.of(),
          "training", Set.of("model", "protocol", "scheduler"),
          "edge", Set.of("model", "protocol", "scheduler"),
          "cloud", Set.of("model", "protocol", "scheduler"),
          "experiments",
              Set.of("model", "protocol", "scheduler", "sim", "training", "edge", "cloud"));

  /** The one place in experiments with links of its own: it measures ours beside others. */
  private static final DescribedPredicate<JavaClass> WIRE_STUDY =
      resideInAPackage(ROOT + "experiments.study.wire..");

  private static JavaClasses classes;

  @BeforeAll
  static void readClasses() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.sluice");
  }

  static Set<String> rooms() {
    return MAY_SEE.keySet();
  }

  @Test
  void findsClassesOfEveryRoom() {
    for (String room : rooms()) {
      assertThat(classes.stream().anyMatch(c -> c.getPackageName().startsWith(ROOT + room)))
          .as("classes of %s", room)
          .isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void seesOnlyTheRoomsThatItMay(String room) {
    String[] forbidden =
        rooms().stream()
            .filter(
                other ->
                    !other.equals(room) && !MAY_SEE.getOrDefault(room, Set.of()).contains(other))
            .map(other -> ROOT + other + "..")
            .toArray(String[]::new);
    if (forbidden.length > 0) {
      noClasses()
          .that()
          .resideInAPackage(ROOT + room + "..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(forbidden)
          .because("the design lets " + room + " see " + MAY_SEE.get(room) + " only")
          .check(classes);
    }
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void hasNoCyclesAmongItsPackages(String room) {
    slices().matching(ROOT + room + ".(*)..").should().beFreeOfCycles().check(classes);
  }

  @Test
  void schedulerSeesNeitherNetworkNorEngineNorClock() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "scheduler..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.netty..", "ai.djl..", "ai.onnxruntime..")
        .check(classes);
    noClock("scheduler");
  }

  @Test
  void onlyTheRoomsWithAnEngineSeeOne() {
    for (String room : List.of("protocol", "sim", "edge", "cloud")) {
      noClasses()
          .that()
          .resideInAPackage(ROOT + room + "..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("ai.djl..", "ai.onnxruntime..")
          .because("the engine belongs to model and training")
          .check(classes);
    }
  }

  @Test
  void onlyTheRoomsWithALinkSeeNetty() {
    for (String room : List.of("model", "training", "experiments")) {
      noClasses()
          .that(resideInAPackage(ROOT + room + "..").and(DescribedPredicate.not(WIRE_STUDY)))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.netty..")
          .check(classes);
    }
  }

  @Test
  void onlyTheStudyOfTheWireSeesItsRivals() {
    noClasses()
        .that(resideInAPackage("dev.sluice..").and(DescribedPredicate.not(WIRE_STUDY)))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.grpc..")
        .check(classes);
  }

  @Test
  void onlyTrainingSeesLibtorch() {
    noClasses()
        .that(
            resideInAPackage("dev.sluice..")
                .and(DescribedPredicate.not(resideInAPackage(ROOT + "training.."))))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.djl.pytorch..")
        .check(classes);
  }

  @Test
  void theSimulatedDemoHasNoClock() {
    List<String> simulated = List.of("SimulatedDemo", "SimulatedCloud", "EngineLoop");
    assertThat(
            classes.stream()
                .filter(c -> simulated.contains(c.getSimpleName()))
                .flatMap(c -> c.getMethodCallsFromSelf().stream())
                .filter(call -> call.getTargetOwner().isEquivalentTo(System.class))
                .map(call -> call.getTarget().getName()))
        .doesNotContainAnyElementsOf(Arrays.asList("nanoTime", "currentTimeMillis"));
  }

  private static void noClock(String room) {
    noClasses()
        .that()
        .resideInAPackage(ROOT + room + "..")
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(java.time.Instant.class, "now")
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .because("time is an argument there")
        .check(classes);
  }
}
