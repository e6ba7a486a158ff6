package dev.sluice.scheduler.drift;

import dev.sluice.scheduler.drift.Expectation.Direction;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Watches whether samples stop at the exits where the calibration tables say they do, under
 * whatever plans are in use, and says so when they do not. Not thread-safe but for {@link
 * #prepare}; times come as arguments from one clock and are only handed back.
 *
 * <p>The test is sequential: answers are compared as they come, one after the other, for ever.
 * While the stream is like the calibration, a false flag is raised at most once in {@link
 * DriftOptions#falseAlarmAnswers} answers on average, also if hard frames come in bursts, as long
 * as the bursts are like the tables' sequences or no longer than {@link DriftOptions#burstAnswers};
 * where they turn out to be longer, the test measures it and grows as much slower. The tables are
 * samples themselves: the rates they give are trusted to within their 95 % confidence limit in
 * either direction, computed from the sequences. Drift smaller than that, or than the tolerance, is
 * not found; larger drift is found the sooner the larger it is. How, see {@code Expectation}.
 *
 * <p>A raised flag is lowered when the evidence of the bet that raised it is used up by answers
 * that are as calibrated again. It is also lowered, and all evidence forgotten, when for 500
 * samples nothing could be compared: plans are chosen by what a flag says, and those that are
 * chosen may have no exit that could show whether it still holds.
 *
 * <p>What counts is what the exits say, not where the answer came from in the end: a sample that no
 * exit of the device stopped is sent as far as this class is concerned, also if no link was there.
 */
public final class DriftWatch {
  private static final int MOST_PLANS = 64;

  /** Weight of the newest answer in the recent shares. */
  private static final double RECENT = 1.0 / 150;

  /** A collapse ends when the rate is above the collapsed one by this factor. */
  private static final double RECOVERY = 1.25;

  private static final double CAP_BURST = 10;

  /** Samples without anything to compare after which a flag is out of date. */
  private static final int STALE_SAMPLES = 500;

  private final BundleFacts facts;
  private final Optional<ExitCriterion> criterion;
  private final DriftOptions options;

  /** Guarded by itself. */
  private final Map<Plan, Optional<Expectation>> known = new LinkedHashMap<>(16, 0.75f, true);

  private final double[] sum = new double[Expectation.BETS];

  /** By direction whose flag is up: the bet that raised it. */
  private final Map<Direction, Integer> raisedBy = new EnumMap<>(Direction.class);

  private final OffloadCap cap = new OffloadCap(1, CAP_BURST);

  private final BurstMeter bursts = new BurstMeter();
  private DriftState state = DriftState.UNWATCHED;
  private double evidence;
  private double weight;
  private double early;
  private double expectedEarly;
  private double clustering;
  private long answers;
  private long ignored;
  private int ignoredInARow;
  private long flags;
  private long sinceNanos;

  /**
   * Starts without evidence.
   *
   * @param criterion when active exits stop, if not by the plans' thresholds
   */
  public DriftWatch(BundleFacts facts, Optional<ExitCriterion> criterion, DriftOptions options) {
    this.facts = facts;
    this.criterion = criterion;
    this.options = options;
  }

  /**
   * A sample was stopped by an exit, on the device or behind the split, or came to the final exit.
   * Costs the comparison with a plan's expectation, and some milliseconds where the plan is new.
   *
   * <p>Ignored, and counted as such: an exit that the plan does not have, a score that does not
   * stop there (an answer that was only taken because the deadline came, or no number), and plans
   * that the tables cannot replay.
   *
   * @param plan the plan the sample was run under
   * @param exit that stopped it
   * @param score its calibrated probability there
   */
  public void observe(Plan plan, int exit, double score, long nowNanos) {
    if (stops(plan, exit, score)) {
      compare(plan, exit, nowNanos);
    } else {
      ignore(nowNanos);
    }
  }

  /**
   * A sample was cut off, for example by its deadline, when it had gone past an exit. Leaving it
   * out would let the stream look easier than it is: those that stop early are never cut off.
   *
   * @param plan the plan the sample was run under
   * @param exit of the plan, not the final one, that did not stop it; ignored if the plan has none
   */
  public void observePast(Plan plan, int exit, long nowNanos) {
    if (plan.exits().stream().anyMatch(active -> active.exit() == exit)
        && exit < facts.finalExit()) {
      compare(plan, facts.finalExit() + 2 + exit, nowNanos);
    } else {
      ignore(nowNanos);
    }
  }

  /**
   * Works out what is expected of a plan, which takes some milliseconds, so that the first sample
   * under it need not wait for that. Thread-safe: may run beside all other methods.
   */
  public void prepare(Plan plan) {
    synchronized (known) {
      if (known.containsKey(plan)) {
        return;
      }
    }
    remember(plan, Expectation.of(facts, plan, criterion, options));
  }

  /**
   * No exit of the device stopped a sample, and where it stopped behind the split is not known.
   *
   * @param plan the plan the sample was run under; ignored if it is local
   */
  public void observeSent(Plan plan, long nowNanos) {
    if (plan.usesCloud()) {
      compare(plan, facts.finalExit() + 1, nowNanos);
    } else {
      ignore(nowNanos);
    }
  }

  /** A sample was run of which nothing can be compared: no exit of the device could stop it. */
  public void observeNothing(long nowNanos) {
    ignore(nowNanos);
  }

  /**
   * Returns whether a sample may be sent that is to be sent, and takes it as sent if so. Always
   * true unless exits have collapsed; then only about {@link DriftOptions#capFactor} times the
   * share that the plan is expected to send. Where nothing is expected of a plan, the share is that
   * of the last one of which something is. Call it after the sample was observed.
   */
  public boolean trySend() {
    return state != DriftState.COLLAPSED || cap.trySend();
  }

  /** Returns how the stream compares with its calibration now. */
  public DriftState state() {
    return state;
  }

  /** Returns what is known now. */
  public DriftReport report() {
    return new DriftReport(
        state,
        evidence,
        weight > 0 ? Math.min(1, early / weight) : 0,
        weight > 0 ? Math.min(1, expectedEarly / weight) : 0,
        bursts.ratio(),
        recentAnswers(),
        answers,
        ignored,
        flags,
        sinceNanos);
  }

  /** The weights of a mean that forgets, squared, as independent answers of a plain mean. */
  private double recentAnswers() {
    return weight > 0
        ? (2 - RECENT) / RECENT * weight / (2 - weight) / Math.max(1, clustering / weight)
        : 0;
  }

  /** Forgets all evidence and lowers every flag; what is known of the stream's bursts stays. */
  public void reset(long nowNanos) {
    Arrays.fill(sum, 0);
    raisedBy.clear();
    evidence = 0;
    weight = 0;
    early = 0;
    expectedEarly = 0;
    clustering = 0;
    ignoredInARow = 0;
    enter(DriftState.UNWATCHED, nowNanos);
  }

  private boolean stops(Plan plan, int exit, double score) {
    if (exit == facts.finalExit()) {
      return (plan.usesCloud() || plan.split() == facts.lastCut()) && !Double.isNaN(score);
    }
    for (ExitThreshold active : plan.exits()) {
      if (active.exit() == exit) {
        return score >= 0
            && score <= 1
            && (criterion.isPresent() || active.threshold() == 0 || active.stops(score));
      }
    }
    return false;
  }

  private void ignore(long nowNanos) {
    ignored++;
    if (answers + ignored == 1) {
      sinceNanos = nowNanos;
    }
    cap.onSample();
    if (++ignoredInARow >= STALE_SAMPLES) {
      ignoredInARow = 0;
      if (state.drifted()) {
        reset(nowNanos);
      }
    }
  }

  private void compare(Plan plan, int exit, long nowNanos) {
    Optional<Expectation> expected = expectation(plan);
    if (expected.isEmpty()) {
      ignore(nowNanos);
      return;
    }
    answers++;
    ignoredInARow = 0;
    enter(bet(expected.get(), exit), nowNanos);
    count(expected.get(), exit);
  }

  private Optional<Expectation> expectation(Plan plan) {
    Optional<Expectation> cached;
    synchronized (known) {
      cached = known.get(plan);
    }
    return cached != null
        ? cached
        : remember(plan, Expectation.of(facts, plan, criterion, options));
  }

  private Optional<Expectation> remember(Plan plan, Optional<Expectation> expected) {
    synchronized (known) {
      if (known.size() >= MOST_PLANS) {
        known.remove(known.keySet().iterator().next());
      }
      known.put(plan, expected);
    }
    return expected;
  }

  private void count(Expectation expected, int exit) {
    bursts.add(expected.depthInSds(exit));
    if (expected.decided(exit)) {
      weight += RECENT * (1 - weight);
      early += RECENT * ((expected.early(exit) ? 1 : 0) - early);
      expectedEarly += RECENT * (expected.earlyShare() - expectedEarly);
      clustering += RECENT * (expected.clustering() - clustering);
    }
    cap.share(Math.min(1, options.capFactor() * expected.sentShare()));
    cap.onSample();
  }

  /** Places the answer's bets and returns the state that follows. */
  private DriftState bet(Expectation expected, int exit) {
    evidence = 0;
    double burstiness = bursts.ratio();
    for (int b = 0; b < sum.length; b++) {
      double limit = expected.bet(b).limit();
      sum[b] = Math.min(limit, Math.max(0, sum[b] + expected.gain(b, exit) / burstiness));
      if (sum[b] >= limit) {
        raisedBy.putIfAbsent(Expectation.direction(b), b);
      }
      evidence = Math.max(evidence, sum[b] / limit);
    }
    for (Direction direction : List.copyOf(raisedBy.keySet())) {
      if (sum[raisedBy.getOrDefault(direction, 0)] == 0) {
        lower(direction);
      }
    }
    if (raised(Direction.DEEPER)) {
      return collapsed() ? DriftState.COLLAPSED : DriftState.DEEPER;
    }
    if (raised(Direction.SHALLOWER)) {
      return DriftState.SHALLOWER;
    }
    return raised(Direction.ENDS) || raised(Direction.MIDDLE)
        ? DriftState.OTHERWISE
        : DriftState.AS_CALIBRATED;
  }

  private boolean raised(Direction direction) {
    return raisedBy.containsKey(direction);
  }

  /* Bets on smaller shifts would hold the flag up for long; the one that raised it fits the shift. */
  private void lower(Direction direction) {
    raisedBy.remove(direction);
    for (int b = 0; b < sum.length; b++) {
      if (Expectation.direction(b) == direction) {
        sum[b] = 0;
      }
    }
  }

  private boolean collapsed() {
    double factor = state == DriftState.COLLAPSED ? RECOVERY : 1;
    return expectedEarly > 0
        && early <= Math.min(1, factor * options.collapseShare()) * expectedEarly;
  }

  private void enter(DriftState next, long nowNanos) {
    if (next == state) {
      return;
    }
    if (next.drifted() && !state.drifted()) {
      flags++;
    }
    state = next;
    sinceNanos = nowNanos;
  }
}
