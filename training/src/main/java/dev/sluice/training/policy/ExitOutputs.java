package dev.sluice.training.policy;

import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageResult;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.training.calibrate.ParallelSamples;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.data.LabelledImages;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * What every exit of a bundle says of the pictures of one set. Immutable by convention.
 *
 * @param scores {@code [exit][sample]}, calibrated
 * @param labels right class of each sample
 * @param sequences number of the drive of each sample, -1 for none
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record ExitOutputs(ExitScores[][] scores, int[] labels, int[] sequences) {
  public ExitOutputs {
    for (ExitScores[] exit : scores) {
      if (exit.length != labels.length) {
        throw new IllegalArgumentException(exit.length + " scores, " + labels.length + " labels");
      }
    }
    if (scores.length == 0 || labels.length == 0 || sequences.length != labels.length) {
      throw new IllegalArgumentException("no exits, or no samples");
    }
  }

  /**
   * Runs pictures through all exits.
   *
   * @param threads at least 1
   * @param onDone hears how many pictures are done
   * @throws IOException if a picture cannot be read
   */
  public static ExitOutputs of(
      ProgressiveModel model, LabelledImages images, int threads, IntConsumer onDone)
      throws IOException {
    int exits = model.manifest().exits().size();
    ExitScores[][] scores = new ExitScores[exits][images.size()];
    int[] labels = new int[images.size()];
    int[] sequences = new int[images.size()];
    StageRequest all =
        StageRequest.of(
            0, model.lastCut(), model.manifest().exits().stream().map(ExitInfo::index).toList());
    try (StageChain chain = model.compile(all)) {
      ParallelSamples.run(
          images.size(),
          threads,
          s -> {
            Picture picture = images.picture(s);
            labels[s] = images.label(s);
            sequences[s] = images.sequence(s);
            run(model, chain, picture, s, scores);
          },
          onDone);
    }
    return new ExitOutputs(scores, labels, sequences);
  }

  /**
   * Calibrates what a recording holds.
   *
   * @param temperatures by exit
   */
  public static ExitOutputs of(Recording recording, double[] temperatures) {
    ExitScores[][] scores = new ExitScores[recording.exits()][];
    for (int exit = 0; exit < scores.length; exit++) {
      double temperature = temperatures[exit];
      scores[exit] =
          Arrays.stream(recording.logits(exit))
              .map(logits -> ExitScores.of(logits, temperature))
              .toArray(ExitScores[]::new);
    }
    int[] none = new int[recording.samples()];
    Arrays.fill(none, -1);
    return new ExitOutputs(scores, recording.labels(), none);
  }

  private static void run(
      ProgressiveModel model, StageChain chain, Picture picture, int sample, ExitScores[][] out) {
    Activation live = model.input(picture.rgb(), picture.width(), picture.height());
    try {
      for (Stage stage : chain.stages()) {
        StageResult result = stage.run(live);
        live.close();
        live = result.live();
        int exit = stage.exit().orElseThrow();
        out[exit][sample] = model.scores(exit, result.logits().orElseThrow());
      }
    } finally {
      live.close();
    }
  }

  /** Returns the number of exits, the final one included. */
  public int exits() {
    return scores.length;
  }

  /** Returns the number of samples. */
  public int samples() {
    return labels.length;
  }

  /** Returns the number of classes. */
  public int classes() {
    return scores[0][0].classes();
  }

  /** Returns whether an exit is right about a sample. */
  public boolean right(int exit, int sample) {
    return scores[exit][sample].predicted() == labels[sample];
  }

  /** Returns the share of the samples that an exit is right about. */
  public double accuracy(int exit) {
    int right = 0;
    for (int s = 0; s < samples(); s++) {
      right += right(exit, s) ? 1 : 0;
    }
    return (double) right / samples();
  }

  /** Returns the samples whose numbers are wanted, at least one. */
  public ExitOutputs only(IntPredicate wanted) {
    int[] kept = IntStream.range(0, samples()).filter(wanted).toArray();
    ExitScores[][] some = new ExitScores[exits()][];
    for (int exit = 0; exit < some.length; exit++) {
      int at = exit;
      some[exit] = Arrays.stream(kept).mapToObj(s -> scores[at][s]).toArray(ExitScores[]::new);
    }
    return new ExitOutputs(
        some,
        Arrays.stream(kept).map(s -> labels[s]).toArray(),
        Arrays.stream(kept).map(s -> sequences[s]).toArray());
  }

  /** Returns an exit's outputs as points. */
  float[][] points(int exit) {
    return Arrays.stream(scores[exit]).map(ExitScores::output).toArray(float[][]::new);
  }
}
