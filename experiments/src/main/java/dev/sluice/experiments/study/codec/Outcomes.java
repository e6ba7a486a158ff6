package dev.sluice.experiments.study.codec;

import dev.sluice.experiments.report.Interval;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * What a contender, or the uncut network, made of the samples of a set. Different samples may be
 * noted by different threads; read when all are done.
 */
final class Outcomes {
  private static final int RESAMPLES = 2_000;

  private final List<Task> tasks;
  private final int[] labels;
  private final int[] bytes;
  private final int[][] answers;
  private final double[][] crossEntropies;

  /**
   * Starts without samples.
   *
   * @param labels of the set's samples; not copied
   */
  Outcomes(List<Task> tasks, int[] labels) {
    this.tasks = tasks;
    this.labels = labels;
    this.bytes = new int[labels.length];
    this.answers = new int[tasks.size()][labels.length];
    this.crossEntropies = new double[tasks.size()][labels.length];
  }

  void note(int sample, int sentBytes, float[] logits) {
    bytes[sample] = sentBytes;
    for (int t = 0; t < tasks.size(); t++) {
      answers[t][sample] = tasks.get(t).answer(logits);
      crossEntropies[t][sample] = tasks.get(t).crossEntropy(logits, labels[sample]);
    }
  }

  boolean isRight(int task, int sample) {
    return tasks.get(task).isRight(answers[task][sample], labels[sample]);
  }

  double accuracy(int task, int[] samples) {
    return Arrays.stream(samples).filter(s -> isRight(task, s)).count() / (double) samples.length;
  }

  double meanBytes(int[] samples) {
    return Arrays.stream(samples).mapToDouble(s -> bytes[s]).average().orElse(0);
  }

  int p95Bytes(int[] samples) {
    int[] sorted = Arrays.stream(samples).map(s -> bytes[s]).sorted().toArray();
    return sorted[Math.max(0, (int) Math.ceil(0.95 * sorted.length) - 1)];
  }

  int bytes(int sample) {
    return bytes[sample];
  }

  /** Returns in how many of the samples the answer is another one. */
  int changed(Outcomes uncut, int task, int[] samples) {
    return (int)
        Arrays.stream(samples).filter(s -> answers[task][s] != uncut.answers[task][s]).count();
  }

  /** Returns how many of the samples only this gets right, and how many only the other. */
  int[] discordant(Outcomes uncut, int task, int[] samples) {
    int won = 0;
    int lost = 0;
    for (int s : samples) {
      won += isRight(task, s) && !uncut.isRight(task, s) ? 1 : 0;
      lost += !isRight(task, s) && uncut.isRight(task, s) ? 1 : 0;
    }
    return new int[] {won, lost};
  }

  double moreCrossEntropy(Outcomes uncut, int task, int[] samples) {
    return Arrays.stream(samples)
        .mapToDouble(s -> crossEntropies[task][s] - uncut.crossEntropies[task][s])
        .average()
        .orElse(0);
  }

  /**
   * Returns the difference of accuracies in points with its interval: Wald's for pairs where
   * samples are independent, a bootstrap over sequences where they come in some.
   *
   * @param sequences of every sample of the set, negative for none
   */
  Interval difference(Outcomes uncut, int task, int[] samples, int[] sequences, long seed) {
    if (Arrays.stream(samples).allMatch(s -> sequences[s] < 0)) {
      int[] pair = discordant(uncut, task, samples);
      return Interval.ofPairedAccuracy(pair[0], pair[1], samples.length);
    }
    TreeMap<Integer, int[]> bySequence = new TreeMap<>();
    for (int s : samples) {
      int[] sum = bySequence.computeIfAbsent(sequences[s], key -> new int[2]);
      sum[0]++;
      sum[1] += (isRight(task, s) ? 1 : 0) - (uncut.isRight(task, s) ? 1 : 0);
    }
    List<int[]> sums = List.copyOf(bySequence.values());
    SplittableRandom random = new SplittableRandom(seed);
    double[] resampled = new double[RESAMPLES];
    for (int r = 0; r < RESAMPLES; r++) {
      int count = 0;
      int gained = 0;
      for (int i = 0; i < sums.size(); i++) {
        int[] sum = sums.get(random.nextInt(sums.size()));
        count += sum[0];
        gained += sum[1];
      }
      resampled[r] = 100.0 * gained / count;
    }
    Arrays.sort(resampled);
    return new Interval(
        100 * (accuracy(task, samples) - uncut.accuracy(task, samples)),
        resampled[(int) (0.025 * (RESAMPLES - 1))],
        resampled[(int) Math.ceil(0.975 * (RESAMPLES - 1))]);
  }
}
