package dev.sluice.edge;

import static java.util.Comparator.reverseOrder;

import dev.sluice.edge.Request.LocalAnswer;
import dev.sluice.edge.Request.Mode;
import dev.sluice.edge.session.Cloud;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudReply.LabelProbability;
import dev.sluice.edge.session.CloudReply.TransferTimes;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.edge.session.Device;
import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.edge.session.ExitReport;
import dev.sluice.edge.session.Finished;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Oversight;
import dev.sluice.edge.session.Payload;
import dev.sluice.edge.session.Place;
import dev.sluice.edge.session.Route;
import dev.sluice.edge.session.Sample;
import dev.sluice.edge.session.Score;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.SessionStatus;
import dev.sluice.edge.session.Step;
import dev.sluice.edge.session.StepResult;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.edge.session.Timing;
import dev.sluice.edge.session.Work;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.exit.ExitState;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.drift.Recalibration;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.estimate.TransferSample;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.CompanionInfo;
import dev.sluice.scheduler.profile.Profile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers frames on a device with a cloud behind it: runs the network up to the plan's split, stops
 * at an exit that is sure, otherwise sends the rest to the cloud, and answers by the deadline with
 * the best it has.
 *
 * <p>The session has neither threads nor a clock: everything happens in tasks of an {@link
 * EventLoop}, so that the same code runs live and in a simulation. {@link #submit}, {@link #status}
 * and {@link #close} may be called from anywhere; answers come on the loop.
 */
public final class EdgeSession implements AutoCloseable {
  /*
   * What the device does next, each time it is free:
   *
   *   1. A rescue: a frame that waits for the cloud and has no answer of its own yet, if its first
   *      exit could no longer end before its deadline once the candidate below had run.
   *   2. Own work: the oldest frame whose part of the plan is unfinished.
   *   3. A hedge: the oldest frame past its own part for which a deeper exit still fits before its
   *      deadline. Stages are not interrupted; a hedge gives way between two of them.
   *
   * A frame becomes a hedge when its reply is at risk: the link is not up, or the reply is predicted
   * later than the deadline. Otherwise a timer waits: to the latest moment at which the device could
   * begin to compute the deepest exit still in reach, and beyond it until the reply should have
   * come, as long as the first exit stays in reach. So with everything sent at the input, the device
   * begins as late as it can afford to, and a reply that comes as predicted costs no compute. Where
   * device compute is free (`eagerHedge`), it begins at once: a reply that comes late is then met by
   * the deepest local exit there is time for.
   *
   * A hedge begins no stage that would still run when the next frame is expected: plans are chosen
   * for frames that are served at once. It goes on if none comes. Only a frame without any answer
   * takes the device from the next one, at the latest moment for its nearest exit; the scheduler
   * counts on that (`Rescue`).
   *
   * A frame leaves `live` when it is answered, and nothing but `answer` removes it: that makes for
   * exactly one answer. Its tensors may outlive it until the device has finished with them.
   */
  private static final Logger LOG = LoggerFactory.getLogger(EdgeSession.class);
  private static final int TOP = 5;
  private static final String LINK_DOWN = "the link is down";
  private static final String OVER_THE_CAP =
      "offload cap: exits hardly stop any more, and enough frames were sent";

  /** The protocol's word for a network that the worker does not have. */
  private static final String UNKNOWN_MODEL = "UNKNOWN_MODEL";

  /** Others of several workers may have the companion, and this one may get it. */
  private static final long COMPANION_MISSED_NANOS = 60_000_000_000L;

  private static final int TRANSFERS_PER_REPLAN = 3;

  /** A rate that changed by this factor calls for a decision at once. */
  private static final double UPLINK_STEP = 2;

  /** Part of a plan's way to the link that an audit does not count on. */
  private static final double LINK_RESERVE = 0.2;

  /** A request that the estimators were not told of when it was sent. */
  private static final long FOREIGN_ID = -1;

  /** Frames are held to come on when the last came this many replanning periods ago or less. */
  private static final int ACTIVE_PERIODS = 8;

  private final EventLoop loop;
  private final Device device;
  private final Cloud cloud;
  private final DeviceNetwork network;
  private final Executor background;
  private final Planner planner;
  private final Estimators estimators;
  private final DeviceCosts costs;
  private final SessionOptions options;
  private final Oversight oversight;
  private final Optional<ExitWatch> watch;
  private final Optional<Auditor> auditor;
  private final Optional<EnergyMeter> energy;
  private final Tally tally = new Tally();

  private final Map<Long, Request> live = new LinkedHashMap<>();
  private ActiveRoute active;
  private boolean deviceBusy;
  private boolean planning;
  private boolean planAgain;
  private boolean replanArmed;
  private long hedgingArmedNanos = Long.MAX_VALUE;
  private long lastSubmitNanos;
  private boolean submittedAny;
  private int transfersSincePlan;
  private double plannedBytesPerSecond = 1;

  /** When a worker last said that it has no companion; empty if none did on this link. */
  private Optional<Long> companionMissedNanos = Optional.empty();

  /** What the last changes of plan took, compiling included; 0 before the first. */
  private long switchNanos;

  private boolean closed;
  private @Nullable Runnable afterPlan;

  /**
   * Opens a session: decides on a first plan and compiles it before returning.
   *
   * @param around loop, device, cloud, network; stay the caller's, and outlive the session
   * @param profile measured times of the network
   * @param planner chooses plans; used by one thread at a time
   * @param estimators learn from what the session sees; used on the loop only
   * @param options deadline, fallback, queue sizes
   * @throws RuntimeException if the engine cannot compile the first plan
   */
  public static EdgeSession open(
      Surroundings around,
      Profile profile,
      Planner planner,
      Estimators estimators,
      SessionOptions options) {
    return open(around, profile, planner, estimators, options, Oversight.NONE);
  }

  /**
   * Opens a session that keeps an eye on its exits, its energy or both.
   *
   * @param around loop, device, cloud, network; stay the caller's, and outlive the session
   * @param profile measured times of the network
   * @param planner chooses plans; used by one thread at a time
   * @param estimators learn from what the session sees; used on the loop only
   * @param options deadline, fallback, queue sizes
   * @param oversight what is watched
   * @throws RuntimeException if the engine cannot compile the first plan
   */
  public static EdgeSession open(
      Surroundings around,
      Profile profile,
      Planner planner,
      Estimators estimators,
      SessionOptions options,
      Oversight oversight) {
    long now = around.loop().nanoTime();
    PlanDecision first = planner.decide(estimators.at(now), Optional.empty(), now);
    Route route = around.network().compile(first.plan(), options.fallback());
    try {
      EdgeSession session =
          new EdgeSession(
              around,
              profile,
              planner,
              estimators,
              options,
              oversight,
              new ActiveRoute(first, route, around.network().policies(first.plan())));
      session.prepareWatches(first.plan());
      around.loop().execute(session::listen);
      return session;
    } catch (RuntimeException failure) {
      route.close();
      throw failure;
    }
  }

  private EdgeSession(
      Surroundings around,
      Profile profile,
      Planner planner,
      Estimators estimators,
      SessionOptions options,
      Oversight oversight,
      ActiveRoute first) {
    this.loop = around.loop();
    this.device = around.device();
    this.cloud = around.cloud();
    this.network = around.network();
    this.background = around.background();
    this.planner = planner;
    this.estimators = estimators;
    this.costs = new DeviceCosts(profile, around.network().companion());
    this.options = options;
    this.active = first;
    this.oversight = oversight;
    this.watch =
        oversight
            .exits()
            .flatMap(
                exits ->
                    exits.drift().map(drift -> new ExitWatch(exits, drift, network.exitCuts())));
    this.auditor =
        oversight
            .exits()
            .flatMap(
                exits ->
                    exits
                        .audits()
                        .map(audits -> new Auditor(exits, audits, network, costs, new Desk())));
    this.energy = oversight.energy().map(model -> new EnergyMeter(model, loop.nanoTime()));
  }

  private void prepareWatches(Plan plan) {
    watch.ifPresent(known -> known.prepare(plan));
    auditor.ifPresent(known -> known.prepare(plan));
  }

  private void listen() {
    cloud.listen(
        new Cloud.Listener() {
          @Override
          public void onLinkState(LinkState state, String detail) {
            estimators.onLinkState(state, loop.nanoTime());
            // Another worker, or the same one with more models, may be at the other end now.
            if (state == LinkState.UP) {
              companionMissedNanos = Optional.empty();
            }
            if (state == LinkState.DOWN && options.fallback()) {
              List.copyOf(live.values()).stream()
                  .filter(r -> r.mode == Mode.AWAY)
                  .forEach(EdgeSession.this::beginHedge);
            }
            replan();
            pump();
          }

          @Override
          public void onPong(long roundTripNanos, int paddingBytes, boolean shared) {
            long now = loop.nanoTime();
            if (paddingBytes > 0) {
              if (shared) {
                estimators.onSharedProbe(paddingBytes, roundTripNanos, now);
              } else {
                estimators.onProbe(paddingBytes, roundTripNanos, now);
              }
              replan();
            } else if (shared) {
              estimators.onHeard(now);
            } else {
              estimators.onPing(roundTripNanos, now);
            }
          }

          @Override
          public void onLoad(CloudReply.WorkerLoad load) {
            estimators.onLoad(load.busyFraction(), load.computeScale());
          }
        });
  }

  /**
   * Hands in a frame.
   *
   * @param frame what to classify; its id must be new to the session
   * @param done gets the one answer, on the loop
   */
  public void submit(Frame frame, Consumer<EdgeAnswer> done) {
    loop.execute(() -> accept(frame, done));
  }

  /**
   * Computes one frame through every exit without answering it, twice: so that the engine is warm,
   * and then so that the device's speed is known. Then decides anew.
   *
   * @param frame any picture that the network takes; its id is not used up
   * @param done called on the loop when the plan that follows is compiled
   */
  public void warmUp(Frame frame, Runnable done) {
    loop.execute(() -> warm(frame, done));
  }

  /** Returns what the session does at the moment; called on the loop. */
  public SessionStatus status() {
    long now = loop.nanoTime();
    return new SessionStatus(
        now,
        conditions(now),
        estimators.uplinkMeasured(),
        active.decision(),
        live.size(),
        device.overruns(),
        tally.snapshot(),
        oversight.exits().map(any -> exitReport()),
        energy.map(meter -> meter.report(now)));
  }

  private ExitReport exitReport() {
    return new ExitReport(
        watch.map(ExitWatch::report),
        watch.map(ExitWatch::held).orElse(0L),
        auditor.map(Auditor::report));
  }

  /** Answers every outstanding frame with the best there is, as dropped if there is nothing. */
  @Override
  public void close() {
    loop.execute(this::shut);
  }

  private void shut() {
    if (closed) {
      return;
    }
    for (Request r : List.copyOf(live.values())) {
      giveBest(r, "the session was closed");
    }
    closed = true;
    auditor.ifPresent(Auditor::close);
    active.release();
  }

  // --- frames come in ---------------------------------------------------------------------------

  private void accept(Frame frame, Consumer<EdgeAnswer> done) {
    if (live.containsKey(frame.id())) {
      throw new IllegalArgumentException("frame id is in use: " + frame.id());
    }
    Request r = new Request(frame, frame.captureNanos() + options.deadlineNanos(), done);
    live.put(frame.id(), r);
    tally.submitted++;
    if (closed) {
      drop(r, "the session was closed");
      return;
    }
    long now = loop.nanoTime();
    lastSubmitNanos = now;
    submittedAny = true;
    estimators.onArrival(now);
    if (options.fallback()) {
      r.deadlineTimer = loop.at(limit(r), () -> onDeadline(r));
    }
    r.patienceTimer = loop.at(frame.captureNanos() + options.patienceNanos(), () -> onPatience(r));
    boundQueues();
    armReplan();
    pump();
  }

  private void boundQueues() {
    List<Request> waiting =
        live.values().stream().filter(other -> other.mode == Mode.WAITING).toList();
    if (waiting.size() > options.maxWaiting()) {
      drop(waiting.get(0), "overload: too many frames wait for the device");
    }
    if (live.size() > options.maxOutstanding()) {
      giveBest(live.values().iterator().next(), "overload: too many frames without answer");
    }
  }

  /** The moment by which the device wants to have answered. */
  private long limit(Request r) {
    return r.deadlineNanos - options.slackNanos();
  }

  // --- what the device does next ----------------------------------------------------------------

  private void pump() {
    if (deviceBusy || closed) {
      return;
    }
    long now = loop.nanoTime();
    double scale = estimators.at(now).deviceScale();
    // First: a frame that begins may turn out to be one that goes on alone.
    Request own = nextOwn(now, scale);
    Request hedge = nextHedge(now, scale);
    Request candidate = own != null ? own : hedge;
    if (candidate == null || candidate.answered) {
      energy.ifPresent(meter -> meter.waits(!live.isEmpty(), now));
      auditor.ifPresent(Auditor::proceed);
      return;
    }
    long busyUntil = now + scaled(nextNanos(candidate), scale);
    Request rescue = nextRescue(candidate, now, busyUntil, scale);
    if (rescue != null) {
      beginHedge(rescue);
    }
    runNext(rescue != null && rescue.hedging ? rescue : candidate);
  }

  private @Nullable Request nextOwn(long now, double scale) {
    for (Request r : List.copyOf(live.values())) {
      if (r.mode == Mode.WAITING) {
        begin(r, now, scale);
      }
      if (r.owesOwnWork() && !r.answered) {
        return r;
      }
    }
    return null;
  }

  /** Binds a frame to the plan of the moment and decides whether that can work out in time. */
  private void begin(Request r, long now, double scale) {
    boolean waited = now - r.frame.captureNanos() > options.slackNanos();
    ActiveRoute mine = active.acquire();
    Plan plan = mine.decision().plan();
    r.active = mine;
    r.startNanos = now;
    r.path = mine.route().stages();
    r.judge = mine.policies().judge();
    r.mode = Mode.PLAN;
    auditor.ifPresent(Auditor::onFrame);
    boolean linkDown = plan.usesCloud() && estimators.at(now).link() == LinkState.DOWN;
    if (options.fallback() && !planFits(r, plan, linkDown, waited, now, scale)) {
      goAnotherWay(r, linkDown, waited, now, scale);
    }
    if (r.mode == Mode.PLAN && !r.answered && r.path.isEmpty()) {
      onDevicePartDone(r, plan, now);
    }
  }

  private boolean planFits(
      Request r, Plan plan, boolean linkDown, boolean waited, long now, double scale) {
    if (linkDown) {
      return false;
    }
    if (plan.usesCloud()) {
      // A plan was chosen for a frame that is served at once; only waiting can make it too slow.
      return !waited || cloudInTime(r, plan, now) || fits(r, ownExit(r), now, scale);
    }
    // Without reserve: whoever chose the plan has kept one, and a shorter way answers worse.
    long own = ownExit(r);
    return own < DeviceCosts.NEVER && now + scaled(own, scale) <= limit(r);
  }

  private void goAnotherWay(Request r, boolean linkDown, boolean waited, long now, double scale) {
    List<Step> every = network.everyExit();
    if (fits(r, costs.nextExitNanos(every, 0, true), now, scale) || (linkDown && !waited)) {
      r.path = every;
      r.mode = Mode.RUSH;
      settle(r, w -> w.hurried(now));
      r.trouble =
          linkDown ? LINK_DOWN : "overload: the plan would have taken longer than the deadline";
    } else if (waited) {
      drop(r, "overload: the device came too late to this frame");
    }
  }

  private long ownExit(Request r) {
    return costs.nextExitNanos(r.path, r.index, r.needsInput());
  }

  private boolean fits(Request r, long nanos, long now, double scale) {
    // With an answer in hand a deeper exit may be tried without reserve: failing costs nothing.
    boolean daring = options.eagerHedge() && r.best != null;
    long need = daring ? scaled(nanos, scale) : withMargin(nanos, scale);
    return nanos < DeviceCosts.NEVER && now + need <= limit(r);
  }

  private boolean cloudInTime(Request r, Plan plan, long now) {
    Estimates e = estimators.at(now);
    if (e.link() == LinkState.DOWN) {
      return false;
    }
    long own =
        costs.pathNanos(r.path)
            + costs.encodeNanos(plan)
            + (r.path.isEmpty() ? 0 : costs.preprocessNanos());
    long sent = now + scaled(own, e.deviceScale());
    return sent + replyNanos(plan, costs.meanBytes(plan), e) <= r.deadlineNanos;
  }

  private @Nullable Request nextHedge(long now, double scale) {
    Request tooLate = null;
    for (Request r : List.copyOf(live.values())) {
      if (r.mode != Mode.AWAY || !r.hedging || r.exhausted) {
        continue;
      }
      if (fits(r, ownExit(r), now, scale)) {
        if (!keepsDeviceFromNextFrame(r, now, scale)) {
          return r;
        }
        long latest = r.best == null ? latestHedgeNanos(r, scale) : Long.MAX_VALUE;
        if (now >= latest) {
          return r;
        }
        armHedging(Math.min(latest, expectedFrameNanos(now)));
        continue;
      }
      if (r.best != null || ownExit(r) >= DeviceCosts.NEVER) {
        exhaust(r);
      } else if (tooLate == null && (r.late || !r.cloudPending)) {
        tooLate = r;
      }
    }
    return tooLate;
  }

  /** When a frame without an answer must be turned to, so that its nearest exit ends in time. */
  private long latestHedgeNanos(Request r, double scale) {
    return limit(r) - options.slackNanos() - withMargin(ownExit(r), scale);
  }

  private boolean keepsDeviceFromNextFrame(Request r, long now, double scale) {
    long expected = expectedFrameNanos(now);
    return now < expected && now + scaled(nextNanos(r), scale) > expected;
  }

  /** By when the next frame should have come; nobody waits for one that is overdue. */
  private long expectedFrameNanos(long now) {
    long period = estimators.at(now).framePeriodNanos();
    return period == 0 ? now : lastSubmitNanos + period + options.slackNanos();
  }

  private void armHedging(long at) {
    if (at < hedgingArmedNanos) {
      hedgingArmedNanos = at;
      loop.at(
          at,
          () -> {
            hedgingArmedNanos = Long.MAX_VALUE;
            pump();
          });
    }
  }

  private @Nullable Request nextRescue(Request candidate, long now, long busyUntil, double scale) {
    if (!options.fallback()) {
      return null;
    }
    for (Request r : live.values()) {
      if (r == candidate || r.mode != Mode.AWAY || r.best != null || r.exhausted) {
        continue;
      }
      long first = firstExitNanos(r);
      if (fits(r, first, now, scale) && !fits(r, first, busyUntil, scale)) {
        return r;
      }
    }
    return null;
  }

  /** Time to the first exit that a frame past its own part can reach. */
  private long firstExitNanos(Request r) {
    if (r.hedging) {
      return ownExit(r);
    }
    List<Step> beyond = route(r).beyond();
    long on = r.sample == null ? DeviceCosts.NEVER : costs.nextExitNanos(beyond, 0, false);
    return Math.min(on, costs.nextExitNanos(network.everyExit(), 0, true));
  }

  private long nextNanos(Request r) {
    if (r.needsInput()) {
      return costs.preprocessNanos();
    }
    return r.index < r.path.size()
        ? costs.stepNanos(r.path.get(r.index))
        : costs.encodeNanos(plan(r));
  }

  private void runNext(Request r) {
    deviceBusy = true;
    energy.ifPresent(meter -> meter.waits(false, loop.nanoTime()));
    r.computing = true;
    Sample sample = r.sample;
    if (r.needsInput()) {
      device.run(
          new Work<>("preprocess", costs.preprocessNanos(), () -> network.input(r.frame)),
          finished -> onInput(r, finished));
    } else if (r.index < r.path.size() && sample != null) {
      Step step = r.path.get(r.index);
      device.run(
          new Work<>(
              "stage " + step.fromCut() + "-" + step.toCut(),
              costs.stepNanos(step),
              () -> step.run(sample)),
          finished -> onStep(r, step, finished));
    } else {
      Route route = route(r);
      device.run(
          new Work<>(
              "encode",
              costs.encodeNanos(plan(r)),
              () -> route.encode(r.frame, Optional.ofNullable(sample))),
          finished -> onEncoded(r, finished));
    }
  }

  // --- the device has finished something --------------------------------------------------------

  private void onInput(Request r, Finished<Sample> finished) {
    r.preprocessNanos += finished.elapsedNanos();
    energy.ifPresent(meter -> meter.coded(finished.elapsedNanos()));
    estimators.onDeviceStage(finished.elapsedNanos(), costs.preprocessNanos());
    finished.value().ifPresent(sample -> r.sample = sample);
    if (settled(r, finished)) {
      pump();
    }
  }

  private void onStep(Request r, Step step, Finished<StepResult> finished) {
    long now = loop.nanoTime();
    r.deviceNanos += finished.elapsedNanos();
    energy.ifPresent(meter -> meter.computed(finished.elapsedNanos()));
    estimators.onDeviceStage(finished.elapsedNanos(), costs.stepNanos(step));
    if (r.mode == Mode.AWAY) {
      tally.hedgedSteps++;
    }
    finished
        .value()
        .ifPresent(
            result -> {
              releaseSample(r);
              r.sample = result.live();
              r.index++;
            });
    if (settled(r, finished)) {
      Optional<ExitScores> scores = finished.value().flatMap(StepResult::scores);
      if (scores.isPresent() && step.exit().isPresent()) {
        onExit(r, step.exit().getAsInt(), scores.get());
      }
      if (!r.answered && r.index == r.path.size()) {
        onPathEnd(r, now);
      } else if (!r.answered && r.mode == Mode.RUSH && r.best != null) {
        // With an answer in hand it gives way to frames that have none.
        r.mode = Mode.AWAY;
        r.hedging = true;
        if (!fits(r, ownExit(r), now, estimators.at(now).deviceScale())) {
          exhaust(r);
        }
      }
      pump();
    }
  }

  private void onExit(Request r, int exit, ExitScores scores) {
    r.keep(exit, scores);
    boolean isFinal = exit == network.exitCuts().size() - 1;
    boolean stops = isFinal ? finalExitStops(r, exit, scores) : judge(r).stops(exit, scores);
    if (r.mode == Mode.PLAN) {
      atPlannedExit(r, exit, scores, stops);
    }
    if (stops) {
      LocalAnswer local = new LocalAnswer(exit, scores);
      answerLocally(r, local, false, isFinal ? "final exit" : "exit " + exit + " is sure");
    } else if (r.late) {
      giveBest(r, r.trouble);
    }
  }

  /** An exit of the plan's own part has spoken, or the final exit behind it. */
  private void atPlannedExit(Request r, int exit, ExitScores scores, boolean stops) {
    if (!stops) {
      r.pastExit = exit;
      return;
    }
    Plan plan = plan(r);
    settle(r, w -> w.stopped(plan, exit, scores.confidence(), loop.nanoTime()));
    Sample sample = r.sample;
    boolean audited =
        sample != null
            && auditor.isPresent()
            && auditor.get().takes(activeOf(r), exit, scores, sample);
    if (audited) {
      r.sample = null;
    }
  }

  /** Tells the watch, once, what became of a frame that followed its plan. */
  private void settle(Request r, Consumer<ExitWatch> fate) {
    if (!r.toldWatch) {
      r.toldWatch = true;
      watch.ifPresent(fate);
    }
  }

  /** What goes to a companion may be answered better than the final exit can, while it can come. */
  private static boolean finalExitStops(Request r, int exit, ExitScores scores) {
    Plan plan = plan(r);
    boolean mayBeBettered = plan.usesCompanion() && (r.mode == Request.Mode.PLAN || r.cloudPending);
    return !mayBeBettered
        || plan.exits().stream()
            .anyMatch(own -> own.exit() == exit && own.stops(scores.confidence()));
  }

  private static ExitPolicies.Judge judge(Request r) {
    ExitPolicies.Judge judge = r.judge;
    if (judge == null) {
      throw new IllegalStateException("frame " + r.id() + " has no plan yet");
    }
    return judge;
  }

  /** The policies that the worker follows. */
  private Map<Integer, ExitPolicy> cloudExits(Request r) {
    Plan plan = plan(r);
    Map<Integer, ExitPolicy> exits = new LinkedHashMap<>();
    for (ExitThreshold exit : plan.exits()) {
      int cut = network.exitCuts().get(exit.exit());
      if (cut > plan.split() && cut < network.lastCut()) {
        exits.put(exit.exit(), activeOf(r).policies().policy(exit.exit()));
      }
    }
    return exits;
  }

  private void onPathEnd(Request r, long now) {
    switch (r.mode) {
      case PLAN -> {
        Plan plan = plan(r);
        if (!plan.usesCloud()) {
          giveBest(r, "the plan ends here");
          return;
        }
        onDevicePartDone(r, plan, now);
      }
      case RUSH -> giveBest(r, r.trouble);
      case AWAY -> exhaust(r);
      case WAITING -> throw new IllegalStateException("a waiting frame has no path");
    }
  }

  /** Before anything is encoded, also where the device has no part: whether it may be sent. */
  private void onDevicePartDone(Request r, Plan plan, long now) {
    settle(r, w -> w.sent(plan, now));
    if (options.fallback() && estimators.at(now).link() == LinkState.DOWN) {
      r.trouble = LINK_DOWN;
      goAway(r);
    } else if (watch.isPresent() && !watch.get().maySend()) {
      trouble(r, OVER_THE_CAP);
    }
  }

  private void onEncoded(Request r, Finished<Payload> finished) {
    r.encodeNanos += finished.elapsedNanos();
    energy.ifPresent(meter -> meter.coded(finished.elapsedNanos()));
    estimators.onDeviceStage(finished.elapsedNanos(), costs.encodeNanos(plan(r)));
    if (settled(r, finished)) {
      finished.value().ifPresent(payload -> sendOff(r, payload));
      pump();
    }
  }

  /** Frees the device; returns whether the frame goes on. */
  private boolean settled(Request r, Finished<?> finished) {
    deviceBusy = false;
    r.computing = false;
    if (r.answered) {
      release(r);
      pump();
      return false;
    }
    if (finished.failure().isPresent()) {
      tally.failures++;
      Throwable failure = finished.failure().get();
      LOG.warn("frame {}: the engine failed: {}", r.id(), failure.toString());
      LOG.debug("stack trace", failure);
      String why = "the engine failed: " + failure.getMessage();
      if (r.cloudPending) {
        exhaust(r);
      } else {
        giveBest(r, why);
      }
      pump();
      return false;
    }
    return true;
  }

  // --- the cloud --------------------------------------------------------------------------------

  private void sendOff(Request r, Payload payload) {
    long now = loop.nanoTime();
    if (options.fallback() && now >= r.deadlineNanos) {
      r.trouble = "no time was left to send it";
      goAway(r);
      return;
    }
    Plan plan = plan(r);
    auditor.ifPresent(Auditor::giveWay);
    energy.ifPresent(
        meter -> meter.sends(payload.bytes(), estimators.at(now).uplinkBytesPerSecond(), now));
    r.bytesSent = payload.bytes();
    r.cloudPending = true;
    r.askedCompanion = plan.usesCompanion();
    tally.sent++;
    long worthless = r.frame.captureNanos() + options.patienceNanos();
    estimators.onSubmitted(r.id(), r.bytesSent, now);
    cloud.send(
        new CloudRequest(
            r.id(),
            plan.usesCompanion() ? companion().digest() : "",
            plan.sentCut(),
            plan.codec(),
            cloudExits(r),
            plan.usesCompanion() ? ExitState.NONE : judge(r).state(),
            options.fallback() ? r.deadlineNanos : worthless,
            payload),
        reply -> onReply(r, reply));
    if (!r.answered && r.mode != Mode.AWAY) {
      goAway(r);
    }
  }

  /** The plan's own part is done; decides when to go on alone. */
  private void goAway(Request r) {
    r.mode = Mode.AWAY;
    if (!options.fallback()) {
      releaseSample(r);
      if (!r.cloudPending) {
        giveBest(r, r.trouble);
      }
      return;
    }
    if (!r.cloudPending) {
      beginHedge(r);
      return;
    }
    long now = loop.nanoTime();
    Estimates e = estimators.at(now);
    Optional<Reach> deepest = deepest(r, now, e.deviceScale());
    if (deepest.isEmpty()) {
      return;
    }
    // Timers are late by a little: what would just fit then does not any more.
    long ready = limit(r) - options.slackNanos();
    long latest = ready - withMargin(deepest.get().nanos(), e.deviceScale());
    long expected = now + replyNanos(plan(r), r.bytesSent + (double) bytesAhead(r), e);
    if (options.eagerHedge() || e.link() != LinkState.UP || expected > limit(r)) {
      beginHedge(r);
    } else {
      long nearest = nearest(r, now, e.deviceScale()).orElseThrow().nanos();
      r.hedgeTimer =
          loop.at(
              Math.max(latest, Math.min(expected, ready - withMargin(nearest, e.deviceScale()))),
              () -> {
                if (!r.answered) {
                  beginHedge(r);
                  pump();
                }
              });
    }
  }

  /** Time from sending to the reply, cautiously. */
  private long replyNanos(Plan plan, double bytes, Estimates e) {
    double transfer =
        bytes / e.uplinkBytesPerSecond() * 1e9 * (1 + Math.min(1, e.uplinkRelativeSd()));
    return e.roundTripNanos()
        + e.roundTripSdNanos()
        + (long) Math.min(transfer, 1e15)
        + e.workerQueueNanos()
        + scaled(costs.workerNanos(plan, network.lastCut()), e.workerScale());
  }

  private long bytesAhead(Request r) {
    long bytes = 0;
    for (Request other : live.values()) {
      if (other == r) {
        break;
      }
      bytes += other.cloudPending ? other.bytesSent : 0;
    }
    return bytes;
  }

  private void onReply(Request r, CloudReply reply) {
    // Also where nobody waits for it any more: the next frame would be refused as this one was.
    if (r.askedCompanion
        && reply instanceof CloudReply.Refused refusal
        && refusal.code().equals(UNKNOWN_MODEL)) {
      companionMissedNanos = Optional.of(loop.nanoTime());
      replan();
    }
    if (r.cloudDone) {
      tally.lateReplies++;
      return;
    }
    r.cloudDone = true;
    r.cloudPending = false;
    if (reply instanceof CloudReply.Answered answered) {
      learn(r, answered);
      if (r.answered) {
        tally.lateReplies++;
      } else {
        answerFromCloud(r, answered);
      }
    } else if (reply instanceof CloudReply.Refused refused) {
      tally.refused++;
      estimators.onHeard(loop.nanoTime());
      if (refused.overloaded()) {
        estimators.onOverloaded();
      }
      estimators.onAbandoned(r.id(), loop.nanoTime());
      trouble(r, "the worker refused: " + refused.code() + ", " + refused.message());
    } else if (reply instanceof CloudReply.Lost lost) {
      tally.lost++;
      estimators.onAbandoned(r.id(), loop.nanoTime());
      trouble(r, "the link was lost: " + lost.why());
    } else {
      trouble(r, "the request was cancelled");
    }
    pump();
  }

  private void learn(Request r, CloudReply.Answered answered) {
    TransferTimes t = answered.times();
    estimators.onTransfer(transferred(r.id(), t));
    long profiled =
        r.active == null ? 0 : costs.workerNanos(plan(r), answeredAt(plan(r), answered.exit()));
    long now = loop.nanoTime();
    estimators.onWorker(t.workerQueueNanos(), t.workerComputeNanos(), profiled, now);
    estimators.onLoad(answered.load().busyFraction(), answered.load().computeScale());
    if (++transfersSincePlan >= TRANSFERS_PER_REPLAN || uplinkStepped(now)) {
      replan();
    }
  }

  private TransferSample transferred(long id, TransferTimes t) {
    long now = loop.nanoTime();
    energy.ifPresent(
        meter -> meter.received(t.bytesReceived(), estimators.at(now).uplinkBytesPerSecond(), now));
    return new TransferSample(
        id,
        t.submittedNanos(),
        t.replyReceivedNanos(),
        t.bytesSent(),
        t.workerFirstByteNanos(),
        t.workerLastByteNanos(),
        t.workerReplyNanos(),
        t.spreadBytes(),
        t.spreadNanos());
  }

  /** Whether the plan was decided for an uplink half or twice as fast: nothing to wait for. */
  private boolean uplinkStepped(long now) {
    double ratio = estimators.at(now).uplinkBytesPerSecond() / plannedBytesPerSecond;
    return ratio <= 1 / UPLINK_STEP || ratio >= UPLINK_STEP;
  }

  /** The cut at which an answer from the cloud was given; a companion has no cuts here. */
  private int answeredAt(Plan plan, int exit) {
    return plan.usesCompanion() ? network.lastCut() : network.exitCuts().get(exit);
  }

  private CompanionInfo companion() {
    return network
        .companion()
        .orElseThrow(() -> new IllegalStateException("a plan for a companion that is none"));
  }

  private void trouble(Request r, String why) {
    if (r.answered) {
      return;
    }
    r.trouble = why;
    if (!options.fallback()) {
      giveBest(r, why);
    } else if (r.mode != Mode.AWAY) {
      goAway(r);
    } else if (r.exhausted) {
      giveBest(r, why);
    } else {
      beginHedge(r);
    }
  }

  // --- going on alone ---------------------------------------------------------------------------

  /** A way to an exit: {@code nanos} by the profile from now to its end. */
  private record Reach(List<Step> path, int exit, long nanos) {}

  /** The deepest exit not computed yet that still ends in time, by the quickest way to it. */
  private Optional<Reach> deepest(Request r, long now, double scale) {
    return reaches(r, now, scale)
        .max(Comparator.comparingInt(Reach::exit).thenComparing(Reach::nanos, reverseOrder()));
  }

  /** The next one of these. */
  private Optional<Reach> nearest(Request r, long now, double scale) {
    return reaches(r, now, scale).min(Comparator.comparingLong(Reach::nanos));
  }

  private Stream<Reach> reaches(Request r, long now, double scale) {
    List<Reach> all = new ArrayList<>();
    if (r.sample != null) {
      addReaches(all, route(r).beyond(), 0);
    }
    addReaches(all, network.everyExit(), costs.preprocessNanos());
    return all.stream()
        .filter(reach -> reach.exit() > r.deepestExit && fits(r, reach.nanos(), now, scale));
  }

  private void addReaches(List<Reach> all, List<Step> path, long before) {
    long nanos = before;
    for (Step step : path) {
      nanos += costs.stepNanos(step);
      if (step.exit().isPresent()) {
        all.add(new Reach(path, step.exit().getAsInt(), nanos));
      }
    }
  }

  private void beginHedge(Request r) {
    if (r.hedging || r.exhausted || r.answered || (r.cloudPending && !options.hedges())) {
      return;
    }
    long now = loop.nanoTime();
    Optional<Reach> deepest = deepest(r, now, estimators.at(now).deviceScale());
    List<Step> path;
    if (deepest.isPresent()) {
      path = deepest.get().path();
    } else if (r.best != null) {
      exhaust(r);
      return;
    } else if (r.late || !r.cloudPending) {
      path = quickest(r);
    } else {
      return;
    }
    r.hedging = true;
    if (path == network.everyExit()) {
      releaseSample(r);
      // Exits judged before come again.
      r.judge = activeOf(r).policies().judge();
    }
    r.path = path;
    r.index = 0;
  }

  private List<Step> quickest(Request r) {
    List<Step> beyond = route(r).beyond();
    List<Step> every = network.everyExit();
    boolean goOn =
        r.sample != null
            && costs.nextExitNanos(beyond, 0, false) < costs.nextExitNanos(every, 0, true);
    return goOn ? beyond : every;
  }

  private void exhaust(Request r) {
    r.exhausted = true;
    if (!r.cloudPending) {
      giveBest(r, r.trouble);
    } else if (!r.computing) {
      releaseSample(r);
    }
  }

  private void onDeadline(Request r) {
    if (r.answered) {
      return;
    }
    if (r.cloudPending) {
      estimators.onTimeout(r.id(), loop.nanoTime());
    }
    if (r.best != null) {
      String why =
          r.cloudPending ? "no reply by the deadline" : "the deadline came before the plan's end";
      giveBest(r, r.trouble.isEmpty() ? why : r.trouble);
    } else if (r.mode == Mode.WAITING) {
      drop(r, "overload: the device did not come to this frame in time");
    } else {
      r.late = true;
      if (r.trouble.isEmpty()) {
        r.trouble = "no answer by the deadline";
      }
      if (r.mode == Mode.AWAY) {
        beginHedge(r);
      }
    }
    pump();
  }

  private void onPatience(Request r) {
    if (r.cloudPending) {
      estimators.onTimeout(r.id(), loop.nanoTime());
    }
    giveBest(r, r.trouble.isEmpty() ? "no answer within the session's patience" : r.trouble);
    pump();
  }

  // --- answers ----------------------------------------------------------------------------------

  private void answerLocally(Request r, LocalAnswer local, boolean degraded, String reason) {
    List<Score> top = topOf(local.scores());
    answer(r, top, local.exit(), Place.DEVICE, degraded, reason, timing(r, Optional.empty()), 0L);
  }

  private void answerFromCloud(Request r, CloudReply.Answered answered) {
    boolean fromCompanion = plan(r).usesCompanion();
    List<Score> top =
        answered.top().stream()
            .limit(TOP)
            .map(s -> fromCompanion ? ownClass(s) : s)
            .map(s -> new Score(s.label(), labelName(s.label()), s.probability()))
            .toList();
    answer(
        r,
        top,
        fromCompanion ? network.exitCuts().size() : answered.exit(),
        Place.CLOUD,
        false,
        fromCompanion ? "the companion answered" : "the cloud answered",
        timing(r, Optional.of(answered.times())),
        answered.times().workerComputeNanos());
  }

  /** A companion numbers classes its own way; one that it cannot have keeps its number. */
  private LabelProbability ownClass(LabelProbability theirs) {
    int label = companion().classOf(theirs.label()).orElse(theirs.label());
    return new LabelProbability(label, theirs.probability());
  }

  /** Answers with the best exit so far, or drops the frame if there is none. */
  private void giveBest(Request r, String reason) {
    LocalAnswer best = r.best;
    if (best != null) {
      answerLocally(r, best, true, reason);
    } else {
      drop(r, reason.isEmpty() ? "nothing could be computed" : reason);
    }
  }

  private void drop(Request r, String reason) {
    answer(r, List.of(), -1, Place.DEVICE, true, reason, timing(r, Optional.empty()), 0L);
  }

  private void answer(
      Request r,
      List<Score> top,
      int exit,
      Place place,
      boolean degraded,
      String reason,
      Timing timing,
      long workerNanos) {
    if (r.answered) {
      return;
    }
    r.answered = true;
    if (r.mode == Mode.PLAN && r.pastExit >= 0) {
      Plan cut = plan(r);
      settle(r, w -> w.cutOff(cut, r.pastExit, loop.nanoTime()));
    }
    live.remove(r.id());
    energy.ifPresent(meter -> meter.answered(loop.nanoTime()));
    r.cancelTimers();
    if (r.cloudPending) {
      tally.cancelled++;
      estimators.onAbandoned(r.id(), loop.nanoTime());
      cloud.cancel(r.id());
    }
    boolean dropped = top.isEmpty();
    tally.answered++;
    tally.fromCloud += place == Place.CLOUD ? 1 : 0;
    tally.degraded += degraded && !dropped ? 1 : 0;
    tally.dropped += dropped ? 1 : 0;
    Plan plan = (r.active == null ? active : r.active).decision().plan();
    if (!r.computing) {
      release(r);
    }
    r.done.accept(
        new EdgeAnswer(
            r.id(),
            dropped ? -1 : top.get(0).label(),
            dropped ? "" : top.get(0).name(),
            dropped ? 0 : top.get(0).probability(),
            top,
            exit,
            place,
            plan.split(),
            plan.codec(),
            degraded,
            dropped,
            reason,
            loop.nanoTime() - r.frame.captureNanos(),
            r.bytesSent,
            timing,
            workerNanos));
  }

  private Timing timing(Request r, Optional<TransferTimes> times) {
    return new Timing(
        r.active == null ? 0 : r.startNanos - r.frame.captureNanos(),
        r.preprocessNanos,
        r.deviceNanos,
        r.encodeNanos,
        times.map(TransferTimes::networkNanos).orElse(0L),
        times.map(TransferTimes::workerQueueNanos).orElse(0L),
        times.map(TransferTimes::workerComputeNanos).orElse(0L));
  }

  private List<Score> topOf(ExitScores scores) {
    float[] p = scores.probabilities();
    List<Score> top = new ArrayList<>(TOP);
    boolean[] taken = new boolean[p.length];
    for (int n = 0; n < Math.min(TOP, p.length); n++) {
      int best = -1;
      for (int i = 0; i < p.length; i++) {
        if (!taken[i] && (best < 0 || p[i] > p[best])) {
          best = i;
        }
      }
      taken[best] = true;
      top.add(new Score(best, labelName(best), p[best]));
    }
    return top;
  }

  private String labelName(int label) {
    List<String> labels = network.labels();
    return label < labels.size() ? labels.get(label) : "class " + label;
  }

  private void release(Request r) {
    releaseSample(r);
    ActiveRoute mine = r.active;
    if (mine != null) {
      r.active = null;
      mine.release();
    }
  }

  private static void releaseSample(Request r) {
    Sample sample = r.sample;
    if (sample != null) {
      r.sample = null;
      sample.close();
    }
  }

  // --- plans ------------------------------------------------------------------------------------

  private void armReplan() {
    if (replanArmed) {
      return;
    }
    replanArmed = true;
    loop.at(
        loop.nanoTime() + options.replanNanos(),
        () -> {
          replanArmed = false;
          long idle = loop.nanoTime() - lastSubmitNanos;
          if (!closed && (!live.isEmpty() || idle < ACTIVE_PERIODS * options.replanNanos())) {
            replan();
            armReplan();
          }
        });
  }

  /**
   * What plans are chosen on: link, device and worker, exits as they are seen, cost of a change.
   */
  private Estimates conditions(long now) {
    Estimates measured = estimators.at(now).withSwitchNanos(switchNanos);
    return watch.map(w -> measured.withPassOdds(w.report().passOdds())).orElse(measured);
  }

  private void replan() {
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
    // Those that the estimators know to be under way are theirs to heed, the others are overdue.
    if (e.probeWanted() && live.values().stream().noneMatch(r -> r.cloudPending && r.late)) {
      tally.probes++;
      estimators.onProbeSent(now);
      energy.ifPresent(meter -> meter.sends(e.probeBytesWanted(), e.uplinkBytesPerSecond(), now));
      cloud.probe(e.probeBytesWanted());
    }
    Plan current = active.decision().plan();
    Optional<Supplier<Recalibration>> question = auditor.flatMap(known -> known.question(current));
    boolean served =
        companionMissedNanos.isEmpty()
            || now - companionMissedNanos.get() >= COMPANION_MISSED_NANOS;
    background.execute(
        () -> {
          try {
            planner.companionServed(served);
            question.ifPresent(this::recalibrate);
            PlanDecision decision = planner.decide(e, Optional.of(current), now);
            long chosen = loop.nanoTime();
            Optional<Route> route = Optional.empty();
            if (!decision.plan().equals(current)) {
              // What may fail comes before there is a route that would stay open.
              prepareWatches(decision.plan());
              route = Optional.of(network.compile(decision.plan(), options.fallback()));
            }
            Optional<Route> compiled = route;
            long took = Math.max(0, loop.nanoTime() - chosen);
            loop.execute(() -> adopt(decision, compiled, took));
          } catch (RuntimeException failure) {
            LOG.warn("no new plan", failure);
            loop.execute(this::planned);
          }
        });
  }

  /** Runs in the background: only there the planner may be changed. */
  private void recalibrate(Supplier<Recalibration> question) {
    Recalibration recalibration = question.get();
    boolean takenUp =
        oversight.exits().map(exits -> exits.recalibrated().test(recalibration)).orElse(false);
    loop.execute(() -> auditor.ifPresent(known -> known.recalibrated(recalibration, takenUp)));
  }

  private void adopt(PlanDecision decision, Optional<Route> route, long tookNanos) {
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
    planned();
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

  // --- warming up -------------------------------------------------------------------------------

  private void warm(Frame frame, Runnable done) {
    if (deviceBusy || closed) {
      done.run();
      return;
    }
    deviceBusy = true;
    /* The first run of everything is slow and tells nothing of the device. */
    warmRound(frame, false, () -> warmRound(frame, true, () -> warmed(done)));
  }

  private void warmRound(Frame frame, boolean learning, Runnable done) {
    device.run(
        new Work<>("preprocess", costs.preprocessNanos(), () -> network.input(frame)),
        finished ->
            finished.value().ifPresentOrElse(sample -> warmStep(0, sample, learning, done), done));
  }

  private void warmStep(int index, Sample in, boolean learning, Runnable done) {
    List<Step> every = network.everyExit();
    if (index == every.size()) {
      in.close();
      done.run();
      return;
    }
    Step step = every.get(index);
    device.run(
        new Work<>("warm-up", costs.stepNanos(step), () -> step.run(in)),
        finished -> {
          in.close();
          if (learning) {
            estimators.onDeviceStage(finished.elapsedNanos(), costs.stepNanos(step));
          }
          finished
              .value()
              .ifPresentOrElse(result -> warmStep(index + 1, result.live(), learning, done), done);
        });
  }

  private void warmed(Runnable done) {
    deviceBusy = false;
    afterPlan = done;
    replan();
    pump();
  }

  // --- small things -----------------------------------------------------------------------------

  private static ActiveRoute activeOf(Request r) {
    ActiveRoute mine = r.active;
    if (mine == null) {
      throw new IllegalStateException("frame " + r.id() + " has no plan yet");
    }
    return mine;
  }

  private static Plan plan(Request r) {
    return activeOf(r).decision().plan();
  }

  private static Route route(Request r) {
    return activeOf(r).route();
  }

  private static long scaled(long nanos, double scale) {
    return (long) (nanos * scale);
  }

  private long withMargin(long nanos, double scale) {
    return (long) (nanos * scale * (1 + options.marginFraction()));
  }

  /** What the auditor may use of the session. */
  private final class Desk implements Auditor.Station {
    @Override
    public long now() {
      return loop.nanoTime();
    }

    @Override
    public Estimates estimates() {
      return estimators.at(loop.nanoTime());
    }

    @Override
    public boolean idle() {
      return live.isEmpty();
    }

    @Override
    public Optional<Long> lastFrameNanos() {
      return submittedAny ? Optional.of(lastSubmitNanos) : Optional.empty();
    }

    @Override
    public long leastNanosToLink() {
      Plan plan = active.decision().plan();
      List<Step> stages = active.route().stages();
      long own = stages.isEmpty() ? 0 : costs.preprocessNanos() + costs.pathNanos(stages);
      double scale = estimators.at(loop.nanoTime()).deviceScale();
      return (long) ((1 - LINK_RESERVE) * scaled(own + costs.encodeNanos(plan), scale));
    }

    @Override
    public <T> void compute(Work<T> work, Consumer<Optional<T>> done) {
      deviceBusy = true;
      energy.ifPresent(meter -> meter.waits(false, loop.nanoTime()));
      device.run(
          work,
          finished -> {
            deviceBusy = false;
            energy.ifPresent(meter -> meter.coded(finished.elapsedNanos()));
            finished.failure().ifPresent(failure -> LOG.warn("an audit failed", failure));
            done.accept(finished.value());
            pump();
          });
    }

    @Override
    public void send(CloudRequest request, Consumer<CloudReply> done) {
      long now = loop.nanoTime();
      int bytes = request.payload().bytes();
      energy.ifPresent(meter -> meter.sends(bytes, estimators.at(now).uplinkBytesPerSecond(), now));
      cloud.send(
          request,
          reply -> {
            done.accept(reply);
            pump();
          });
    }

    @Override
    public void cancel(long id) {
      cloud.cancel(id);
    }

    @Override
    public void learn(CloudReply.Answered reply) {
      estimators.onTransferOfNoHurry(transferred(FOREIGN_ID, reply.times()));
    }

    @Override
    public void later(long nanos, Runnable then) {
      loop.at(
          loop.nanoTime() + nanos,
          () -> {
            then.run();
            pump();
          });
    }
  }
}
