package dev.sluice.training.policy;

import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitPolicy;

/** What policies do to a set of samples: which exit each takes, at what cost, and how rightly. */
public final class PolicyReplay {
  private PolicyReplay() {}

  /**
   * A set under some policies.
   *
   * @param exits exit taken by sample
   * @param accuracy share of right answers
   * @param meanMacs multiply-accumulates per sample as a share of the backbone's, heads of active
   *     exits on the way included
   * @param stopped by exit: share of the samples that take it
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  public record Outcome(int[] exits, double accuracy, double meanMacs, double[] stopped) {}

  /**
   * Judges every sample of a set.
   *
   * @param manifest of the network that the outputs are of
   */
  public static Outcome of(BundleManifest manifest, ExitOutputs outputs, ExitPolicies policies) {
    double[] costs = costs(manifest, policies);
    int[] taken = new int[outputs.samples()];
    double[] stopped = new double[outputs.exits()];
    double macs = 0;
    int right = 0;
    for (int s = 0; s < taken.length; s++) {
      ExitPolicies.Judge judge = policies.judge();
      int exit = 0;
      while (!judge.stops(exit, outputs.scores()[exit][s])) {
        exit++;
      }
      taken[s] = exit;
      stopped[exit]++;
      macs += costs[exit];
      right += outputs.right(exit, s) ? 1 : 0;
    }
    for (int exit = 0; exit < stopped.length; exit++) {
      stopped[exit] /= taken.length;
    }
    return new Outcome(taken, (double) right / taken.length, macs / taken.length, stopped);
  }

  /** By exit: MACs of a sample that takes it, as a share of the backbone's. */
  private static double[] costs(BundleManifest manifest, ExitPolicies policies) {
    double all = Math.max(1, manifest.cuts().get(manifest.lastCut()).macsBefore());
    double[] costs = new double[policies.exits()];
    double heads = 0;
    for (int exit = 0; exit < costs.length; exit++) {
      if (!(policies.policy(exit) instanceof ExitPolicy.Never)) {
        heads += manifest.exits().get(exit).headMacs();
      }
      int cut = manifest.exits().get(exit).cut();
      costs[exit] = (manifest.cuts().get(cut).macsBefore() + heads) / all;
    }
    return costs;
  }
}
