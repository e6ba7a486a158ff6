package dev.sluice.training.calibrate;

import dev.sluice.model.exit.ExitScores;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.transform.CutCodec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * The raw outputs of a set: logits of every exit, and through every codec the bytes and the logits
 * of every exit behind it. Temperatures are applied afterwards. Immutable by convention.
 */
public final class Recording {
  /** Steps of a certification table's margins and entropies: what compresses to single bytes. */
  private static final long COARSE = 256;

  private final ExitNetwork network;
  private final List<CutCodec> codecs;
  private final LabelledImages images;
  private final float[][][] lossless;
  private final int[][] bytes;
  private final float[][][][] sent;

  private Recording(ExitNetwork network, List<CutCodec> codecs, LabelledImages images) {
    this.network = network;
    this.codecs = codecs;
    this.images = images;
    this.lossless = new float[images.size()][][];
    this.bytes = new int[codecs.size()][images.size()];
    this.sent = new float[codecs.size()][images.size()][][];
  }

  /**
   * Runs a set.
   *
   * @param codecs through which every sample is sent; may be empty
   * @param onDone hears how many samples are done
   */
  public static Recording of(
      ExitNetwork network,
      Replay replay,
      List<CutCodec> codecs,
      LabelledImages images,
      int threads,
      IntConsumer onDone)
      throws IOException {
    Recording recording = new Recording(network, List.copyOf(codecs), images);
    codecs.forEach(replay::prepare);
    ParallelSamples.run(images.size(), threads, sample -> recording.record(replay, sample), onDone);
    return recording;
  }

  private void record(Replay replay, int sample) throws IOException {
    Picture picture = images.picture(sample);
    Replay.Lossless result = replay.run(picture);
    lossless[sample] = result.logits();
    for (int v = 0; v < codecs.size(); v++) {
      Replay.Sent through = replay.send(codecs.get(v), picture, result);
      bytes[v][sample] = through.bytes();
      sent[v][sample] = through.logits();
    }
  }

  /** Returns the number of samples. */
  public int samples() {
    return lossless.length;
  }

  /** Returns the number of exits, the final one included. */
  public int exits() {
    return network.exits();
  }

  /** Returns the class of every sample. */
  public int[] labels() {
    int[] labels = new int[samples()];
    Arrays.setAll(labels, images::label);
    return labels;
  }

  /** Returns the logits of an exit, one row per sample; not to be modified. */
  public float[][] logits(int exit) {
    return Arrays.stream(lossless).map(rows -> rows[exit]).toArray(float[][]::new);
  }

  /** Returns the share of samples that an exit gets right. */
  public double accuracy(int exit) {
    int right = 0;
    for (int s = 0; s < samples(); s++) {
      right += best(lossless[s][exit]) == images.label(s) ? 1 : 0;
    }
    return right / (double) samples();
  }

  /** Returns the codecs through which the samples were sent. */
  public List<CutCodec> codecs() {
    return codecs;
  }

  /** Returns the mean payload of a codec. */
  public double meanBytes(int codec) {
    return Arrays.stream(bytes[codec]).average().orElse(0);
  }

  /** Returns the payload's 95th percentile. */
  public double p95Bytes(int codec) {
    int[] sorted = bytes[codec].clone();
    Arrays.sort(sorted);
    return sorted[Math.min(sorted.length - 1, (int) Math.ceil(0.95 * sorted.length) - 1)];
  }

  /** Returns the share of samples that the final exit gets right behind a codec. */
  public double finalAccuracy(int codec) {
    int right = 0;
    for (int s = 0; s < samples(); s++) {
      right += best(last(sent[codec][s])) == images.label(s) ? 1 : 0;
    }
    return right / (double) samples();
  }

  /** Returns the share of samples whose final answer a codec leaves as it was. */
  public double unchanged(int codec) {
    int same = 0;
    for (int s = 0; s < samples(); s++) {
      same += best(last(sent[codec][s])) == best(last(lossless[s])) ? 1 : 0;
    }
    return same / (double) samples();
  }

