package dev.sluice.edge;

import dev.sluice.edge.Answers.Verdict;
import dev.sluice.edge.Outlook.Reach;
import dev.sluice.edge.Request.LocalAnswer;
import dev.sluice.edge.Request.Mode;
import dev.sluice.edge.session.Cloud;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.edge.session.Device;
import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.edge.session.Finished;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Oversight;
import dev.sluice.edge.session.Payload;
import dev.sluice.edge.session.Route;
import dev.sluice.edge.session.Sample;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.SessionStatus;
import dev.sluice.edge.session.Step;
import dev.sluice.edge.session.StepResult;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.exit.ExitState;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.budget.BudgetAccount;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.Profile;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
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
   *      deadline.
   *
   * A stage ends early if its own frame is answered meanwhile, and a hedge's stage also when a new
   * frame comes, unless that hedge could not reach its first exit behind it any more.
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
   * A frame leaves `frames` when it is answered, and nothing but `answer` removes it: that makes for
   * exactly one answer. Its tensors may outlive it until the device has finished with them.
   */
  private static final Logger LOG = LoggerFactory.getLogger(EdgeSession.class);
  private static final String LINK_DOWN = "the link is down";
  private static final String BUDGET_ENDS = "the budget leaves no time for a deeper exit";
  private static final String OVER_THE_CAP =
      "offload cap: exits hardly stop any more, and enough frames were sent";

  /** The protocol's word for a network that the worker does not have. */
  private static final String UNKNOWN_MODEL = "UNKNOWN_MODEL";

  private final EventLoop loop;
  private final Device device;
  private final Cloud cloud;
  private final DeviceNetwork network;
  private final Estimators estimators;
  private final DeviceCosts costs;
  private final SessionOptions options;
  private final Frames frames = new Frames();
  private final Tally tally = new Tally();
  private final Outlook outlook;
  private final Answers answers;
  private final Traffic traffic;
  private final Processor processor;
  private final Watches watches;
  private final Optional<BudgetAccount> budget;
  private final Replanner plans;

  private final long openedNanos;
  private long hedgingArmedNanos = Long.MAX_VALUE;
  private boolean closed;

  /** Opens a session that keeps an eye on nothing but its answers, as the other method does. */
  public static EdgeSession open(
      Surroundings around,
      Profile profile,
      Planner planner,
      Estimators estimators,
      SessionOptions options) {
    return open(around, profile, planner, estimators, options, Oversight.NONE);
  }

  /**
   * Opens a session: decides on a first plan and compiles it before returning.
   *
   * @param around loop, device, cloud, network; stay the caller's, and outlive the session
   * @param profile measured times of the network
   * @param planner chooses plans; used by one thread at a time
   * @param estimators learn from what the session sees; used on the loop only
   * @param options deadline, fallback, queue sizes
   * @param oversight what is watched beside answers: exits, energy, a budget of time
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
      session.watches.prepare(first.plan());
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
    this.openedNanos = loop.nanoTime();
    this.device = around.device();
    this.cloud = around.cloud();
    this.network = around.network();
    this.estimators = estimators;
    this.costs = new DeviceCosts(profile, network.companion());
    this.options = options;
    Optional<EnergyMeter> energy =
        oversight.energy().map(model -> new EnergyMeter(model, loop.nanoTime()));
    this.outlook = new Outlook(costs, network, options);
    this.answers = new Answers(network, tally);
    this.traffic = new Traffic(loop, estimators, energy);
    this.budget = oversight.budget();
    this.processor = new Processor(loop, device, network, costs, estimators, energy, budget);
    AuditDesk desk =
        new AuditDesk(
            around, processor, traffic, estimators, outlook, frames, this::planInUse, this::pump);
    this.watches = Watches.of(oversight, network, costs, energy, desk);
    this.plans =
        new Replanner(around, planner, estimators, traffic, watches, options, frames, tally, first);
  }

  private ActiveRoute planInUse() {
    return plans.active();
  }

  private void listen() {
    cloud.listen(
        new Cloud.Listener() {
          @Override
          public void onLinkState(LinkState state, String detail) {
            estimators.onLinkState(state, loop.nanoTime());
            if (state == LinkState.UP) {
              plans.onLinkUp();
            }
            if (state == LinkState.DOWN && options.fallback()) {
              frames.all().stream()
                  .filter(r -> r.mode == Mode.AWAY)
                  .forEach(EdgeSession.this::beginHedge);
            }
            plans.replan();
            pump();
          }

          @Override
          public void onPong(long roundTripNanos, int paddingBytes, boolean shared) {
            traffic.onPong(roundTripNanos, paddingBytes, shared);
            if (paddingBytes > 0) {
              plans.replan();
            }
          }

          @Override
          public void onLateRefusal(String model, CloudReply.Refused refusal) {
            heed(refusal, !model.isEmpty());
          }

          @Override
          public void onPingSent() {
            traffic.onPingSent();
          }

          @Override
          public void onProbeSent(int bytes) {
            plans.onProbeSent(bytes);
          }

          @Override
          public void onLoad(CloudReply.WorkerLoad load) {
            traffic.onLoad(load);
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
        plans.conditions(now),
        estimators.uplinkMeasured(),
        plans.active().decision(),
        frames.size(),
        device.overruns(),
        tally.snapshot(),
        openedNanos,
        traffic.sent(),
        watches.exitReport(),
        watches.energy().map(meter -> meter.report(now)));
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
    for (Request r : frames.all()) {
      giveBest(r, "the session was closed");
    }
    closed = true;
    watches.auditor().ifPresent(Auditor::close);
    plans.close();
  }

  private void warm(Frame frame, Runnable done) {
    if (processor.busy() || closed) {
      done.run();
      return;
    }
    new WarmUp(device, processor, network, costs, estimators)
        .run(
            frame,
            () -> {
              plans.replanThen(done);
              pump();
            });
  }

  // --- frames come in ---------------------------------------------------------------------------

  private void accept(Frame frame, Consumer<EdgeAnswer> done) {
    if (frames.has(frame.id())) {
      throw new IllegalArgumentException("frame id is in use: " + frame.id());
    }
    Request r = new Request(frame, frame.captureNanos() + options.deadlineNanos(), done);
    long now = loop.nanoTime();
    frames.add(r, now);
    tally.submitted++;
    if (closed) {
      drop(r, "the session was closed");
      return;
    }
    estimators.onArrival(now);
    if (options.fallback()) {
      r.deadlineTimer = loop.at(outlook.limitNanos(r), () -> onDeadline(r));
    }
    r.patienceTimer = loop.at(frame.captureNanos() + options.patienceNanos(), () -> onPatience(r));
    frames
        .oldestWaitingOf(options.maxWaiting())
        .ifPresent(oldest -> drop(oldest, "overload: too many frames wait for the device"));
    frames
        .oldestOf(options.maxOutstanding())
        .ifPresent(oldest -> giveBest(oldest, "overload: too many frames without answer"));
    plans.onFrame();
    giveWay(now);
    pump();
  }

  /** Ends a hedge's stage where the new frame needs the device more; its turn comes again. */
  private void giveWay(long now) {
    if (!processor.busy()) {
      return;
    }
    Estimates e = estimators.at(now);
    boolean gives =
        frames.all().stream()
            .anyMatch(
                r ->
                    r.computing
                        && r.mode == Mode.AWAY
                        && (r.best != null
                            || (r.cloudPending
                                && e.link() == LinkState.UP
                                && outlook.canWait(r, plans.active(), now, e.deviceScale()))));
    if (gives) {
      processor.giveUp();
    }
  }

  // --- what the device does next ----------------------------------------------------------------

  private void pump() {
    if (processor.busy() || closed) {
      return;
    }
    long now = loop.nanoTime();
    Estimates e = estimators.at(now);
    double scale = e.deviceScale();
    // First: a frame that begins may turn out to be one that goes on alone.
    Request own = nextOwn(now, e);
    Request hedge = nextHedge(now, e);
    Request candidate = own != null ? own : hedge;
    if (candidate == null || candidate.answered) {
      watches.energy().ifPresent(meter -> meter.waits(!frames.none(), now));
      watches.auditor().ifPresent(Auditor::proceed);
      return;
    }
    long busyUntil = now + Outlook.scaled(outlook.nextNanos(candidate), scale);
    Optional<Request> rescue =
        frames.all().stream()
            .filter(r -> r != candidate && wantsRescue(r, now, busyUntil, scale))
            .findFirst();
    rescue.ifPresent(this::beginHedge);
    runNext(rescue.filter(r -> r.hedging).orElse(candidate));
  }

  private @Nullable Request nextOwn(long now, Estimates e) {
    for (Request r : frames.all()) {
      if (r.mode == Mode.WAITING) {
        begin(r, now, e);
      }
      if (r.owesOwnWork() && !r.answered) {
        return r;
      }
    }
    return null;
  }

  /** Binds a frame to the plan of the moment and decides whether that can work out in time. */
  private void begin(Request r, long now, Estimates e) {
    boolean waited = now - r.frame.captureNanos() > options.slackNanos();
    r.bind(plans.active(), now);
    Plan plan = r.plan();
    watches.auditor().ifPresent(Auditor::onFrame);
    budget.ifPresent(account -> keepWithin(account, r, now, e.deviceScale()));
    boolean linkDown = plan.usesCloud() && e.link() == LinkState.DOWN;
    if (options.fallback() && (linkDown || !outlook.planFits(r, plan, waited, now, e))) {
      goAnotherWay(r, linkDown, waited, now, e.deviceScale());
    }
    if (r.mode == Mode.PLAN && !r.answered && r.path.isEmpty()) {
      onDevicePartDone(r, plan, now);
    }
  }

  /** Lets a frame take the way through every exit where its plan's first one is out of reach. */
  private void keepWithin(BudgetAccount account, Request r, long now, double scale) {
    account.begin();
    if (!account.affords(outlook.cautiousExitNanos(r, scale), outlook.cautiousLeastNanos(scale))
        && outlook.firstExitComesSooner(r)) {
      r.path = network.everyExit();
      watches.settle(r, w -> w.hurried(now));
    }
  }

  private boolean affordsNextExit(Request r) {
    if (budget.isEmpty() || !outlook.hasNextExit(r)) {
      return true;
    }
    double scale = estimators.at(loop.nanoTime()).deviceScale();
    return budget
        .get()
        .affords(outlook.cautiousExitNanos(r, scale), outlook.cautiousLeastNanos(scale));
  }

  private void goAnotherWay(Request r, boolean linkDown, boolean waited, long now, double scale) {
    if (outlook.firstExitFits(r, now, scale) || (linkDown && !waited)) {
      r.path = network.everyExit();
      r.mode = Mode.RUSH;
      watches.settle(r, w -> w.hurried(now));
      r.trouble =
          linkDown ? LINK_DOWN : "overload: the plan would have taken longer than the deadline";
    } else if (waited) {
      drop(r, "overload: the device came too late to this frame");
    }
  }

  private @Nullable Request nextHedge(long now, Estimates e) {
    double scale = e.deviceScale();
    long expected = outlook.expectedFrameNanos(frames.lastNanos().orElse(now), now, e);
    Request tooLate = null;
    for (Request r : frames.all()) {
      if (r.mode != Mode.AWAY || !r.hedging || r.exhausted) {
        continue;
      }
      if (outlook.nextExitFits(r, now, scale)) {
        if (!outlook.keepsDeviceFrom(expected, r, now, scale)) {
          return r;
        }
        long latest = r.best == null ? outlook.latestHedgeNanos(r, scale) : Long.MAX_VALUE;
        if (now >= latest) {
          return r;
        }
        armHedging(Math.min(latest, expected));
        continue;
      }
      if (r.best != null || !outlook.hasNextExit(r)) {
        exhaust(r);
      } else if (tooLate == null && (r.late || !r.cloudPending)) {
        tooLate = r;
      }
    }
    return tooLate;
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

  private boolean wantsRescue(Request r, long now, long busyUntil, double scale) {
    return options.fallback()
        && r.mode == Mode.AWAY
        && r.best == null
        && !r.exhausted
        && outlook.losesFirstExit(r, now, busyUntil, scale);
  }

  private void runNext(Request r) {
    r.computing = true;
    Sample sample = r.sample;
    if (r.needsInput()) {
      processor.preprocess(r.frame, finished -> onInput(r, finished));
    } else if (r.index < r.path.size() && sample != null) {
      Step step = r.path.get(r.index);
      processor.compute(step, sample, finished -> onStep(r, step, finished));
    } else {
      processor.encode(
          r.bound(), r.frame, Optional.ofNullable(sample), finished -> onEncoded(r, finished));
    }
  }

  // --- the device has finished something --------------------------------------------------------

  private void onInput(Request r, Finished<Sample> finished) {
    r.preprocessNanos += finished.elapsedNanos();
    if (gaveWay(r, finished.value())) {
      return;
    }
    finished.value().ifPresent(sample -> r.sample = sample);
    if (settled(r, finished)) {
      pump();
    }
  }

  private void onStep(Request r, Step step, Finished<StepResult> finished) {
    long now = loop.nanoTime();
    r.deviceNanos += finished.elapsedNanos();
    if (gaveWay(r, finished.value().map(StepResult::live))) {
      return;
    }
    if (r.mode == Mode.AWAY) {
      tally.hedgedSteps++;
    }
    finished
        .value()
        .ifPresent(
            result -> {
              r.releaseSample();
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
        if (!outlook.nextExitFits(r, now, estimators.at(now).deviceScale())) {
          exhaust(r);
        }
      }
      pump();
    }
  }

  private void onExit(Request r, int exit, ExitScores scores) {
    r.keep(exit, scores);
    boolean isFinal = exit == network.exitCuts().size() - 1;
    boolean stops = r.stops(exit, isFinal, scores);
    if (r.mode == Mode.PLAN && !stops) {
      r.pastExit = exit;
    } else if (r.mode == Mode.PLAN) {
      Plan plan = r.plan();
      watches.settle(r, w -> w.stopped(plan, exit, scores.confidence(), loop.nanoTime()));
      watches.offer(r, exit, scores);
    }
    if (stops) {
      LocalAnswer local = new LocalAnswer(exit, scores);
      String why = isFinal ? "final exit" : "exit " + exit + " is sure";
      answer(r, answers.fromDevice(local, false, why));
    } else if (r.late) {
      giveBest(r, r.trouble);
    } else if (!affordsNextExit(r)) {
      giveBest(r, BUDGET_ENDS);
    }
  }

  private void onPathEnd(Request r, long now) {
    switch (r.mode) {
      case PLAN -> {
        Plan plan = r.plan();
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
    watches.settle(r, w -> w.sent(plan, now));
    if (options.fallback() && estimators.at(now).link() == LinkState.DOWN) {
      r.trouble = LINK_DOWN;
      goAway(r);
    } else if (!watches.exits().map(ExitWatch::maySend).orElse(true)) {
      trouble(r, OVER_THE_CAP);
    }
  }

  private void onEncoded(Request r, Finished<Payload> finished) {
    r.encodeNanos += finished.elapsedNanos();
    if (settled(r, finished)) {
      finished.value().ifPresent(payload -> sendOff(r, payload));
      pump();
    }
  }

  /** Returns whether a frame was interrupted by another; then it goes on from where it was. */
  private boolean gaveWay(Request r, Optional<Sample> unfinished) {
    if (!processor.gaveUp() || r.answered) {
      return false;
    }
    unfinished.ifPresent(Sample::close);
    r.computing = false;
    pump();
    return true;
  }

  /** Returns whether the frame goes on. */
  private boolean settled(Request r, Finished<?> finished) {
    r.computing = false;
    if (r.answered) {
      r.release();
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
    Plan plan = r.plan();
    watches.auditor().ifPresent(Auditor::giveWay);
    r.bytesSent = payload.bytes();
    r.cloudPending = true;
    r.askedCompanion = plan.usesCompanion();
    tally.sent++;
    traffic.onSend(r.id(), r.bytesSent);
    cloud.send(cloudRequest(r, plan, payload), reply -> onReply(r, reply));
    if (!r.answered && r.mode != Mode.AWAY) {
      goAway(r);
    }
  }

  private CloudRequest cloudRequest(Request r, Plan plan, Payload payload) {
    long worthless = r.frame.captureNanos() + options.patienceNanos();
    boolean companion = plan.usesCompanion();
    return new CloudRequest(
        r.id(),
        companion ? network.companion().orElseThrow().digest() : "",
        plan.sentCut(),
        plan.codec(),
        r.bound().workerExits(network),
        companion ? ExitState.NONE : r.judge().state(),
        options.fallback() ? r.deadlineNanos : worthless,
        payload);
  }

  /** The plan's own part is done; decides when to go on alone. */
  private void goAway(Request r) {
    r.mode = Mode.AWAY;
    if (!options.fallback()) {
      r.releaseSample();
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
    Optional<Reach> deepest = outlook.deepest(r, now, e.deviceScale());
    if (deepest.isEmpty()) {
      return;
    }
    double bytes = r.bytesSent + (double) frames.bytesAhead(r);
    long expected = now + outlook.replyNanos(r.plan(), bytes, e);
    if (options.eagerHedge() || e.link() != LinkState.UP || expected > outlook.limitNanos(r)) {
      beginHedge(r);
      return;
    }
    r.hedgeTimer =
        loop.at(
            outlook.hedgeNanos(r, deepest.get(), expected, now, e.deviceScale()),
            () -> {
              if (!r.answered) {
                beginHedge(r);
                pump();
              }
            });
  }

  private void onReply(Request r, CloudReply reply) {
    // Also where nobody waits for it any more.
    if (reply instanceof CloudReply.Refused refusal) {
      heed(refusal, r.askedCompanion);
    }
    if (r.cloudDone) {
      tally.lateReplies++;
      return;
    }
    r.cloudDone = true;
    r.cloudPending = false;
    if (reply instanceof CloudReply.Answered answered) {
      traffic.onAnswer(r.id(), answered, outlook.workerNanos(r, answered.exit()));
      plans.onTransfer();
      if (r.answered) {
        tally.lateReplies++;
      } else {
        answer(r, answers.fromCloud(r.plan(), answered));
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

  private void heed(CloudReply.Refused refusal, boolean askedCompanion) {
    if (askedCompanion && refusal.code().equals(UNKNOWN_MODEL)) {
      plans.onCompanionMissed();
    }
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

  private void beginHedge(Request r) {
    if (r.hedging || r.exhausted || r.answered || (r.cloudPending && !options.hedges())) {
      return;
    }
    long now = loop.nanoTime();
    Optional<Reach> deepest = outlook.deepest(r, now, estimators.at(now).deviceScale());
    List<Step> path;
    if (deepest.isPresent()) {
      path = deepest.get().path();
    } else if (r.best != null) {
      exhaust(r);
      return;
    } else if (r.late || !r.cloudPending) {
      path = outlook.quickest(r);
    } else {
      return;
    }
    r.hedging = true;
    if (path == network.everyExit()) {
      r.beginAnew();
    }
    r.path = path;
    r.index = 0;
  }

  private void exhaust(Request r) {
    r.exhausted = true;
    if (!r.cloudPending) {
      giveBest(r, r.trouble);
    } else if (!r.computing) {
      r.releaseSample();
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

  /** Answers with the best exit so far, or drops the frame if there is none. */
  private void giveBest(Request r, String reason) {
    answer(r, answers.best(r, reason));
  }

  private void drop(Request r, String reason) {
    answer(r, Answers.dropped(reason));
  }

  private void answer(Request r, Verdict verdict) {
    if (r.answered) {
      return;
    }
    r.answered = true;
    if (r.mode == Mode.PLAN && r.pastExit >= 0) {
      Plan cut = r.plan();
      watches.settle(r, w -> w.cutOff(cut, r.pastExit, loop.nanoTime()));
    }
    frames.remove(r);
    watches.energy().ifPresent(meter -> meter.answered(loop.nanoTime()));
    r.cancelTimers();
    if (r.cloudPending) {
      tally.cancelled++;
      estimators.onAbandoned(r.id(), loop.nanoTime());
      cloud.cancel(r.id());
    }
    Plan plan = (r.active == null ? plans.active() : r.active).decision().plan();
    EdgeAnswer answer = answers.write(r, verdict, plan, loop.nanoTime());
    if (r.computing) {
      processor.giveUp();
    } else {
      r.release();
    }
    budget.ifPresent(
        account -> {
          account.over();
          plans.replan();
        });
    r.done.accept(answer);
  }
}
