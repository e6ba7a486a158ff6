package dev.sluice.scheduler.predict;

/**
 * Replays a plan's rows as a stream: a frame every period, a device and an uplink that each serve
 * one frame at a time, a worker with a constant queue.
 *
 * <p>Up to the first window of TCP (10 segments) a payload passes as one burst. Beyond it a window
 * doubles per round trip, and where it is shorter than the round trip the link waits for the
 * acknowledgements. Every step is monotone in the rate: more bandwidth never makes a frame later.
 */
final class Replay {
  private static final double FIRST_WINDOW_BYTES = 14_600;

  private Replay() {}

  /**
   * What a stream meets.
   *
   * @param bytesPerNano the uplink's rate
   * @param queueNanos wait at the worker
   * @param deviceScale measured over profiled time
   * @param workerScale likewise
   * @param periodNanos time between frames; 0 = frames never meet
   */
  record Conditions(
      double bytesPerNano,
      double roundTripNanos,
      long queueNanos,
      double deviceScale,
      double workerScale,
      long periodNanos) {
    double transferNanos(double bytes) {
      return Replay.transferNanos(bytes, bytesPerNano, roundTripNanos);
    }
  }

  /**
   * Writes the latency of every row.
   *
   * @param latencyNanos one place per row; written
   */
  static void run(Behaviour plan, Conditions met, double[] latencyNanos) {
    CostModel costs = plan.costs;
    double sentNanos = costs.deviceSent * met.deviceScale();
    double cloudNanos = met.roundTripNanos() + met.queueNanos();
    double deviceFree = 0;
    double linkFree = 0;
    for (int i = 0; i < latencyNanos.length; i++) {
      double arrival = (double) i * met.periodNanos();
      if (met.periodNanos() == 0) {
        deviceFree = 0;
        linkFree = 0;
      }
      int exit = plan.exit[i];
      int bytes = plan.bytes[i];
      double start = Math.max(arrival, deviceFree);
      if (bytes < 0) {
        deviceFree = start + costs.deviceStop[exit] * met.deviceScale();
        latencyNanos[i] = deviceFree - arrival;
      } else {
        deviceFree = start + sentNanos;
        linkFree = Math.max(deviceFree, linkFree) + met.transferNanos(bytes);
        latencyNanos[i] = linkFree + cloudNanos + costs.worker[exit] * met.workerScale() - arrival;
      }
    }
  }

  static double transferNanos(double bytes, double bytesPerNano, double roundTripNanos) {
    if (bytes <= FIRST_WINDOW_BYTES) {
      return bytes / bytesPerNano;
    }
    double nanos = 0;
    double left = bytes;
    for (double window = FIRST_WINDOW_BYTES; left > window; window *= 2) {
      nanos += Math.max(window / bytesPerNano, roundTripNanos);
      left -= window;
    }
    return nanos + left / bytesPerNano;
  }
}
