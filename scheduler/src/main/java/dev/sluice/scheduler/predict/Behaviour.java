package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Envelope;
import java.util.Optional;

/**
 * What is known of a plan whatever the link does: costs at scale 1, shares, accuracy with its
 * bounds, and the rows to replay. Immutable.
 */
final class Behaviour {
  final Plan plan;
  final CostModel costs;

  /** By replayed row: the device's exit that answers, or the worker's exit's complement (~). */
  final byte[] stop;

  /**
   * By replayed row, the exit that would stop it if the device went on alone after sending; empty
   * where nobody knows.
   */
  final byte[] own;

  /** What it sends for each row. */
  final Shipment shipment;

  /** By replayed row, a bit each: whether the answer is right, and whether it is sent. */
  private final long[] right;

  private final long[] sent;

  final double accuracy;
  final Certificate.Bounds bounds;

  /** Accuracy minus the uncut network's on both tables, discounted for its uncertainty. */
  final double cautiousDifference;

  /** How many replayed rows are sent. */
  final int sentRows;

  /* Of the device's time, at scale 1: what every frame and what one that is sent takes. */
  final double preprocessNanos;
  final double encodeNanos;

  /* Means over the replayed rows, at scale 1. */
  final double rowDeviceNanos;
  final double rowCodingNanos;
  final double rowWorkerNanos;
  final double rowBytes;

  /* Extremes over the replayed rows, at scale 1; those of what is sent are 0 where nothing is. */
  final double mostDeviceNanos;
  final double mostLocalNanos;
  final double mostWorkerNanos;
  final int leastBytes;
  final int mostBytes;

  final double deviceNanos;
  final double workerNanos;
  final double meanBytes;
  final double offloadedShare;

  private Behaviour(
      Plan plan,
      CostModel costs,
      byte[] stop,
      byte[] own,
      Shipment shipment,
      long[] right,
      int sentRows,
      double preprocessNanos,
      double encodeNanos,
      double accuracy,
      Certificate.Bounds bounds,
      double cautiousDifference,
      double deviceNanos,
      double workerNanos,
      double meanBytes,
      double offloadedShare) {
    this.plan = plan;
    this.costs = costs;
    this.stop = stop;
    this.own = own;
    this.shipment = shipment;
    this.right = right;
    this.sentRows = sentRows;
    this.preprocessNanos = preprocessNanos;
    this.encodeNanos = encodeNanos;
    this.sent = new long[right.length];
    this.rowCodingNanos = preprocessNanos + encodeNanos * sentRows / stop.length;
    double device = 0;
    double worker = 0;
    double bytes = 0;
    double mostLocal = 0;
    double mostWorker = 0;
    int least = sentRows == 0 ? 0 : Integer.MAX_VALUE;
    int most = 0;
    for (int i = 0; i < stop.length; i++) {
      device += deviceNanos(i);
      if (sends(i)) {
        worker += workerNanos(i);
        bytes += shipment.bytes(i);
        sent[i / Long.SIZE] |= 1L << i;
        mostWorker = Math.max(mostWorker, workerNanos(i));
        least = Math.min(least, shipment.bytes(i));
        most = Math.max(most, shipment.bytes(i));
      } else {
        mostLocal = Math.max(mostLocal, deviceNanos(i));
      }
    }
    this.mostDeviceNanos = Math.max(mostLocal, sentRows == 0 ? 0 : costs.deviceSent);
    this.mostLocalNanos = mostLocal;
    this.mostWorkerNanos = mostWorker;
    this.leastBytes = least;
    this.mostBytes = most;
    this.rowDeviceNanos = device / stop.length;
    this.rowWorkerNanos = worker / stop.length;
    this.rowBytes = bytes / stop.length;
    this.accuracy = accuracy;
    this.bounds = bounds;
    this.cautiousDifference = cautiousDifference;
    this.deviceNanos = deviceNanos;
    this.workerNanos = workerNanos;
    this.meanBytes = meanBytes;
    this.offloadedShare = offloadedShare;
  }

