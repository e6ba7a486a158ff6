package dev.sluice.scheduler.predict;

/**
 * Replays a plan's rows as a stream: a frame every period ({@link Arrivals}), a device and an
 * uplink that each serve one frame at a time, a worker with a constant queue.
 *
 * <p>Up to the first window of TCP (10 segments) a payload passes as one burst. Beyond it a window
 * doubles per round trip, and where it is shorter than the round trip the link waits for the
 * acknowledgements. Every step is monotone in the rate: more bandwidth never makes a frame later.
 *
 * <p>Frames come evenly or at random ({@link FrameTimes}), on the average one every period. One
 * that chance has made wait so long that the device could not answer it in time is answered early,
 * by the deepest exit that it reaches on the way through all, or is dropped if there is none, as
 * the runtime does: only waits are excused in that way, not a plan that takes too long by itself.
 *
 * <p>A frame that was sent without an answer of the device's own, and whose reply is late, takes
 * the device once more ({@link Rescue}): begun before the next frame comes, or in its midst. (A
 * later one may be hit in truth; the sum is the same.) A device that computes on while a reply is
 * due has that answer already, if its nearest exit ends before the next frame comes.
 */
final class Replay {
  static final double FIRST_WINDOW_BYTES = 14_600;

  private Replay() {}

  /**
   * What a stream meets.
   *
   * @param bytesPerNano the uplink's rate
   * @param workerWait wait there
   * @param deviceScale measured over profiled time
   * @param workerScale likewise
   * @param periodNanos time between frames, as measured; 0 = frames never meet
   * @param rescue when the device turns to a frame whose reply is late
   * @param goesOn whether the device computes on while a reply is due, unless that would keep it
   *     from the next frame
   * @param frames when frames are captured
   */
  record Conditions(
      double bytesPerNano,
      double roundTripNanos,
      WorkerWait workerWait,
      double deviceScale,
      double workerScale,
      long periodNanos,
      Rescue rescue,
      boolean goesOn,
      FrameTimes frames) {
    /**
     * By when from capture a frame of a stream at random is answered in any case, if it can be;
     * infinite where frames come evenly: a plan that cannot keep up with those is no good.
     */
    double cutNanos() {
      return frames.isEven() ? Double.POSITIVE_INFINITY : rescue.limitNanos();
    }

    /** Whether the device may answer before the reply comes, because it goes on alone. */
    boolean hedges() {
      return goesOn && !rescue.equals(Rescue.NONE);
    }

    /**
     * The latest moment from capture at which an answer that the device comes to by going on alone
     * is of use: later the frame is late, or the next one is there and has the device.
     */
    double hedgeLimitNanos() {
      return Math.min(
          rescue.limitNanos(), periodNanos > 0 ? (double) periodNanos : Double.POSITIVE_INFINITY);
    }

    double transferNanos(double bytes) {
      return Replay.transferNanos(bytes, bytesPerNano, roundTripNanos);
    }
  }

  /**
   * Writes the latency of every row.
   *
   * @param periodNanos time between frames under this plan; 0 = frames never meet
   * @param transferNanos by row, see {@link Shipment}
   * @param latencyNanos one place per row; written
   */
  static void run(
      Behaviour plan,
      Conditions met,
      long periodNanos,
      double[] transferNanos,
      double[] latencyNanos) {
    run(
        plan,
        met,
        periodNanos,
        transferNanos,
        latencyNanos,
        latencyNanos,
        Double.POSITIVE_INFINITY,
        latencyNanos.length);
  }

  /**
   * Writes the latency of every row, or gives up when too many are late. A frame that is answered
   * early has an answer from its first exit on, whatever is off: late it is by that.
   *
   * @param uncutNanos one place per row; what it would take if it were not answered early; may be
   *     the other array if nobody wants to know
   * @param mostLate how many rows may take longer than {@code limitNanos}
   * @return whether no more did; otherwise the later rows are not written
   */
  static boolean run(
      Behaviour plan,
      Conditions met,
      long periodNanos,
      double[] transferNanos,
      double[] latencyNanos,
      double[] uncutNanos,
      double limitNanos,
      int mostLate) {
    byte[] stop = plan.stop;
    double[] deviceStop = plan.costs.deviceStop;
    double[] worker = plan.costs.worker;
    double deviceScale = met.deviceScale();
    double workerScale = met.workerScale();
    double sentNanos = plan.costs.deviceSent * deviceScale;
    double cloudNanos =
        met.roundTripNanos() + met.workerWait().nanos(plan.workerNanos, periodNanos);
    double period = periodNanos;
    boolean meet = periodNanos > 0;
    double rescueNanos = meet ? plan.costs.rescue * deviceScale : 0;
    double rescueAt = rescueNanos > 0 ? rescueBeginNanos(plan, met) : 0;
    FrameTimes frames = met.frames();
    double cutNanos = met.cutNanos();
    double rescuing = 0;
    double deviceFree = 0;
    double linkFree = 0;
    int late = 0;
    for (int i = 0; i < latencyNanos.length; i++) {
      double arrival = frames.at(i) * period;
      double gap = (frames.at(i + 1) - frames.at(i)) * period;
      double start = meet ? Math.max(arrival, deviceFree) : 0;
      int at = stop[i];
      double ownNanos = at >= 0 ? deviceStop[at] * deviceScale : sentNanos;
      deviceFree = start + rescuing + ownNanos;
      rescuing = 0;
      double latency;
      double uncut;
      double sure = 0;
      if (at >= 0) {
        uncut = deviceFree - arrival;
        latency = uncut;
        if (uncut > cutNanos && ownNanos <= cutNanos) {
          double waited = uncut - ownNanos;
          int reached = plan.costs.reachedBy((cutNanos - waited) / deviceScale);
          deviceFree = arrival + waited;
          if (reached >= 0) {
            double nanos = plan.costs.throughNanos(reached) * deviceScale;
            deviceFree += nanos;
            latency = Math.min(uncut, Math.max(ownNanos, waited + nanos));
            sure = latency - Math.max(ownNanos, waited + plan.costs.throughNanos(0) * deviceScale);
          }
        }
      } else {
        linkFree = (meet ? Math.max(deviceFree, linkFree) : deviceFree) + transferNanos[i];
        latency = linkFree + cloudNanos + worker[~at] * workerScale - arrival;
        uncut = latency;
        boolean hedged = met.goesOn() && deviceFree + rescueNanos <= arrival + gap;
        if (rescueNanos > 0 && latency > rescueAt && !hedged) {
          if (rescueAt <= gap) {
            double begin = Math.max(deviceFree, arrival + rescueAt);
            deviceFree = Math.max(begin, Math.min(begin + rescueNanos, arrival + latency));
          } else {
            rescuing = Math.min(rescueNanos, latency - rescueAt);
          }
        }
      }
      uncutNanos[i] = uncut;
      latencyNanos[i] = latency;
      if (latency - sure > limitNanos && ++late > mostLate) {
        return false;
      }
    }
    return true;
  }

  /** When the device turns to a frame that was sent, from its capture. */
  static double rescueBeginNanos(Behaviour plan, Conditions met) {
    double scale = met.deviceScale();
    return met.rescue().beginNanos(plan.costs.deviceSent * scale, plan.costs.rescue * scale);
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
