package dev.sluice.experiments.study.overhead;

import dev.sluice.edge.host.ModelNetwork;
import dev.sluice.edge.session.Route;
import dev.sluice.experiments.report.Interval;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Switches of plan while requests keep coming. In every round some plans that were not used before
 * are compiled beside the load and swapped in, one after another; then the same plans serve again
 * for as long each, with nothing to be compiled.
 */
final class SwitchFigures {
  private static final int ROUNDS = 10;
  private static final int RESAMPLES = 500;

  private SwitchFigures() {}

  static void measure(Subject subject, int threads, Findings findings) throws Exception {
    int perRound = findings.scaled(3, 10);
    long everyNanos = TimeUnit.MILLISECONDS.toNanos(findings.scaled(50, 60));
    List<Plan> plans =
        plans(subject, ROUNDS * perRound, findings.context().seed("plans to switch to"));
    List<double[]> switching = new ArrayList<>();
    List<double[]> quiet = new ArrayList<>();
    List<Double> compiling = new ArrayList<>();
    double[] waits;
    try (ProgressiveModel model =
            ProgressiveModel.open(subject.bundle(), new EngineOptions(threads));
        ModelNetwork network = new ModelNetwork(model);
        Route first = network.compile(Plan.local(model.lastCut(), List.of()), false);
        Load load = Load.start(network, first)) {
      load.serve(first, everyNanos * perRound);
      load.takeMicros();
      for (int round = 0; round < ROUNDS; round++) {
        List<Route> routes = new ArrayList<>();
        try {
          for (Plan plan : plans.subList(round * perRound, (round + 1) * perRound)) {
            long start = System.nanoTime();
            Route route = network.compile(plan, false);
            long took = System.nanoTime() - start;
            routes.add(route);
            compiling.add(took / 1e3);
            load.serve(route, Math.max(0, everyNanos - took));
          }
          switching.add(load.takeMicros());
          for (Route route : routes) {
            load.serve(route, everyNanos);
          }
          quiet.add(load.takeMicros());
          load.serve(first, 0);
        } finally {
          routes.forEach(Route::close);
        }
      }
      waits = load.waitMicros();
    }
    String where = ", " + subject.name() + ", threads: " + threads;
    double compilation = Interval.median(doubles(compiling));
    findings.say(
        "  %d switches, compilation %.1f ms (median), longest wait for a route %.3f ms",
        plans.size(), compilation / 1e3, Arrays.stream(waits).max().orElse(0) / 1e3);
    findings.say(
        "  p99 %.0f us while switching, %.0f us without",
        percentile99(switching), percentile99(quiet));
    findings.rounds(subject.name(), threads, "compilation", doubles(compiling));
    findings.rounds(subject.name(), threads, "p99 while switching", percentiles99(switching));
    findings.rounds(subject.name(), threads, "p99 without", percentiles99(quiet));
    double waited = Arrays.stream(waits).filter(micros -> micros >= compilation).count();
    findings.claim(
        "requests that waited as long as a compilation for their plan" + where,
        new Interval(waited, waited, waited),
        "requests",
        "= 0",
        waits.length);
    findings.claim(
        "p99 while " + plans.size() + " plans are switched / p99 without" + where,
        ratio(switching, quiet, findings.context().seed("bootstrap")),
        "ratio",
        "<= 1.5",
        (int) switching.stream().flatMapToDouble(Arrays::stream).count());
  }

  private static double[] doubles(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Plans that differ in split and exits, in random order; again from the first if too few. */
  private static List<Plan> plans(Subject subject, int count, long seed) {
    int last = subject.bundle().manifest().lastCut();
    List<Plan> every = new ArrayList<>();
    // Most of the network, so that requests of different plans cost about the same.
    for (int split = last - last / 3; split <= last; split++) {
      int upTo = split;
      List<ExitInfo> early =
          subject.earlyExits().stream().filter(exit -> exit.cut() <= upTo).toList();
      for (int set = 0; set < 1 << early.size(); set++) {
        List<ExitThreshold> exits = new ArrayList<>();
        for (int i = 0; i < early.size(); i++) {
          if ((set >> i & 1) == 1) {
            exits.add(new ExitThreshold(early.get(i).index(), 1));
          }
        }
        every.add(split == last ? Plan.local(last, exits) : new Plan(split, "f32", exits));
      }
    }
    Collections.shuffle(every, new Random(seed));
    return IntStream.range(0, count).mapToObj(i -> every.get(i % every.size())).toList();
  }

  /** Ratio of the 99th percentiles, with a bootstrap over rounds. */
  private static Interval ratio(List<double[]> above, List<double[]> below, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] ratios = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      List<double[]> someAbove = new ArrayList<>();
      List<double[]> someBelow = new ArrayList<>();
      for (int round = 0; round < above.size(); round++) {
        int pick = random.nextInt(above.size());
        someAbove.add(above.get(pick));
        someBelow.add(below.get(pick));
      }
      ratios[i] = percentile99(someAbove) / percentile99(someBelow);
    }
    Arrays.sort(ratios);
    return new Interval(
        percentile99(above) / percentile99(below),
        ratios[(int) (0.025 * RESAMPLES)],
        ratios[(int) (0.975 * RESAMPLES)]);
  }

  private static double[] percentiles99(List<double[]> rounds) {
    return rounds.stream().mapToDouble(round -> percentile99(List.of(round))).toArray();
  }

  private static double percentile99(List<double[]> rounds) {
    double[] all = rounds.stream().flatMapToDouble(DoubleStream::of).sorted().toArray();
    return all[(int) (0.99 * (all.length - 1))];
  }
}
