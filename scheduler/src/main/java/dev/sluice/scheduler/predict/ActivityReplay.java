package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.energy.DeviceActivity;

/**
 * Says what a plan makes the device and its radio do over the replayed rows, on the timeline that
 * {@link Replay} went through.
 */
final class ActivityReplay {
  /** Size of a reply: answer, stamps and load, with headers of TCP, IP and TLS. */
  static final double REPLY_BYTES = 200;

  private ActivityReplay() {}

  /**
   * Collects the activity.
   *
   * @param activity of as many frames; what it collected before is forgotten
   * @param met the same as in {@link Replay#run}; replies, whose rate nobody measures, are held to
   *     come at the uplink's
   * @param periodNanos likewise
   * @param pingNanos distance of pings on a link that the plan uses; 0 = there are none
   * @param latencyNanos what that wrote for the same plan
   */
  static DeviceActivity.Builder collect(
      DeviceActivity.Builder activity,
      Behaviour plan,
      Replay.Conditions met,
      long periodNanos,
      long pingNanos,
      double[] latencyNanos) {
    double deviceScale = met.deviceScale();
    CostModel costs = plan.costs;
    double[] transferNanos = plan.shipment.transferNanos(met);
    double waitNanos = met.workerWait().nanos(plan.workerNanos, periodNanos);
    double replyNanos = REPLY_BYTES / met.bytesPerNano();
    int frames = latencyNanos.length;
    activity.restart(periodNanos);
    if (pingNanos > 0 && plan.plan.usesCloud()) {
      activity.pings(pingNanos);
    }
    double rescueNanos = costs.rescue * deviceScale;
    double rescueAt = rescueNanos > 0 ? Replay.rescueBeginNanos(plan, met) : 0;
    double deviceFree = 0;
    double lastReply = 0;
    for (int i = 0; i < frames; i++) {
      double arrival = (double) i * periodNanos;
      if (periodNanos == 0) {
        deviceFree = 0;
        lastReply = 0;
      }
      int exit = plan.exit(i);
      boolean sent = plan.sends(i);
      double coding = plan.preprocessNanos + (sent ? plan.encodeNanos : 0);
      double device = sent ? costs.deviceSent : costs.deviceStop[exit];
      activity.computes(
          Math.max(0, device - coding) * deviceScale, Math.min(device, coding) * deviceScale);
      deviceFree = Math.max(arrival, deviceFree) + device * deviceScale;
      if (sent) {
        double reply = arrival + latencyNanos[i];
        double end =
            reply - met.roundTripNanos() - waitNanos - costs.worker[exit] * met.workerScale();
        int bytes = plan.shipment.bytes(i);
        double start = end - transferNanos[i];
        activity.sends(i, Math.max(0, start), Math.max(0, end), bytes);
        activity.receives(i, Math.max(0, reply - replyNanos), reply, REPLY_BYTES);
        lastReply = Math.max(lastReply, reply);
        boolean hedged = met.goesOn() && deviceFree + rescueNanos <= arrival + periodNanos;
        if (rescueNanos > 0 && latencyNanos[i] > rescueAt && !hedged) {
          double begin = Math.max(deviceFree, arrival + rescueAt);
          double rescued = Math.max(0, Math.min(rescueNanos, reply - begin));
          activity.computes(rescued, 0);
          deviceFree += rescued;
        }
      }
      /* Up to the next frame the device waits where a reply is out; then it computes again. */
      double next =
          periodNanos == 0
              ? Double.POSITIVE_INFINITY
              : Math.max(deviceFree, (double) (i + 1) * periodNanos);
      activity.waits(Math.max(0, Math.min(next, lastReply) - deviceFree));
    }
    return activity;
  }
}
