package dev.sluice.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.CutVerification;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.data.DataSets;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VariantBuilderTest {
  private static final Path SHIPPED = Path.of("..", "experiments", "bundles", "roadsigns");
  private static final int TESTED = 150;
  private static final double FLOAT_SUMS = 1e-6;

  @TempDir static Path folder;

  private static VariantBuilder.Built built;
  private static DataSets data;

  @BeforeAll
  static void buildOnAFewFrames() throws Exception {
    Assumptions.assumeTrue(
        Files.isDirectory(SHIPPED), "the shipped bundle is not beside this module");
    data = RoadSignsData.draw(20, new RoadSignsData.Sizes(24, 16, 1, TESTED));
    built =
        new VariantBuilder(
                new VariantBuilder.Options(24, 50, 8, 0.02, 2, 20),
                System::nanoTime,
                Progress.silent())
            .build(Bundle.open(SHIPPED), data, Map.of("origin", "a test"), folder.resolve("int8"));
  }

  @Test
  void keepsAllOfTheBundleAndAddsTheVariant() throws Exception {
    Bundle shipped = Bundle.open(SHIPPED);

    assertThat(built.bundle().paths()).containsAll(shipped.paths());
    assertThat(built.bundle().manifest().exits()).isEqualTo(shipped.manifest().exits());
    VariantInfo variant = built.bundle().manifest().variant("int8").orElseThrow();
    assertThat(built.bundle().file(variant.backbone()))
        .hasSizeLessThan(shipped.file(Bundle.BACKBONE).length / 2);
    assertThat(built.bundle().manifest().provenance())
        .containsEntry("int8.origin", "a test")
        .containsKey("int8.speed");
    assertThat(built.report()).contains("answers unchanged", "times as fast", "(equal)");
  }

  @Test
  void writesTablesAndTimesOfItsOwn() throws Exception {
    VariantInfo variant = built.bundle().manifest().variant("int8").orElseThrow();

    CalibrationTable select = CalibrationTable.read(built.bundle().file(variant.calibration()));
    CalibrationTable certify =
        CalibrationTable.read(built.bundle().file("variants/int8/certification.bin"));
    Profile profile = Profile.fromJson(built.bundle().file(variant.profile()));

    assertThat(select.role()).isEqualTo(CalibrationTable.Role.SELECT);
    assertThat(select.samples()).isEqualTo(data.select().size());
    assertThat(certify.role()).isEqualTo(CalibrationTable.Role.CERTIFY);
    assertThat(profile.lastCut()).isEqualTo(built.bundle().manifest().lastCut());
    built
        .bundle()
        .manifest()
        .codecs()
        .forEach(
            codec -> {
              assertThat(select.variant(codec.cut(), codec.name())).isPresent();
              assertThat(profile.codec(codec.cut(), codec.name())).isPresent();
            });
  }

  @Test
  void writesThresholdsThatFollowFromThem() throws Exception {
    Bundle bundle = built.bundle();
    VariantInfo variant = bundle.manifest().variant("int8").orElseThrow();

    assertThat(bundle.file("variants/int8/thresholds.json"))
        .isEqualTo(
            CandidatePlans.thresholds(
                    bundle.file(variant.calibration()), bundle.file(variant.profile()))
                .toJson())
        .isNotEqualTo(bundle.file("thresholds.json"));
  }

  @Test
  void answersAsTheFloatNetworkDoesOnNearlyAllFramesAndTheSameWhereverItIsCut() throws Exception {
    int same = 0;
    try (ProgressiveModel model =
        ProgressiveModel.open(built.bundle(), EngineOptions.singleThread())) {
      for (int i = 0; i < TESTED; i++) {
        try (Activation input = input(model, i)) {
          same +=
              Recording.best(model.runUncut(input)) == Recording.best(model.runUncut(input, "int8"))
                  ? 1
                  : 0;
        }
      }
      try (Activation one = input(model, 0);
          Activation two = input(model, 1)) {
        CutVerification verification = model.verify(List.of(one, two), "int8", done -> {});
        // A first layer in floats may be summed in another order where it is cut.
        assertThat(verification.withAllExits().relative()).isLessThan(FLOAT_SUMS);
        assertThat(verification.cuts()).allMatch(cut -> cut.relative() < FLOAT_SUMS);
      }
    }
    assertThat(same / (double) TESTED).isGreaterThan(0.9);
  }

  private static Activation input(ProgressiveModel model, int frame) throws Exception {
    Picture picture = data.test().picture(frame);
    return model.input(picture.rgb(), picture.width(), picture.height());
  }

  @Test
  void refusesAPrecisionThatTheBundleHasNot() throws Exception {
    try (ProgressiveModel model =
        ProgressiveModel.open(built.bundle(), EngineOptions.singleThread())) {
      StageRequest request = StageRequest.of(0, 1, List.of()).withPrecision("int4");

      assertThatThrownBy(() -> model.compile(request))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no variant 'int4'")
          .hasMessageContaining("[float32, int8]");
    }
  }

  @Test
  void refusesPicturesOfOtherThings() {
    // The same frames with all classes moved by one: a bundle cannot know them.
    int classes = data.classes().size();
    int[] moved = new int[classes];
    for (int c = 0; c < classes; c++) {
      moved[c] = (c + 1) % classes;
    }
    DataSets wrong = data.relabelled(moved, data.classes());
    VariantBuilder builder =
        new VariantBuilder(
            new VariantBuilder.Options(4, 4, 8, 0.02, 1, 20), System::nanoTime, Progress.silent());

    assertThatThrownBy(
            () -> builder.build(Bundle.open(SHIPPED), wrong, Map.of(), folder.resolve("wrong")))
        .isInstanceOf(PreparationException.class)
        .hasMessageContaining("near chance");
    assertThat(folder.resolve("wrong")).doesNotExist();
  }

  @Test
  void saysWhatIsWrongWithTheCommandInOneLine() {
    assertThat(run("quantise", SHIPPED.toString(), "--format", "png", "--out", "x"))
        .containsExactly("2", "--format must be folder, cifar10 or roadsigns: png");
    assertThat(run("quantise", SHIPPED.toString(), "--format", "cifar10", "--out", "x"))
        .containsExactly("2", "--data DIR is missing");
    assertThat(
            run(
                "quantise",
                SHIPPED.toString(),
                "--format",
                "roadsigns",
                "--weight-bits",
                "4",
                "--out",
                "x"))
        .containsExactly("2", "--weight-bits must be 7 or 8: 4");
    assertThat(
            run(
                "quantise",
                SHIPPED.toString(),
                "--format",
                "roadsigns",
                "--seed",
                "3",
                "--out",
                "x"))
        .containsExactly("2", "were divided by seed 20");
    assertThat(run("quantise", "nowhere", "--format", "roadsigns", "--out", "x"))
        .containsExactly("2", "nowhere");
  }

  /** Returns the exit status and, if the message has them, the words looked for last. */
  private static List<String> run(String... arguments) {
    StringWriter err = new StringWriter();
    int status =
        ModelMain.execute(
            arguments, new PrintWriter(new StringWriter()), new PrintWriter(err, true));
    String text = err.toString();
    assertThat(text.strip().lines()).hasSize(1);
    for (String words :
        List.of(
            "--format must be folder, cifar10 or roadsigns: png",
            "--data DIR is missing",
            "were divided by seed 20",
            "--weight-bits must be 7 or 8: 4",
            "nowhere")) {
      if (text.contains(words)) {
        return List.of(Integer.toString(status), words);
      }
    }
    return List.of(Integer.toString(status), text);
  }
}
