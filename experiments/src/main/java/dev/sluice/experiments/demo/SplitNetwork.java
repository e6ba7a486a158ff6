package dev.sluice.experiments.demo;

import dev.sluice.cloud.worker.ServedModel;
import dev.sluice.edge.host.WireRules;
import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Payload;
import dev.sluice.edge.session.Route;
import dev.sluice.edge.session.Sample;
import dev.sluice.edge.session.Step;
import dev.sluice.edge.session.StepResult;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Both halves of a network in one process: the stages, exits and codecs that device and worker run,
 * without link, queue or clock. What a plan answers here it answers anywhere, so its accuracy can
 * be shown on many frames. Thread-safe; owns neither half.
 */
public final class SplitNetwork {
  private final DeviceNetwork device;
  private final ServedModel worker;

  /** Joins two halves, which stay the caller's. */
  public SplitNetwork(DeviceNetwork device, ServedModel worker) {
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
  public record Outcome(int label, int exit, int bytes) {}

  /** Compiles the device's half of a plan; the caller closes it. */
  public Route compile(Plan plan) {
    return device.compile(plan, false);
  }

  /**
   * Classifies a frame as a plan says; there is no companion here.
   *
   * @param plan the plan
   * @param route its device half, from {@link #compile}
   */
  public Outcome classify(Plan plan, Route route, Frame frame) {
    ExitPolicies policies = device.policies(plan);
    ExitPolicies.Judge judge = policies.judge();
    if (plan.split() == 0) {
      Payload picture = route.encode(frame, Optional.empty());
      return finish(plan, picture, rule(plan, policies, judge), frame.id());
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
          if (judge.stops(exit, scores)) {
            return new Outcome(scores.predicted(), exit, 0);
          }
        }
      }
      Payload tensors = route.encode(frame, Optional.of(live));
      return finish(plan, tensors, rule(plan, policies, judge), frame.id());
    } finally {
      live.close();
    }
  }

  private Outcome finish(Plan plan, Payload payload, ExitRule rule, long id) {
    Infer request = infer(worker.digest(), plan.sentCut(), plan.codec(), rule, payload, id);
    try {
      ServedModel.Finished finished = worker.finish(request);
      return new Outcome(finished.top().get(0).label(), finished.exit(), payload.bytes());
    } catch (ProtocolException e) {
      throw new IllegalStateException("the worker refuses what the device sends", e);
    }
  }

  private ExitRule rule(Plan plan, ExitPolicies policies, ExitPolicies.Judge judge) {
    Map<Integer, ExitPolicy> cloudExits = new HashMap<>();
    for (ExitThreshold exit : plan.exits()) {
      int cut = device.exitCuts().get(exit.exit());
      if (cut > plan.split() && cut < device.lastCut()) {
        cloudExits.put(exit.exit(), policies.policy(exit.exit()));
      }
    }
    return WireRules.of(cloudExits, judge.state());
  }

  /** A request as it goes to the worker. */
  static Infer infer(
      String digest, int cut, String codec, ExitRule rule, Payload payload, long id) {
    return new Infer(id + 1, digest, cut, codec, rule, 0, 0, payload.parts());
  }
}
