package dev.sluice.experiments.study.overhead;

import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageResult;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** Our path through the whole network: chains, one behind the other, no exit taken. */
final class Chains implements AutoCloseable {
  private final ProgressiveModel model;
  private final List<StageChain> chains;

  private Chains(ProgressiveModel model, List<StageChain> chains) {
    this.model = model;
    this.chains = chains;
  }

  /** One chain with some exits. */
  static Chains of(ProgressiveModel model, List<Integer> exits) {
    return new Chains(model, List.of(model.compile(StageRequest.of(0, model.lastCut(), exits))));
  }

  /** A chain from each cut of an exit to the next, without heads. */
  static Chains dividedAtExits(ProgressiveModel model, Subject subject) {
    List<StageChain> chains = new ArrayList<>();
    int from = 0;
    for (ExitInfo exit : subject.earlyExits()) {
      chains.add(model.compile(StageRequest.of(from, exit.cut(), List.of())));
      from = exit.cut();
    }
    chains.add(model.compile(StageRequest.of(from, model.lastCut(), List.of(subject.finalExit()))));
    return new Chains(model, chains);
  }

  /** Runs everything and returns the final logits. */
  float[] run(FloatBuffer input) {
    Activation live = model.activation(0, List.of(input.duplicate()));
    float[] logits = {};
    for (StageChain chain : chains) {
      for (Stage stage : chain.stages()) {
        StageResult result = stage.run(live);
        live.close();
        live = result.live();
        if (result.logits().isPresent()) {
          logits = result.logits().get();
        }
      }
    }
    live.close();
    return logits;
  }

  @Override
  public void close() {
    chains.forEach(StageChain::close);
  }
}
