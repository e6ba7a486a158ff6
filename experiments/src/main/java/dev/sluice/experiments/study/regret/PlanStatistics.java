package dev.sluice.experiments.study.regret;

import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Profile;
import java.util.Arrays;

/**
 * What a plan does to the rows of a table when nothing comes too late. Times are those of the
 * profile; the device's are not scaled. Immutable by convention.
 *
 * @param plan the plan
 * @param difference accuracy minus the uncut network's
 * @param offloaded share of rows that are sent
 * @param deviceNanos device's compute, mean over all rows
 * @param stopNanos device's compute of each row that stops there, ascending
 * @param sentNanos device's compute of a row that is sent, encoding included
 * @param workerNanos worker's compute, mean over the rows that are sent; 0 if none is
 * @param sentBytes bytes of the rows that are sent, ascending
 * @param rescuedDifference accuracy minus the uncut network's if all rows that are sent were
 *     answered by the device instead, with the deepest exit that it reaches in time; of a device
 *     that waits for the reply, with what it has in hand, else the nearest
 * @param rescueNanos device's further compute of a row for that, 0 if it needs none
 * @param turnNanos device's further compute of a row that is sent to the nearest exit, to which it
 *     turns when the reply is late; 0 if it has an answer in hand
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
record PlanStatistics(
    Plan plan,
    double difference,
    double offloaded,
    double deviceNanos,
    double[] stopNanos,
    double sentNanos,
    double workerNanos,
    int[] sentBytes,
    double rescuedDifference,
    double rescueNanos,
    double turnNanos) {

  /**
   * Replays a plan.
   *
   * @param rows of the table, at least one
   * @param budgetNanos profiled time within which the device must have answered by itself
   * @param goesOn whether it computes on while the reply is due
   */
  static PlanStatistics of(
      BundleFacts facts,
      CalibrationTable table,
      int[] rows,
      Plan plan,
      double budgetNanos,
      boolean goesOn) {
    int finalExit = table.exits() - 1;
    double[] thresholds = new double[table.exits()];
    Arrays.fill(thresholds, Double.POSITIVE_INFINITY);
    for (ExitThreshold exit : plan.exits()) {
      thresholds[exit.exit()] = exit.threshold();
    }
    thresholds[finalExit] = 0;
    int variant = plan.usesCloud() ? table.variant(plan.sentCut(), plan.codec()).orElseThrow() : -1;
    Times times = Times.of(facts, plan, thresholds);
    Rescue rescue = Rescue.of(facts, plan, thresholds, times, budgetNanos, goesOn);
    int fallback = rescue.exit();
    int[] bytes = new int[rows.length];
    int sent = 0;
    int net = 0;
    int rescuedNet = 0;
    double[] stops = new double[rows.length];
    double worker = 0;
    int stopped = 0;
    for (int row : rows) {
      int uncut = table.correct(row, finalExit) ? 1 : 0;
      int exit = 0;
      while (exit < times.firstCloudExit && table.confidence(row, exit) < thresholds[exit]) {
        exit++;
      }
      if (exit < times.firstCloudExit) {
        stops[stopped++] = times.atExit[exit];
        int right = table.correct(row, exit) ? 1 : 0;
        net += right - uncut;
        rescuedNet += right - uncut;
        continue;
      }
      while (table.confidence(variant, row, exit) < thresholds[exit]) {
        exit++;
      }
      bytes[sent++] = table.bytes(variant, row);
      worker += times.atExit[exit];
      net += (table.correct(variant, row, exit) ? 1 : 0) - uncut;
      rescuedNet += (fallback >= 0 && table.correct(row, fallback) ? 1 : 0) - uncut;
    }
    int[] sentBytes = Arrays.copyOf(bytes, sent);
    Arrays.sort(sentBytes);
    double[] stopNanos = Arrays.copyOf(stops, stopped);
    Arrays.sort(stopNanos);
    return new PlanStatistics(
        plan,
        (double) net / rows.length,
        (double) sent / rows.length,
        (Arrays.stream(stopNanos).sum() + sent * times.sent) / rows.length,
        stopNanos,
        times.sent,
        sent == 0 ? 0 : worker / sent,
        sentBytes,
        (double) rescuedNet / rows.length,
        rescue.nanos(),
        sent == 0 ? 0 : rescue.turnNanos());
  }

  /** Mean payload bytes per row, over all rows. */
  double meanBytes() {
    return offloaded * Arrays.stream(sentBytes).average().orElse(0);
  }

  /** Bytes of the rows that are sent at the middles of equal shares of them, ascending. */
  int[] typicalBytes(int shares) {
    if (sentBytes.length == 0) {
      return new int[0];
    }
    int[] typical = new int[shares];
    for (int k = 0; k < shares; k++) {
      typical[k] = sentBytes[(int) ((k + 0.5) / shares * sentBytes.length)];
    }
    return typical;
  }

  /** Device's compute at the middles of equal shares of the rows that stop there, ascending. */
  double[] typicalStops(int shares) {
    if (stopNanos.length == 0) {
      return new double[0];
    }
    double[] typical = new double[shares];
    for (int k = 0; k < shares; k++) {
      typical[k] = stopNanos[(int) ((k + 0.5) / shares * stopNanos.length)];
    }
    return typical;
  }

  /** Device's compute of the row that takes longest to stop there, 0 if none does. */
  double longestStopNanos() {
    return stopNanos.length == 0 ? 0 : stopNanos[stopNanos.length - 1];
  }

  /**
   * Profiled times to every exit: on the device from the picture, in the cloud from the payload.
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Times(double[] atExit, int firstCloudExit, double sent) {
    static Times of(BundleFacts facts, Plan plan, double[] thresholds) {
      Profile near = facts.profile();
      Profile far = facts.workerProfile();
      double[] atExit = new double[thresholds.length];
      double nanos = plan.split() == 0 ? 0 : near.preprocessNanos();
      int cut = 0;
      int exit = 0;
      for (; exit < atExit.length && facts.exitCut(exit) <= plan.split(); exit++) {
        for (; cut < facts.exitCut(exit); cut++) {
          nanos += near.segmentNanos(cut + 1);
        }
        nanos += thresholds[exit] < Double.POSITIVE_INFINITY ? near.headNanos(exit) : 0;
        atExit[exit] = nanos;
      }
      int firstCloudExit = exit;
      for (; cut < plan.split(); cut++) {
        nanos += near.segmentNanos(cut + 1);
      }
      double sent = nanos;
      if (plan.usesCloud()) {
        var codec = near.codec(plan.sentCut(), plan.codec()).orElseThrow();
        sent += codec.encodeNanos();
        nanos = codec.decodeNanos() + (plan.sentCut() == 0 ? far.preprocessNanos() : 0);
        cut = plan.sentCut();
        for (; exit < atExit.length; exit++) {
          for (; cut < facts.exitCut(exit); cut++) {
            nanos += far.segmentNanos(cut + 1);
          }
          nanos += thresholds[exit] < Double.POSITIVE_INFINITY ? far.headNanos(exit) : 0;
          atExit[exit] = nanos;
        }
      }
      return new Times(atExit, firstCloudExit, sent);
    }
  }

  /**
   * What the device has of its own for a row that is sent: an active exit on the way to the split,
   * or one behind it to which it goes on.
   *
   * @param exit the deepest in time, of a device that waits the first, -1 for none
   * @param nanos further compute to get there, at least 0
   * @param turnNanos further compute to the nearest one behind it, 0 if there is an active one
   *     before
   */
  private record Rescue(int exit, double nanos, double turnNanos) {
    static Rescue of(
        BundleFacts facts,
        Plan plan,
        double[] thresholds,
        Times times,
        double budgetNanos,
        boolean goesOn) {
      Profile near = facts.profile();
      int deepest = -1;
      double nanos = 0;
      double turn = -1;
      double further = plan.split() == 0 ? near.preprocessNanos() : 0;
      int cut = plan.split();
      for (int exit = 0; exit < thresholds.length; exit++) {
        if (facts.exitCut(exit) <= plan.split()) {
          boolean there = thresholds[exit] < Double.POSITIVE_INFINITY;
          if (there && times.atExit[exit] <= budgetNanos) {
            deepest = exit;
          }
          turn = there ? 0 : turn;
          continue;
        }
        if (!goesOn && turn >= 0) {
          break;
        }
        for (; cut < facts.exitCut(exit); cut++) {
          further += near.segmentNanos(cut + 1);
        }
        further += near.headNanos(exit);
        turn = turn < 0 ? further : turn;
        if (times.sent + further <= budgetNanos) {
          deepest = exit;
          nanos = further;
        }
      }
      return new Rescue(deepest, nanos, Math.max(0, turn));
    }
  }
}
