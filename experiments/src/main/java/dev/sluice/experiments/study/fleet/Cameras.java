package dev.sluice.experiments.study.fleet;

import dev.sluice.edge.host.EmulatedProfile;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.experiments.fleet.Access;
import dev.sluice.experiments.fleet.Access.Course;
import dev.sluice.experiments.fleet.Arrivals;
import dev.sluice.experiments.fleet.Decider;
import dev.sluice.experiments.fleet.DeviceKind;
import dev.sluice.experiments.fleet.Fleet;
import dev.sluice.experiments.fleet.FleetResult;
import dev.sluice.experiments.fleet.FrameFigures;
import dev.sluice.experiments.fleet.PlanBook;
import dev.sluice.experiments.fleet.WorkerKind;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.Profile.HeadTime;
import dev.sluice.scheduler.profile.Profile.SegmentTime;
import dev.sluice.sim.fleet.MarkovRates;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The cameras of the study: what they are and how they are reached, fixed before anything was run.
 *
 * <p>The shipped network is small, so its work is scaled openly: as if a worker's thread took 15 ms
 * for it, as it does for a network of the MobileNets' size. Devices are in the proportion of
 * published times for MobileNetV2 (ncnn, {@code benchmark/README.md}, commit a4d2ea1, four
 * threads): Raspberry Pi Zero 2 W 147 ms, 4B 62 ms, 5 10.5 ms. Uplinks have the medians that the
 * literature uses for Wi-Fi, 4G and 3G, 18.88, 5.85 and 1.1 Mbit/s; rates of single devices spread
 * about them, and each goes up and down by a chain of its own. Round trips, shares, spreads, chain
 * and outages are chosen, not measured.
 */
final class Cameras {
  static final String GOAL =
      "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise worker_compute, then uplink_bytes";

  /** What the latency's percentile is taken at, in every goal. */
  private static final double PERCENT = 95;

  static final double RELATIVE_SD = 0.02;
  private static final double WORKER_NETWORK_NANOS = 15e6;

  /** Codecs and pixel loops slow down a little more than the network, as in the demo. */
  private static final double SCALAR_RATIO = 1.2;

  private static final double BYTES_PER_MEGABIT = 125_000;
  private static final double RATE_SPREAD = 0.4;
  private static final double ROUND_TRIP_SPREAD = 0.1;
  private static final MarkovRates FADING =
      new MarkovRates(List.of(0.25, 0.5, 1.0, 1.5), 1_000_000_000L, 0.2);
  static final int WORKER_THREADS = 4;

  /** Most answers that may come late, or from the device alone against its plan. */
  private static final double MOST_AMISS = 0.05;

  /**
   * A kind of camera. Immutable.
   *
   * @param name for people and files
   * @param networkMillis what the whole network takes on it, positive
   * @param arrivals when frames come to it
   * @param goal what its users want: a percentile of the latency within a deadline, and an accuracy
   *     at most so far below the uncut network's
   * @param share of the fleet, positive
   */
  record Model(String name, double networkMillis, Arrivals arrivals, Objective goal, double share) {
    Model {
      boolean known =
          goal.constraints().stream()
              .flatMap(constraint -> constraint.latencyBound().stream())
              .allMatch(bound -> bound.metric().percent() == PERCENT);
      if (!known || goal.deadlineNanos().isEmpty() || goal.pointsBelowFinal().isEmpty()) {
        throw new IllegalArgumentException(
            "a camera's goal bounds p95_latency and accuracy, not so " + name);
      }
    }

    private long deadlineNanos() {
      return Math.round(goal.deadlineNanos().orElseThrow());
    }
  }

  /** The study's: of three speeds, with a frame every second and one goal. */
  static List<Model> models(Objective goal) {
    Arrivals timer = new Arrivals(1_000_000_000L, false);
    return List.of(
        new Model("Pi Zero 2 W", 250, timer, goal, 0.4),
        new Model("Pi 4B", 250 * 62.0 / 147, timer, goal, 0.4),
        new Model("Pi 5", 250 * 10.5 / 147, timer, goal, 0.2));
  }

  private static final List<Access> ACCESSES =
      List.of(
          access("Wi-Fi", 18.88, 15_000_000L, 0.4),
          access("4G", 5.85, 50_000_000L, 0.4),
          access("3G", 1.1, 90_000_000L, 0.2));

