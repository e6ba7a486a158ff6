package dev.sluice.edge.agent;

import dev.sluice.edge.host.DeviceMemory;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.RecalibratedPlanner;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.rival.BranchyNet;
import dev.sluice.scheduler.rival.Cascade;
import dev.sluice.scheduler.rival.CloudOnly;
import dev.sluice.scheduler.rival.Dads;
import dev.sluice.scheduler.rival.Ddnn;
import dev.sluice.scheduler.rival.DeviceOnly;
import dev.sluice.scheduler.rival.DynamicEdgent;
import dev.sluice.scheduler.rival.Edgent;
import dev.sluice.scheduler.rival.FixedSplit;
import dev.sluice.scheduler.rival.Neurosurgeon;
import dev.sluice.scheduler.rival.Spinn;
import dev.sluice.scheduler.rival.Terms;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;

/** Ways of serving a stream, by name. */
final class Strategies {
  static final String KNOWN =
      "sluice, device-only, cloud-only[:CODEC], spinn, fixed-split, fixed:SPLIT:CODEC,"
          + " neurosurgeon[:published], dads[:published], edgent[:published],"
          + " edgent-dynamic[:published], branchynet, ddnn:EXIT:CODEC,"
          + " cascade[:CODEC[:THRESHOLD]]";

  private static final String PREFERRED_PICTURE_CODEC = "jpeg-75";

  /** Their local plan is the whole network. */
  private static final Set<String> NEED_ALL =
      Set.of(
          "device-only",
          "spinn",
          "fixed-split",
          "neurosurgeon",
          "dads",
          "edgent",
          "edgent-dynamic",
          "branchynet",
          "cascade");

  /** Raw tensors and regressed times in place of the bundle's codecs and measured times. */
  private static final String PUBLISHED = "published";

  /** Their exits follow a rule of their own, which {@code --exit-policy} tells. */
  private static final Set<String> NEED_POLICY = Set.of("branchynet", "ddnn");

  /** Accuracy, as a share, that a cascade without threshold may lose against the best one. */
  private static final double CASCADE_LOSS = 0.005;

  /* From 50 kbit/s to about 1 Gbit/s: neighbours are within the noise of a link. */
  private static final double LEAST_STATE_BYTES_PER_SECOND = 6250;
  private static final double STATE_RATIO = 1.3;
  private static final int STATES = 38;

  private Strategies() {}

  /**
   * A planner and how it is served.
   *
   * @param planner chooses the plans
   * @param fallback whether it answers from the device by the deadline unless told otherwise
   */
  record Strategy(Planner planner, boolean fallback) {}

  /**
   * That exits follow a chosen policy.
   *
   * @param criterion how the scheduler replays it, empty if it cannot
   */
  record ExitPolicyUse(Optional<ExitCriterion> criterion) {}

  /**
   * How Sluice's own scheduler is made.
   *
   * @param options how it judges
   * @param recalibrated whether audits may raise its thresholds
   */
  record Tuning(SchedulerOptions options, boolean recalibrated) {
    static final Tuning USUAL = new Tuning(SchedulerOptions.defaults(), false);

    Planner planner(
        BundleFacts facts,
        Objective objective,
        Optional<ExitCriterion> criterion,
        Predicate<Plan> runnable) {
      /* Every device draws its own times to answer a change of the worker's load. */
      SchedulerOptions own = options.withSeed(ThreadLocalRandom.current().nextLong());
      return recalibrated && criterion.isEmpty()
          ? new RecalibratedPlanner(
              allowed -> new Scheduler(facts, objective, own, criterion, runnable.and(allowed)))
          : new Scheduler(facts, objective, own, criterion, runnable);
    }
  }

  /**
   * Returns a strategy.
   *
   * @param name as in {@link #KNOWN}
   * @param mean conditions known beforehand, for {@code fixed-split} and {@code edgent-dynamic}
   * @throws IllegalArgumentException if there is none of that name, or it does not fit the bundle
   */
  static Strategy of(
      String name, BundleFacts facts, Objective objective, Optional<Estimates> mean) {
    return of(name, facts, objective, mean, Optional.empty(), Optional.empty(), Tuning.USUAL);
  }

