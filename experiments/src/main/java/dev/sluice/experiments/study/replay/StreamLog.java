package dev.sluice.experiments.study.replay;

import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.Place;
import dev.sluice.edge.session.SessionStatus;
import dev.sluice.scheduler.energy.EnergyPerFrame;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.LatencyDistribution;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What became of every frame of a stream, and what had been spent when it was captured. Frames are
 * numbered in order of capture. Not thread-safe while it is written.
 */
public final class StreamLog {
  private final CalibrationTable uncut;
  private final int[] rows;
  private final long deadlineNanos;
  private final long[] captures;
  private final long[] latencies;
  private final int[] exits;
  private final @Nullable Plan[] plans;
  private final double[] estimatedRates;
  private final Spent[] spent;
  private final BitSet answered = new BitSet();
  private final BitSet right = new BitSet();
  private final BitSet dropped = new BitSet();
  private final BitSet degraded = new BitSet();
  private final BitSet fromCloud = new BitSet();
  private Spent total = Spent.NOTHING;
  private long probes;
  private long planChanges;
  private Optional<EnergyPerFrame> energy = Optional.empty();

  /**
   * Sums from the beginning of the trace to a moment.
   *
   * @param workerNanos worker's compute, in vain or not
   * @param deviceNanos device's compute, in vain or not
   * @param uplinkBytes bytes put on the link, those of probes included where the planner learns
   *     from them
   */
  public record Spent(double workerNanos, double deviceNanos, double uplinkBytes) {
    /** Before anything was done. */
    public static final Spent NOTHING = new Spent(0, 0, 0);

    /** Returns what was spent since an earlier moment. */
    public Spent since(Spent earlier) {
      return new Spent(
          workerNanos - earlier.workerNanos,
          deviceNanos - earlier.deviceNanos,
          uplinkBytes - earlier.uplinkBytes);
    }
  }

  /**
   * Knows nothing yet.
   *
   * @param uncut the frames' labels, and what the uncut network says of them
   */
  StreamLog(CalibrationTable uncut, int[] rows, long deadlineNanos) {
    this.uncut = uncut;
    this.rows = rows;
    this.deadlineNanos = deadlineNanos;
    captures = new long[rows.length];
    latencies = new long[rows.length];
    exits = new int[rows.length];
    plans = new Plan[rows.length];
    estimatedRates = new double[rows.length];
    spent = new Spent[rows.length];
  }

  void captured(int frame, long captureNanos, Spent before, SessionStatus status) {
    captures[frame] = captureNanos;
    spent[frame] = before;
    plans[frame] = status.decision().plan();
    Estimates estimates = status.estimates();
    estimatedRates[frame] = estimates.uplinkBytesPerSecond();
  }

  void answered(EdgeAnswer answer) {
    int frame = Math.toIntExact(answer.id());
    if (answered.get(frame)) {
      throw new IllegalStateException("frame " + frame + " was answered twice");
    }
    answered.set(frame);
    /* A frame without a prediction is not the quicker for being given up early. */
    latencies[frame] =
        answer.dropped()
            ? Math.max(answer.latencyNanos(), 2 * deadlineNanos)
            : answer.latencyNanos();
    exits[frame] = answer.exit();
    dropped.set(frame, answer.dropped());
    degraded.set(frame, answer.degraded() && !answer.dropped());
    fromCloud.set(frame, answer.place() == Place.CLOUD);
    right.set(frame, answer.label() == uncut.label(rows[frame]));
  }

  void ended(Spent everything, SessionStatus last) {
    if (answered.cardinality() != rows.length) {
      throw new IllegalStateException(
          "frame " + answered.nextClearBit(0) + " of " + rows.length + " got no answer");
    }
    total = everything;
    probes = last.counters().probes();
    planChanges = last.counters().planChanges();
    energy = last.energy().map(report -> report.perAnswer());
  }

  /** How many answers came so far. */
  int answers() {
    return answered.cardinality();
  }

  /** How many frames there are. */
  public int frames() {
    return rows.length;
  }

  /** When a frame was captured, on the session's clock. */
  public long captureNanos(int frame) {
    return captures[frame];
  }

