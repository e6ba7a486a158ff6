package dev.sluice.experiments.demo;

import dev.sluice.cloud.worker.ModelShelf;
import dev.sluice.cloud.worker.ServedModel;
import dev.sluice.edge.EdgeSession;
import dev.sluice.edge.host.EmulatedDevice;
import dev.sluice.edge.host.WireRules;
import dev.sluice.edge.session.CloudReply.LabelProbability;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.SessionStatus;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.experiments.report.AnswerRecord;
import dev.sluice.experiments.report.Tally;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.sim.fleet.EventEngine;
import dev.sluice.sim.link.LinkModel;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.training.data.LabelledImages;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

/**
 * The demo on a simulated clock: the same edge session, scheduler, bundle and trace, with time
 * taken from the profile and the link's model. Answers are computed by the real network, so they
 * are right or wrong as they would be live. Two runs of the same input give the same answers. Not
 * thread-safe.
 */
public final class SimulatedDemo implements AutoCloseable {
  /** Time before the trace begins, in which the session connects, warms up and plans. */
  private static final long LEAD_NANOS = 2_000_000_000L;

  /** Time after the last frame in which its answer must come. */
  private static final long TAIL_NANOS = 5_000_000_000L;

  /** What deciding and compiling a plan takes, off the request path. */
  private static final long PLANNING_NANOS = 30_000_000L;

  private static final long STATUS_EVERY_NANOS = 500_000_000L;
  private static final double DEVICE_NOISE = 0.02;

  private final ProgressiveModel model;
  private final ModelShelf shelf;
  private final ServedModel worker;
  private final DeviceHalf device;
  private final Goal goal;

  private SimulatedDemo(ProgressiveModel model, ModelShelf shelf, DeviceHalf device, Goal goal) {
    this.model = model;
    this.shelf = shelf;
    this.worker = shelf.find(model.bundle().digest()).orElseThrow();
    this.device = device;
    this.goal = goal;
  }

