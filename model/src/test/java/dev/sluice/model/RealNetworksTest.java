package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.TinyBundles;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.graph.TinyNetworks;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every cut of networks that nobody here trained. */
class RealNetworksTest {
  private static final double TOLERANCE = 1e-4;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "resnet20-cifar10.onnx | mean=0.485,0.456,0.406 std=0.229,0.224,0.225 size=32 | 1",
        "resnet56-cifar10.onnx | mean=0.485,0.456,0.406 std=0.229,0.224,0.225 size=32 | 1",
        "mobilenet-v1-0.75-224.onnx | scale=127.5 shift=-1 size=224 | 3"
      })
  void giveTheUncutOutputAtEveryCut(String file, String preprocessing, int step)
      throws IOException {
    String shared = System.getProperty("sluice.shared", "");
    Path network = Path.of(shared, "models", file);
    assumeTrue(!shared.isEmpty() && Files.exists(network), "no " + network + ": test skipped");
    Bundle bundle = TinyBundles.of(folder.resolve("net"), network, preprocessing, List.of(4, 8));
    int side = bundle.manifest().preprocessing().width();
    byte[] rgb = new byte[side * side * 3];
    new Random(1).nextBytes(rgb);
    try (ProgressiveModel model = ProgressiveModel.open(bundle, EngineOptions.singleThread());
        Activation input = model.input(rgb, side, side)) {
      float[] uncut = model.runUncut(input);
      for (int split = 1; split < model.lastCut(); split += step) {
        assertThat(TinyNetworks.relativeError(run(model, input, split), uncut))
            .as("%s cut at %d", file, split)
            .isLessThan(TOLERANCE);
      }
      assertThat(run(model, input, 0)).isEqualTo(uncut);
      assertThat(run(model, input, model.lastCut())).isEqualTo(uncut);
      assertThat(TinyNetworks.relativeError(runWithExits(model, input), uncut))
          .isLessThan(TOLERANCE);
    }
  }

  private static float[] run(ProgressiveModel model, Activation input, int split) {
    int last = model.lastCut();
    List<Integer> finalExit = List.of(model.manifest().finalExit().index());
    try (StageChain device =
            model.compile(StageRequest.of(0, split, split == last ? finalExit : List.of()));
        StageChain cloud =
            model.compile(StageRequest.of(split, last, split == last ? List.of() : finalExit))) {
      List<Stage> stages = new ArrayList<>(device.stages());
      stages.addAll(cloud.stages());
      return run(stages, input);
    }
  }

  private static float[] runWithExits(ProgressiveModel model, Activation input) {
    List<Integer> exits = model.manifest().exits().stream().map(ExitInfo::index).toList();
    try (StageChain chain = model.compile(StageRequest.of(0, model.lastCut(), exits))) {
      assertThat(chain.stages()).hasSize(exits.size());
      return run(chain.stages(), input);
    }
  }

  private static float[] run(List<Stage> stages, Activation input) {
    List<StageResult> results = new ArrayList<>();
    Activation live = input;
    for (Stage stage : stages) {
      results.add(stage.run(live));
      live = results.get(results.size() - 1).live();
    }
    float[] logits = results.get(results.size() - 1).logits().orElseThrow();
    results.forEach(StageResult::close);
    return logits;
  }
}
