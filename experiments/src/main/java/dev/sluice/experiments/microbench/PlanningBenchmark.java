package dev.sluice.experiments.microbench;

import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.BundleFacts.ExitFact;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long a full re-plan takes over 40 cuts, 8 codecs and 200 threshold vectors, 64,000 plans and
 * more, on facts that are made up. Conditions are others at every call, from a slow to a fast link
 * and from an idle to a busy device. Floors need only hold on the SELECT table: proofs would leave
 * a few hundred plans. {@code -prof gc} shows what a call allocates.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx2g")
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 6, time = 2)
public class PlanningBenchmark {
  private static final int CUTS = 40;
  private static final int CODECS = 8;
  private static final int TILTS = 8;
  private static final int LEVELS = 25;
  private static final int SAMPLES = 1000;
  private static final int CONDITIONS = 512;
  private static final long MS = 1_000_000;

  /** What the objective ends with. */
  @Param({
    "minimise worker_compute, then uplink_bytes",
    "minimise uplink_bytes, maximise accuracy",
    "minimise mean_latency",
    "minimise device_energy"
  })
  public String targets = "";

  /** How frames come. */
  @Param({"evenly", "random"})
  public String arrivals = "evenly";

  private Optional<Scheduler> scheduler = Optional.empty();
  private final Estimates[] conditions = new Estimates[CONDITIONS];
  private Optional<Plan> current = Optional.empty();
  private int next;
  private long nowNanos;

  /** Makes facts, plans and conditions. */
  @Setup
  public void prepare() throws ObjectiveSyntaxException {
    BundleFacts facts =
        SyntheticFacts.of(
            new SyntheticFacts.Shape(
                CUTS + 1, List.of(4, 8, 12, 17, 22, 27, 32, 37), SAMPLES, 24, 6 * MS, true, CODECS),
            1);
    Objective objective =
        Objective.parse("p95_latency <= 150 ms, accuracy >= final - 2 pt; " + targets);
    scheduler =
        Optional.of(
            new Scheduler(
                facts, objective, SchedulerOptions.defaults().uncertified(), chains(facts)));
    Random random = new Random(7);
    for (int i = 0; i < CONDITIONS; i++) {
      conditions[i] =
          Estimates.of(
                  LinkState.UP,
                  12_500 * Math.pow(1000, random.nextDouble()),
                  0.05 + 0.3 * random.nextDouble(),
                  (long) (MS * (2 + 98 * random.nextDouble())),
                  2 * MS,
                  5 * Math.pow(10, random.nextDouble()),
                  0.5 + random.nextDouble(),
                  (long) (5 * MS * random.nextDouble()),
                  200 * MS)
              .withFramePeriodCv(arrivals.equals("random") ? 1 : 0);
    }
  }

  /** At every cut every codec with every vector, and all on the device. */
  private static List<PlanChain> chains(BundleFacts facts) {
    List<PlanChain> chains = new ArrayList<>();
    for (int tilt = 0; tilt < TILTS; tilt++) {
      for (CodecFact codec : facts.codecs()) {
        List<Plan> plans = new ArrayList<>();
        for (int level = 0; level < LEVELS; level++) {
          plans.add(new Plan(codec.cut(), codec.codec(), exits(facts, tilt, level)));
        }
        chains.add(new PlanChain(plans));
      }
      List<Plan> local = new ArrayList<>();
      for (int level = 0; level < LEVELS; level++) {
        local.add(Plan.local(facts.lastCut(), exits(facts, tilt, level)));
      }
      chains.add(new PlanChain(local));
    }
    return chains;
  }

  /** Thresholds that rise or fall along the network, lower from level to level. */
  private static List<ExitThreshold> exits(BundleFacts facts, int tilt, int level) {
    List<ExitThreshold> exits = new ArrayList<>();
    for (ExitFact exit : facts.exits().subList(0, facts.finalExit())) {
      double place = (double) exit.exit() / facts.finalExit() - 0.5;
      double error = 0.002 * Math.pow(1.2, level) * Math.exp(0.6 * (tilt - 3.5) * place);
      exits.add(new ExitThreshold(exit.exit(), Math.max(0.3, 1 - error)));
    }
    return exits;
  }

  /** Plans once more. */
  @Benchmark
  public PlanDecision replan() {
    nowNanos += 250 * MS;
    next = (next + 1) % CONDITIONS;
    PlanDecision decision = scheduler.orElseThrow().decide(conditions[next], current, nowNanos);
    current = Optional.of(decision.plan());
    return decision;
  }
}
