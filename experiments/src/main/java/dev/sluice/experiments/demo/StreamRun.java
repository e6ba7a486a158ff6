package dev.sluice.experiments.demo;

import dev.sluice.experiments.demo.LiveView.AgentState;
import dev.sluice.experiments.report.AnswerRecord;
import dev.sluice.experiments.report.Tally;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.training.data.LabelledImages;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One stream through real processes: an emulated link and an edge agent of its own, before a worker
 * that is there already. Frames are written when they are due, whether or not answers have come, so
 * slow answers hide nothing (no coordinated omission).
 */
final class StreamRun {
  private static final Duration START_PATIENCE = Duration.ofSeconds(60);
  private static final Duration LAST_ANSWER_PATIENCE = Duration.ofSeconds(4);
  private static final Duration END_PATIENCE = Duration.ofSeconds(3);
  private static final long TICK_NANOS = 200_000_000L;

  private final Strategy strategy;
  private final Scenario scenario;
  private final List<Picture> pictures;
  private final Tally tally;
  private final LabelledImages images;
  private final boolean[] uncutRight;

  private final Object lock = new Object();
  private final List<Long> seenNanos = new ArrayList<>();
  private final Map<Plan, Integer> feasiblePlans = new HashMap<>();
  private final Map<Plan, Integer> plans = new HashMap<>();
  private AgentState agentState = AgentState.UNKNOWN;
  private long overruns;
  private int asked;
  private long startNanos;
  private boolean started;
  private @Nullable IOException writeTrouble;

  /**
   * Prepares a stream.
   *
   * @param images as many as the scenario has frames
   * @param uncutRight which of them the uncut network gets right
   */
  StreamRun(
      Strategy strategy,
      Scenario scenario,
      LabelledImages images,
      boolean[] uncutRight,
      long deadlineNanos) {
    this.strategy = strategy;
    this.scenario = scenario;
    this.images = images;
    this.uncutRight = uncutRight;
    this.tally = new Tally(deadlineNanos);
    this.pictures = new ArrayList<>();
    for (int i = 0; i < scenario.frames(); i++) {
      pictures.add(Pictures.read(images, i));
    }
  }

  /**
   * Runs the stream from beginning to end.
   *
   * @param children start the processes
   * @param worker address of the worker
   * @param programs how to start them
   * @param watcher is shown the stream five times a second
   */
  StreamResult run(
      Children children, String worker, Programs programs, Consumer<LiveView.Moment> watcher)
      throws IOException, InterruptedException {
    Path trace = Files.createTempFile("sluice-trace", ".txt");
    try {
      Files.writeString(trace, scenario.traceText());
      ChildProcess link = children.start(programs.link(worker, trace), line -> {});
      String linkAddress = link.awaitReady(START_PATIENCE);
      ChildProcess agent =
          children.start(programs.agent(linkAddress, strategy, scenario), this::onLine);
      agent.awaitReady(START_PATIENCE);
      stream(children, link, agent, watcher);
      children.stop(agent);
      children.stop(link);
      synchronized (lock) {
        return result();
      }
    } finally {
      Files.deleteIfExists(trace);
    }
  }

  private void stream(
      Children children, ChildProcess link, ChildProcess agent, Consumer<LiveView.Moment> watcher)
      throws InterruptedException {
    link.tell("start");
    synchronized (lock) {
      startNanos = System.nanoTime();
      started = true;
    }
    Thread camera = new Thread(() -> film(agent.input()), "camera");
    camera.setDaemon(true);
    camera.start();
    long endNanos = Math.round(scenario.seconds() * 1e9) + LAST_ANSWER_PATIENCE.toNanos();
    long tick = 0;
    while (true) {
      children.check();
      LiveView.Moment moment;
      boolean over;
      synchronized (lock) {
        if (writeTrouble != null) {
          throw agent.died();
        }
        long elapsed = System.nanoTime() - startNanos;
        moment =
            new LiveView.Moment(
                strategy.title(), elapsed, scenario, agentState, tally.score(), asked);
        over = asked == pictures.size() && (tally.complete() || elapsed > endNanos);
      }
      watcher.accept(moment);
      if (over) {
        break;
      }
      sleepUntil(startNanos + ++tick * TICK_NANOS);
    }
    camera.join();
    try {
      agent.input().close();
    } catch (IOException e) {
      throw agent.died();
    }
    agent.awaitEnd(END_PATIENCE);
  }

  /** Writes every frame when it is due. */
  private void film(OutputStream out) {
    try {
      for (int i = 0; i < pictures.size(); i++) {
        sleepUntil(startNanos + scenario.captureNanos(i));
        synchronized (lock) {
          tally.ask(i, images.label(i), scenario.phaseAt(scenario.captureNanos(i)), uncutRight[i]);
          asked++;
        }
        Pictures.writePpm(pictures.get(i), out);
      }
    } catch (IOException e) {
      synchronized (lock) {
        writeTrouble = e;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void onLine(String line) {
    long now = System.nanoTime();
    AgentLine parsed = AgentLine.parse(line);
    synchronized (lock) {
      if (parsed instanceof AgentLine.Answered answered) {
        AnswerRecord answer = answered.answer();
        tally.answer(answer);
        if (started && !answer.dropped()) {
          long due = startNanos + scenario.captureNanos((int) answer.id());
          seenNanos.add(Math.max(0, now - due));
        }
      } else if (parsed instanceof AgentLine.Status status) {
        agentState = new AgentState(status.link(), status.planText(), status.feasible());
        overruns = status.overruns();
        if (started) {
          note(status, now);
        }
      }
    }
  }

  private void note(AgentLine.Status status, long now) {
    plans.merge(status.plan(), 1, Integer::sum);
    int phase = scenario.phaseAt(now - startNanos);
    if (status.feasible() && !scenario.phases().get(phase).outage()) {
      feasiblePlans.merge(status.plan(), 1, Integer::sum);
    }
  }

  private StreamResult result() {
    Map<Plan, Integer> byUse = new LinkedHashMap<>();
    feasiblePlans.entrySet().stream()
        .sorted(Map.Entry.<Plan, Integer>comparingByValue().reversed())
        .forEach(entry -> byUse.put(entry.getKey(), entry.getValue()));
    return new StreamResult(
        strategy, scenario, tally, StreamResult.p95(seenNanos), overruns, byUse, plans.size());
  }

  private static void sleepUntil(long nanos) throws InterruptedException {
    long left = nanos - System.nanoTime();
    if (left > 0) {
      Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
    }
  }
}
