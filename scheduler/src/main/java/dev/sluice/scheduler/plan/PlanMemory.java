package dev.sluice.scheduler.plan;

/**
 * How much memory the device needs for a plan. Thread-safe where its planner is used by several
 * threads.
 *
 * <p>Whoever holds the network knows: weights of all stages up to the split, the exit heads' and
 * the codec's transform among them, plus the largest activations alive at once.
 */
@FunctionalInterface
public interface PlanMemory {
  /** Returns the bytes that a plan needs on the device, at least 0. */
  long bytes(Plan plan);
}