  /**
   * Returns a strategy where exits follow a policy of their own, or the device's memory is bounded.
   *
   * @param policy only for {@code sluice}, {@code branchynet} and {@code ddnn}: the others have
   *     their own rule, or no early exits
   * @param memory what fits on the device; where that is not the whole network, only for those that
   *     can do without
   * @param tuning of {@code sluice}
   */
  static Strategy of(
      String name,
      BundleFacts facts,
      Objective objective,
      Optional<Estimates> mean,
      Optional<ExitPolicyUse> policy,
      Optional<DeviceMemory> memory,
      Tuning tuning) {
    String[] words = name.split(":", -1);
    requireWords(name, words);
    if (NEED_ALL.contains(words[0]) && memory.isPresent() && !memory.get().holdsAll()) {
      throw new IllegalArgumentException(
          "--memory: strategy %s needs the whole network on the device, and %s"
              .formatted(name, memory.get().describe()));
    }
    Predicate<Plan> runnable = plan -> memory.isEmpty() || memory.get().holds(plan);
    if (NEED_POLICY.contains(words[0])) {
      return byRule(words, facts, policy, memory);
    }
    if (policy.isPresent()) {
      if (!name.equals("sluice")) {
        throw new IllegalArgumentException(
            "--exit-policy is for strategy sluice, branchynet and ddnn; "
                + name
                + " has its own rule or no exits");
      }
      Tuning tuned =
          policy.get().criterion().isPresent()
              ? tuning
              : new Tuning(tuning.options().uncertified(), false);
      return new Strategy(
          tuned.planner(facts, objective, policy.get().criterion(), runnable), true);
    }
    return switch (words[0]) {
      case "sluice" ->
          new Strategy(tuning.planner(facts, objective, Optional.empty(), runnable), true);
      case "device-only" -> new Strategy(new DeviceOnly(facts), true);
      case "cloud-only" ->
          new Strategy(
              new CloudOnly(
                  facts, words.length == 2 ? known(words[1], facts) : pictureCodec(facts)),
              true);
      case "cascade" -> new Strategy(cascade(words, facts), true);
      case "spinn" -> new Strategy(new Spinn(facts, objective, pictureCodec(facts)), true);
      case "fixed-split" ->
          new Strategy(new FixedSplit(facts, known(name, mean), Terms.mostLoss(objective)), false);
      case "neurosurgeon" -> new Strategy(new Neurosurgeon(facts, terms(words, objective)), false);
      case "dads" -> new Strategy(new Dads(facts, terms(words, objective)), false);
      case "edgent" ->
          new Strategy(
              new Edgent(facts, terms(words, objective), deadlineNanos(name, objective)), false);
      case "edgent-dynamic" ->
          new Strategy(
              new DynamicEdgent(
                  facts,
                  terms(words, objective),
                  deadlineNanos(name, objective),
                  known(name, mean),
                  bandwidthStates()),
              false);
      case "fixed" -> {
        Plan plan = fixed(name, words, facts.lastCut());
        memory.ifPresent(known -> known.require(plan));
        yield new Strategy(new PinnedPlan(plan), false);
      }
      default -> throw unknown(name);
    };
  }

