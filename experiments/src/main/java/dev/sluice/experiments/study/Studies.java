package dev.sluice.experiments.study;

import dev.sluice.experiments.study.ablation.AblationStudy;
import dev.sluice.experiments.study.codec.CodecStudy;
import dev.sluice.experiments.study.energy.EnergyStudy;
import dev.sluice.experiments.study.fleet.FleetStudy;
import dev.sluice.experiments.study.floors.FloorsStudy;
import dev.sluice.experiments.study.herd.HerdStudy;
import dev.sluice.experiments.study.link.LinkStudy;
import dev.sluice.experiments.study.map.MapStudy;
import dev.sluice.experiments.study.overhead.OverheadStudy;
import dev.sluice.experiments.study.promise.PromiseStudy;
import dev.sluice.experiments.study.regret.RegretStudy;
import dev.sluice.experiments.study.sweep.BandwidthSweepStudy;
import dev.sluice.experiments.study.sweep.LatencySlaStudy;
import dev.sluice.experiments.study.sweep.ServerLoadStudy;
import dev.sluice.experiments.study.trouble.OutageStudy;
import dev.sluice.experiments.study.trouble.TracesStudy;
import dev.sluice.experiments.study.wire.WireStudy;
import dev.sluice.scheduler.objective.Nearest;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The studies that there are. */
public final class Studies {
  private static final List<Study> ALL =
      List.of(
          new AblationStudy(),
          new BandwidthSweepStudy(),
          new CodecStudy(),
          new DemoStudy(),
          new EnergyStudy(),
          new FleetStudy(),
          new FloorsStudy(),
          new HerdStudy(),
          new LatencySlaStudy(),
          new LinkStudy(),
          new MapStudy(),
          new OutageStudy(),
          new OverheadStudy(),
          new PoliciesStudy(),
          new PromiseStudy(),
          new RegretStudy(),
          new ServerLoadStudy(),
          new TracesStudy(),
          new WireStudy());

  private Studies() {}

  /** All of them, by name. */
  public static List<Study> all() {
    return ALL;
  }

  /** Their names, for people. */
  public static String names() {
    return ALL.stream().map(Study::name).collect(Collectors.joining(", "));
  }

  /** Names of those whose conditions a run may replace, for people. */
  public static String configurable() {
    return ALL.stream()
        .filter(Study::configurable)
        .map(Study::name)
        .collect(Collectors.joining(", "));
  }

  /** The study of that name. */
  public static Optional<Study> find(String name) {
    return ALL.stream().filter(study -> study.name().equals(name)).findFirst();
  }

  /** The name that resembles a mistyped one most. */
  public static String nearest(String name) {
    return Nearest.to(name, ALL.stream().map(Study::name).toList());
  }
}
