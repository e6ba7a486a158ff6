package dev.sluice.edge.agent;

import dev.sluice.edge.host.DeviceMemory;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.rival.CloudOnly;
import dev.sluice.scheduler.rival.DeviceOnly;
import dev.sluice.scheduler.rival.FixedSplit;
import dev.sluice.scheduler.rival.Spinn;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Ways of serving a stream, by name. */
final class Strategies {
  static final String KNOWN =
      "sluice, device-only, cloud-only[:CODEC], spinn, fixed-split, fixed:SPLIT:CODEC";

  private static final String PREFERRED_PICTURE_CODEC = "jpeg-75";

  /** Their local plan is the whole network. */
  private static final Set<String> NEED_ALL = Set.of("device-only", "spinn", "fixed-split");

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
   * Returns a strategy.
   *
   * @param name as in {@link #KNOWN}
   * @param mean conditions known beforehand, for {@code fixed-split}
   * @throws IllegalArgumentException if there is none of that name, or it does not fit the bundle
   */
  static Strategy of(
      String name, BundleFacts facts, Objective objective, Optional<Estimates> mean) {
    return of(name, facts, objective, mean, Optional.empty(), Optional.empty());
  }

  /**
   * Returns a strategy where exits follow a policy of their own, or the device's memory is bounded.
   *
   * @param policy only for {@code sluice}: the others have their own rule, or no early exits
   * @param memory what fits on the device; where that is not the whole network, only for those that
   *     can do without
   */
  static Strategy of(
      String name,
      BundleFacts facts,
      Objective objective,
      Optional<Estimates> mean,
      Optional<ExitPolicyUse> policy,
      Optional<DeviceMemory> memory) {
    String[] words = name.split(":", -1);
    requireWords(name, words);
    if (NEED_ALL.contains(words[0]) && memory.isPresent() && !memory.get().holdsAll()) {
      throw new IllegalArgumentException(
          "--memory: strategy %s needs the whole network on the device, and %s"
              .formatted(name, memory.get().describe()));
    }
    Predicate<Plan> runnable = plan -> memory.isEmpty() || memory.get().holds(plan);
    if (policy.isPresent()) {
      if (!name.equals("sluice")) {
        throw new IllegalArgumentException(
            "--exit-policy is for strategy sluice; " + name + " has its own rule or no exits");
      }
      SchedulerOptions options = SchedulerOptions.defaults();
      return new Strategy(
          policy
              .get()
              .criterion()
              .map(c -> new Scheduler(facts, objective, options, Optional.of(c), runnable))
              .orElseGet(
                  () ->
                      new Scheduler(
                          facts, objective, options.uncertified(), Optional.empty(), runnable)),
          true);
    }
    return switch (words[0]) {
      case "sluice" ->
          new Strategy(
              new Scheduler(
                  facts, objective, SchedulerOptions.defaults(), Optional.empty(), runnable),
              true);
      case "device-only" -> new Strategy(new DeviceOnly(facts), true);
      case "cloud-only" ->
          new Strategy(
              new CloudOnly(
                  facts, words.length == 2 ? known(words[1], facts) : pictureCodec(facts)),
              true);
      case "spinn" -> new Strategy(new Spinn(facts, objective, pictureCodec(facts)), true);
      case "fixed-split" -> new Strategy(new FixedSplit(facts, known(mean)), false);
      case "fixed" -> {
        Plan plan = fixed(name, words, facts.lastCut());
        memory.ifPresent(known -> known.require(plan));
        yield new Strategy(new PinnedPlan(plan), false);
      }
      default -> throw unknown(name);
    };
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

  private static Estimates known(Optional<Estimates> mean) {
    return mean.orElseThrow(
        () ->
            new IllegalArgumentException(
                "strategy fixed-split needs --mean-uplink and --mean-rtt"));
  }

  private static void requireWords(String name, String[] words) {
    boolean fits =
        switch (words[0]) {
          case "fixed" -> words.length == 3;
          case "cloud-only" -> words.length <= 2;
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