  /** From capture to answer; twice the deadline at least where there was no prediction. */
  public long latencyNanos(int frame) {
    return latencies[frame];
  }

  /** Whether a frame was answered after the deadline, or not at all. */
  public boolean late(int frame) {
    return latencies[frame] > deadlineNanos;
  }

  /** Whether a frame's prediction is right, late or not. */
  public boolean right(int frame) {
    return right.get(frame);
  }

  /** Whether the uncut network gets a frame right. */
  public boolean uncutRight(int frame) {
    return uncut.correct(rows[frame], uncut.exits() - 1);
  }

  /** Whether a frame got no prediction. */
  public boolean dropped(int frame) {
    return dropped.get(frame);
  }

  /** Whether the device answered because the plan's way was too slow. */
  public boolean degraded(int frame) {
    return degraded.get(frame);
  }

  /** Whether the worker answered. */
  public boolean fromCloud(int frame) {
    return fromCloud.get(frame);
  }

  /** The exit that answered, -1 if none did. */
  public int exit(int frame) {
    return exits[frame];
  }

  /** The plan in use when a frame was captured. */
  public Plan plan(int frame) {
    Plan plan = plans[frame];
    if (plan == null) {
      throw new IllegalStateException("frame " + frame + " was never captured");
    }
    return plan;
  }

  /** The uplink's rate as estimated when a frame was captured. */
  public double estimatedBytesPerSecond(int frame) {
    return estimatedRates[frame];
  }

  /** What had been spent when a frame was captured; of the frame after the last, everything. */
  public Spent spentBefore(int frame) {
    return frame == rows.length ? total : spent[frame];
  }

  /** Mean energy per answer, lead and warm-up included, if it was priced. */
  public Optional<EnergyPerFrame> energy() {
    return energy;
  }

  /** Probes that were sent. */
  public long probes() {
    return probes;
  }

  /** How often the plan was changed. */
  public long planChanges() {
    return planChanges;
  }

  /** The deadline. */
  public long deadlineNanos() {
    return deadlineNanos;
  }

  /**
   * Means over the frames that count. What was spent counts with the frame that was captured last;
   * probes and changes of plan are those of the whole stream.
   *
   * @param counts whether a frame counts, by its number; at least one does
   */
  public Outcome outcome(IntPredicate counts) {
    int[] counted = IntStream.range(0, rows.length).filter(counts).toArray();
    double frames = counted.length;
    LatencyDistribution latency =
        LatencyDistribution.of(
            Arrays.stream(counted).mapToLong(frame -> latencies[frame]).toArray());
    double workerNanos = 0;
    double deviceNanos = 0;
    double uplinkBytes = 0;
    for (int frame : counted) {
      Spent one = spentBefore(frame + 1).since(spentBefore(frame));
      workerNanos += one.workerNanos();
      deviceNanos += one.deviceNanos();
      uplinkBytes += one.uplinkBytes();
    }
    return new Outcome(
        counted.length,
        count(counted, this::late),
        count(counted, this::dropped),
        count(counted, this::degraded),
        count(counted, this::fromCloud),
        count(counted, this::right),
        count(counted, this::uncutRight),
        latency.percentileNanos(95),
        latency.meanNanos(),
        workerNanos / frames,
        deviceNanos / frames,
        uplinkBytes / frames,
        probes,
        planChanges);
  }

  private static int count(int[] frames, IntPredicate what) {
    return (int) Arrays.stream(frames).filter(what).count();
  }

  /** Means over the whole stream. */
  Outcome outcome() {
    double frames = rows.length;
    LatencyDistribution latency = LatencyDistribution.of(latencies);
    return new Outcome(
        rows.length,
        (int) Arrays.stream(latencies).filter(nanos -> nanos > deadlineNanos).count(),
        dropped.cardinality(),
        degraded.cardinality(),
        fromCloud.cardinality(),
        right.cardinality(),
        (int) IntStream.range(0, rows.length).filter(this::uncutRight).count(),
        latency.percentileNanos(95),
        latency.meanNanos(),
        total.workerNanos() / frames,
        total.deviceNanos() / frames,
        total.uplinkBytes() / frames,
        probes,
        planChanges);
  }
}
