package dev.sluice.experiments.study.regret;

import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Variant;
import dev.sluice.scheduler.profile.Envelope;
import dev.sluice.scheduler.profile.Profile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The sample-clairvoyant oracle: knows the link's future and which exit is right about every frame.
 * A bound that nobody can go below but by noise, never a goal.
 *
 * <p>Every frame goes its own cheapest way: it stops at any exit of the device, of which only that
 * head is computed, or is sent with any codec and stops at any exit behind it. Frames do not wait
 * for each other, so that each way costs at least what it does here. As many frames as the accuracy
 * floor asks for go their cheapest way that is right; of the others the cheapest at all. Where a
 * deadline may be missed by a share of the frames, that share of them, those for which it saves
 * most, cost nothing and are right. So the least cost under the constraints is at least the bound:
 * a relaxation, in which choosing the frames with the smallest extra cost of being right is exact.
 */
final class SampleClairvoyant {

  private final Course course;
  private final BundleFacts facts;
  private final LinkFuture future;
  private final List<Way> ways = new ArrayList<>();

  /**
   * A way to answer a frame.
   *
   * @param variant the codec's number in the table, -1 for the device
   * @param exit that answers
   * @param deviceNanos device's compute until it answers or sends
   * @param workerNanos worker's compute, 0 for the device
   */
  private record Way(int variant, int exit, double deviceNanos, double workerNanos) {}

  SampleClairvoyant(Course course) {
    this.course = course;
    facts = course.replay().facts();
    future = new LinkFuture(course.trace(), StreamReplay.LEAD_NANOS);
    double factor = course.replay().deviceFactor();
    Profile near = facts.profile();
    Profile far = facts.workerProfile();
    CalibrationTable test = course.replay().test();
    for (int exit = 0; exit < test.exits(); exit++) {
      double nanos =
          near.preprocessNanos() + segments(near, 0, test.exitCut(exit)) + near.headNanos(exit);
      ways.add(new Way(-1, exit, nanos * factor, 0));
    }
    for (int number = 0; number < test.variants().size(); number++) {
      Variant variant = test.variants().get(number);
      var codec = near.codec(variant.cut(), variant.codec());
      if (codec.isEmpty()) {
        continue;
      }
      double sent =
          (variant.cut() == 0 ? 0 : near.preprocessNanos() + segments(near, 0, variant.cut()))
              + codec.get().encodeNanos();
      for (int exit = test.firstExit(number); exit < test.exits(); exit++) {
        double worker =
            codec.get().decodeNanos()
                + (variant.cut() == 0 ? far.preprocessNanos() : 0)
                + segments(far, variant.cut(), test.exitCut(exit))
                + far.headNanos(exit);
        ways.add(new Way(number, exit, sent * factor, worker));
      }
    }
  }

  private static double segments(Profile profile, int fromCut, int toCut) {
    double nanos = 0;
    for (int cut = fromCut + 1; cut <= toCut; cut++) {
      nanos += profile.segmentNanos(cut);
    }
    return nanos;
  }

  /** Returns the least mean cost per frame; infinite where the floor is out of reach. */
  double leastCost() {
    int[] rows = course.rows();
    Question question = course.question();
    CalibrationTable test = course.replay().test();
    double[] cheapest = new double[rows.length];
    double[] extra = new double[rows.length];
    int uncut = 0;
    for (int frame = 0; frame < rows.length; frame++) {
      uncut += test.correct(rows[frame], test.exits() - 1) ? 1 : 0;
      double any = Double.POSITIVE_INFINITY;
      double right = Double.POSITIVE_INFINITY;
      long[] arrivals = new long[test.variants().size()];
      for (Way way : ways) {
        double cost = cost(way, frame, rows[frame], arrivals);
        any = Math.min(any, cost);
        boolean correct =
            way.variant() < 0
                ? test.correct(rows[frame], way.exit())
                : test.correct(way.variant(), rows[frame], way.exit());
        right = correct ? Math.min(right, cost) : right;
      }
      /* What cannot be in time at all is given up, which costs nothing and is wrong. */
      cheapest[frame] = any == Double.POSITIVE_INFINITY ? 0 : any;
      extra[frame] = right - cheapest[frame];
    }
    boolean latency = question.cost().kind() == Metric.Kind.MEAN_LATENCY;
    int free = latency ? 0 : (int) Math.floor(question.mostLate() * rows.length + 1e-9);
    int needed = (int) Math.ceil(uncut + question.leastDifference() * rows.length - 1e-9) - free;
    Arrays.sort(extra);
    Arrays.sort(cheapest);
    double sum = 0;
    for (int i = 0; i < rows.length - free; i++) {
      sum += cheapest[i];
    }
    for (int i = 0; i < needed; i++) {
      sum += extra[i];
    }
    return sum / rows.length;
  }

  /** What a way costs a frame that waits for no other; infinite where it would come too late. */
  private double cost(Way way, int frame, int row, long[] arrivals) {
    Question question = course.question();
    long captured = course.captureNanos(frame);
    double latency = way.deviceNanos();
    double bytes = 0;
    if (way.variant() >= 0) {
      int variant = way.variant();
      bytes = course.replay().test().bytes(variant, row) + (double) Envelope.REQUEST_BYTES;
      if (arrivals[variant] == 0) {
        long begin = captured + Math.round(way.deviceNanos());
        long departed = future.departedNanos(begin, bytes);
        arrivals[variant] = departed + future.roundTripNanos(departed);
      }
      latency = arrivals[variant] - captured + way.workerNanos();
    }
    boolean timed = question.cost().kind() != Metric.Kind.MEAN_LATENCY;
    return timed && latency > question.deadlineNanos()
        ? Double.POSITIVE_INFINITY
        : question.costOf(way.workerNanos(), bytes, way.deviceNanos(), latency);
  }
}