  /**
   * Opens a bundle for both halves.
   *
   * @param device how long the emulated device takes for the whole network
   */
  public static SimulatedDemo open(Path bundle, Goal goal, Duration device) throws IOException {
    ProgressiveModel model =
        ProgressiveModel.open(Bundle.open(bundle), EngineOptions.singleThread());
    try {
      ModelShelf shelf = ModelShelf.open(bundle, EngineOptions.singleThread());
      return new SimulatedDemo(model, shelf, DeviceHalf.emulated(model, device), goal);
    } catch (IOException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** The network, uncut. */
  public ProgressiveModel model() {
    return model;
  }

  /** Which pictures the uncut network gets right. */
  public boolean[] uncutRight(LabelledImages images) {
    return AccuracyFloor.uncutRight(model, images);
  }

  /**
   * Streams pictures.
   *
   * @param strategy how they are served
   * @param scenario what happens to the link
   * @param images as many as the scenario has frames
   * @param uncutRight which of them the uncut network gets right
   * @param seed of the emulated device's noise
   */
  public StreamResult run(
      Strategy strategy,
      Scenario scenario,
      LabelledImages images,
      boolean[] uncutRight,
      long seed) {
    EventEngine engine = new EventEngine();
    EngineLoop loop = new EngineLoop(engine);
    Executor inline = Runnable::run;
    Executor background = task -> engine.scheduleAfter(PLANNING_NANOS, task);
    LinkModel link = new LinkModel(scenario.trace(), LEAD_NANOS, LinkOptions.DEFAULT);
    SimulatedCloud cloud =
        new SimulatedCloud(loop, link, this::finish, goal.objective().idlePingNanos());
    EmulatedDevice processor =
        new EmulatedDevice(loop, inline, device.factor(), DEVICE_NOISE, new SplittableRandom(seed));
    EdgeSession session =
        EdgeSession.open(
            new Surroundings(loop, processor, cloud, device.network(), background),
            device.profile(),
            device.planner(strategy, goal, scenario),
            new Estimators(),
            device.options(strategy, goal));
    Recording recording = new Recording(strategy, scenario, goal.deadlineNanos());
    for (int i = 0; i < scenario.frames(); i++) {
      int number = i;
      long due = LEAD_NANOS + scenario.captureNanos(i);
      engine.schedule(
          due, () -> recording.submit(session, images, number, due, uncutRight[number]));
    }
    long endNanos = LEAD_NANOS + Math.round(scenario.seconds() * 1e9);
    for (long at = LEAD_NANOS; at < endNanos; at += STATUS_EVERY_NANOS) {
      long elapsed = at - LEAD_NANOS;
      engine.schedule(at, () -> recording.note(session.status(), elapsed));
    }
    session.warmUp(frame(images, 0, 0), () -> {});
    engine.runUntil(endNanos + TAIL_NANOS);
    session.close();
    cloud.close();
    engine.run();
    return recording.result(processor.overruns());
  }

  private SimulatedCloud.Worker.Result finish(CloudRequest request) {
    ServedModel.Finished finished;
    try {
      finished =
          worker.finish(
              SplitNetwork.infer(
                  worker.digest(),
                  request.cut(),
                  request.codec(),
                  WireRules.of(request.exits(), request.state()),
                  request.payload(),
                  request.id()));
    } catch (ProtocolException e) {
      throw new IllegalStateException("the worker refuses what the device sends", e);
    }
    List<LabelProbability> top =
        finished.top().stream()
            .map(score -> new LabelProbability(score.label(), score.probability()))
            .toList();
    /* As planned: which chain happens to be compiled already must not matter here. */
    long input = request.cut() == 0 ? device.profile().preprocessNanos() : 0;
    return new SimulatedCloud.Worker.Result(finished.exit(), top, finished.plannedNanos() + input);
  }

  @Override
  public void close() {
    shelf.close();
    model.close();
  }

  private static Frame frame(LabelledImages images, int number, long captureNanos) {
    Picture picture = Pictures.read(images, number);
    return new Frame(
        number, "frame " + number, picture.rgb(), picture.width(), picture.height(), captureNanos);
  }

  /** What one run showed so far. */
  private static final class Recording {
    private final Strategy strategy;
    private final Scenario scenario;
    private final Tally tally;
    private final Map<Plan, Integer> feasible = new HashMap<>();
    private final Set<Plan> plans = new HashSet<>();
    private final List<Long> latencies = new ArrayList<>();

    Recording(Strategy strategy, Scenario scenario, long deadlineNanos) {
      this.strategy = strategy;
      this.scenario = scenario;
      this.tally = new Tally(deadlineNanos);
    }

    void submit(
        EdgeSession session, LabelledImages images, int number, long dueNanos, boolean uncutRight) {
      int phase = scenario.phaseAt(scenario.captureNanos(number));
      tally.ask(number, images.label(number), phase, uncutRight);
      session.submit(frame(images, number, dueNanos), this::answered);
    }

    private void answered(EdgeAnswer answer) {
      tally.answer(record(answer));
      if (!answer.dropped()) {
        latencies.add(answer.latencyNanos());
      }
    }

    void note(SessionStatus status, long elapsedNanos) {
      Plan plan = status.decision().plan();
      plans.add(plan);
      boolean outage = scenario.phases().get(scenario.phaseAt(elapsedNanos)).outage();
      if (status.decision().feasible() && !outage) {
        feasible.merge(plan, 1, Integer::sum);
      }
    }

    StreamResult result(long overruns) {
      Map<Plan, Integer> byUse = new LinkedHashMap<>();
      feasible.entrySet().stream()
          .sorted(
              Map.Entry.<Plan, Integer>comparingByValue()
                  .reversed()
                  .thenComparing(entry -> entry.getKey().describe()))
          .forEach(entry -> byUse.put(entry.getKey(), entry.getValue()));
      return new StreamResult(
          strategy, scenario, tally, StreamResult.p95(latencies), overruns, byUse, plans.size());
    }

    private static AnswerRecord record(EdgeAnswer answer) {
      AnswerRecord.Place place =
          answer.dropped()
              ? AnswerRecord.Place.NOWHERE
              : switch (answer.place()) {
                case DEVICE -> AnswerRecord.Place.DEVICE;
                case CLOUD -> AnswerRecord.Place.CLOUD;
              };
      return new AnswerRecord(
          answer.id(),
          answer.label(),
          answer.exit(),
          place,
          "split " + answer.split() + ", " + answer.codec(),
          answer.degraded(),
          answer.dropped(),
          answer.latencyNanos(),
          answer.bytesSent(),
          answer.workerComputeNanos());
    }
  }
}
