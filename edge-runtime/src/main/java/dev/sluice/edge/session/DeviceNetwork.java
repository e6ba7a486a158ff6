package dev.sluice.edge.session;

import dev.sluice.scheduler.plan.Plan;
import java.util.List;

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

  /** Returns the stages of the whole network, from the input, with a boundary at every exit. */
  List<Step> everyExit();
}
