package dev.sluice.experiments.demo;

import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Route;
import dev.sluice.experiments.report.Interval;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.stage.Activation;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.training.data.LabelledImages;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Shows what plans cost in accuracy: each answers independent frames, through real stages and
 * codecs, beside the uncut network on the same frames.
 */
final class AccuracyFloor {
  private static final int CHUNK = 50;

  private final ProgressiveModel model;
  private final SplitNetwork network;

  AccuracyFloor(ProgressiveModel model, SplitNetwork network) {
    this.model = model;
    this.network = network;
  }

  private static final class Count {
    private int right;
    private int uncutRight;
    private int onlyPlan;
    private int onlyUncut;
    private int sent;
    private long bytes;

    void add(boolean planRight, boolean uncut, int bytesSent) {
      right += planRight ? 1 : 0;
      uncutRight += uncut ? 1 : 0;
      onlyPlan += planRight && !uncut ? 1 : 0;
      onlyUncut += uncut && !planRight ? 1 : 0;
      sent += bytesSent > 0 ? 1 : 0;
      bytes += bytesSent;
    }

    void add(Count other) {
      right += other.right;
      uncutRight += other.uncutRight;
      onlyPlan += other.onlyPlan;
      onlyUncut += other.onlyUncut;
      sent += other.sent;
      bytes += other.bytes;
    }
  }

  /** Returns, for every picture, whether the uncut network gets it right. */
  static boolean[] uncutRight(ProgressiveModel model, LabelledImages images) {
    boolean[] right = new boolean[images.size()];
    for (int i = 0; i < right.length; i++) {
      right[i] = uncutLabel(model, Pictures.read(images, i)) == images.label(i);
    }
    return right;
  }

  /**
   * Evaluates plans.
   *
   * @param plans to evaluate; none gives no results
   * @param images independent frames
   * @param threads that compute, at least 1
   */
  List<PlanAccuracy> evaluate(List<Plan> plans, LabelledImages images, int threads)
      throws InterruptedException {
    List<Route> routes = new ArrayList<>();
    ExecutorService pool =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              Thread thread = new Thread(task, "accuracy-floor");
              thread.setDaemon(true);
              return thread;
            });
    try {
      for (Plan plan : plans) {
        routes.add(network.compile(plan));
      }
      List<Future<List<Count>>> parts = new ArrayList<>();
      for (int from = 0; from < images.size(); from += CHUNK) {
        int first = from;
        int end = Math.min(images.size(), from + CHUNK);
        parts.add(pool.submit(() -> count(plans, routes, images, first, end)));
      }
      return results(plans, parts, images.size());
    } finally {
      pool.shutdownNow();
      routes.forEach(Route::close);
    }
  }

  private List<Count> count(
      List<Plan> plans, List<Route> routes, LabelledImages images, int from, int to) {
    List<Count> counts = new ArrayList<>();
    plans.forEach(plan -> counts.add(new Count()));
    for (int i = from; i < to; i++) {
      Picture picture = Pictures.read(images, i);
      int label = images.label(i);
      boolean uncut = uncutLabel(model, picture) == label;
      Frame frame = new Frame(i, "frame " + i, picture.rgb(), picture.width(), picture.height(), 0);
      for (int p = 0; p < plans.size(); p++) {
        SplitNetwork.Outcome outcome = network.classify(plans.get(p), routes.get(p), frame);
        counts.get(p).add(outcome.label() == label, uncut, outcome.bytes());
      }
    }
    return counts;
  }

  private static List<PlanAccuracy> results(
      List<Plan> plans, List<Future<List<Count>>> parts, int samples) throws InterruptedException {
    List<Count> totals = new ArrayList<>();
    plans.forEach(plan -> totals.add(new Count()));
    for (Future<List<Count>> part : parts) {
      try {
        List<Count> counts = part.get();
        for (int p = 0; p < totals.size(); p++) {
          totals.get(p).add(counts.get(p));
        }
      } catch (ExecutionException e) {
        throw new IllegalStateException("a plan could not be evaluated", e.getCause());
      }
    }
    List<PlanAccuracy> results = new ArrayList<>();
    for (int p = 0; p < plans.size(); p++) {
      Count count = totals.get(p);
      results.add(
          new PlanAccuracy(
              plans.get(p),
              samples,
              count.right,
              count.uncutRight,
              count.sent,
              count.bytes,
              Interval.ofPairedAccuracy(count.onlyPlan, count.onlyUncut, samples)));
    }
    return results;
  }

  private static int uncutLabel(ProgressiveModel model, Picture picture) {
    try (Activation input = model.input(picture.rgb(), picture.width(), picture.height())) {
      float[] logits = model.runUncut(input);
      int best = 0;
      for (int i = 1; i < logits.length; i++) {
        best = logits[i] > logits[best] ? i : best;
      }
      return best;
    }
  }
}
