package dev.sluice.edge.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.edge.EdgeSession;
import dev.sluice.edge.SimulatedLoop;
import dev.sluice.edge.SmallBundle;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.NoCloud;
import dev.sluice.edge.session.Payload;
import dev.sluice.edge.session.Route;
import dev.sluice.edge.session.Sample;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.Step;
import dev.sluice.edge.session.StepResult;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.CodecMisfitException;
import dev.sluice.model.stage.NoSuchCutException;
import dev.sluice.model.stage.NoSuchExitException;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.rival.Forced;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelNetworkTest {
  /** Cut networks are fused otherwise than whole ones. */
  private static final double TOLERANCE = 1e-4;

  @TempDir private Path folder;
  private final List<String> ran = new ArrayList<>();
  private Bundle bundle;
  private ProgressiveModel model;
  private ModelNetwork network;

  @BeforeEach
  void open() throws Exception {
    bundle = SmallBundle.write(folder.resolve("bundle"));
    model =
        ProgressiveModel.open(
            bundle,
            EngineOptions.singleThread(),
            (from, to, batch, nanos) -> ran.add(from + "-" + to),
            System::nanoTime);
    network = new ModelNetwork(model);
    ran.clear();
  }

  @AfterEach
  void close() {
    network.close();
    model.close();
  }

  private static Frame frame(long id) {
    byte[] rgb = new byte[192];
    new Random(id).nextBytes(rgb);
    return new Frame(id, "frame " + id, rgb, 8, 8, 0);
  }

  private double[] uncut(Frame frame) {
    try (Activation input = model.input(frame.rgb(), 8, 8)) {
      return doubles(model.scores(1, model.runUncut(input)));
    }
  }

  private static double[] doubles(ExitScores scores) {
    float[] p = scores.probabilities();
    double[] wide = new double[p.length];
    for (int i = 0; i < p.length; i++) {
      wide[i] = p[i];
    }
    return wide;
  }

  private static ExitScores last(List<Step> steps, Sample from) {
    Sample live = from;
    Optional<ExitScores> scores = Optional.empty();
    for (Step step : steps) {
      StepResult result = step.run(live);
      if (live != from) {
        live.close();
      }
      live = result.live();
      scores = result.scores();
    }
    if (live != from) {
      live.close();
    }
    return scores.orElseThrow();
  }

  private static Sample through(List<Step> steps, Sample from) {
    Sample live = from;
    for (Step step : steps) {
      Sample next = step.run(live).live();
      live.close();
      live = next;
    }
    return live;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void goesOnAloneFromAnySplitToTheUncutAnswer(int split) {
    Plan plan = new Plan(split, "f32", List.of(new ExitThreshold(0, 0.9)));
    try (Route route = network.compile(plan, true)) {
      for (int i = 0; i < 5; i++) {
        Frame frame = frame(i);
        try (Sample atSplit = through(route.stages(), network.input(frame))) {
          assertThat(doubles(last(route.beyond(), atSplit)))
              .containsExactly(uncut(frame), within(TOLERANCE));
        }
      }
    }
  }

  @Test
  void reachesTheUncutAnswerThroughEveryExit() {
    Frame frame = frame(7);
    try (Sample input = network.input(frame)) {
      assertThat(doubles(last(network.everyExit(), input)))
          .containsExactly(uncut(frame), within(TOLERANCE));
    }
    assertThat(network.everyExit()).hasSize(2);
  }

  @Test
  void compilesABoundaryOnlyWhereAnExitIsActive() {
    Plan never = Plan.local(3, List.of(new ExitThreshold(0, 1.5)));
    try (Route route = network.compile(never, true)) {
      assertThat(route.stages()).hasSize(1);
      assertThat(route.beyond()).isEmpty();
    }
  }

  @Test
  void writesTheTensorsOrThePicture() {
    Frame frame = frame(1);
    try (Route exact = network.compile(new Plan(1, "f32", List.of()), false);
        Route small = network.compile(new Plan(1, "q8", List.of()), false);
        Route picture = network.compile(new Plan(0, "raw", List.of()), false);
        Sample atSplit = through(exact.stages(), network.input(frame))) {
      assertThat(exact.encode(frame, Optional.of(atSplit)).bytes()).isEqualTo(4 * 4 * 8 * 8);
      assertThat(small.encode(frame, Optional.of(atSplit)).bytes()).isBetween(10, 300);
      assertThat(picture.encode(frame, Optional.empty()).bytes()).isBetween(192, 200);
      assertThat(picture.stages()).isEmpty();
    }
  }

  @Test
  void encodesInsideTheLastStageUnlessAnExitThereMaySpareIt() throws Exception {
    Frame frame = frame(2);
    Plan mayLeave = new Plan(1, "mirror", List.of(new ExitThreshold(0, 0.9)));
    Plan isSent = new Plan(1, "mirror", List.of());
    Plan plain = new Plan(1, "f32", List.of());
    try (ProgressiveModel mirroring =
            ProgressiveModel.open(
                SmallBundle.writeMirroring(folder.resolve("mirroring")),
                EngineOptions.singleThread());
        ModelNetwork own = new ModelNetwork(mirroring);
        Route lazy = own.compile(mayLeave, true);
        Route fused = own.compile(isSent, true);
        Route natural = own.compile(plain, false);
        Sample one = through(lazy.stages(), own.input(frame));
        Sample two = through(fused.stages(), own.input(frame));
        Sample three = through(natural.stages(), own.input(frame))) {
      FloatBuffer expected = floats(natural.encode(frame, Optional.of(three)));
      FloatBuffer mirrored = floats(fused.encode(frame, Optional.of(two)));
      FloatBuffer lately = floats(lazy.encode(frame, Optional.of(one)));
      for (int i = 0; i < expected.remaining(); i++) {
        assertThat(mirrored.get(i)).isEqualTo(-expected.get(i));
        assertThat(lately.get(i)).isEqualTo(-expected.get(i));
      }
      // The live tensors stay as they are, for going on alone.
      assertThat(doubles(last(fused.beyond(), two)))
          .containsExactly(uncut(frame), within(TOLERANCE));
    }
  }

  private static FloatBuffer floats(Payload payload) {
    return payload.parts().get(0).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }

  @Test
  void saysWhichCodecsThereAre() {
    assertThatThrownBy(() -> network.compile(new Plan(2, "klt-s9", List.of()), false))
        .isInstanceOf(CodecMisfitException.class)
        .hasMessageContaining("klt-s9")
        .hasMessageContaining("q8");
    assertThatThrownBy(() -> network.compile(new Plan(0, "gif", List.of()), false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gif");
    assertThatThrownBy(() -> network.compile(Plan.local(4, List.of()), false))
        .isInstanceOf(NoSuchCutException.class)
        .hasMessageContaining("last cut is 3");
    Plan noExit = Plan.local(3, List.of(new ExitThreshold(7, 0.5)));
    assertThatThrownBy(() -> network.compile(noExit, false))
        .isInstanceOf(NoSuchExitException.class)
        .hasMessageContaining("no exit 7");
  }

  @Test
  void refusesAPrecisionThatTheBundleHasNot() {
    assertThatThrownBy(() -> new ModelNetwork(model, "int8"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no variant 'int8'");
    assertThatThrownBy(() -> BundleFactsReader.read(bundle, "int8"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no variant 'int8'")
        .hasMessageContaining("model quantise");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 2})
  void computesNothingBehindAnExitThatStops(double threshold) throws Exception {
    SimulatedLoop loop = new SimulatedLoop();
    BundleFacts facts = BundleFactsReader.read(bundle);
    List<ExitThreshold> exits = List.of(new ExitThreshold(0, threshold));
    List<EdgeAnswer> answers = new ArrayList<>();
    try (EdgeSession session =
        EdgeSession.open(
            new Surroundings(
                loop, new SerialDevice(loop, Runnable::run), new NoCloud(), network, Runnable::run),
            facts.profile(),
            new Forced(facts, Plan.local(3, exits), "the test"),
            new Estimators(),
            SessionOptions.of(1_000_000_000L))) {
      ran.clear();
      for (int i = 0; i < 3; i++) {
        byte[] rgb = frame(i).rgb();
        session.submit(new Frame(i, "f", rgb, 8, 8, loop.nanoTime()), answers::add);
      }
      loop.runUntil(loop.nanoTime() + 500_000_000L);
    }
    loop.runUntil(loop.nanoTime() + 1);
    assertThat(answers).hasSize(3);
    if (threshold == 0) {
      assertThat(answers).allMatch(answer -> answer.exit() == 0);
      assertThat(ran).containsExactly("0-1", "0-1", "0-1");
    } else {
      assertThat(answers).allMatch(answer -> answer.exit() == 1);
      assertThat(ran).containsExactly("0-3", "0-3", "0-3");
      for (int i = 0; i < 3; i++) {
        double[] truth = uncut(frame(i));
        assertThat(answers.get(i).probability())
            .isCloseTo(truth[answers.get(i).label()], within(TOLERANCE));
      }
    }
  }
}
