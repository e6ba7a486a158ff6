package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.rival.Chain.Send;
import java.util.List;

/**
 * Edgent's plans: all samples leave at one exit, and the branch up to it is parted in two.
 * Immutable.
 */
final class Partitions {
  private final BundleFacts facts;
  private final Chain chain;

  /**
   * A branch, parted.
   *
   * @param exit where all samples leave
   * @param nanos latency of one inference
   */
  record Partition(int exit, Plan plan, double nanos) {}

  Partitions(BundleFacts facts, Terms terms) {
    this.facts = facts;
    chain = new Chain(facts, terms);
  }

  int exits() {
    return facts.exits().size();
  }

  /** Returns an exit's accuracy on the SELECT table, as a share. */
  double accuracy(int exit) {
    CalibrationTable table = facts.select();
    int right = 0;
    for (int s = 0; s < table.samples(); s++) {
      right += table.correct(s, exit) ? 1 : 0;
    }
    return (double) right / table.samples();
  }

  /** Returns the quickest way to an answer at an exit; on the device where the link is not up. */
  Partition quickest(int exit, Estimates estimates) {
    List<ExitThreshold> always =
        exit == facts.finalExit() ? List.of() : List.of(new ExitThreshold(exit, 0));
    Plan best = Plan.local(facts.exitCut(exit), always);
    double least = chain.localNanos(exit, estimates);
    if (estimates.link() == LinkState.UP) {
      for (Send send : chain.sends) {
        if (send.cut() < facts.exitCut(exit)) {
          double nanos = chain.sentNanos(send, exit, estimates);
          if (nanos < least) {
            best = new Plan(send.cut(), send.codec(), always);
            least = nanos;
          }
        }
      }
    }
    return new Partition(exit, best, least);
  }
}
