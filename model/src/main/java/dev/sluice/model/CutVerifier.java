package dev.sluice.model;

import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageResult;
import java.util.ArrayList;
import java.util.List;

/** Compares cut networks with the uncut one. */
final class CutVerifier {
  private final ProgressiveModel model;
  private final List<Activation> inputs;
  private final List<float[]> uncut;

  private CutVerifier(ProgressiveModel model, List<Activation> inputs) {
    if (inputs.isEmpty()) {
      throw new IllegalArgumentException("at least one input is needed to compare");
    }
    this.model = model;
    this.inputs = inputs;
    this.uncut = inputs.stream().map(model::runUncut).toList();
  }

  static CutVerification verify(ProgressiveModel model, List<Activation> inputs) {
    CutVerifier verifier = new CutVerifier(model, inputs);
    List<CutVerification.Deviation> cuts = new ArrayList<>();
    for (int cut = 1; cut < model.lastCut(); cut++) {
      cuts.add(verifier.cutAt(cut));
    }
    return new CutVerification(inputs.size(), cuts, verifier.withAllExits());
  }

  private CutVerification.Deviation cutAt(int cut) {
    List<Integer> last = List.of(model.manifest().finalExit().index());
    try (StageChain device = model.compile(StageRequest.of(0, cut, List.of()));
        StageChain cloud = model.compile(StageRequest.of(cut, model.lastCut(), last))) {
      List<Stage> stages = new ArrayList<>(device.stages());
      stages.addAll(cloud.stages());
      return deviation(cut, stages);
    }
  }

  private CutVerification.Deviation withAllExits() {
    List<Integer> exits = model.manifest().exits().stream().map(ExitInfo::index).toList();
    try (StageChain chain = model.compile(StageRequest.of(0, model.lastCut(), exits))) {
      return deviation(model.lastCut(), chain.stages());
    }
  }

  private CutVerification.Deviation deviation(int cut, List<Stage> stages) {
    double worst = 0;
    int changed = 0;
    for (int i = 0; i < inputs.size(); i++) {
      float[] expected = uncut.get(i);
      float[] actual = run(stages, inputs.get(i));
      double largest = Float.MIN_NORMAL;
      double difference = 0;
      for (int k = 0; k < expected.length; k++) {
        largest = Math.max(largest, Math.abs(expected[k]));
        difference = Math.max(difference, Math.abs(expected[k] - actual[k]));
      }
      worst = Math.max(worst, difference / largest);
      changed += largestIndex(actual) == largestIndex(expected) ? 0 : 1;
    }
    return new CutVerification.Deviation(cut, worst, changed);
  }

  private static float[] run(List<Stage> stages, Activation input) {
    List<StageResult> results = new ArrayList<>();
    try {
      Activation live = input;
      for (Stage stage : stages) {
        StageResult result = stage.run(live);
        results.add(result);
        live = result.live();
      }
      return results.get(results.size() - 1).logits().orElseThrow();
    } finally {
      results.forEach(StageResult::close);
    }
  }

  private static int largestIndex(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }
}
