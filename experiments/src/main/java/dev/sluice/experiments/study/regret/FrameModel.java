package dev.sluice.experiments.study.regret;

import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.scheduler.predict.Rescue;
import dev.sluice.scheduler.profile.Envelope;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongToDoubleFunction;

/**
 * What a frame of a stream leads to under a plan, as the oracle sees it: what it is expected to
 * cost and to say rightly, and with what probability the next frame finds which queues.
 *
 * <p>Queues are counted from the frame's capture in steps of {@value #STEP_NANOS} ns, rounded up:
 * the time until the link is empty, at most the deadline less the period (a request is withdrawn at
 * its deadline), and the time until the device is free, at most half a period; a device that falls
 * behind by a period more loses a frame. A plan's frames stand for {@value #SHARES} equal shares of
 * those that stop on the device and as many of those that are sent, by time and by bytes.
 *
 * <p>A sent frame whose reply is late is answered by what the device has in hand, or goes on to: at
 * once, where it goes on while replies are due and that ends before the next frame comes, else at
 * the last moment, which takes the device from the next frame. In time is what comes before the
 * session gives its own answer, its noise allowed for; what is not answered in time is wrong. Not
 * thread-safe.
 */
final class FrameModel {
  static final long STEP_NANOS = 5_000_000L;
  static final int SHARES = 3;

  /** Standard deviations by which the device's times may be longer and the answer still in time. */
  private static final double NOISE_SDS = 2;

  private final Course course;
  private final List<PlanStatistics> plans;
  private final double[][] typicalStops;
  private final int[][] typicalBytes;
  private final LinkFuture future;
  private final int links;
  private final int devices;
  private final LongToDoubleFunction slowdown;
  private final double period;
  private final double deadline;
  private final double limit;
  private final double noise;
  private final boolean goesOn;

  /* Of the frame and plan in question. */
  private PlanStatistics known;
  private double[] stops;
  private int[] bytes;
  private long captured;
  private double factor;

  /**
   * When a request that begins then has left, is at the worker, and is replied to, from capture.
   */
  private final double[][] departed;

  private final double[][] arrived;
  private final double[][] reply;
  private final boolean[] looked;

  /* What was found of a state. */
  private double cost;
  private double difference;
  private int branches;
  private final int[] next = new int[2 * SHARES];
  private final double[] weight = new double[2 * SHARES];

  /**
   * Sets up for a stream.
   *
   * @param plans that are asked about, at least one
   * @param slowdown by what the device is slower than usual, by nanoseconds since the stream began
   */
  FrameModel(Course course, List<PlanStatistics> plans, LongToDoubleFunction slowdown) {
    this.course = course;
    this.plans = List.copyOf(plans);
    StreamReplay replay = course.replay();
    future = new LinkFuture(course.trace(), StreamReplay.LEAD_NANOS);
    this.slowdown = slowdown;
    period = replay.periodNanos();
    deadline = course.question().deadlineNanos();
    limit = Rescue.before(course.question().deadlineNanos()).limitNanos();
    noise = NOISE_SDS * replay.relativeSd();
    goesOn = course.question().eagerHedge();
    links = (int) (Math.max(0, deadline - period) / STEP_NANOS) + 1;
    devices = (int) (period / 2 / STEP_NANOS) + 1;
    departed = new double[links + devices][SHARES];
    arrived = new double[links + devices][SHARES];
    reply = new double[links + devices][SHARES];
    looked = new boolean[links + devices];
    typicalStops = plans.stream().map(plan -> plan.typicalStops(SHARES)).toArray(double[][]::new);
    typicalBytes = plans.stream().map(plan -> plan.typicalBytes(SHARES)).toArray(int[][]::new);
    known = plans.get(0);
    stops = typicalStops[0];
    bytes = typicalBytes[0];
  }

  /** How many states there are. */
  int states() {
    return links * devices;
  }

  /**
   * How many queues of the link are told apart; those of one queue of the device are neighbours.
   */
  int links() {
    return links;
  }

  /** Returns the state of two queues. */
  int state(double linkNanos, double deviceNanos) {
    return steps(deviceNanos, devices) * links + steps(linkNanos, links);
  }

  private static int steps(double nanos, int most) {
    return (int) Math.min(most - 1, Math.max(0, Math.ceil(nanos / STEP_NANOS)));
  }

  /** Turns to a frame and a plan. */
  void look(int frame, int plan) {
    known = plans.get(plan);
    stops = typicalStops[plan];
    bytes = typicalBytes[plan];
    captured = course.captureNanos(frame);
    factor =
        course.replay().deviceFactor() * slowdown.applyAsDouble(captured - StreamReplay.LEAD_NANOS);
    Arrays.fill(looked, false);
  }

