package dev.sluice.experiments.fleet;

import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.Profile.CodecCost;
import java.util.Arrays;

/**
 * What a plan does with every row of a table, worked out once: which exit stops on the device, what
 * is sent, what the worker makes of it and how long it takes. Times are the profile's. It follows
 * the edge session's ways and the worker's; that both agree is tested. Immutable and thread-safe.
 */
final class PlanTable {
  /** No exit. */
  static final int NONE = -1;

  /** Longer than anything takes. */
  static final long NEVER = Long.MAX_VALUE / 4;

  private final Plan plan;
  private final int id;
  private final CalibrationTable test;
  private final String kind;

  /** By exit: until it has spoken on the plan's own way, on the way on, and on the way by all. */
  private final long[] ownNanos;

  private final long[] beyondNanos;
  private final long[] everyNanos;

  /** By exit: the parts of the own way, as one part's deviation over that of the whole. */
  private final double[] ownSpread;

  private final double[] thresholds;
  private final long sendNanos;
  private final double sendSpread;
  private final double meanBytes;
  private final long replyComputeNanos;

  private final byte[] stops;
  private final int[] bytes;
  private final int[] workerNanos;
  private final int[] profiledNanos;
  private final byte[] cloudExits;
  private final boolean[] cloudRight;

  /**
   * Works a plan out.
   *
   * @param id its own in the book
   * @param facts whose profile is that of device and worker
   * @throws IllegalArgumentException if the table does not know what the plan sends
   */
  PlanTable(Plan plan, int id, BundleFacts facts, CalibrationTable test) {
    if (plan.usesCompanion()) {
      throw new IllegalArgumentException("fleets have no companion: " + plan.describe());
    }
    this.plan = plan;
    this.id = id;
    this.test = test;
    int exits = test.exits();
    Profile profile = facts.profile();
    thresholds = new double[exits];
    Arrays.fill(thresholds, Double.POSITIVE_INFINITY);
    for (ExitThreshold exit : plan.exits()) {
      thresholds[exit.exit()] = exit.threshold();
    }
    thresholds[exits - 1] = 0;
    ownNanos = never(exits);
    ownSpread = new double[exits];
    Way own = new Way(profile, true);
    for (int exit = 0; exit < exits; exit++) {
      if (test.exitCut(exit) <= plan.split() && Double.isFinite(thresholds[exit])) {
        ownNanos[exit] = own.to(test.exitCut(exit), profile.headNanos(exit));
        ownSpread[exit] = own.spread();
      }
    }
    own.toCut(plan.split());
    long encode;
    if (plan.usesCloud()) {
      CodecCost codec = profile.codec(plan.sentCut(), plan.codec()).orElseThrow();
      encode = codec.encodeNanos();
      meanBytes = codec.meanBytes();
      replyComputeNanos =
          codec.decodeNanos()
              + (plan.sentCut() == 0 ? profile.preprocessNanos() : 0)
              + segments(profile, plan.sentCut(), facts.lastCut());
    } else {
      encode = 0;
      meanBytes = 0;
      replyComputeNanos = 0;
    }
    sendNanos = own.more(encode);
    sendSpread = own.spread();
    beyondNanos = never(exits);
    everyNanos = never(exits);
    Way beyond = new Way(profile, false);
    beyond.at = plan.split();
    Way every = new Way(profile, true);
    for (int exit = 0; exit < exits; exit++) {
      everyNanos[exit] = every.to(test.exitCut(exit), profile.headNanos(exit));
      if (plan.usesCloud() && plan.split() > 0 && test.exitCut(exit) > plan.split()) {
        beyondNanos[exit] = beyond.to(test.exitCut(exit), profile.headNanos(exit));
      }
    }
    kind = plan.sentCut() + plan.codec();
    int rows = test.samples();
    stops = new byte[rows];
    bytes = new int[rows];
    workerNanos = new int[rows];
    profiledNanos = new int[rows];
    cloudExits = new byte[rows];
    cloudRight = new boolean[rows];
    int variant = plan.usesCloud() ? test.variant(plan.sentCut(), plan.codec()).orElse(NONE) : NONE;
    if (plan.usesCloud() && variant == NONE) {
      throw new IllegalArgumentException("the table does not know " + plan.describe());
    }
    for (int row = 0; row < rows; row++) {
      stops[row] = (byte) stop(row);
      if (plan.usesCloud()) {
        bytes[row] = test.bytes(variant, row);
        finish(row, variant, profile);
      }
    }
  }

  /** A way through the network, step by step. */
  private static final class Way {
    private final Profile profile;
    private int at;
    private long nanos;
    private double squares;
    private boolean begun;

    Way(Profile profile, boolean fromPicture) {
      this.profile = profile;
      begun = !fromPicture;
    }

    long to(int cut, long headNanos) {
      begin();
      return more(segments(profile, at, move(cut)) + headNanos);
    }