  /**
   * Returns the calibration table of some of the codecs.
   *
   * <p>A table to prove on says of the final exit what it answers and nothing of how sure it was:
   * no policy asks, and room for scores is better spent on pictures, of which a proof can never
   * have enough. (Three tenths of the shipped table were such scores.)
   *
   * @param temperatures per exit
   * @param kept those codecs that the table shall hold
   */
  public CalibrationTable table(
      CalibrationTable.Role role, double[] temperatures, List<CutCodec> kept) {
    List<Integer> chosen = new ArrayList<>();
    List<CalibrationTable.Variant> variants = new ArrayList<>();
    for (int v = 0; v < codecs.size(); v++) {
      if (kept.contains(codecs.get(v))) {
        chosen.add(v);
        variants.add(new CalibrationTable.Variant(codecs.get(v).cut(), codecs.get(v).name()));
      }
    }
    int classes = lossless[0][0].length;
    var table = CalibrationTable.builder(role, classes, samples(), network.exitCuts(), variants);
    for (int s = 0; s < samples(); s++) {
      table.sample(s, images.label(s), images.sequence(s));
      for (int exit = 0; exit < network.exits(); exit++) {
        Said said = said(role, exit, lossless[s][exit], temperatures);
        table.outcome(s, exit, said.predicted, said.confidence, said.margin, said.entropyNats);
      }
      for (int k = 0; k < chosen.size(); k++) {
        int v = chosen.get(k);
        int first = network.firstExit(codecs.get(v).cut());
        table.payload(k, s, bytes[v][s]);
        for (int exit = first; exit < network.exits(); exit++) {
          Said said = said(role, exit, sent[v][s][exit - first], temperatures);
          table.outcome(k, s, exit, said.predicted, said.confidence, said.margin, said.entropyNats);
        }
      }
    }
    return table.build();
  }

  /** What a table holds of an exit's answer. */
  private record Said(int predicted, double confidence, double margin, double entropyNats) {}

  private Said said(CalibrationTable.Role role, int exit, float[] logits, double[] temperatures) {
    if (role == CalibrationTable.Role.CERTIFY && exit == network.exits() - 1) {
      return new Said(best(logits), 1, 1, 0);
    }
    ExitScores scores = ExitScores.of(logits, temperatures[exit]);
    boolean coarse = role == CalibrationTable.Role.CERTIFY;
    return new Said(
        scores.predicted(),
        scores.confidence(),
        coarse ? coarseMargin(scores.confidence(), scores.margin()) : scores.margin(),
        coarse ? coarseEntropyNats(scores.entropyNats(), logits.length) : scores.entropyNats());
  }

  /**
   * The margin so that the runner-up is a multiple of 256 steps: its low byte then costs nothing,
   * and the table is a third smaller. Never more than it is, so that no exit seems to stop where it
   * does not.
   */
  static double coarseMargin(double confidence, double margin) {
    long first = Math.round(confidence * CalibrationTable.STEPS);
    long second = Math.max(0, first - Math.round(margin * CalibrationTable.STEPS));
    return (first - Math.min(first, coarse(second))) / (double) CalibrationTable.STEPS;
  }

  /** The same of an entropy, never less than it is but for the largest. */
  static double coarseEntropyNats(double entropyNats, int classes) {
    double most = Math.log(classes);
    long steps = Math.round(entropyNats / most * CalibrationTable.STEPS);
    return Math.min(CalibrationTable.STEPS, coarse(steps)) * most / CalibrationTable.STEPS;
  }

  private static long coarse(long steps) {
    return (steps + COARSE - 1) / COARSE * COARSE;
  }

  private static float[] last(float[][] rows) {
    return rows[rows.length - 1];
  }

  /** Returns the index of the largest value, the first among equals. */
  public static int best(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }
}
