package dev.sluice.experiments.study.codec;

import dev.sluice.training.calibrate.ParallelSamples;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.data.LabelledImages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Contenders being tried on a set, some samples after the others: each sample passes the uncut
 * network once, and what that leaves at the cuts goes through every contender. Not thread-safe;
 * uses several threads inside.
 */
final class Trial {
  private final Subject subject;
  private final Replay replay;
  private final LabelledImages images;
  private final int threads;
  private final int[] labels;
  private final double[] confidences;
  private final Outcomes uncut;
  private final Map<Contender, Outcomes> tried = new LinkedHashMap<>();

  Trial(Subject subject, Replay replay, LabelledImages images, int threads) {
    this.subject = subject;
    this.replay = replay;
    this.images = images;
    this.threads = threads;
    this.labels = new int[images.size()];
    this.confidences = new double[images.size()];
    Arrays.setAll(labels, images::label);
    this.uncut = new Outcomes(subject.tasks(), labels);
  }

  /** Runs samples through contenders. */
  void run(Collection<? extends Contender> contenders, int[] samples) throws IOException {
    List<Contender> list = new ArrayList<>(contenders);
    for (Contender contender : list) {
      tried.computeIfAbsent(contender, key -> new Outcomes(subject.tasks(), labels));
    }
    ParallelSamples.run(samples.length, threads, i -> run(list, samples[i]), done -> {});
  }

  private void run(List<Contender> contenders, int index) throws IOException {
    var picture = images.picture(index);
    Contender.Sample sample = new Contender.Sample(picture, replay.run(picture));
    uncut.note(index, 0, sample.logits());
    // The first exit's confidence where the network has early ones: that decides who is sent.
    float[] first = sample.lossless().logits()[0];
    confidences[index] = subject.task().confidence(first);
    for (Contender contender : contenders) {
      Contender.Sent sent = contender.send(sample);
      of(contender).note(index, sent.bytes(), sent.logits());
    }
  }

  Outcomes uncut() {
    return uncut;
  }

  Outcomes of(Contender contender) {
    Outcomes outcomes = tried.get(contender);
    if (outcomes == null) {
      throw new IllegalArgumentException("not tried: " + contender);
    }
    return outcomes;
  }

  /** Returns the numbers of all samples. */
  int[] all() {
    return IntStream.range(0, images.size()).toArray();
  }

  /** Returns the sequence of every sample. */
  int[] sequences() {
    return IntStream.range(0, images.size()).map(images::sequence).toArray();
  }

  /** Returns the half of the samples of which the network, at its first exit, is least sure. */
  int[] leastConfidentHalf() {
    return IntStream.range(0, images.size())
        .boxed()
        .sorted((a, b) -> Double.compare(confidences[a], confidences[b]))
        .limit((images.size() + 1) / 2)
        .mapToInt(Integer::intValue)
        .sorted()
        .toArray();
  }
}
