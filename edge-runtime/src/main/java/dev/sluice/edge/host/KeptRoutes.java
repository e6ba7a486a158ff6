package dev.sluice.edge.host;

import dev.sluice.edge.session.AuditCodec;
import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Payload;
import dev.sluice.edge.session.Route;
import dev.sluice.edge.session.Sample;
import dev.sluice.edge.session.Step;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.CompanionInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A network whose routes are compiled, and warmed up, once for all plans that differ by thresholds
 * alone: for planners that move thresholds after every frame. Thread-safe. Closed after the
 * sessions that use it, and before the network beneath.
 */
public final class KeptRoutes implements DeviceNetwork, AutoCloseable {
  private final DeviceNetwork network;
  private final Map<Shape, Route> routes = new HashMap<>();

  /**
   * What is compiled.
   *
   * @param plan with a threshold of 1 at each exit that can stop a sample
   */
  private record Shape(Plan plan, boolean hedged) {
    static Shape of(Plan plan, boolean hedged) {
      List<ExitThreshold> asked =
          plan.exits().stream()
              .filter(exit -> exit.threshold() <= 1)
              .map(exit -> new ExitThreshold(exit.exit(), 1))
              .toList();
      return new Shape(plan.withExits(asked), hedged);
    }
  }

  /** Keeps the routes of a network, which stays the caller's. */
  public KeptRoutes(DeviceNetwork network) {
    this.network = network;
  }

  @Override
  public synchronized Route compile(Plan plan, boolean hedged) {
    return new Lent(
        routes.computeIfAbsent(Shape.of(plan, hedged), any -> network.compile(plan, hedged)));
  }

  @Override
  public int lastCut() {
    return network.lastCut();
  }

  @Override
  public List<Integer> exitCuts() {
    return network.exitCuts();
  }

  @Override
  public List<String> labels() {
    return network.labels();
  }

  @Override
  public Optional<CompanionInfo> companion() {
    return network.companion();
  }

  @Override
  public Sample input(Frame frame) {
    return network.input(frame);
  }

  @Override
  public ExitPolicies policies(Plan plan) {
    return network.policies(plan);
  }

  @Override
  public Optional<AuditCodec> auditCodec(int cut) {
    return network.auditCodec(cut);
  }

  @Override
  public List<Step> everyExit() {
    return network.everyExit();
  }

  /** Frees every route. */
  @Override
  public synchronized void close() {
    routes.values().forEach(Route::close);
    routes.clear();
  }

  /** A route that stays open when its user is done with it. */
  private record Lent(Route route) implements Route {
    @Override
    public List<Step> stages() {
      return route.stages();
    }

    @Override
    public List<Step> beyond() {
      return route.beyond();
    }

    @Override
    public Payload encode(Frame frame, Optional<Sample> live) {
      return route.encode(frame, live);
    }

    @Override
    public void close() {}
  }
}