  /**
   * Looks a plan up in the tables.
   *
   * @param rows the rows of the SELECT table that are replayed
   * @param shipment of all plans with this split and codec
   * @param own as in {@link #own}
   * @param deepestCut up to which the device can compute
   */
  static Behaviour of(
      BundleFacts facts,
      Plan plan,
      int[] rows,
      Shipment shipment,
      byte[] own,
      int deepestCut,
      Certificate certificate,
      Optional<ExitCriterion> criterion) {
    CostModel costs = CostModel.of(facts, plan, deepestCut);
    Outcome select = Outcome.of(facts, facts.select(), plan, criterion);
    int samples = facts.select().samples();
    double device = 0;
    double worker = 0;
    double bytes = 0;
    int sent = 0;
    int right = 0;
    int won = 0;
    int lost = 0;
    for (int s = 0; s < samples; s++) {
      boolean finallyRight = facts.select().correct(s, facts.finalExit());
      if (select.right[s]) {
        right++;
        won += finallyRight ? 0 : 1;
      } else {
        lost += finallyRight ? 1 : 0;
      }
      if (select.bytes[s] < 0) {
        device += costs.deviceStop[select.exit[s]];
      } else {
        device += costs.deviceSent;
        worker += costs.worker[select.exit[s]];
        bytes += select.bytes[s] + (double) Envelope.REQUEST_BYTES;
        sent++;
      }
    }
    byte[] stop = new byte[rows.length];
    long[] rowRight = new long[(rows.length + Long.SIZE - 1) / Long.SIZE];
    int sentRows = 0;
    for (int i = 0; i < rows.length; i++) {
      int row = rows[i];
      if (select.bytes[row] < 0) {
        stop[i] = select.exit[row];
      } else {
        stop[i] = (byte) ~select.exit[row];
        shipment.add(i, select.bytes[row] + Envelope.REQUEST_BYTES);
        sentRows++;
      }
      if (select.right[row]) {
        rowRight[i / Long.SIZE] |= 1L << i;
      }
    }
    boolean identical = Codecs.identical(plan);
    boolean[] certified = Outcome.of(facts, certificate.table(), plan, criterion).right;
    Certificate.Bounds bounds = certificate.bounds(certified, identical);
    return new Behaviour(
        plan,
        costs,
        stop,
        own,
        shipment,
        rowRight,
        sentRows,
        plan.split() == 0 ? 0 : facts.profile().preprocessNanos(),
        facts
            .profile()
            .codec(plan.sentCut(), plan.codec())
            .map(codec -> (double) codec.encodeNanos())
            .orElse(0.0),
        (double) right / samples,
        bounds,
        identical
            ? 0
            : Certificate.bonettPrice(
                won + bounds.won(), lost + bounds.lost(), samples + certified.length),
        device / samples,
        worker / samples,
        bytes / samples,
        (double) sent / samples);
  }

  boolean sends(int row) {
    return stop[row] < 0;
  }

  /** The exit that answers a replayed row, here or there. */
  int exit(int row) {
    return stop[row] < 0 ? ~stop[row] : stop[row];
  }

  boolean right(int row) {
    return (right[row / Long.SIZE] >>> row & 1) != 0;
  }

  /**
   * How many right answers are lost, net, if all rows that are sent are answered by others.
   *
   * @param othersRight by row, a bit each: whether those are right
   */
  int lostWithout(long[] othersRight) {
    int lost = 0;
    for (int i = 0; i < sent.length; i++) {
      lost += Long.bitCount(sent[i] & right[i]) - Long.bitCount(sent[i] & othersRight[i]);
    }
    return lost;
  }

  /**
   * When the device, going on alone, would have an answer of its own to a row that is sent, from
   * its capture; infinite where that is of no use ({@link Replay.Conditions#hedgeLimitNanos}).
   */
  double hedgedNanos(int row, Replay.Conditions met) {
    double nanos = costs.hedgedNanos(own[row]) * met.deviceScale();
    return nanos > met.hedgeLimitNanos() ? Double.POSITIVE_INFINITY : nanos;
  }

  /**
   * Whether no replayed row can be later, nor keep device or link busy longer, than with another
   * plan that sends the same, whatever the conditions: every row takes the device no longer, is
   * sent only if the other sends it, and takes the worker no longer then; the means over all
   * samples, by which overload and a busy worker's wait go, are no larger either. (Device and link
   * serve in order, so by induction over the rows both are free no later.)
   */
  boolean neverSlowerThan(Behaviour other) {
    if (shipment != other.shipment
        || costs.rescue > other.costs.rescue
        || workerNanos > other.workerNanos
        || deviceNanos > other.deviceNanos
        || meanBytes > other.meanBytes) {
      return false;
    }
    if (own.length != other.own.length) {
      return false;
    }
    for (int i = 0; i < stop.length; i++) {
      if (sends(i) && !(other.sends(i) && workerNanos(i) <= other.workerNanos(i))) {
        return false;
      }
      if (sends(i) && own.length > 0 && own[i] > other.own[i]) {
        return false;
      }
      if (deviceNanos(i) > other.deviceNanos(i)) {
        return false;
      }
    }
    return true;
  }

  double deviceNanos(int row) {
    return sends(row) ? costs.deviceSent : costs.deviceStop[stop[row]];
  }

  double workerNanos(int row) {
    return costs.worker[~stop[row]];
  }
}
