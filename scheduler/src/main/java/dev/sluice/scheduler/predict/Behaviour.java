package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.Arrays;
import java.util.Optional;

/**
 * What is known of a plan whatever the link does: costs at scale 1, shares, accuracy with its
 * bounds, and the rows to replay. Immutable.
 */
final class Behaviour {
  final Plan plan;
  final CostModel costs;

  /** By replayed row: the exit that answers. */
  final byte[] exit;

  /** By replayed row: bytes sent, -1 where the device answers. */
  final int[] bytes;

  /** By replayed row: whether the answer is right. */
  final boolean[] right;

  final double accuracy;
  final Certificate.Bounds bounds;

  /** Accuracy minus the uncut network's on both tables, discounted for its uncertainty. */
  final double cautiousDifference;

  /** By replayed row that is sent: its bytes, ascending. */
  final int[] sentBytes;

  final double deviceNanos;
  final double workerNanos;
  final double meanBytes;
  final double offloadedShare;

  private Behaviour(
      Plan plan,
      CostModel costs,
      byte[] exit,
      int[] bytes,
      boolean[] right,
      double accuracy,
      Certificate.Bounds bounds,
      double cautiousDifference,
      double deviceNanos,
      double workerNanos,
      double meanBytes,
      double offloadedShare) {
    this.plan = plan;
    this.costs = costs;
    this.exit = exit;
    this.bytes = bytes;
    this.right = right;
    this.accuracy = accuracy;
    this.bounds = bounds;
    this.cautiousDifference = cautiousDifference;
    this.sentBytes = Arrays.stream(bytes).filter(sent -> sent >= 0).sorted().toArray();
    this.deviceNanos = deviceNanos;
    this.workerNanos = workerNanos;
    this.meanBytes = meanBytes;
    this.offloadedShare = offloadedShare;
  }

  static Behaviour of(
      BundleFacts facts,
      Plan plan,
      int[] rows,
      Certificate certificate,
      Optional<ExitCriterion> criterion) {
    CostModel costs = CostModel.of(facts, plan);
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
        bytes += select.bytes[s];
        sent++;
      }
    }
    byte[] exit = new byte[rows.length];
    int[] rowBytes = new int[rows.length];
    boolean[] rowRight = new boolean[rows.length];
    for (int i = 0; i < rows.length; i++) {
      exit[i] = select.exit[rows[i]];
      rowBytes[i] = select.bytes[rows[i]];
      rowRight[i] = select.right[rows[i]];
    }
    boolean identical = Codecs.identical(plan);
    boolean[] certified = Outcome.of(facts, certificate.table(), plan, criterion).right;
    Certificate.Bounds bounds = certificate.bounds(certified, identical);
    return new Behaviour(
        plan,
        costs,
        exit,
        rowBytes,
        rowRight,
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
}
