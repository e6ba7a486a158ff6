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
 * @param stopRight share of the rows that stop there which the plan gets right
 * @param sentRight the same of those that are sent
 * @param aheadDifference accuracy minus the uncut network's if all rows that are sent were answered
 *     by the deepest exit that the device reaches in time by going on
 * @param aheadNanos device's further compute of a row to that exit, 0 if it has it in hand
 * @param turnDifference the same accuracy with the answer that the device has in hand when it
 *     sends, or else with the nearest exit behind it
 * @param turnNanos device's further compute of a row to that exit; 0 if it has an answer in hand
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
    double stopRight,
    double sentRight,
    double aheadDifference,
    double aheadNanos,
    double turnDifference,
    double turnNanos) {

  /**
   * Replays a plan.
   *
   * @param rows of the table, at least one
   * @param aheadNanos profiled time within which a device that goes on may reach deeper exits
   */
  static PlanStatistics of(
      BundleFacts facts, CalibrationTable table, int[] rows, Plan plan, double aheadNanos) {
    int finalExit = table.exits() - 1;
    double[] thresholds = new double[table.exits()];
    Arrays.fill(thresholds, Double.POSITIVE_INFINITY);
    for (ExitThreshold exit : plan.exits()) {
      thresholds[exit.exit()] = exit.threshold();
    }
    thresholds[finalExit] = 0;
    int variant = plan.usesCloud() ? table.variant(plan.sentCut(), plan.codec()).orElseThrow() : -1;
    Times times = Times.of(facts, plan, thresholds);
    Own turn = Own.atTurn(facts, plan, thresholds, times);
    Own ahead = Own.ahead(facts, plan, times, turn, aheadNanos);
    int[] bytes = new int[rows.length];
    int sent = 0;
    int sentRight = 0;
    int sentUncut = 0;
    int turnRight = 0;
    int aheadRight = 0;
    int stopped = 0;
    int stopRight = 0;
    int stopUncut = 0;
    double[] stops = new double[rows.length];
    double worker = 0;
    for (int row : rows) {
      int uncut = table.correct(row, finalExit) ? 1 : 0;
      int exit = 0;
      while (exit < times.firstCloudExit && table.confidence(row, exit) < thresholds[exit]) {
        exit++;
      }
      if (exit < times.firstCloudExit) {
        stops[stopped++] = times.atExit[exit];
        stopRight += table.correct(row, exit) ? 1 : 0;
        stopUncut += uncut;
        continue;
      }
      while (table.confidence(variant, row, exit) < thresholds[exit]) {
        exit++;
      }
      bytes[sent++] = table.bytes(variant, row);
      worker += times.atExit[exit];
      sentRight += table.correct(variant, row, exit) ? 1 : 0;
      sentUncut += uncut;
      turnRight += turn.right(table, row);
      aheadRight += ahead.right(table, row);
    }
    int[] sentBytes = Arrays.copyOf(bytes, sent);
    Arrays.sort(sentBytes);
    double[] stopNanos = Arrays.copyOf(stops, stopped);
    Arrays.sort(stopNanos);
    double all = rows.length;
    int net = stopRight - stopUncut - sentUncut;
    return new PlanStatistics(
        plan,
        (net + sentRight) / all,
        sent / all,
        (Arrays.stream(stopNanos).sum() + sent * times.sent) / all,
        stopNanos,
        times.sent,
        sent == 0 ? 0 : worker / sent,
        sentBytes,
        stopped == 0 ? 0 : (double) stopRight / stopped,
        sent == 0 ? 0 : (double) sentRight / sent,
        (net + aheadRight) / all,
        sent == 0 ? 0 : ahead.nanos(),
        (net + turnRight) / all,
        sent == 0 ? 0 : turn.nanos());
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
   * An exit that the device has for a row that is sent.
   *
   * @param exit its number, -1 for none
   * @param nanos further compute to get there, 0 if it is on the way to the split
   */
  private record Own(int exit, double nanos) {
    /** The deepest active one on the way to the split, else the nearest one behind it. */
    static Own atTurn(BundleFacts facts, Plan plan, double[] thresholds, Times times) {
      for (int exit = times.firstCloudExit - 1; exit >= 0; exit--) {
        if (thresholds[exit] < Double.POSITIVE_INFINITY) {
          return new Own(exit, 0);
        }
      }
      return times.firstCloudExit == thresholds.length
          ? new Own(-1, 0)
          : new Own(times.firstCloudExit, further(facts, plan, times, times.firstCloudExit));
    }

    /** The deepest one behind the split that ends within a time, else what there is at the turn. */
    static Own ahead(BundleFacts facts, Plan plan, Times times, Own turn, double withinNanos) {
      for (int exit = facts.finalExit(); exit >= times.firstCloudExit; exit--) {
        double further = further(facts, plan, times, exit);
        if (times.sent + further <= withinNanos) {
          return new Own(exit, further);
        }
      }
      return turn;
    }

    private static double further(BundleFacts facts, Plan plan, Times times, int to) {
      Profile near = facts.profile();
      double nanos = plan.split() == 0 ? near.preprocessNanos() : 0;
      for (int cut = plan.split(); cut < facts.exitCut(to); cut++) {
        nanos += near.segmentNanos(cut + 1);
      }
      for (int exit = times.firstCloudExit; exit <= to; exit++) {
        nanos += near.headNanos(exit);
      }
      return nanos;
    }

    int right(CalibrationTable table, int row) {
      return exit >= 0 && table.correct(row, exit) ? 1 : 0;
    }
  }
}
