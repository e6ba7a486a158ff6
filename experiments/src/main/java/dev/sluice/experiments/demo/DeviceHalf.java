package dev.sluice.experiments.demo;

import dev.sluice.edge.host.BundleFactsReader;
import dev.sluice.edge.host.EmulatedProfile;
import dev.sluice.edge.host.ModelNetwork;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.rival.CloudOnly;
import dev.sluice.scheduler.rival.DeviceOnly;
import dev.sluice.scheduler.rival.FixedSplit;
import dev.sluice.scheduler.rival.Spinn;
import dev.sluice.scheduler.rival.Terms;
import java.io.IOException;
import java.time.Duration;

/**
 * What an edge agent makes of a bundle: compiled network, facts for planning, and the planner of
 * each strategy.
 *
 * @param network the compiled network
 * @param facts what planners know
 * @param factor time on the device over the facts' profile
 */
record DeviceHalf(ModelNetwork network, BundleFacts facts, double factor) implements AutoCloseable {
  private static final String JPEG = "jpeg-75";

  /** Codecs and pixel loops on a small device, over this machine: a slow core, no vector units. */
  static final double SCALAR_FACTOR = 20;

  private static final long NO_FALLBACK_PATIENCE_NANOS = 3_000_000_000L;

  /** The half of a device that is as fast as the machine that the bundle was profiled on. */
  static DeviceHalf of(ProgressiveModel model, String precision) throws IOException {
    return new DeviceHalf(
        new ModelNetwork(model, precision), BundleFactsReader.read(model.bundle(), precision), 1);
  }

  /** The half of an emulated device that takes this long for the whole network. */
  static DeviceHalf emulated(ProgressiveModel model, Duration whole) throws IOException {
    BundleFacts facts = BundleFactsReader.read(model.bundle());
    double factor = (double) whole.toNanos() / facts.profile().networkNanos();
    return new DeviceHalf(
        new ModelNetwork(model), EmulatedProfile.of(facts, factor, SCALAR_FACTOR), factor);
  }

  Profile profile() {
    return facts.profile();
  }

  Planner planner(Strategy strategy, Goal goal, Scenario scenario) {
    if (strategy.equals(Strategy.DEVICE_ONLY)) {
      return new DeviceOnly(facts);
    }
    if (strategy.equals(Strategy.CLOUD_ONLY)) {
      return new CloudOnly(facts, JPEG);
    }
    if (strategy.equals(Strategy.SPINN)) {
      return new Spinn(facts, goal.objective(), JPEG);
    }
    if (strategy.equals(Strategy.FIXED_SPLIT)) {
      return new FixedSplit(facts, mean(scenario), Terms.mostLoss(goal.objective()));
    }
    return new Scheduler(facts, goal.objective(), SchedulerOptions.defaults());
  }

  SessionOptions options(Strategy strategy, Goal goal) {
    SessionOptions usual = SessionOptions.of(goal.deadlineNanos()).serving(goal.objective());
    return strategy.equals(Strategy.FIXED_SPLIT)
        ? usual.withoutFallback(NO_FALLBACK_PATIENCE_NANOS)
        : usual;
  }

  private Estimates mean(Scenario scenario) {
    return Estimates.of(
        LinkState.UP,
        scenario.meanBytesPerSecond(),
        0,
        Math.round(scenario.meanRoundTripMillis() * 1e6),
        0,
        factor,
        1,
        0,
        Math.round(1e9 / scenario.framesPerSecond()));
  }

  @Override
  public void close() {
    network.close();
  }
}
