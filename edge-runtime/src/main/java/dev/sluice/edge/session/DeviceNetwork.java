package dev.sluice.edge.session;

import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.CompanionInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The network as the device computes it: a compiled bundle on a real device, a table of replayed
 * outputs in a simulation. Thread-safe.
 */
public interface DeviceNetwork {

  /** Returns the last cut: the network's output. */
  int lastCut();

  /** Returns the cut of every exit, in order; the last is the final exit at {@link #lastCut}. */
  List<Integer> exitCuts();

  /** Returns the names of the classes. */
  List<String> labels();

  /** Returns another network in the cloud that pictures may be sent to, if there is one. */
  default Optional<CompanionInfo> companion() {
    return Optional.empty();
  }

  /** Makes the network's input of a frame; the result is the caller's. */
  Sample input(Frame frame);

  /**
   * Compiles the device's part of a plan, which may take long.
   *
   * @param plan what to compile
   * @param hedged whether the stages beyond the split are wanted, too
   * @throws RuntimeException if the engine cannot
   */
  Route compile(Plan plan, boolean hedged);

  /**
   * Returns what a plan's active exits follow, on both sides of the split: top-1 probability
   * against the plan's thresholds, unless another policy was chosen for this network.
   *
   * @throws IllegalArgumentException if the plan names an exit that is none
   */
  default ExitPolicies policies(Plan plan) {
    Map<Integer, ExitPolicy> active = new HashMap<>();
    for (ExitThreshold exit : plan.exits()) {
      // The final exit stops anyway; an infinite threshold never does.
      if (exit.exit() != exitCuts().size() - 1 && exit.threshold() < Double.POSITIVE_INFINITY) {
        active.put(exit.exit(), new ExitPolicy.Top1Above(exit.threshold()));
      }
    }
    return ExitPolicies.of(exitCuts().size(), labels().size(), active, PolicyData.NONE);
  }

  /**
   * Returns how tensors at a cut are written for an audit; empty if they cannot be written almost
   * without loss.
   *
   * @param cut of an exit of a plan on the device
   */
  default Optional<AuditCodec> auditCodec(int cut) {
    return Optional.empty();
  }

  /**
   * Returns the stages of the whole network, from the input, with a boundary at every exit; of a
   * device that cannot hold all of it, those up to the deepest exit that it can.
   */
  List<Step> everyExit();
}
