package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.TinyBundles;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.model.graph.Pieces;
import dev.sluice.model.graph.TinyNetworks;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.BatchRunner;
import dev.sluice.model.stage.BeyondLimitException;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageMemory;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageResult;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgressiveModelTest {
  private static final double TOLERANCE = 1e-4;
  private static final int FINAL_EXIT = 2;

  @TempDir Path folder;
  private final List<String> executed = Collections.synchronizedList(new ArrayList<>());
  private Bundle bundle;
  private ProgressiveModel model;

  @BeforeEach
  void open() throws IOException {
    bundle = TinyBundles.write(folder.resolve("tiny"));
    AtomicLong clock = new AtomicLong();
    model =
        ProgressiveModel.open(
            bundle,
            EngineOptions.singleThread(),
            (from, to, batch, nanos) -> executed.add(from + "-" + to + " x" + batch + " " + nanos),
            () -> clock.getAndAdd(5));
  }

  @AfterEach
  void close() {
    model.close();
  }

  private Activation input(long seed) {
    byte[] rgb = new byte[8 * 8 * 3];
    new Random(seed).nextBytes(rgb);
    return model.input(rgb, 8, 8);
  }

  private float[] runAll(StageChain chain, Activation input) {
    Activation live = input;
    float[] logits = {};
    List<StageResult> results = new ArrayList<>();
    for (Stage stage : chain.stages()) {
      StageResult result = stage.run(live);
      results.add(result);
      live = result.live();
      logits = result.logits().orElse(logits);
    }
    results.forEach(StageResult::close);
    return logits;
  }

  @Test
  void countsTheMemoryOfAChain() {
    int last = model.lastCut();
    StageMemory bare = model.memory(StageRequest.of(0, last, List.of(FINAL_EXIT)));
    StageMemory every = model.memory(StageRequest.of(0, last, List.of(0, 1, FINAL_EXIT)));
    // A head: 4 x 5 weights and 5 biases; its constants count though their names are the same.
    assertThat(every.weightBytes()).isEqualTo(bare.weightBytes() + 2 * 4 * 25);
    // Uncut, the input is held as well; from cut 1, its 4x8x8, the convolution and the sum.
    assertThat(bare.peakActivationBytes()).isEqualTo(4 * (192 + 3 * 256));
    assertThat(every.peakActivationBytes()).isEqualTo(4 * 3 * 256);

    StageMemory encoded = model.memory(StageRequest.of(0, 2, List.of()).encodedBy("doubling"));
    StageMemory plain = model.memory(StageRequest.of(0, 2, List.of()));
    assertThat(encoded.weightBytes()).isEqualTo(plain.weightBytes() + 4);
    assertThat(model.memory(StageRequest.of(0, 0, List.of())).bytes()).isZero();
  }

  @Test
  void needsMoreMemoryForADeeperCut() {
    long before = 0;
    for (int cut = 0; cut <= model.lastCut(); cut++) {
      StageMemory needed = model.memoryUpTo(cut, "float32");
      assertThat(needed.bytes()).as("cut %d", cut).isGreaterThanOrEqualTo(before);
      before = needed.bytes();
      for (List<Integer> active : List.of(List.<Integer>of(), List.of(0), List.of(1))) {
        List<Integer> exits = new ArrayList<>();
        for (int exit : active) {
          if (bundle.manifest().exits().get(exit).cut() <= cut) {
            exits.add(exit);
          }
        }
        if (cut == model.lastCut()) {
          exits.add(FINAL_EXIT);
        }
        assertThat(model.memory(StageRequest.of(0, cut, exits)).bytes())
            .as("cut %d with exits %s", cut, exits)
            .isLessThanOrEqualTo(needed.bytes());
      }
    }
  }

  @Test
  void countsNoMoreWeightsThanTheFilesHold() {
    long files = 0;
    for (String path : List.of("backbone.onnx", "exits/1.onnx", "exits/2.onnx")) {
      files += bundle.file(path).length;
    }
    assertThat(model.memoryUpTo(model.lastCut(), "float32").weightBytes())
        .isBetween(files / 4, files);
  }

  @Test
  void compilesNothingBeyondItsLimit() {
    model.limitTo(2);
    try (StageChain chain = model.compile(StageRequest.of(0, 2, List.of(0, 1)))) {
      assertThat(chain.stages()).hasSize(2);
    }
    assertThatThrownBy(() -> model.compile(StageRequest.of(0, 3, List.of())))
        .isInstanceOf(BeyondLimitException.class)
        .hasMessageContaining("limited to cut 2");
    try (Activation input = input(1)) {
      assertThatThrownBy(() -> model.runUncut(input)).isInstanceOf(BeyondLimitException.class);
    }
    assertThatThrownBy(() -> model.limitTo(1)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void answersOnTheDeviceExactlyAsTheUncutNetwork() {
    try (Activation input = input(1);
        StageChain chain =
            model.compile(StageRequest.of(0, model.lastCut(), List.of(FINAL_EXIT)))) {
      assertThat(chain.stages()).hasSize(1);
      assertThat(runAll(chain, input)).isEqualTo(model.runUncut(input));
    }
  }

  @Test
  void answersInTheCloudExactlyAsTheUncutNetwork() {
    try (Activation input = input(2);
        StageChain device = model.compile(StageRequest.of(0, 0, List.of()).encodedBy("raw"));
        StageChain cloud =
            model.compile(
                StageRequest.of(0, model.lastCut(), List.of(FINAL_EXIT)).decodedBy("raw"))) {
      assertThat(device.stages()).isEmpty();
      assertThat(device.encoder()).isEmpty();
      assertThat(runAll(cloud, input)).isEqualTo(model.runUncut(input));
    }
  }

  @Test
  void givesTheUncutOutputAtEveryCutWithAndWithoutExits() {
    try (Activation input = input(3)) {
      float[] uncut = model.runUncut(input);
      for (int split = 0; split <= model.lastCut(); split++) {
        for (boolean exits : new boolean[] {false, true}) {
          assertThat(TinyNetworks.relativeError(runSplit(input, split, exits), uncut))
              .as("split %d, exits %s", split, exits)
              .isLessThan(TOLERANCE);
        }
      }
    }
  }

  /** Runs the device's chain, copies its live tensors as a link would, and runs the cloud's. */
  private float[] runSplit(Activation input, int split, boolean withExits) {
    try (StageChain device = model.compile(request(0, split, withExits));
        StageChain cloud = model.compile(request(split, model.lastCut(), withExits))) {
      List<StageResult> results = new ArrayList<>();
      Activation live = input;
      float[] logits = {};
      for (Stage stage : device.stages()) {
        results.add(stage.run(live));
        live = results.get(results.size() - 1).live();
        logits = results.get(results.size() - 1).logits().orElse(logits);
      }
      if (split == model.lastCut()) {
        results.forEach(StageResult::close);
        return logits;
      }
      List<FloatBuffer> sent = new ArrayList<>();
      for (int i = 0; i < live.shapes().size(); i++) {
        FloatBuffer view = live.floats(i);
        sent.add(FloatBuffer.allocate(view.remaining()).put(view).flip());
      }
      results.forEach(StageResult::close);
      try (Activation received = model.activation(split, sent)) {
        return runAll(cloud, received);
      }
    }
  }

  private StageRequest request(int from, int to, boolean withExits) {
    List<Integer> exits = new ArrayList<>();
    for (int exit = 0; exit <= FINAL_EXIT; exit++) {
      int cut = bundle.manifest().exits().get(exit).cut();
      if (cut > from && cut <= to && (withExits || exit == FINAL_EXIT)) {
        exits.add(exit);
      }
    }
    return StageRequest.of(from, to, exits);
  }

  @Test
  void givesAtEveryExitTheLogitsOfItsHeadAlone() throws IOException {
    try (Activation input = input(4);
        StageChain chain =
            model.compile(StageRequest.of(0, model.lastCut(), List.of(0, 1, FINAL_EXIT)));
        StageResult first = chain.stages().get(0).run(input);
        StageResult second = chain.stages().get(1).run(first.live())) {
      for (int exit = 0; exit < 2; exit++) {
        Activation live = (exit == 0 ? first : second).live();
        float[] features = new float[4 * 8 * 8];
        live.floats(0).get(features);
        float[] alone =
            Pieces.run(
                    bundle.file(bundle.manifest().exits().get(exit).head()),
                    List.of(features),
                    live.shapes(),
                    1)
                .get("logits");
        assertThat(
                TinyNetworks.relativeError(
                    (exit == 0 ? first : second).logits().orElseThrow(), alone))
            .isLessThan(TOLERANCE);
      }
    }
  }

  @Test
  void computesNothingBehindTheExitThatIsTaken() {
    ExitPolicies.Judge judge =
        ExitPolicies.of(FINAL_EXIT + 1, 3, Map.of(0, new ExitPolicy.Top1Above(0)), PolicyData.NONE)
            .judge();
    try (Activation input = input(5);
        StageChain chain =
            model.compile(StageRequest.of(0, model.lastCut(), List.of(0, 1, FINAL_EXIT)))) {
      Activation live = input;
      for (Stage stage : chain.stages()) {
        StageResult result = stage.run(live);
        live = result.live();
        int exit = stage.exit().orElseThrow();
        if (judge.stops(exit, model.scores(exit, result.logits().orElseThrow()))) {
          break;
        }
      }
      live.close();
    }
    assertThat(executed).containsExactly("0-1 x1 5");
  }

  @Test
  void decodesInsideTheFirstStageWhatTheEncoderMade() {
    try (Activation input = input(6);
        StageChain device =
            model.compile(StageRequest.of(0, 2, List.of()).encodedBy(TinyBundles.DOUBLING));
        StageChain cloud =
            model.compile(
                StageRequest.of(2, model.lastCut(), List.of(FINAL_EXIT))
                    .decodedBy(TinyBundles.DOUBLING));
        StageResult result = device.stages().get(0).run(input);
        Activation encoded = device.encoder().orElseThrow().encode(result.live());
        Activation received =
            model.encodedActivation(2, TinyBundles.DOUBLING, List.of(encoded.floats(0)))) {
      assertThat(encoded.floats(0).get(100)).isEqualTo(2 * result.live().floats(0).get(100));
      assertThat(device.encoder().orElseThrow().codec()).isEqualTo(TinyBundles.DOUBLING);
      assertThat(TinyNetworks.relativeError(runAll(cloud, received), model.runUncut(input)))
          .isLessThan(TOLERANCE);
    }
    // The encoder is no stage: nobody pays for it unless the sample is sent.
    assertThat(executed).hasSize(2);
  }

  @Test
  void judgesEachSampleOfABatchAsIfItWereAlone() {
    int samples = 12;
    int each = 3 * 8 * 8;
    float[] all = TinyNetworks.noise(samples * each, 33);
    boolean mixed = false;
    for (ExitPolicy policy :
        List.of(
            new ExitPolicy.Patience(1),
            new ExitPolicy.MarginAbove(0.05),
            new ExitPolicy.MarginAbove(0.2),
            new ExitPolicy.MarginAbove(0.5))) {
      ExitPolicies policies =
          ExitPolicies.of(FINAL_EXIT + 1, 5, Map.of(0, policy, 1, policy), PolicyData.NONE);
      int[] taken = new int[samples];
      try (StageChain chain =
              model.compile(StageRequest.of(0, model.lastCut(), List.of(0, 1, FINAL_EXIT)));
          Activation batch = model.activation(0, List.of(FloatBuffer.wrap(all)))) {
        BatchRunner.Gate gate = model.gate(policies, samples);
        BatchRunner.run(
                chain,
                batch,
                (sample, exit, logits) -> {
                  boolean leaves = gate.leaves(sample, exit, logits);
                  taken[sample] = leaves ? exit : taken[sample];
                  return leaves;
                })
            .close();
        for (int s = 0; s < samples; s++) {
          int[] alone = new int[1];
          BatchRunner.Gate own = model.gate(policies, 1);
          try (Activation one =
              model.activation(0, List.of(FloatBuffer.wrap(all, s * each, each)))) {
            BatchRunner.run(
                    chain,
                    one,
                    (sample, exit, logits) -> {
                      alone[0] = exit;
                      return own.leaves(sample, exit, logits);
                    })
                .close();
          }
          assertThat(taken[s]).as("%s, sample %d", policy, s).isEqualTo(alone[0]);
        }
      }
      mixed |= Arrays.stream(taken).distinct().count() > 1;
    }
    assertThat(mixed).as("some leave and others stay").isTrue();
  }

  @Test
  void runsBatches() {
    float[] two = TinyNetworks.noise(2 * 3 * 8 * 8, 30);
    try (Activation batch = model.activation(0, List.of(FloatBuffer.wrap(two)));
        Activation second =
            model.activation(0, List.of(FloatBuffer.wrap(two, 3 * 8 * 8, 3 * 8 * 8)));
        StageChain chain =
            model.compile(StageRequest.of(0, model.lastCut(), List.of(0, FINAL_EXIT)))) {
      assertThat(batch.batch()).isEqualTo(2);
      float[] logits = runAll(chain, batch);
      assertThat(logits).hasSize(10);
      assertThat(
              TinyNetworks.relativeError(
                  java.util.Arrays.copyOfRange(logits, 5, 10), model.runUncut(second)))
          .isLessThan(TOLERANCE);
    }
  }

  @Test
  void refusesWhatTheBundleHasNot() {
    assertThatThrownBy(() -> model.compile(StageRequest.of(0, 99, List.of())))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> model.compile(StageRequest.of(1, 2, List.of(0))))
        .hasMessageContaining("exit 0 is at cut 1");
    assertThatThrownBy(() -> model.compile(StageRequest.of(0, 2, List.of(7))))
        .hasMessageContaining("no such exit");
    assertThatThrownBy(() -> model.compile(StageRequest.of(0, model.lastCut(), List.of(0))))
        .hasMessageContaining("final exit");
    assertThatThrownBy(() -> model.compile(StageRequest.of(0, 2, List.of()).encodedBy("klt")))
        .hasMessageContaining("klt");
    assertThatThrownBy(() -> model.activation(1, List.of(FloatBuffer.allocate(7))))
        .isInstanceOf(IllegalArgumentException.class);
    try (Activation input = input(7);
        StageChain chain = model.compile(StageRequest.of(1, 2, List.of()))) {
      assertThatThrownBy(() -> chain.stages().get(0).run(input))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("[3, 8, 8]");
    }
  }

  @Test
  void computesAllThatDoesNotNeedADamagedHead() throws IOException {
    try (ProgressiveModel damaged =
            ProgressiveModel.open(
                TinyBundles.withDamagedHead(folder.resolve("damaged")),
                EngineOptions.singleThread());
        Activation input = input(9);
        StageChain chain =
            damaged.compile(StageRequest.of(0, damaged.lastCut(), List.of(0, FINAL_EXIT)))) {
      assertThat(TinyNetworks.relativeError(runAll(chain, input), damaged.runUncut(input)))
          .isLessThan(TOLERANCE);
      assertThatThrownBy(() -> damaged.compile(StageRequest.of(0, 2, List.of(1))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("exits/2.onnx");
    }
  }

  @Test
  void failsFastOnceClosedAndClosesTwiceWithoutHarm() {
    Activation input = input(8);
    StageChain chain = model.compile(StageRequest.of(0, 2, List.of()));
    Stage stage = chain.stages().get(0);
    StageResult result = stage.run(input);
    result.close();
    result.live().close();
    assertThatThrownBy(() -> result.live().floats(0)).isInstanceOf(IllegalStateException.class);
    chain.close();
    chain.close();
    assertThatThrownBy(() -> stage.run(input)).hasMessageContaining("chain is closed");
    model.close();
    model.close();
    assertThatThrownBy(() -> input.floats(0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> model.compile(StageRequest.of(0, 3, List.of())))
        .isInstanceOf(IllegalStateException.class);
    input.close();
    input.close();
  }

  @Test
  void keepsAnOpenChainRunningWhileOthersComeAndGo() {
    try (Activation input = input(9);
        StageChain kept = model.compile(StageRequest.of(0, model.lastCut(), List.of(FINAL_EXIT)))) {
      float[] uncut = model.runUncut(input);
      for (int round = 0; round < 3; round++) {
        for (int from = 0; from < model.lastCut(); from++) {
          for (int to = from + 1; to <= model.lastCut(); to++) {
            model.compile(request(from, to, round == 1)).close();
          }
        }
      }
      assertThat(runAll(kept, input)).isEqualTo(uncut);
    }
  }

  @Test
  void servesManyThreadsWhileChainsOpenAndClose() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (Activation input = input(10)) {
      float[] uncut = model.runUncut(input);
      List<Callable<Double>> work = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        int thread = t;
        work.add(
            () -> {
              double worst = 0;
              for (int i = 0; i < 60; i++) {
                int split = 1 + (thread + i) % (model.lastCut() - 1);
                worst =
                    Math.max(
                        worst,
                        TinyNetworks.relativeError(runSplit(input, split, i % 2 == 0), uncut));
              }
              return worst;
            });
      }
      for (Future<Double> done : threads.invokeAll(work)) {
        assertThat(done.get()).isLessThan(TOLERANCE);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void reusesThePictureMemoryOnlyAfterItsActivationIsClosed() {
    float[] first = new float[3 * 8 * 8];
    Activation kept = input(11);
    kept.floats(0).get(first);
    for (int i = 0; i < 40; i++) {
      input(12 + i).close();
    }
    float[] still = new float[3 * 8 * 8];
    kept.floats(0).get(still);
    kept.close();
    assertThat(still).isEqualTo(first);
  }

  @Test
  void endsWithAHeadOfItsOwnWhereTheFinalExitHasOne() throws IOException {
    Bundle other = TinyBundles.withFinalHead(folder.resolve("other"));
    try (ProgressiveModel adapted = ProgressiveModel.open(other, new EngineOptions(2));
        Activation input = adapted.input(new byte[8 * 8 * 3], 8, 8);
        StageChain chain = adapted.compile(StageRequest.of(0, adapted.lastCut(), List.of(0, 1)))) {
      assertThat(adapted.runUncut(input)).hasSize(3);
      assertThat(TinyNetworks.relativeError(runAll(chain, input), adapted.runUncut(input)))
          .isLessThan(TOLERANCE);
    }
  }

  @Test
  void cutsThroughSeveralTensors() throws IOException {
    Bundle wide = TinyBundles.withCutsThroughTwoTensors(folder.resolve("wide"));
    assertThat(wide.manifest().cuts()).anyMatch(cut -> cut.tensors().size() == 2);
    try (ProgressiveModel shortcut = ProgressiveModel.open(wide, EngineOptions.singleThread());
        Activation input = shortcut.input(new byte[8 * 8 * 3], 8, 8)) {
      assertThat(shortcut.verify(List.of(input)).holds()).isTrue();
    }
  }

  @Test
  void reportsThatNoCutMovesTheAnswer() {
    try (Activation one = input(60);
        Activation two = input(61)) {
      CutVerification verification = model.verify(List.of(one, two));
      assertThat(verification.holds()).isTrue();
      assertThat(verification.cuts()).hasSize(model.lastCut() - 1);
      assertThat(verification.exits()).hasSize(2).allMatch(exit -> exit.relative() < TOLERANCE);
      assertThat(verification.withAllExits().answersChanged()).isZero();
    }
  }
}
