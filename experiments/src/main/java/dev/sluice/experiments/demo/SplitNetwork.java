package dev.sluice.experiments.demo;

import dev.sluice.cloud.worker.ServedModel;
import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Payload;
import dev.sluice.edge.session.Route;
import dev.sluice.edge.session.Sample;
import dev.sluice.edge.session.Step;
import dev.sluice.edge.session.StepResult;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import java.util.List;
import java.util.Optional;

/**
 * Both halves of a network in one process: the stages, exits and codecs that device and worker run,
 * without link, queue or clock. What a plan answers here it answers anywhere, so its accuracy can
 * be shown on many frames. Thread-safe; owns neither half.
 */
final class SplitNetwork {
  private final DeviceNetwork device;
  private final ServedModel worker;

  SplitNetwork(DeviceNetwork device, ServedModel worker) {
    this.device = device;
    this.worker = worker;
  }

  /**
   * A plan's answer to a frame.
   *
   * @param label predicted class
   * @param exit exit that answered
   * @param bytes sent to the worker, 0 where the device answered
   */
  record Outcome(int label, int exit, int bytes) {}

  /** Compiles the device's half of a plan; the caller closes it. */
  Route compile(Plan plan) {
    return device.compile(plan, false);
  }

  /**
   * Classifies a frame as a plan says.
   *
   * @param plan the plan
   * @param route its device half, from {@link #compile}
   */
  Outcome classify(Plan plan, Route route, Frame frame) {
    if (plan.split() == 0) {
      return finish(plan, route.encode(frame, Optional.empty()), frame.id());
    }
    Sample live = device.input(frame);
    try {
      for (Step step : route.stages()) {
        StepResult result = step.run(live);
        live.close();
        live = result.live();
        if (result.scores().isPresent() && step.exit().isPresent()) {
          ExitScores scores = result.scores().get();
          int exit = step.exit().getAsInt();
          if (scores.confidence() >= threshold(plan, exit)) {
            return new Outcome(scores.predicted(), exit, 0);
          }
        }
      }
      return finish(plan, route.encode(frame, Optional.of(live)), frame.id());
    } finally {
      live.close();
    }
  }

  private Outcome finish(Plan plan, Payload payload, long id) {
    Infer request = request(plan, payload, id);
    try {
      ServedModel.Finished finished = worker.finish(request);
      return new Outcome(finished.top().get(0).label(), finished.exit(), payload.bytes());
    } catch (ProtocolException e) {
      throw new IllegalStateException("the worker refuses what the device sends", e);
    }
  }

  private Infer request(Plan plan, Payload payload, long id) {
    int splitCut = plan.split();
    List<ExitThreshold> cloudExits =
        plan.exits().stream()
            .filter(exit -> device.exitCuts().get(exit.exit()) > splitCut)
            .toList();
    return infer(worker.digest(), splitCut, plan.codec(), cloudExits, payload, id);
  }

  /** A request as it goes to the worker. */
  static Infer infer(
      String digest, int cut, String codec, List<ExitThreshold> exits, Payload payload, long id) {
    List<dev.sluice.protocol.message.ExitThreshold> thresholds =
        exits.stream()
            .map(
                exit ->
                    new dev.sluice.protocol.message.ExitThreshold(exit.exit(), exit.threshold()))
            .toList();
    return new Infer(
        id + 1,
        digest,
        cut,
        codec,
        new ExitRule(ExitRule.TOP1_PROBABILITY, thresholds),
        0,
        0,
        payload.parts());
  }

  private double threshold(Plan plan, int exit) {
    if (exit == device.exitCuts().size() - 1) {
      return 0;
    }
    return plan.exits().stream()
        .filter(active -> active.exit() == exit)
        .mapToDouble(ExitThreshold::threshold)
        .findFirst()
        .orElse(Double.POSITIVE_INFINITY);
  }
}
