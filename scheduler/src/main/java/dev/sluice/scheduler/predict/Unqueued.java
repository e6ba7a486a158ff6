package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.predict.Replay.Conditions;

/**
 * How long frames take that wait for no other: bounds of what {@link Replay} finds, in constant
 * time. Where no frame takes the device or the link longer than until the next one comes, none
 * waits, and the bounds are close.
 */
final class Unqueued {
  /** Sums in another order, and times counted from a late start, may differ so much. */
  private static final double ROOM = 1e-9;

  private static final double ROOM_NANOS = 1;

  private Unqueued() {}

  /** Whether under a plan no frame waits for another at the device or on the link. */
  static boolean holds(Behaviour plan, Conditions met) {
    return atDevice(plan, met)
        && (met.periodNanos() == 0 || met.transferNanos(plan.mostBytes) <= shortest(met));
  }

  /** Whether none waits for another at the device, however full the link is. */
  static boolean atDevice(Behaviour plan, Conditions met) {
    return met.periodNanos() == 0
        || (plan.mostDeviceNanos * met.deviceScale() <= shortest(met) && rescuesInTime(plan, met));
  }

  /** Whether the device is done with frames whose reply is late before the next one comes. */
  private static boolean rescuesInTime(Behaviour plan, Conditions met) {
    if (plan.costs.rescue == 0 || met.rescue().limitNanos() == Double.POSITIVE_INFINITY) {
      return true;
    }
    double scale = met.deviceScale();
    double sent = plan.costs.deviceSent * scale;
    double rescue = plan.costs.rescue * scale;
    double begin = met.goesOn() ? sent : Math.max(Replay.rescueBeginNanos(plan, met), sent);
    return begin + rescue <= shortest(met);
  }

  static double shortest(Conditions met) {
    return met.periodNanos() * met.frames().shortest() * (1 - ROOM) - ROOM_NANOS;
  }

  /** Returns what a frame that is sent takes at least. */
  static double leastSent(Behaviour plan, Conditions met) {
    return below(
        plan.costs.deviceSent * met.deviceScale()
            + plan.leastBytes / met.bytesPerNano()
            + met.roundTripNanos()
            + met.workerWait().leastNanos()
            + plan.costs.leastWorker * met.workerScale());
  }

  /**
   * Returns what a frame that is sent takes at most where none waits.
   *
   * @param bytes that it has at most
   */
  static double mostSent(Behaviour plan, Conditions met, int bytes) {
    return above(
        plan.costs.deviceSent * met.deviceScale()
            + met.transferNanos(bytes)
            + cloudNanos(plan, met)
            + plan.mostWorkerNanos * met.workerScale());
  }

  /** Returns what a frame that stays takes at most where none waits. */
  static double mostLocal(Behaviour plan, Conditions met) {
    return above(plan.mostLocalNanos * met.deviceScale());
  }

  /** Returns what the mean latency is at most where none waits; infinite beyond one window. */
  static double mostMean(Behaviour plan, Conditions met) {
    if (plan.mostBytes > Replay.FIRST_WINDOW_BYTES) {
      return Double.POSITIVE_INFINITY;
    }
    return above(
        plan.rowDeviceNanos * met.deviceScale()
            + plan.rowBytes / met.bytesPerNano()
            + cloudNanos(plan, met) * plan.sentRows / plan.stop.length
            + plan.rowWorkerNanos * met.workerScale());
  }

  static double above(double nanos) {
    return nanos * (1 + ROOM) + ROOM_NANOS;
  }

  private static double below(double nanos) {
    return nanos * (1 - ROOM) - ROOM_NANOS;
  }

  private static double cloudNanos(Behaviour plan, Conditions met) {
    return met.roundTripNanos() + met.workerWait().nanos(plan.workerNanos, met.periodNanos());
  }
}
