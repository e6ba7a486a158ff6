package dev.sluice.experiments.study.overhead;

import dev.sluice.experiments.report.Interval;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.engine.EngineOptions;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Times of one picture: against the bare engine, per boundary, and with all exits active. Every way
 * takes the same preprocessed floats in native memory and gives the logits as an array.
 */
final class TimeFigures {
  private static final double BOUNDARY_MICROS = 40;
  private static final double ALLOWED_RATIO = 1.05;
  private static final double MAX_RELATIVE_DIFFERENCE = 1e-4;

  private TimeFigures() {}

  static void measure(Subject subject, int threads, Findings findings) throws Exception {
    FloatBuffer input = subject.input(1, findings.context().seed(subject.name() + " input"));
    long[] shape = subject.inputShape(1);
    List<ExitInfo> early = subject.earlyExits();
    try (ProgressiveModel model =
            ProgressiveModel.open(subject.bundle(), new EngineOptions(threads));
        Chains whole = Chains.of(model, List.of(subject.finalExit()));
        Chains exits = Chains.of(model, subject.allExits());
        Chains divided = Chains.dividedAtExits(model, subject);
        Pieces pieces = new Pieces(subject, threads);
        BareSession bare = new BareSession(subject, threads)) {
      float[] truth = bare.run(input, shape);
      check(subject.name(), truth, whole.run(input));
      check(subject.name(), truth, exits.run(input));
      check(subject.name(), truth, divided.run(input));
      Alternation turns = new Alternation();
      int bareWay = turns.add(() -> bare.run(input, shape));
      int wholeWay = turns.add(() -> whole.run(input));
      int exitsWay = turns.add(() -> exits.run(input));
      int dividedWay = turns.add(() -> divided.run(input));
      int uncutWay = turns.add(() -> pieces.runWhole(input, shape));
      int piecesWay = turns.add(() -> pieces.runPieces(input, shape));
      double[][] micros =
          turns.measure(
              findings.scaled(24, 80), findings.scaled(150, 600), findings.scaled(12, 20));
      List<String> names =
          List.of("bare", "no exits", "all exits", "divided", "session uncut", "session in pieces");
      for (int way = 0; way < names.size(); way++) {
        findings.rounds(subject.name(), threads, names.get(way), micros[way]);
      }
      int boundaries = early.size();
      long heads = early.stream().mapToLong(ExitInfo::headMacs).sum();
      double scale = (double) (subject.macs() + heads) / subject.macs();
      findings.say(
          "  bare %.0f us, no exits %.0f us, %d exits %.0f us, divided %.0f us, scale of MACs %.4f",
          Interval.median(micros[bareWay]),
          Interval.median(micros[wholeWay]),
          boundaries,
          Interval.median(micros[exitsWay]),
          Interval.median(micros[dividedWay]),
          scale);
      findings.say("  bytes at the boundaries: %s", bytesAtExits(subject));
      int rounds = micros[bareWay].length;
      String where = ", " + subject.name() + ", threads: " + threads;
      findings.median(
          "no exits / bare engine" + where,
          each(rounds, i -> micros[wholeWay][i] / micros[bareWay][i]),
          "ratio",
          subject.wantedRatio());
      findings.median(
          "boundary inside a chain, without its head" + where,
          each(rounds, i -> (micros[piecesWay][i] - micros[uncutWay][i]) / boundaries),
          "us",
          "<= 40");
      findings.median(
          "boundary between two chains" + where,
          each(rounds, i -> (micros[dividedWay][i] - micros[wholeWay][i]) / boundaries),
          "us",
          "<= 40");
      findings.median(
          "all exits active, none taken / (1.05 x bare x MACs + 40 us each)" + where,
          each(
              rounds,
              i ->
                  micros[exitsWay][i]
                      / (ALLOWED_RATIO * scale * micros[bareWay][i]
                          + boundaries * BOUNDARY_MICROS)),
          "ratio",
          "<= 1");
    }
  }

  private static List<Long> bytesAtExits(Subject subject) {
    return subject.earlyExits().stream()
        .map(exit -> subject.bundle().manifest().cuts().get(exit.cut()).bytes())
        .toList();
  }

  private static double[] each(int rounds, IntToDoubleFunction figure) {
    return IntStream.range(0, rounds).mapToDouble(figure).toArray();
  }

  private static void check(String name, float[] bare, float[] ours) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < bare.length; i++) {
      largest = Math.max(largest, Math.abs(bare[i]));
      difference = Math.max(difference, Math.abs(bare[i] - ours[i]));
    }
    if (bare.length != ours.length || difference > MAX_RELATIVE_DIFFERENCE * largest) {
      throw new IllegalStateException(
          "%s: ours differs from the bare engine by %g of %g".formatted(name, difference, largest));
    }
  }
}
