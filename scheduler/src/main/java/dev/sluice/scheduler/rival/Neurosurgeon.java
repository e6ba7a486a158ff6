package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.rival.Chain.Send;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * The split with the least latency or the least device energy at the conditions of the moment; no
 * exits.
 *
 * <p>Kang et al., "Neurosurgeon: Collaborative Intelligence Between the Cloud and Mobile Edge",
 * ASPLOS 2017, section 5, algorithm 1: for every layer the device's times before it, the cloud's
 * times behind it under its load, and the tensor's bytes over the uplink's rate are added (for
 * energy: the device's time times its power, the sending time times the radio's), and the least is
 * taken. {@link Terms#asPublished} has its regressions and raw tensors, {@link Terms#asSluice}
 * lends it measured times and the bundle's codecs.
 *
 * <p>Deviations: regressions are fitted to the bundle's own segments and heads, not to thousands of
 * single layers of other networks, linear only, with one size per kind ({@link LayerCosts}), and by
 * the share of multiplications alone where the layers are not known ({@link Timing#REGRESSION}); so
 * their errors are those of a model that has seen this very network. Powers are given and not
 * regressed. Splits are the bundle's cuts instead of all layers; the cloud's load is the measured
 * queue and scale of the worker; encoding, decoding and the round trip count, which the paper
 * leaves out; while the link is not up all runs on the device, to which a rate that goes to 0 leads
 * anyway.
 */
public final class Neurosurgeon implements Planner {
  private final Chain chain;
  private final Forecast forecast;
  private final int finalExit;
  private final Plan local;
  private final Optional<EnergyPrice> price;

  /** Plans for least latency. */
  public Neurosurgeon(BundleFacts facts, Terms terms) {
    this(facts, terms, Optional.empty());
  }

  /** Plans for least energy of the device. */
  public Neurosurgeon(BundleFacts facts, Terms terms, EnergyPrice price) {
    this(facts, terms, Optional.of(price));
  }

  private Neurosurgeon(BundleFacts facts, Terms terms, Optional<EnergyPrice> price) {
    chain = new Chain(facts, terms);
    forecast = new Forecast(facts);
    finalExit = facts.finalExit();
    local = Plan.local(facts.lastCut(), List.of());
    this.price = price;
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    double localNanos = chain.localNanos(finalExit, estimates);
    return price
        .map(
            known ->
                least(
                    estimates,
                    known.computeJoules(localNanos),
                    send ->
                        known.computeJoules(chain.senderNanos(send, estimates))
                            + known.uplinkJoules(send.transferNanos(estimates), send.bytes()),
                    "energy, %.3g J"))
        .orElseGet(
            () ->
                least(
                    estimates,
                    localNanos * 1e-6,
                    send -> chain.sentNanos(send, finalExit, estimates) * 1e-6,
                    "latency, %.3g ms"));
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return decide(imagined, Optional.of(current), 0).plan().equals(current);
  }

  private PlanDecision least(
      Estimates estimates, double localCost, ToDoubleFunction<Send> cost, String figure) {
    Plan best = local;
    double least = localCost;
    if (estimates.link() == LinkState.UP) {
      for (Send send : chain.sends) {
        double sent = cost.applyAsDouble(send);
        if (sent < least) {
          best = new Plan(send.cut(), send.codec(), List.of());
          least = sent;
        }
      }
    }
    String reason = "split of least " + String.format(Locale.ROOT, figure, least);
    return forecast.decision(best, reason, estimates, true);
  }
}