    void toCut(int cut) {
      if (cut > at) {
        to(cut, 0);
      }
    }

    /** The picture becomes a tensor only where something is computed. */
    private void begin() {
      if (!begun) {
        begun = true;
        more(profile.preprocessNanos());
      }
    }

    private int move(int cut) {
      at = cut;
      return cut;
    }

    long more(long stepNanos) {
      nanos += stepNanos;
      squares += (double) stepNanos * stepNanos;
      return nanos;
    }

    /** Deviation of the sum over that of a single step as long, steps being independent. */
    double spread() {
      return nanos == 0 ? 0 : Math.sqrt(squares) / nanos;
    }
  }

  private static long[] never(int exits) {
    long[] times = new long[exits];
    Arrays.fill(times, NEVER);
    return times;
  }

  private static long segments(Profile profile, int fromCut, int toCut) {
    long nanos = 0;
    for (int cut = fromCut + 1; cut <= toCut; cut++) {
      nanos += profile.segmentNanos(cut);
    }
    return nanos;
  }

  private int stop(int row) {
    for (int exit = 0; exit < thresholds.length; exit++) {
      if (ownNanos[exit] < NEVER && sure(row, exit)) {
        return exit;
      }
    }
    return NONE;
  }

  private void finish(int row, int variant, Profile profile) {
    long nanos =
        profile.codec(plan.sentCut(), plan.codec()).orElseThrow().decodeNanos()
            + (plan.sentCut() == 0 ? profile.preprocessNanos() : 0);
    long bare = nanos;
    int at = plan.sentCut();
    int last = test.exits() - 1;
    for (int exit = test.firstExit(variant); ; exit++) {
      long step = segments(profile, at, test.exitCut(exit));
      nanos += step;
      bare += step;
      at = test.exitCut(exit);
      boolean active =
          exit < last && Double.isFinite(thresholds[exit]) && test.exitCut(exit) > plan.split();
      nanos += active ? profile.headNanos(exit) : 0;
      if (exit == last || (active && test.confidence(variant, row, exit) >= thresholds[exit])) {
        workerNanos[row] = Math.toIntExact(nanos);
        profiledNanos[row] = Math.toIntExact(bare);
        cloudExits[row] = (byte) exit;
        cloudRight[row] = test.correct(variant, row, exit);
        return;
      }
    }
  }

  Plan plan() {
    return plan;
  }

  /** Tells plans of one book apart. */
  int id() {
    return id;
  }

  int exits() {
    return thresholds.length;
  }

  /** What requests must share to be finished as one batch. */
  String kind() {
    return kind;
  }

  /** The exit of the plan's own way that stops a row, or {@link #NONE}. */
  int stops(int row) {
    return stops[row];
  }

  /** Whether an exit, computed without loss, stops a row under this plan. */
  boolean sure(int row, int exit) {
    return test.confidence(row, exit) >= thresholds[exit];
  }

  boolean right(int row, int exit) {
    return test.correct(row, exit);
  }

  /** Until an exit has spoken on the plan's own way; {@link #NEVER} if it is not on it. */
  long ownNanos(int exit) {
    return ownNanos[exit];
  }

  double ownSpread(int exit) {
    return ownSpread[exit];
  }

  /** Until the first exit of the own way has spoken; {@link #NEVER} if there is none. */
  long firstOwnNanos() {
    for (long nanos : ownNanos) {
      if (nanos < NEVER) {
        return nanos;
      }
    }
    return NEVER;
  }

  /** Until all of the own way is computed and encoded. */
  long sendNanos() {
    return sendNanos;
  }

  double sendSpread() {
    return sendSpread;
  }

  /** From where the plan's part ends to an exit, by the quickest way. */
  long onwardNanos(int exit) {
    return Math.min(beyondNanos[exit], everyNanos[exit]);
  }

  /** From the picture to an exit, by every exit before it. */
  long everyNanos(int exit) {
    return everyNanos[exit];
  }

  /** The deepest exit of the own way, or {@link #NONE}. */
  int deepestOwn() {
    for (int exit = ownNanos.length - 1; exit >= 0; exit--) {
      if (ownNanos[exit] < NEVER) {
        return exit;
      }
    }
    return NONE;
  }

  double meanBytes() {
    return meanBytes;
  }

  /** The worker's time to the last cut, exit heads left out. */
  long replyComputeNanos() {
    return replyComputeNanos;
  }

  int bytes(int row) {
    return bytes[row];
  }

  /** The worker's time for a row. */
  int workerNanos(int row) {
    return workerNanos[row];
  }

  /** The same as the session knows it, without exit heads. */
  int profiledNanos(int row) {
    return profiledNanos[row];
  }

  int cloudExit(int row) {
    return cloudExits[row];
  }

  boolean cloudRight(int row) {
    return cloudRight[row];
  }
}
