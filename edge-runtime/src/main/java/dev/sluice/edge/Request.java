package dev.sluice.edge;

import dev.sluice.edge.session.Cancellable;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Route;
import dev.sluice.edge.session.Sample;
import dev.sluice.edge.session.Step;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.scheduler.plan.Plan;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A frame on its way to its answer. Mutable, confined to the loop. */
final class Request {
  /** What the device still owes the frame. */
  enum Mode {
    /** Not begun. */
    WAITING,
    /** The plan's own stages, then encoding. */
    PLAN,
    /** As many exits as fit, without the cloud: the plan's own way would be too slow. */
    RUSH,
    /** The plan's own part is done; more is computed only if that can pay. */
    AWAY
  }

  /** What an exit on the device said. */
  record LocalAnswer(int exit, ExitScores scores) {}

  final Frame frame;
  final long deadlineNanos;
  final Consumer<EdgeAnswer> done;

  Mode mode = Mode.WAITING;
  @Nullable ActiveRoute active;
  List<Step> path = List.of();
  int index;
  @Nullable Sample sample;
  boolean computing;
  boolean answered;

  /** The device goes on alone past the plan's part. */
  boolean hedging;

  /** Nothing more fits before the deadline. */
  boolean exhausted;

  /** The deadline has passed without anything to answer. */
  boolean late;

  boolean cloudPending;
  boolean cloudDone;

  /** What was sent is for the companion. */
  boolean askedCompanion;

  int bytesSent;
  String trouble = "";

  /** Judges this frame's exits, from the network's input on. */
  private ExitPolicies.@Nullable Judge judge;

  @Nullable LocalAnswer best;
  int deepestExit = -1;

  /** The last exit of the plan's own part that did not stop it; -1 before any. */
  int pastExit = -1;

  /** The watch for drift knows what became of it. */
  boolean toldWatch;

  @Nullable Cancellable deadlineTimer;
  @Nullable Cancellable patienceTimer;
  @Nullable Cancellable hedgeTimer;

  long startNanos;
  long preprocessNanos;
  long deviceNanos;
  long encodeNanos;

  Request(Frame frame, long deadlineNanos, Consumer<EdgeAnswer> done) {
    this.frame = frame;
    this.deadlineNanos = deadlineNanos;
    this.done = done;
  }

  long id() {
    return frame.id();
  }

  /** Whether the next thing on its path needs the network's input made first. */
  boolean needsInput() {
    return sample == null && index == 0 && !path.isEmpty();
  }

  /** Whether the plan's own part, or what replaces it, is unfinished. */
  boolean owesOwnWork() {
    return mode == Mode.PLAN || mode == Mode.RUSH;
  }

  /** Binds it to the plan in use, which stays open until {@link #release}. */
  void bind(ActiveRoute current, long now) {
    ActiveRoute mine = current.acquire();
    active = mine;
    startNanos = now;
    path = mine.route().stages();
    judge = mine.policies().judge();
    mode = Mode.PLAN;
  }

  /** What it was bound to when the device began it. */
  ActiveRoute bound() {
    ActiveRoute mine = active;
    if (mine == null) {
      throw notBegun();
    }
    return mine;
  }

  Plan plan() {
    return bound().decision().plan();
  }

  Route route() {
    return bound().route();
  }

  ExitPolicies.Judge judge() {
    ExitPolicies.Judge mine = judge;
    if (mine == null) {
      throw notBegun();
    }
    return mine;
  }

  /**
   * Whether an exit that has spoken is the frame's answer. What goes to a companion may be answered
   * better than the final exit can, while that can come.
   */
  boolean stops(int exit, boolean isFinal, ExitScores scores) {
    if (!isFinal) {
      return judge().stops(exit, scores);
    }
    boolean mayBeBettered = plan().usesCompanion() && (mode == Mode.PLAN || cloudPending);
    return !mayBeBettered
        || plan().exits().stream()
            .anyMatch(own -> own.exit() == exit && own.stops(scores.confidence()));
  }

  private IllegalStateException notBegun() {
    return new IllegalStateException("frame " + id() + " has no plan yet");
  }

  /** Goes back to the input: exits that were judged before come again. */
  void beginAnew() {
    releaseSample();
    judge = bound().policies().judge();
  }

  /** Frees its tensors, if it has some. */
  void releaseSample() {
    Sample held = sample;
    if (held != null) {
      sample = null;
      held.close();
    }
  }

  /** Frees its tensors and leaves its plan. */
  void release() {
    releaseSample();
    ActiveRoute mine = active;
    if (mine != null) {
      active = null;
      mine.release();
    }
  }

  void keep(int exit, ExitScores scores) {
    deepestExit = Math.max(deepestExit, exit);
    if (best == null || scores.confidence() > best.scores().confidence()) {
      best = new LocalAnswer(exit, scores);
    }
  }

  void cancelTimers() {
    for (Cancellable timer :
        new @Nullable Cancellable[] {deadlineTimer, patienceTimer, hedgeTimer}) {
      if (timer != null) {
        timer.cancel();
      }
    }
  }
}
