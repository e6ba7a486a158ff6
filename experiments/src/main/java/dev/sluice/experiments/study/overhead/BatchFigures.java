package dev.sluice.experiments.study.overhead;

import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.BatchRunner;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageResult;
import java.nio.FloatBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** A batch of which half leaves at an exit, against what the profiled stages promise of it. */
final class BatchFigures {
  private static final int BATCH = 32;
  private static final double SHARE = 0.3;

  private BatchFigures() {}

  static void measure(Subject subject, int threads, Findings findings) throws Exception {
    FloatBuffer input = subject.input(BATCH, findings.context().seed(subject.name() + " batch"));
    ExitInfo exit =
        subject.earlyExits().stream()
            .min(Comparator.comparingDouble(e -> Math.abs(share(subject, e) - SHARE)))
            .orElseThrow();
    int last = subject.finalExit();
    BatchRunner.Gate everySecond = (sample, at, logits) -> at == last || (sample & 1) == 0;
    try (ProgressiveModel model =
            ProgressiveModel.open(subject.bundle(), new EngineOptions(threads));
        StageChain whole = model.compile(request(model, List.of(last)));
        StageChain left = model.compile(request(model, List.of(exit.index(), last)));
        Activation batch = model.activation(0, List.of(input));
        StageResult middle = left.stages().get(0).run(batch)) {
      Alternation turns = new Alternation();
      int wholeWay = turns.add(() -> BatchRunner.run(whole, batch, everySecond).close());
      int leftWay = turns.add(() -> BatchRunner.run(left, batch, everySecond).close());
      int beforeWay = turns.add(() -> left.stages().get(0).run(batch).close());
      int behindWay = turns.add(() -> left.stages().get(1).run(middle.live()).close());
      double[][] micros =
          turns.measure(findings.scaled(5, 10), findings.scaled(50, 300), findings.scaled(20, 60));
      List<String> names = List.of("batch", "half leaves", "batch to exit", "batch from exit");
      for (int way = 0; way < names.size(); way++) {
        findings.rounds(subject.name(), threads, names.get(way), micros[way]);
      }
      double[] kept =
          IntStream.range(0, micros[wholeWay].length)
              .mapToDouble(
                  i -> {
                    double before = micros[beforeWay][i];
                    double behind = micros[behindWay][i];
                    double promised = (before + behind) / (before + behind / 2);
                    return micros[wholeWay][i] / micros[leftWay][i] / promised;
                  })
              .toArray();
      findings.median(
          "batch of 32, half leaving at %.0f %% of the MACs: speed-up / promised, %s, threads: %d"
              .formatted(100 * share(subject, exit), subject.name(), threads),
          kept,
          "ratio",
          ">= 0.9");
    }
  }

  private static double share(Subject subject, ExitInfo exit) {
    return (double) subject.macsBefore(exit.cut()) / subject.macs();
  }

  private static StageRequest request(ProgressiveModel model, List<Integer> exits) {
    return StageRequest.of(0, model.lastCut(), exits);
  }
}
