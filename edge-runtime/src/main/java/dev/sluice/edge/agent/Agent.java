package dev.sluice.edge.agent;

import dev.sluice.edge.EdgeSession;
import dev.sluice.edge.host.ThreadLoop;
import dev.sluice.edge.session.ExitReport;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.SessionStatus;
import dev.sluice.scheduler.budget.BudgetAccount;
import dev.sluice.scheduler.budget.BudgetReport;
import dev.sluice.scheduler.drift.DriftState;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Serves one stream with a session: frames in, answers and status as lines out. Used once, on the
 * program's thread.
 */
final class Agent {
  private static final long MILLIS = 1_000_000;
  private static final int WARM_UP_ROUNDS = 2;
  private static final long WARM_UP_TIMEOUT_SECONDS = 120;
  private static final long LINK_LESSONS_MILLIS = 1500;
  private static final long GLANCE_MILLIS = 20;

  private final Engine engine;
  private final Optional<String> worker;
  private final EdgeSession session;
  private final Optional<BudgetAccount> budget;
  private final ThreadLoop loop;
  private final LineOutput output;
  private final PrintWriter err;
  private final Pace pace;
  private final long statusNanos;
  private final Latencies latencies = new Latencies();
  private final Semaphore answered = new Semaphore(0);
  private long submitted;
  private long skipped;
  private boolean warnedOfOverruns;
  private LinkState toldLink = LinkState.UNKNOWN;
  private boolean toldBudgetMet = true;
  private DriftState toldDrift = DriftState.UNWATCHED;

  /**
   * When frames are taken.
   *
   * @param periodNanos time from one to the next; 0 = as they come
   * @param oneByOne whether the next waits for the answer to the last
   * @param files whether frames are files, whose names the answers tell
   */
  record Pace(long periodNanos, boolean oneByOne, boolean files) {}

  /**
   * @param worker where the worker is, for the lines; empty if none is named
   * @param budget the books of the session's budget, if it has one
   * @param err gets what a person should hear of while the agent runs
   * @param statusNanos time from one status line to the next
   */
  Agent(
      Engine engine,
      Optional<String> worker,
      EdgeSession session,
      Optional<BudgetAccount> budget,
      LineOutput output,
      PrintWriter err,
      Pace pace,
      long statusNanos) {
    this.engine = engine;
    this.worker = worker;
    this.session = session;
    this.budget = budget;
    this.loop = engine.loop();
    this.output = output;
    this.err = err;
    this.pace = pace;
    this.statusNanos = statusNanos;
  }

  /**
   * Answers every frame of a source, and sums up.
   *
   * @param emulated whether the device is
   * @throws FrameFormatException if a stream is damaged, after what came before has been answered
   * @throws Failure if frames were skipped or left without answer
   */
  void serve(FrameSource source, SessionOptions options, boolean emulated)
      throws IOException, InterruptedException, ExecutionException, Failure {
    warmUp(engine, session);
    learnTheLink();
    SessionStatus first = status();
    output.line(
        Lines.ready(
            engine.bundle().manifest().name(),
            engine.bundle().digest(),
            budget.isPresent()
                ? OptionalDouble.empty()
                : OptionalDouble.of(options.deadlineNanos() / 1e6),
            emulated,
            worker,
            engine.memory(),
            books(),
            first));
    long begin = first.nowNanos();
    toldLink = first.estimates().link();
    tellBudget(first);
    repeatStatus(begin);
    IOException broken = null;
    try {
      feed(source);
    } catch (FrameFormatException damaged) {
      broken = damaged;
    }
    // What is outstanding is answered within the session's patience, whatever happens.
    long waitedFor = pace.oneByOne() ? submitted : 0;
    boolean complete =
        answered.tryAcquire(
            (int) (submitted - waitedFor),
            options.patienceNanos() + 1_000 * MILLIS,
            TimeUnit.NANOSECONDS);
    SessionStatus last = status();
    output.lastLine(
        Lines.summary(last, (last.nowNanos() - begin) / 1e9, skipped, books(), settledLatencies()));
    output.flush();
    if (broken != null) {
      throw broken;
    }
    if (!complete) {
      throw new Failure(last.outstanding() + " frames were left without answer");
    }
    if (skipped > 0) {
      throw new Failure(
          skipped
              + " of "
              + (submitted + skipped)
              + " images could not be read and were skipped; they are named above");
    }
  }

  /** Hands in every frame; a file that cannot be read is reported and skipped. */
  private void feed(FrameSource source) throws IOException, InterruptedException {
    long next = loop.nanoTime();
    while (!output.isDeaf()) {
      Optional<Frame> frame;
      try {
        frame = source.next();
      } catch (UnreadableFileException unreadable) {
        skipped++;
        budget.ifPresent(BudgetAccount::over);
        err.println("sluice edge: skipped " + Program.oneLine(unreadable));
        output.line(Lines.skipped(unreadable.file(), Program.oneLine(unreadable)));
        continue;
      }
      if (frame.isEmpty()) {
        return;
      }
      Frame taken = frame.get();
      if (pace.periodNanos() > 0) {
        long wait = next - loop.nanoTime();
        if (wait > 0) {
          TimeUnit.NANOSECONDS.sleep(wait);
        }
        next = Math.max(next, loop.nanoTime() - pace.periodNanos()) + pace.periodNanos();
        taken = capturedNow(taken);
      }
      submit(taken);
      if (pace.oneByOne()) {
        answered.acquire();
      }
    }
  }

