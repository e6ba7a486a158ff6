package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Sends;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.Profile.CodecCost;
import java.util.Arrays;

/**
 * Profiled time of a plan by where a sample stops, in nanoseconds at scale 1. Immutable.
 *
 * <p>Whoever computes from the picture preprocesses it: the device, or at split 0 the worker. An
 * exit's head is paid by every sample that gets to it, encoding only by those that are sent. Where
 * the picture is sent after exits on the device, the worker begins from the picture and skips the
 * heads of the exits that the device has asked.
 */
final class CostModel {
  /** By exit: device's time for a sample that stops there on the device. */
  final double[] deviceStop;

  /** By exit: whether the device asks it on the way to the split. */
  private final boolean[] asked;

  /** Device's time for a sample that is sent. */
  final double deviceSent;

  /** By exit, the companion's place included: worker's time for a sample that is sent there. */
  final double[] worker;

  /** Worker's least time for a sample that is sent: decoding and all up to the first exit. */
  final double leastWorker;

  /**
   * Device's time from sending to the nearest exit, for a sample that is sent without an answer of
   * the device's own; 0 if there is one.
   */
  final double rescue;

  /**
   * By exit behind the split: device's time from sending until it has asked that one, and all
   * before it, by going on alone. Infinite for the others.
   */
  final double[] hedge;

  /**
   * By exit: device's time from capture until it has an answer of that one for a sample that is
   * sent, behind the split by going on alone. Infinite where it is not asked.
   */
  private final double[] ownAnswer;

  /** The first exit behind the split. */
  private final int firstBehind;

  /** By exit up to the split: device's time until it has an answer of it, asking every one. */
  private final double[] through;

  private CostModel(
      double[] deviceStop,
      boolean[] asked,
      double deviceSent,
      double[] worker,
      double leastWorker,
      double rescue,
      double[] hedge,
      double[] ownAnswer,
      int firstBehind,
      double[] through) {
    this.deviceStop = deviceStop;
    this.asked = asked;
    this.deviceSent = deviceSent;
    this.worker = worker;
    this.leastWorker = leastWorker;
    this.rescue = rescue;
    this.hedge = hedge;
    this.ownAnswer = ownAnswer;
    this.firstBehind = firstBehind;
    this.through = through;
  }

  static CostModel of(BundleFacts facts, Plan plan) {
    return of(facts, plan, facts.lastCut());
  }

