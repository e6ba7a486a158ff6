package dev.sluice.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.HeadKind;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.model.graph.OnnxNetwork;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageResult;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.training.export.BranchyNetworks;
import dev.sluice.training.export.TinyNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworkWrapTest {
  /** The same float32 sums, in pieces that the engine may fuse otherwise. */
  private static final float TOLERANCE = 1e-4f;

  private static final int SIDE = BranchyNetworks.SIDE;
  private static final Preprocessing HALVES = Preprocessing.parse("size=16 mean=0.5 std=0.5");

  @TempDir private Path folder = Path.of("");

  @Test
  void makesExitsOfABranchyNetsOutputs() throws IOException {
    Bundle bundle = wrap(BranchyNetworks.colours(), List.of());

    BundleManifest manifest = bundle.manifest();
    assertThat(manifest.exits()).hasSize(3);
    assertThat(manifest.exits()).extracting(exit -> exit.kind()).containsOnly(HeadKind.BACKBONE);
    assertThat(manifest.exits()).extracting(exit -> exit.temperature()).containsOnly(1.0);
    assertThat(manifest.labels()).hasSize(3).contains("class 2");
    agrees(bundle, BranchyNetworks.colours(), List.of("exit1", "exit2", "last"));
  }

  @Test
  void makesExitsOfAnMsdNetsClassifiersOnCutsOfSeveralTensors() throws IOException {
    Bundle bundle = wrap(BranchyNetworks.msdNet(5), List.of("a", "b", "c", "d", "e"));

    BundleManifest manifest = bundle.manifest();
    assertThat(manifest.labels()).containsExactly("a", "b", "c", "d", "e");
    for (int exit = 0; exit < 2; exit++) {
      assertThat(manifest.cuts().get(manifest.exits().get(exit).cut()).tensors())
          .hasSizeGreaterThan(1);
    }
    agrees(bundle, BranchyNetworks.msdNet(5), List.of("exit1", "exit2", "exit3"));
  }

  @Test
  void cutsAnOrdinaryNetworkWithoutGivingItExits() throws IOException {
    Bundle bundle = wrap(TinyNetwork.onnx(), List.of());

    assertThat(bundle.manifest().exits()).hasSize(1);
    assertThat(bundle.manifest().cuts()).hasSizeGreaterThan(2);
    agrees(bundle, TinyNetwork.onnx(), List.of(TinyNetwork.LOGITS));
  }

  @Test
  void measuresTimesWithoutData() throws Exception {
    Bundle bundle = wrap(BranchyNetworks.colours(), List.of());

    Profile profile = Profile.fromJson(bundle.file("profile.json"));

    assertThat(profile.lastCut()).isEqualTo(bundle.manifest().lastCut());
    assertThat(profile.heads()).hasSize(2);
  }

  @Test
  void refusesLabelsThatDoNotFitAndOutputsThatAreNoLogits() {
    assertThatThrownBy(() -> wrap(TinyNetwork.onnx(), List.of("a", "b")))
        .isInstanceOf(PreparationException.class)
        .hasMessageContaining("2 labels")
        .hasMessageContaining("3 classes");
    assertThatThrownBy(() -> wrap(BranchyNetworks.withFeatures(), List.of()))
        .isInstanceOf(PreparationException.class)
        .hasMessageContaining("c1");
  }

  private Bundle wrap(byte[] onnx, List<String> labels) throws IOException {
    Path file = folder.resolve("net.onnx");
    Files.write(file, onnx);
    NetworkWrap.Wrapped wrapped =
        new NetworkWrap(System::nanoTime)
            .wrap(
                new NetworkWrap.Parts(
                    OnnxGraph.read(file), "tiny", HALVES, labels, Map.of("made by", "a test")),
                folder.resolve("bundle"),
                true);
    assertThat(wrapped.largestDeviation()).isLessThan(TOLERANCE);
    return Bundle.open(folder.resolve("bundle"));
  }

  /** Every exit says what the network's own output says, in one chain and cut anywhere. */
  private static void agrees(Bundle bundle, byte[] onnx, List<String> outputs) throws IOException {
    byte[] rgb = new byte[3 * SIDE * SIDE];
    new Random(4).nextBytes(rgb);
    Map<String, float[]> expected;
    try (OnnxNetwork network =
        OnnxNetwork.of(OnnxGraph.of(onnx, "uncut"), EngineOptions.singleThread())) {
      expected = network.run(HALVES.apply(rgb, SIDE, SIDE), 1);
    }
    try (ProgressiveModel model = ProgressiveModel.open(bundle, EngineOptions.singleThread());
        Activation input = model.input(rgb, SIDE, SIDE)) {
      List<Integer> all = new ArrayList<>();
      model.manifest().exits().forEach(exit -> all.add(exit.index()));
      try (StageChain whole = model.compile(StageRequest.of(0, model.lastCut(), all))) {
        compare(run(List.of(whole), input), expected, outputs, "in one chain");
      }
      for (int cut = 1; cut < model.lastCut(); cut++) {
        int split = cut;
        List<Integer> before =
            all.stream().filter(e -> model.manifest().exits().get(e).cut() <= split).toList();
        List<Integer> behind =
            all.stream().filter(e -> model.manifest().exits().get(e).cut() > split).toList();
        try (StageChain device = model.compile(StageRequest.of(0, cut, before));
            StageChain cloud = model.compile(StageRequest.of(cut, model.lastCut(), behind))) {
          compare(run(List.of(device, cloud), input), expected, outputs, "cut at " + cut);
        }
      }
    }
  }

  private static void compare(
      Map<Integer, float[]> actual,
      Map<String, float[]> expected,
      List<String> outputs,
      String where) {
    assertThat(actual).hasSameSizeAs(outputs);
    for (int exit = 0; exit < outputs.size(); exit++) {
      assertThat(actual.get(exit))
          .as("exit %d %s", exit, where)
          .containsExactly(expected.get(outputs.get(exit)), within(TOLERANCE));
    }
  }

  private static Map<Integer, float[]> run(List<StageChain> chains, Activation input) {
    Map<Integer, float[]> logits = new LinkedHashMap<>();
    List<StageResult> open = new ArrayList<>();
    Activation live = input;
    for (StageChain chain : chains) {
      for (Stage stage : chain.stages()) {
        StageResult result = stage.run(live);
        open.add(result);
        live = result.live();
        stage.exit().ifPresent(exit -> logits.put(exit, result.logits().orElseThrow()));
      }
    }
    open.forEach(StageResult::close);
    return logits;
  }
}