  private static Strategy byRule(
      String[] words,
      BundleFacts facts,
      Optional<ExitPolicyUse> policy,
      Optional<DeviceMemory> memory) {
    ExitCriterion rule =
        policy
            .flatMap(ExitPolicyUse::criterion)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "strategy "
                            + words[0]
                            + " needs an --exit-policy that the bundle's tables can replay, such"
                            + " as 'entropy <= 0.3 nats'"));
    if (words[0].equals("branchynet")) {
      return new Strategy(new BranchyNet(facts, rule), true);
    }
    int exit;
    try {
      exit = Integer.parseInt(words[1]);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("strategy ddnn: the exit is no number: " + words[1], e);
    }
    Ddnn planner = new Ddnn(facts, exit, words[2], rule);
    memory.ifPresent(known -> known.require(planner.plan()));
    return new Strategy(planner, false);
  }

  private static Cascade cascade(String[] words, BundleFacts facts) {
    String codec = words.length == 1 ? pictureCodec(facts) : words[1];
    if (words.length < 3) {
      return Cascade.tuned(facts, codec, CASCADE_LOSS);
    }
    try {
      return new Cascade(facts, codec, Double.parseDouble(words[2]));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "strategy cascade: the threshold is no number: " + words[2], e);
    }
  }

  /** On Sluice's terms codecs lose no more than the objective allows. */
  private static Terms terms(String[] words, Objective objective) {
    return words.length == 1 ? Terms.asSluice(Terms.mostLoss(objective)) : Terms.asPublished();
  }

  private static long deadlineNanos(String name, Objective objective) {
    return (long)
        objective.constraints().stream()
            .flatMap(constraint -> constraint.latencyBound().stream())
            .mapToDouble(Constraint::bound)
            .min()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "strategy " + name + " needs a bound on the latency in --objective"));
  }

  private static List<Double> bandwidthStates() {
    return DoubleStream.iterate(LEAST_STATE_BYTES_PER_SECOND, state -> state * STATE_RATIO)
        .limit(STATES)
        .boxed()
        .toList();
  }

  private static String known(String pictureCodec, BundleFacts facts) {
    List<String> names = pictureCodecs(facts);
    if (!names.contains(pictureCodec)) {
      throw new IllegalArgumentException(
          "no codec '"
              + pictureCodec
              + "' in the bundle's tables for pictures; known are "
              + String.join(", ", names));
    }
    return pictureCodec;
  }

  private static List<String> pictureCodecs(BundleFacts facts) {
    return facts.codecs().stream().filter(c -> c.cut() == 0).map(CodecFact::codec).toList();
  }

  private static Estimates known(String name, Optional<Estimates> mean) {
    return mean.orElseThrow(
        () ->
            new IllegalArgumentException(
                "strategy " + name + " needs --mean-uplink and --mean-rtt"));
  }

  private static void requireWords(String name, String[] words) {
    boolean fits =
        switch (words[0]) {
          case "fixed", "ddnn" -> words.length == 3;
          case "cloud-only" -> words.length <= 2;
          case "cascade" -> words.length <= 3;
          case "neurosurgeon", "dads", "edgent", "edgent-dynamic" ->
              words.length == 1 || (words.length == 2 && words[1].equals(PUBLISHED));
          default -> words.length == 1;
        };
    if (!fits) {
      throw unknown(name);
    }
  }

  private static IllegalArgumentException unknown(String name) {
    return new IllegalArgumentException("no strategy '" + name + "'; there are " + KNOWN);
  }

  private static Plan fixed(String name, String[] words, int lastCut) {
    int split;
    try {
      split = Integer.parseInt(words[1]);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "strategy '" + name + "': the split is no number: " + words[1], e);
    }
    if (split < 0 || split > lastCut) {
      throw new IllegalArgumentException(
          "strategy '" + name + "': the split must be in [0, " + lastCut + "]");
    }
    return new Plan(split, split == lastCut ? Plan.NO_CODEC : words[2], List.of());
  }

  /** JPEG at quality 75 where the bundle's tables know it, otherwise the best that they know. */
  private static String pictureCodec(BundleFacts facts) {
    List<String> names = pictureCodecs(facts);
    if (names.contains(PREFERRED_PICTURE_CODEC)) {
      return PREFERRED_PICTURE_CODEC;
    }
    return names.stream()
        .filter(n -> n.startsWith("jpeg"))
        .findFirst()
        .or(() -> names.stream().findFirst())
        .orElseThrow(
            () -> new IllegalArgumentException("the bundle's tables know no picture codec"));
  }
}
