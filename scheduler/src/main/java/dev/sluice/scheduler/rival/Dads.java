package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.rival.Chain.Send;
import dev.sluice.scheduler.rival.DnnSurgery.Conditions;
import dev.sluice.scheduler.rival.DnnSurgery.Cut;
import dev.sluice.scheduler.rival.LayerGraph.Layer;
import dev.sluice.scheduler.rival.LayerGraph.Output;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * The split of least latency under light load, of greatest throughput under heavy load; no exits.
 *
 * <p>Hu, Bao, Wang and Liu, "Dynamic Adaptive DNN Surgery for Inference Acceleration on the Edge",
 * INFOCOM 2019: {@link DnnSurgery} on the network's graph. The load is light where the stages of
 * the cut of least latency all end within a frame period; an unknown period is held to be long.
 *
 * <p>Deviations: a bundle's cuts make its graph a chain, on which both minima are exact; where
 * several codecs may be used at a cut ({@link Terms#asSluice}; the paper has raw tensors) the best
 * one there stands for it; while the link is not up all runs on the device.
 */
public final class Dads implements Planner {
  private final BundleFacts facts;
  private final Chain chain;
  private final Forecast forecast;

  /** Plans for a bundle. */
  public Dads(BundleFacts facts, Terms terms) {
    this.facts = facts;
    chain = new Chain(facts, terms);
    forecast = new Forecast(facts);
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    if (estimates.link() != LinkState.UP) {
      Plan local = Plan.local(facts.lastCut(), List.of());
      return forecast.decision(local, "no link to a worker: all on the device", estimates, true);
    }
    Conditions conditions = Conditions.of(estimates);
    List<Send> quick = best(send -> chain.sentNanos(send, facts.finalExit(), estimates));
    Cut light = DnnSurgery.light(graph(quick), conditions);
    long period = estimates.framePeriodNanos();
    if (period == 0 || light.bottleneckNanos() < period) {
      return decision(quick, light, "light load: least latency", light.latencyNanos(), estimates);
    }
    List<Send> steady = best(send -> bottleneckNanos(send, estimates));
    Cut heavy = DnnSurgery.heavy(graph(steady), conditions);
    return decision(
        steady, heavy, "heavy load: least longest stage", heavy.bottleneckNanos(), estimates);
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return decide(imagined, Optional.of(current), 0).plan().equals(current);
  }

  private PlanDecision decision(
      List<Send> sends, Cut cut, String what, long nanos, Estimates estimates) {
    Plan plan = Plan.local(facts.lastCut(), List.of());
    if (cut.onDevice().size() <= sends.size()) {
      Send send = sends.get(cut.onDevice().size() - 1);
      plan = new Plan(send.cut(), send.codec(), List.of());
    }
    String reason = String.format(Locale.ROOT, "%s, %.3g ms", what, nanos * 1e-6);
    return forecast.decision(plan, reason, estimates, true);
  }

  private double bottleneckNanos(Send send, Estimates estimates) {
    return Math.max(
        chain.senderNanos(send, estimates),
        Math.max(
            send.transferNanos(estimates),
            chain.receiverNanos(send, facts.finalExit(), estimates)));
  }

  /** Returns the codec of least cost at every cut where there is one, by ascending cut. */
  List<Send> best(ToDoubleFunction<Send> cost) {
    TreeMap<Integer, Send> best = new TreeMap<>();
    for (Send send : chain.sends) {
      best.merge(send.cut(), send, (a, b) -> cost.applyAsDouble(b) < cost.applyAsDouble(a) ? b : a);
    }
    return List.copyOf(best.values());
  }

  /**
   * Returns the chain as a graph whose layers end at the given cuts and at the last one; the first
   * has no input and so stays on the device.
   */
  LayerGraph graph(List<Send> sends) {
    List<Layer> layers = new ArrayList<>();
    int from = 0;
    for (Send send : sends) {
      Output output =
          new Output(
              Math.round(send.bytes()),
              Math.round(send.encodeNanos()),
              Math.round(send.decodeNanos()));
      layers.add(layer(layers.size(), from, send.cut(), output));
      from = send.cut();
    }
    layers.add(layer(layers.size(), from, facts.lastCut(), Output.raw(0)));
    return new LayerGraph(layers);
  }

  private Layer layer(int number, int from, int to, Output output) {
    boolean last = to == facts.lastCut();
    long deviceHead = last ? facts.profile().headNanos(facts.finalExit()) : 0;
    long workerHead = last ? facts.workerProfile().headNanos(facts.finalExit()) : 0;
    return new Layer(
        to == 0 ? "picture" : "to cut " + to,
        number == 0 ? List.of() : List.of(number - 1),
        Math.round(chain.deviceNanos(to) - chain.deviceNanos(from)) + deviceHead,
        to == 0 ? 0 : Math.round(chain.workerNanos(from, to)) + workerHead,
        output);
  }
}