  private final BundleFacts facts;
  private final CalibrationTable test;
  private final List<Model> models;
  private final int every;

  /**
   * Prepares.
   *
   * @param facts of the bundle, as measured
   * @param test outcomes of frames on which nothing was chosen
   * @param models of cameras, at least one
   * @param every of how many plans of a chain one is kept
   */
  Cameras(BundleFacts facts, CalibrationTable test, List<Model> models, int every) {
    this.test = test;
    this.models = List.copyOf(models);
    this.every = every;
    double work = WORKER_NETWORK_NANOS / facts.profile().networkNanos();
    double factor = factor(models.get(0));
    this.facts = EmulatedProfile.of(scaled(facts, work), factor, SCALAR_RATIO * factor);
  }

  private static Access access(String name, double megabits, long roundTripNanos, double share) {
    return new Access(
        name,
        new Course.Drawn(megabits * BYTES_PER_MEGABIT, RATE_SPREAD, FADING),
        roundTripNanos,
        ROUND_TRIP_SPREAD,
        share);
  }

  private static double factor(Model model) {
    return model.networkMillis() * 1e6 / WORKER_NETWORK_NANOS;
  }

  /** The same network with more work in every layer and head; codecs and pictures stay. */
  static BundleFacts scaled(BundleFacts facts, double work) {
    Profile was = facts.profile();
    Profile profile =
        new Profile(
            was.version(),
            was.machine(),
            was.preprocessNanos(),
            was.segments().stream()
                .map(s -> new SegmentTime(s.cut(), Math.round(s.nanos() * work)))
                .toList(),
            was.heads().stream()
                .map(h -> new HeadTime(h.exit(), Math.round(h.nanos() * work)))
                .toList(),
            was.codecs());
    return new BundleFacts(
        facts.lastCut(),
        facts.exits(),
        facts.cuts(),
        facts.codecs(),
        profile,
        facts.select(),
        facts.certify());
  }

  /** The kinds of cameras, each with its book, that serve frames one way. */
  List<DeviceKind> kinds(Way way, boolean exact) {
    List<DeviceKind> kinds = new ArrayList<>();
    Map<Objective, PlanBook> books = new HashMap<>();
    for (Model model : models) {
      /* One scheduler serves all kinds of one goal: their speed is among the conditions. */
      PlanBook book = books.computeIfAbsent(model.goal(), goal -> book(way, goal, exact));
      SessionOptions options = SessionOptions.of(model.deadlineNanos()).serving(model.goal());
      kinds.add(
          new DeviceKind(
              model.name(), book, factor(model), 0, options, model.arrivals(), model.share()));
    }
    return kinds;
  }

  private PlanBook book(Way way, Objective goal, boolean exact) {
    Decider decider = way.decider(facts, goal, every);
    return exact ? PlanBook.exact(facts, test, decider) : PlanBook.of(facts, test, decider);
  }

  /** Whether each goal is held by the cameras that have it, together: quick ones count for slow. */
  boolean holds(FleetResult result) {
    Map<Objective, List<String>> names = new LinkedHashMap<>();
    models.forEach(
        model -> names.computeIfAbsent(model.goal(), g -> new ArrayList<>()).add(model.name()));
    return names.entrySet().stream()
        .allMatch(goal -> holds(goal.getKey(), result.of(goal.getValue())));
  }

  private static boolean holds(Objective goal, FrameFigures figures) {
    double points = goal.pointsBelowFinal().orElseThrow();
    return figures.frames() > 0
        && figures.latencyNanos(PERCENT) <= goal.deadlineNanos().orElseThrow()
        && figures.degradedShare() + figures.lateShare() <= MOST_AMISS
        && figures.accuracy() - figures.uncutAccuracy() >= -points / 100;
  }

  /** The fleet: cells of 200 devices that are out for ten seconds every ten minutes on average. */
  static Fleet fleet(
      List<DeviceKind> kinds, int devicesPerWorker, long warmUpNanos, long nanos, long seed) {
    return new Fleet(
        kinds,
        ACCESSES,
        new Fleet.Cells(200, 600e9, 10e9),
        WorkerKind.processors(WORKER_THREADS),
        devicesPerWorker,
        RELATIVE_SD,
        warmUpNanos,
        nanos,
        seed);
  }
}