  /**
   * Works out a plan's costs.
   *
   * @param deepestCut up to which the device can compute
   */
  static CostModel of(BundleFacts facts, Plan plan, int deepestCut) {
    Profile profile = facts.profile();
    Profile far = facts.workerProfile();
    int finalExit = facts.finalExit();
    double[] threshold = thresholds(facts, plan);
    double[] deviceStop = new double[finalExit + 2];
    boolean[] asked = new boolean[finalExit + 2];
    double[] worker = new double[finalExit + 2];
    double device = plan.split() == 0 ? 0 : profile.preprocessNanos();
    int cut = 0;
    int exit = 0;
    for (; exit <= finalExit && facts.exitCut(exit) <= plan.split(); exit++) {
      device += segments(profile, cut, facts.exitCut(exit));
      cut = facts.exitCut(exit);
      if (active(threshold, exit)) {
        device += profile.headNanos(exit);
        asked[exit] = true;
      }
      deviceStop[exit] = device;
    }
    int firstBehind = exit;
    device += segments(profile, cut, plan.split());
    double least = 0;
    if (plan.usesCloud()) {
      CodecCost codec =
          profile
              .codec(plan.sentCut(), plan.codec())
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "the profile lacks codec " + plan.codec() + " at cut " + plan.sentCut()));
      device += codec.encodeNanos();
      double cloud = codec.decodeNanos();
      int first = exit;
      if (plan.usesCompanion()) {
        first = facts.companionExit();
        worker[first] = cloud + facts.companion().orElseThrow().workerNanos();
      } else {
        cloud += plan.sentCut() == 0 ? far.preprocessNanos() : 0;
        cut = plan.sentCut();
        for (; exit <= finalExit; exit++) {
          cloud += segments(far, cut, facts.exitCut(exit));
          cut = facts.exitCut(exit);
          if (active(threshold, exit)) {
            cloud += far.headNanos(exit);
          }
          worker[exit] = cloud;
        }
      }
      least = worker[first];
    }
    return new CostModel(
        deviceStop,
        asked,
        device,
        worker,
        least,
        rescue(facts, plan, threshold),
        hedge(facts, plan, deepestCut),
        ownAnswer(facts, plan, deviceStop, asked, device),
        firstBehind,
        through(facts, plan, firstBehind));
  }

  private static double[] through(BundleFacts facts, Plan plan, int exits) {
    Profile profile = facts.profile();
    double[] through = new double[exits];
    double nanos = plan.split() == 0 ? 0 : profile.preprocessNanos();
    int cut = 0;
    for (int exit = 0; exit < exits; exit++) {
      nanos += segments(profile, cut, facts.exitCut(exit)) + profile.headNanos(exit);
      cut = facts.exitCut(exit);
      through[exit] = nanos;
    }
    return through;
  }

  private static double[] ownAnswer(
      BundleFacts facts, Plan plan, double[] deviceStop, boolean[] asked, double deviceSent) {
    double[] own = new double[facts.finalExit() + 1];
    double nanos = deviceSent + (plan.split() == 0 ? facts.profile().preprocessNanos() : 0);
    int cut = plan.split();
    for (int exit = 0; exit < own.length; exit++) {
      int at = facts.exitCut(exit);
      if (at <= plan.split()) {
        own[exit] = asked[exit] ? deviceStop[exit] : Double.POSITIVE_INFINITY;
      } else {
        nanos += segments(facts.profile(), cut, at) + facts.profile().headNanos(exit);
        cut = at;
        own[exit] = nanos;
      }
    }
    return own;
  }

  private static double[] hedge(BundleFacts facts, Plan plan, int deepestCut) {
    Profile profile = facts.profile();
    double[] hedge = new double[facts.finalExit() + 1];
    double nanos = plan.split() == 0 ? profile.preprocessNanos() : 0;
    int cut = plan.split();
    for (int exit = 0; exit < hedge.length; exit++) {
      int at = facts.exitCut(exit);
      if (at <= plan.split() || at > deepestCut) {
        hedge[exit] = Double.POSITIVE_INFINITY;
      } else {
        nanos += segments(profile, cut, at) + profile.headNanos(exit);
        cut = at;
        hedge[exit] = nanos;
      }
    }
    return hedge;
  }

  private static double rescue(BundleFacts facts, Plan plan, double[] threshold) {
    if (!plan.usesCloud()) {
      return 0;
    }
    int exit = 0;
    for (; facts.exitCut(exit) <= plan.split(); exit++) {
      if (active(threshold, exit) || exit == facts.finalExit()) {
        return 0;
      }
    }
    Profile profile = facts.profile();
    return (plan.split() == 0 ? profile.preprocessNanos() : 0)
        + segments(profile, plan.split(), facts.exitCut(exit))
        + profile.headNanos(exit);
  }

  /** Device's time from capture until it has asked an exit behind the split by going on alone. */
  double hedgedNanos(int exit) {
    return deviceSent + hedge[exit];
  }

  /**
   * Returns the deepest exit that the device has asked on the way to the split, for a sample that
   * none of them stopped by then.
   *
   * @param budgetNanos device's time from the start, at scale 1
   * @return -1 where there is none
   */
  int askedBy(double budgetNanos) {
    int exit = asked.length - 1;
    while (exit >= 0 && !(asked[exit] && deviceStop[exit] <= budgetNanos)) {
      exit--;
    }
    return exit;
  }

  /**
   * Returns the deepest exit that the device reaches by a time if it asks every one on the way.
   *
   * @param budgetNanos device's time from the start, at scale 1
   * @return -1 if none
   */
  int reachedBy(double budgetNanos) {
    int exit = through.length - 1;
    while (exit >= 0 && through[exit] > budgetNanos) {
      exit--;
    }
    return exit;
  }

  /** Device's time until it has an answer of an exit up to the split, asking every one. */
  double throughNanos(int exit) {
    return through[exit];
  }

  /**
   * Returns the exit that the device has of its own for a sample that is sent: the deepest active
   * one on the way to the split, or a deeper one behind it to which it goes on while it waits. A
   * device that does not go on turns to the nearest one behind it at last, if it has none yet.
   *
   * @param budgetNanos device's time from the start, at scale 1
   * @param goesOn whether it goes on
   * @return -1 where there is none
   */
  int fallbackExit(double budgetNanos, boolean goesOn) {
    int deepest = deepestOwn(firstBehind - 1, budgetNanos);
    if (firstBehind == ownAnswer.length || (deepest >= 0 && !goesOn)) {
      return deepest;
    }
    return goesOn
        ? deepestOwn(ownAnswer.length - 1, budgetNanos)
        : deepestOwn(firstBehind, budgetNanos);
  }

  private int deepestOwn(int from, double budgetNanos) {
    int exit = from;
    while (exit >= 0 && ownAnswer[exit] > budgetNanos) {
      exit--;
    }
    return exit;
  }

  /**
   * Returns thresholds by exit; infinite where an exit is not active, 0 at the final exit, unless
   * what it is not sure of goes to a companion.
   *
   * @throws IllegalArgumentException if the plan does not fit the bundle
   */
  static double[] thresholds(BundleFacts facts, Plan plan) {
    double[] thresholds = new double[facts.exits().size()];
    Arrays.fill(thresholds, Double.POSITIVE_INFINITY);
    int finalExit = facts.finalExit();
    boolean cascade = plan.usesCompanion() && plan.split() == facts.lastCut();
    for (ExitThreshold exit : plan.exits()) {
      if (exit.exit() > finalExit || (exit.exit() == finalExit && !cascade)) {
        throw new IllegalArgumentException("not an early exit of this bundle: " + exit);
      }
      thresholds[exit.exit()] = exit.threshold();
    }
    if (!plan.usesCompanion()) {
      thresholds[finalExit] = 0;
    } else if (facts.companion().isEmpty()) {
      throw new IllegalArgumentException("the bundle has no companion: " + plan);
    } else if (cascade && !active(thresholds, finalExit)) {
      throw new IllegalArgumentException("what does the final exit stop? " + plan);
    } else if (plan.exits().stream().anyMatch(e -> facts.exitCut(e.exit()) > plan.split())) {
      throw new IllegalArgumentException("a companion has no exits: " + plan);
    }
    if (plan.sends() == Sends.PICTURE && plan.split() >= facts.lastCut()) {
      throw new IllegalArgumentException("nothing is left for the worker to compute: " + plan);
    }
    return thresholds;
  }

  static boolean active(double[] thresholds, int exit) {
    return thresholds[exit] < Double.POSITIVE_INFINITY;
  }

  private static double segments(Profile profile, int fromCut, int toCut) {
    double nanos = 0;
    for (int cut = fromCut + 1; cut <= toCut; cut++) {
      nanos += profile.segmentNanos(cut);
    }
    return nanos;
  }
}