  private Frame capturedNow(Frame frame) {
    return new Frame(
        frame.id(), frame.name(), frame.rgb(), frame.width(), frame.height(), loop.nanoTime());
  }

  private void submit(Frame frame) {
    Optional<String> file = pace.files() ? Optional.of(frame.name()) : Optional.empty();
    session.submit(
        frame,
        answer -> {
          latencies.add(answer.latencyNanos());
          output.line(Lines.answer(file, answer));
          answered.release();
        });
    submitted++;
  }

  private void repeatStatus(long begin) {
    loop.at(
        loop.nanoTime() + statusNanos,
        () -> {
          if (output.isOpen()) {
            SessionStatus status = session.status();
            output.line(Lines.status(status, worker, engine.memory(), books(), begin));
            warnOfOverruns(status.overruns());
            tellLink(status.estimates().link());
            tellDrift(status);
            tellBudget(status);
            repeatStatus(begin);
          }
        });
  }

  private void warnOfOverruns(long overruns) {
    if (overruns > 0 && !warnedOfOverruns) {
      warnedOfOverruns = true;
      err.println(
          "sluice edge: this machine is slower than the device it emulates (overruns, counted in"
              + " the status): times are longer than the emulated device's; run less beside it, or"
              + " give --emulate-device a longer time");
    }
  }

  private void tellLink(LinkState link) {
    if (worker.isEmpty() || link == toldLink || link == LinkState.UNKNOWN) {
      return;
    }
    toldLink = link;
    err.println(
        switch (link) {
          case UP -> "sluice edge: the worker is reached";
          case RESTING ->
              "sluice edge: the link rests, as no link could better the plan; frames are answered"
                  + " on the device";
          case DOWN, UNKNOWN ->
              "sluice edge: the worker is out of reach; frames are answered on the device";
        });
  }

  private Optional<BudgetReport> books() {
    return budget.map(BudgetAccount::report);
  }

  /** Says when what is left is too little for the first exit, and when it is enough again. */
  private void tellBudget(SessionStatus status) {
    boolean met = status.decision().feasible();
    if (budget.isPresent() && met != toldBudgetMet) {
      toldBudgetMet = met;
      err.println(
          "sluice edge: "
              + (met
                  ? "the budget is met again: " + status.decision().reason()
                  : status.decision().reason() + "; frames are answered by the first exit"));
    }
  }

  /** Says when a flag is raised, changes or is lowered. */
  private void tellDrift(SessionStatus status) {
    status
        .exits()
        .flatMap(ExitReport::drift)
        .filter(report -> report.state() != toldDrift)
        .ifPresent(
            report -> {
              if (report.state().drifted()) {
                err.println("sluice edge: drift: " + report.describe());
              } else if (toldDrift.drifted()) {
                boolean over = report.state() == DriftState.AS_CALIBRATED;
                err.println(
                    "sluice edge: drift" + (over ? " is over: " : ": ") + report.describe());
              }
              toldDrift = report.state();
            });
  }

  /** Has the engine warm and the device's speed known before there are frames. */
  static void warmUp(Engine engine, EdgeSession session)
      throws InterruptedException, ExecutionException, Failure {
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      CompletableFuture<Boolean> warm = new CompletableFuture<>();
      session.warmUp(engine.network().blankFrame(), () -> warm.complete(true));
      try {
        warm.get(WARM_UP_TIMEOUT_SECONDS, TimeUnit.SECONDS);
      } catch (TimeoutException stuck) {
        throw new Failure(
            "the network did not warm up within "
                + WARM_UP_TIMEOUT_SECONDS
                + " s; is the device emulated too slow?");
      }
    }
  }

  /** Lets pings and a probe come back, so that the first frame meets a known link. */
  private void learnTheLink() throws InterruptedException, ExecutionException {
    long end = loop.nanoTime() + LINK_LESSONS_MILLIS * MILLIS;
    while (loop.nanoTime() < end) {
      SessionStatus status = status();
      Estimates e = status.estimates();
      boolean known = e.roundTripNanos() > 0 && status.counters().probes() > 0 && !e.probeWanted();
      if (e.link() != LinkState.UP || known) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(GLANCE_MILLIS);
    }
  }

  private SessionStatus status() throws InterruptedException, ExecutionException {
    return status(loop, session);
  }

  /** Asks a session, on its loop. */
  static SessionStatus status(ThreadLoop loop, EdgeSession session)
      throws InterruptedException, ExecutionException {
    CompletableFuture<SessionStatus> status = new CompletableFuture<>();
    loop.execute(() -> status.complete(session.status()));
    return status.get();
  }

  /** The loop has written them; reading them there sees all. */
  private Latencies settledLatencies() throws InterruptedException, ExecutionException {
    CompletableFuture<Latencies> seen = new CompletableFuture<>();
    loop.execute(() -> seen.complete(latencies));
    return seen.get();
  }
}
