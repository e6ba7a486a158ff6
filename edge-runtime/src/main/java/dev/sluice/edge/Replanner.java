package dev.sluice.edge;

import dev.sluice.edge.session.Cloud;
import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.edge.session.Route;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.drift.Recalibration;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.upkeep.LinkUpkeep;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the plan in use, and has it decided anew: regularly while frames come, and when there is
 * news. Deciding and compiling happen in the background, once at a time; until they are done the
 * old plan serves. Confined to the loop but for what the background does.
 */
final class Replanner {
  private static final Logger LOG = LoggerFactory.getLogger(Replanner.class);

  /** Others of several workers may have the companion, and this one may get it. */
  private static final long COMPANION_MISSED_NANOS = 60_000_000_000L;

  private static final int TRANSFERS_PER_REPLAN = 3;

  /** A plan that sends so seldom would not notice that its link gets slower. */
  private static final long BLIND_NANOS = 30_000_000_000L;

  /** A rate that changed by this factor calls for a decision at once. */
  private static final double UPLINK_STEP = 2;

  /** Frames are held to come on when the last came this many replanning periods ago or less. */
  private static final int ACTIVE_PERIODS = 8;

  private final EventLoop loop;
  private final Cloud cloud;
  private final DeviceNetwork network;
  private final Executor background;
  private final Planner planner;
  private final Estimators estimators;
  private final Traffic traffic;
  private final Watches watches;
  private final SessionOptions options;
  private final Frames frames;
  private final Tally tally;

  private ActiveRoute active;
  private final LinkNeed need = new LinkNeed();
  private boolean resting;
  private boolean restArmed;
  private boolean planning;
  private boolean planAgain;
  private boolean armed;
  private int transfersSincePlan;

  /** When a transfer or a probe last told of the uplink, or was to. */
  private long uplinkToldNanos;

  private double plannedBytesPerSecond = 1;
  private final ProbeAllowance probes;

  /** When a worker last said that it has no companion; empty if none did on this link. */
  private Optional<Long> companionMissedNanos = Optional.empty();

  /** What the last changes of plan took, compiling included; 0 before the first. */
  private long switchNanos;

  private @Nullable Runnable afterPlan;
  private boolean closed;

  /**
   * @param first the plan to begin with; closed with this
   */
  Replanner(
      Surroundings around,
      Planner planner,
      Estimators estimators,
      Traffic traffic,
      Watches watches,
      SessionOptions options,
      Frames frames,
      Tally tally,
      ActiveRoute first) {
    this.loop = around.loop();
    this.cloud = around.cloud();
    this.network = around.network();
    this.background = around.background();
    this.planner = planner;
    this.estimators = estimators;
    this.traffic = traffic;
    this.watches = watches;
    this.options = options;
    this.frames = frames;
    this.tally = tally;
    this.active = first;
    this.probes = new ProbeAllowance(options.probeGapNanos(), options.probeBytesPerSecond());
    this.uplinkToldNanos = loop.nanoTime();
  }

  /** Returns the plan in use. */
  ActiveRoute active() {
    return active;
  }

  /**
   * What plans are chosen on: link, device and worker, exits as they are seen, cost of a change.
   */
  Estimates conditions(long now) {
    Estimates measured = estimators.at(now).withSwitchNanos(switchNanos);
    return watches
        .exits()
        .map(ExitWatch::report)
        .map(report -> measured.withPassOdds(report.passOdds(), report.passOddsSd()))
        .orElse(measured);
  }

  /** A frame has come: decides regularly from now on, until they stay away. */
  void onFrame() {
    if (armed) {
      return;
    }
    armed = true;
    loop.at(
        loop.nanoTime() + options.replanNanos(),
        () -> {
          armed = false;
          if (!closed && (!frames.none() || framesComeOn())) {
            replan();
            onFrame();
          }
        });
  }

  private boolean framesComeOn() {
    long now = loop.nanoTime();
    return frames
        .lastNanos()
        .map(last -> now - last < ACTIVE_PERIODS * options.replanNanos())
        .orElse(false);
  }

  /** A frame was answered by the cloud: decides when there is enough to learn from. */
  void onTransfer() {
    uplinkToldNanos = loop.nanoTime();
    if (++transfersSincePlan >= TRANSFERS_PER_REPLAN || uplinkStepped()) {
      replan();
    }
  }

  /** Whether the plan was decided for an uplink half or twice as fast: nothing to wait for. */
  private boolean uplinkStepped() {
    double ratio = estimators.at(loop.nanoTime()).uplinkBytesPerSecond() / plannedBytesPerSecond;
    return ratio <= 1 / UPLINK_STEP || ratio >= UPLINK_STEP;
  }

  /** The link is up: another worker, or the same one with more models, may be at its end now. */
  void onLinkUp() {
    need.forget();
    companionMissedNanos = Optional.empty();
  }

  /** A worker has no companion: the next frame would be refused as this one was. */
  void onCompanionMissed() {
    companionMissedNanos = Optional.of(loop.nanoTime());
    replan();
  }

  /** Decides, and then calls back. */
  void replanThen(Runnable done) {
    need.forget();
    afterPlan = done;
    replan();
  }