  /** Whether shorter queues of the link make no difference: what is sent is ready later. */
  boolean waitsForTheDevice(int state) {
    int device = state / links;
    double link = (double) (state % links) * STEP_NANOS;
    return link <= period && (bytes.length == 0 || link <= (double) device * STEP_NANOS + ready());
  }

  private double ready() {
    return known.sentNanos() * factor;
  }

  /** Finds what the frame leads to from a state. */
  void from(int state) {
    int link = state % links;
    int device = state / links;
    cost = 0;
    difference = known.difference();
    branches = 0;
    double waited = (double) device * STEP_NANOS;
    double share = (1 - known.offloaded()) / SHARES;
    for (double stop : stops) {
      double end = waited + stop * factor;
      cost += share * course.question().costOf(0, 0, stop * factor, Math.min(end, deadline));
      difference -= end + noise * stop * factor > limit ? share * known.stopRight() : 0;
      branch(share, (double) link * STEP_NANOS, end);
    }
    for (int k = 0; k < bytes.length; k++) {
      sent(known.offloaded() / SHARES, k, link, device);
    }
  }

  private void sent(double share, int k, int link, int device) {
    double free = (double) link * STEP_NANOS;
    double ready = (double) device * STEP_NANOS + ready();
    double begin = Math.max(free, ready);
    int slot = free > ready ? link : links + device;
    if (!looked[slot]) {
      transfer(slot, begin);
    }
    boolean inVain = begin >= deadline;
    double replied = inVain ? Double.POSITIVE_INFINITY : reply[slot][k];
    double turn = known.turnNanos() * factor;
    double busy = ready;
    double turned = 0;
    /* What the device has of its own when the reply is late. */
    double own = known.turnDifference();
    boolean answered = ready + turn <= limit;
    if (goesOn && ready + known.aheadNanos() * factor <= Math.min(period, limit)) {
      own = known.aheadDifference();
      answered = true;
    } else if (turn > 0 && !(goesOn && ready + turn <= period)) {
      double start = Math.max(ready, Rescue.before(Math.round(deadline)).beginNanos(ready, turn));
      turned = Math.max(0, Math.min(turn, replied - start));
      busy = turned > 0 ? start + turned : ready;
      answered = start + turn <= deadline;
    }
    cost +=
        share
            * course
                .question()
                .costOf(
                    !inVain && arrived[slot][k] < deadline ? known.workerNanos() : 0,
                    inVain ? 0 : bytes[k] + (double) Envelope.REQUEST_BYTES,
                    ready() + turned,
                    Math.min(replied, deadline));
    if (replied + noise * ready() > limit) {
      difference +=
          share * (answered ? (own - known.difference()) / known.offloaded() : -known.sentRight());
    }
    double left = inVain ? free : Math.min(departed[slot][k], deadline);
    branch(share, Math.max(free, left), busy);
  }

  private void transfer(int slot, double begin) {
    looked[slot] = true;
    for (int k = 0; k < bytes.length; k++) {
      long left =
          future.payloadDepartedNanos(
              captured + Math.round(begin), (double) bytes[k] + Envelope.REQUEST_BYTES);
      double roundTrip = future.roundTripNanos(left);
      departed[slot][k] = (double) (left - captured);
      arrived[slot][k] = departed[slot][k] + roundTrip / 2;
      reply[slot][k] = departed[slot][k] + roundTrip + known.workerNanos();
    }
  }

  /** What is beyond the longest queue of the device is taken from frames that are lost. */
  private void branch(double share, double linkFree, double deviceFree) {
    double beyond = deviceFree - period - (double) (devices - 1) * STEP_NANOS;
    double right =
        (1 - known.offloaded()) * known.stopRight() + known.offloaded() * known.sentRight();
    difference -= share * right * Math.max(0, beyond) / period;
    weight[branches] = share;
    next[branches] = state(linkFree - period, deviceFree - period);
    branches++;
  }

  /** Returns the expected cost from the state that was last asked about. */
  double cost() {
    return cost;
  }

  /**
   * Finds what the frame comes to at several prices of accuracy, with all that follows.
   *
   * @param after the same of the frames behind it, by state and then by price
   * @param totals gets what was found, by price
   */
  void totals(double[] prices, double[] after, double[] totals) {
    for (int p = 0; p < prices.length; p++) {
      totals[p] = cost - prices[p] * difference;
    }
    for (int branch = 0; branch < branches; branch++) {
      int at = next[branch] * prices.length;
      for (int p = 0; p < prices.length; p++) {
        totals[p] += weight[branch] * after[at + p];
      }
    }
  }
}