  /** Decides anew; once more afterwards where that is under way already. */
  void replan() {
    if (closed) {
      return;
    }
    if (planning) {
      planAgain = true;
      return;
    }
    planning = true;
    transfersSincePlan = 0;
    long now = loop.nanoTime();
    Estimates e = conditions(now);
    plannedBytesPerSecond = e.uplinkBytesPerSecond();
    Plan current = active.decision().plan();
    boolean unsure = need.unknown(current, e, now);
    boolean blind = current.usesCloud() && now - uplinkToldNanos >= BLIND_NANOS;
    if (!estimators.uplinkMeasured()
        || need.uplinkMatters(current, e, now)
        || blind
        || estimators.repliesStayAway(now)) {
      probe(e, now);
    }
    Optional<Supplier<Recalibration>> question =
        watches.auditor().flatMap(known -> known.question(current));
    boolean served =
        companionMissedNanos.isEmpty()
            || now - companionMissedNanos.get() >= COMPANION_MISSED_NANOS;
    background.execute(
        () -> {
          try {
            planner.companionServed(served);
            question.ifPresent(this::recalibrate);
            decide(e, current, unsure, now);
          } catch (RuntimeException failure) {
            LOG.warn("no new plan", failure);
            loop.execute(this::planned);
          }
        });
  }

  private void probe(Estimates e, long now) {
    // Those that the estimators know to be under way are theirs to heed, the others are overdue.
    if (e.probeWanted() && !frames.overdue() && probes.allows(estimators.uplinkMeasured(), now)) {
      uplinkToldNanos = now;
      traffic.onProbeAsked();
      cloud.probe(e.probeBytesWanted());
    }
  }

  /** A probe went out: only now it is one, since a link that is in use leaves those asked for. */
  void onProbeSent(int bytes) {
    probes.took(bytes + LinkUpkeep.PING_BYTES, loop.nanoTime());
    tally.probes++;
    traffic.onProbeSent(bytes);
  }

  // --- in the background ------------------------------------------------------------------------

  private void decide(Estimates e, Plan current, boolean unsure, long now) {
    PlanDecision decision = planner.decide(e, Optional.of(current), now);
    long chosen = loop.nanoTime();
    Optional<Route> route = Optional.empty();
    if (!decision.plan().equals(current)) {
      // What may fail comes before there is a route that would stay open.
      watches.prepare(decision.plan());
      route = Optional.of(network.compile(decision.plan(), options.fallback()));
    }
    Optional<Route> compiled = route;
    long took = Math.max(0, loop.nanoTime() - chosen);
    loop.execute(() -> adopt(decision, compiled, took, unsure || compiled.isPresent()));
  }

  private void ask(Plan plan, Estimates e) {
    LinkNeed.Answer needed = LinkNeed.Answer.of(planner, plan, e);
    loop.execute(
        () -> {
          try {
            heed(plan, e, needed);
          } catch (RuntimeException failure) {
            LOG.warn("the link neither rests nor wakes up", failure);
          } finally {
            planned();
          }
        });
  }

  /** Only here the planner may be changed. */
  private void recalibrate(Supplier<Recalibration> question) {
    Recalibration recalibration = question.get();
    boolean takenUp = watches.takeUp(recalibration);
    loop.execute(
        () -> watches.auditor().ifPresent(known -> known.recalibrated(recalibration, takenUp)));
  }

  // --- on the loop again ------------------------------------------------------------------------

  private void adopt(PlanDecision decision, Optional<Route> route, long tookNanos, boolean unsure) {
    if (closed) {
      route.ifPresent(Route::close);
      return;
    }
    if (route.isPresent()) {
      active.release();
      active = new ActiveRoute(decision, route.get(), network.policies(decision.plan()));
      tally.planChanges++;
      switchNanos = switchNanos == 0 ? tookNanos : (switchNanos + tookNanos) / 2;
    } else {
      active.renew(decision);
    }
    if (!unsure) {
      planned();
      return;
    }
    // The plan is in use by now: whether its link is worth anything may take its time.
    Estimates e = conditions(loop.nanoTime());
    background.execute(
        () -> {
          try {
            ask(decision.plan(), e);
          } catch (RuntimeException failure) {
            LOG.warn("nobody says whether the link is needed", failure);
            loop.execute(this::planned);
          }
        });
  }

  private void heed(Plan plan, Estimates asked, LinkNeed.Answer needed) {
    if (closed) {
      return;
    }
    long now = loop.nanoTime();
    need.learn(plan, asked, needed, now);
    Estimates e = conditions(now);
    if (need.uplinkMatters(plan, e, now)) {
      probe(e, now);
    }
    // Audits need the link whatever the plan does.
    Optional<Long> toRest =
        watches.auditor().isPresent() ? Optional.empty() : need.nanosToRest(now);
    if (resting && toRest.isEmpty()) {
      cloud.rest(false);
      resting = false;
    } else if (!resting && toRest.isPresent()) {
      restIn(Math.max(toRest.get(), frames.anyAtCloud() ? options.replanNanos() : 0), now);
    }
  }

  private void restIn(long nanos, long now) {
    if (nanos == 0) {
      cloud.rest(true);
      resting = true;
      need.rested(now);
    } else if (!restArmed) {
      // Also when no frames come on, and nobody asks anew.
      restArmed = true;
      loop.at(
          now + nanos,
          () -> {
            restArmed = false;
            if (!closed && !resting) {
              need.forget();
              replan();
            }
          });
    }
  }

  private void planned() {
    planning = false;
    Runnable after = afterPlan;
    if (planAgain) {
      planAgain = false;
      replan();
    } else if (after != null) {
      afterPlan = null;
      after.run();
    }
  }

  /** Adopts no plan any more; the one in use is closed when the last frame has left it. */
  void close() {
    closed = true;
    active.release();
  }
}
