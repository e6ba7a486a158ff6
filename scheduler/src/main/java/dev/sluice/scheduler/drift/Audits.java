package dev.sluice.scheduler.drift;

import dev.sluice.scheduler.drift.Agreement.Result;
import dev.sluice.scheduler.drift.Recalibration.Change;
import dev.sluice.scheduler.drift.Recalibration.Verdict;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.predict.ExitReplay;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * Has a random share of the device's confident answers checked by the final exit, and recalibrates
 * thresholds from the outcome. Not thread-safe but for {@link #prepare}.
 *
 * <p>What is measured is <em>agreement</em> with the final exit, not accuracy: labels are not known
 * in the field. Samples are sent for audit with a codec that loses next to nothing, so that it is
 * the final exit that speaks.
 *
 * <p>Answers are chosen at random with a known probability, more often near the threshold, where
 * disagreement is; estimates weigh each by the inverse of its probability. Audits that got lost on
 * the way are best not told at all; if hard samples get lost more often, estimates are too good.
 */
public final class Audits {
  /** Thresholds that a recalibration may end at, fixed without looking at any audit. */
  private static final double[] LEVELS = {
    0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.83, 0.86, 0.88, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98,
    0.985, 0.99, 0.995
  };

  /** Audits between two neighbouring levels without which the lower one is not tried. */
  private static final int LEAST_PER_LEVEL = 30;

  private static final int MOST_PLANS = 64;

  private final BundleFacts facts;
  private final Optional<ExitCriterion> criterion;
  private final AuditOptions options;
  private final RandomGenerator random;
  private final Deque<Result> results = new ArrayDeque<>();

  /** Guarded by itself. */
  private final Map<Plan, Double> nearShares = new LinkedHashMap<>(16, 0.75f, true);

  private long recalibrations;

  /**
   * Starts without audits.
   *
   * @param criterion when active exits stop, if not by the plans' thresholds; answers are then
   *     audited all alike, and there are no thresholds to recalibrate
   */
  public Audits(
      BundleFacts facts,
      Optional<ExitCriterion> criterion,
      AuditOptions options,
      RandomGenerator random) {
    this.facts = facts;
    this.criterion = criterion;
    this.options = options;
    this.random = random;
  }

  /**
   * Works out how common scores near the thresholds of a plan are, so that the first answer under
   * it need not wait for that. Thread-safe: may run beside all other methods.
   */
  public void prepare(Plan plan) {
    if (criterion.isEmpty() && options.share() > 0 && options.nearBoost() > 1) {
      knownNearShare(plan);
    }
  }

  /**
   * Decides whether a confident answer of the device is audited. Ask about every one of them, once.
   *
   * @param frame running number of the sample, at least 0
   * @param plan the sample was run under
   * @param exit that stopped it, on the device
   * @param score its calibrated probability there
   * @return the audit to be done; empty if it was not chosen, or if there is nothing to audit: at
   *     the final exit, at one that the plan does not have on the device, for a score that does not
   *     stop there
   */
  public Optional<AuditDraw> draw(long frame, Plan plan, int exit, double score) {
    checkFrame(frame);
    Optional<ExitThreshold> active = onDevice(plan, exit);
    boolean confident =
        score >= 0
            && score <= 1
            && active.isPresent()
            && (criterion.isPresent() || active.get().stops(score));
    if (!confident || options.share() == 0) {
      return Optional.empty();
    }
    double probability = probability(plan, active.get(), score);
    return random.nextDouble() < probability
        ? Optional.of(new AuditDraw(frame, plan, exit, score, true, probability))
        : Optional.empty();
  }

  /**
   * Returns the audit of an exit of the device that did <em>not</em> stop a sample, which the final
   * exit then answered as well as in an audit. Only such audits can show that a threshold may be
   * lowered. Either give all of a plan's samples that went past the exit, or none of them.
   *
   * @param probability with which the final exit gets to see such a sample, in (0, 1]: 1 where all
   *     that the device does not stop are sent almost without loss and no exit of the cloud stops
   *     them
   * @return empty if the exit is none of the plan's on the device, or its score would have stopped
   *     it
   */
  public Optional<AuditDraw> passed(
      long frame, Plan plan, int exit, double score, double probability) {
    checkFrame(frame);
    Optional<ExitThreshold> active = onDevice(plan, exit);
    boolean went =
        score >= 0
            && score <= 1
            && active.isPresent()
            && (criterion.isPresent() || !active.get().stops(score));
    return went
        ? Optional.of(new AuditDraw(frame, plan, exit, score, false, probability))
        : Optional.empty();
  }

  /** An audit is done: the final exit predicts the same class, or it does not. */
  public void add(AuditDraw draw, boolean agrees) {
    if (results.size() >= options.mostAudits()) {
      results.removeFirst();
    }
    results.addLast(new Result(draw, agrees));
  }

  /** Returns how often the device's confident answers agree; empty before the first audit. */
  public Optional<Agreement> agreement() {
    return agreement(audits(AuditDraw::stopped), 1 - options.confidence());
  }

  /** Returns the same of the answers of one exit. */
  public Optional<Agreement> agreement(int exit) {
    return agreement(
        audits(draw -> draw.stopped() && draw.exit() == exit), 1 - options.confidence());
  }

  /**
   * Returns, by exit of a plan, the least threshold at which the agreement's lower bound reaches
   * the target, among the samples that come to the exit. It is below the plan's only with {@link
   * AuditOptions#leastToLower} audits or more; with too few to show anything the plan's stays.
   *
   * <p>The chance that any bound used for this is wrong, in all recalibrations together, is at most
   * one minus the confidence: the k-th may err by 1 / (k (k + 1)) of it, shared by the exits, and
   * for each by the two directions. Downwards thresholds are tested in a fixed sequence that ends
   * at the first failure (Angelopoulos et al., "Learn then Test", 2021), upwards all at once with
   * Bonferroni's correction.
   *
   * <p>Who comes to an exit depends on the exits before it. Audits made under other plans count
   * only where the exits before were at least as bold as here: then those audited are the harder
   * ones of those that come here, and are taken to agree no more often.
   *
   * @param plan the plan as it was certified
   */
  public Recalibration recalibrate(Plan plan) {
    return recalibration(plan).get();
  }

  /**
   * Takes the audits so far for a recalibration. What is returned computes it, which may take some
   * milliseconds, on any thread.
   *
   * @param plan the plan as it was certified
   */
  public Supplier<Recalibration> recalibration(Plan plan) {
    List<ExitThreshold> exits =
        criterion.isPresent()
            ? List.of()
            : plan.exits().stream()
                .filter(exit -> onDevice(plan, exit.exit()).isPresent())
                .filter(exit -> exit.threshold() > 0 && exit.threshold() <= 1)
                .toList();
    if (exits.isEmpty()) {
      return () -> new Recalibration(plan, List.of());
    }
    recalibrations++;
    double error =
        (1 - options.confidence()) / recalibrations / (recalibrations + 1) / exits.size() / 2;
    List<Result> taken = List.copyOf(results);
    return () ->
        new Recalibration(
            plan, exits.stream().map(exit -> verdict(taken, plan, exit, error)).toList());
  }

  private static void checkFrame(long frame) {
    if (frame < 0) {
      throw new IllegalArgumentException("frame must not be negative: " + frame);
    }
  }

  private Verdict verdict(List<Result> all, Plan plan, ExitThreshold exit, double error) {
    List<Seen> here = seen(all, plan, exit.exit());
    double before = exit.threshold();
    Optional<Agreement> now = from(here, before, error);
    if (now.isEmpty() || now.get().effectiveAudits() < leastToShow(error)) {
      return new Verdict(exit.exit(), before, before, Change.TOO_FEW, now);
    }
    if (now.get().lower() >= options.target()) {
      double after = lowered(here, before, error);
      Change change = after < before ? Change.LOWERED : Change.KEPT;
      return new Verdict(exit.exit(), before, after, change, now);
    }
    double after = raised(here, before, error);
    if (after < Recalibration.NEVER) {
      return new Verdict(exit.exit(), before, after, Change.RAISED, now);
    }
    return now.get().upper() < options.target()
        ? new Verdict(exit.exit(), before, Recalibration.NEVER, Change.SHUT, now)
        : new Verdict(exit.exit(), before, before, Change.UNDECIDED, now);
  }

  private double lowered(List<Seen> here, double before, double error) {
    double proven = before;
    for (int i = LEVELS.length - 1; i >= 0; i--) {
      double level = LEVELS[i];
      if (level >= before) {
        continue;
      }
      double above = proven;
      long between =
          here.stream().filter(seen -> seen.score() >= level && seen.score() < above).count();
      Optional<Agreement> agreement = from(here, level, error);
      if (between < LEAST_PER_LEVEL
          || agreement.isEmpty()
          || agreement.get().audits() < options.leastToLower()
          || agreement.get().lower() < options.target()) {
        break;
      }
      proven = level;
    }
    return proven;
  }

  private double raised(List<Seen> here, double before, double error) {
    double[] levels = Arrays.stream(LEVELS).filter(level -> level > before).toArray();
    for (double level : levels) {
      Optional<Agreement> agreement = from(here, level, error / levels.length);
      if (agreement.isPresent() && agreement.get().lower() >= options.target()) {
        return level;
      }
    }
    return Recalibration.NEVER;
  }

  /**
   * An audit of an exit.
   *
   * @param covered score from which on all answers of its plan had their chance to be audited
   */
  private record Seen(Result result, double covered) {
    double score() {
      return result.draw().score();
    }
  }

  /**
   * The audits of an exit that count for a plan, in order of their frames. A plan with a threshold
   * tells only of what reaches it, unless what went past its exit was audited too.
   */
  private static List<Seen> seen(List<Result> all, Plan plan, int exit) {
    Map<Plan, List<Result>> byPlan =
        all.stream()
            .filter(result -> result.draw().exit() == exit)
            .collect(Collectors.groupingBy(result -> result.draw().plan()));
    List<Seen> seen = new ArrayList<>();
    byPlan.forEach(
        (audited, audits) -> {
          if (hardOfThose(audited, plan, exit)) {
            boolean whole = audits.stream().anyMatch(result -> !result.draw().stopped());
            double covered = whole ? 0 : threshold(audited, exit);
            audits.forEach(result -> seen.add(new Seen(result, covered)));
          }
        });
    seen.sort(Comparator.comparingLong(one -> one.result().draw().frame()));
    return seen;
  }

  /** The agreement of all that score at least a level. */
  private Optional<Agreement> from(List<Seen> here, double level, double error) {
    return agreement(
        here.stream()
            .filter(seen -> seen.score() >= level && seen.covered() <= level)
            .map(Seen::result)
            .toList(),
        error);
  }

  private Optional<Agreement> agreement(List<Result> chosen, double error) {
    return chosen.isEmpty()
        ? Optional.empty()
        : Optional.of(Agreement.of(chosen, options.burstAnswers(), error));
  }

  private List<Result> audits(Predicate<AuditDraw> condition) {
    return results.stream()
        .filter(result -> condition.test(result.draw()))
        .sorted(Comparator.comparingLong(result -> result.draw().frame()))
        .toList();
  }

  /** Audits without any disagreement that would just show the target. */
  private double leastToShow(double error) {
    return Math.log(error) / Math.log(options.target());
  }

  /** Whether who comes to an exit under the audited plan comes to it under the other one too. */
  private static boolean hardOfThose(Plan audited, Plan plan, int exit) {
    return plan.exits().stream()
        .filter(earlier -> earlier.exit() < exit)
        .allMatch(earlier -> threshold(audited, earlier.exit()) <= earlier.threshold());
  }

  /** The threshold of a plan's exit; infinite if it has no such exit. */
  private static double threshold(Plan plan, int exit) {
    return plan.exits().stream()
        .filter(active -> active.exit() == exit)
        .mapToDouble(ExitThreshold::threshold)
        .findFirst()
        .orElse(Double.POSITIVE_INFINITY);
  }

  private Optional<ExitThreshold> onDevice(Plan plan, int exit) {
    if (exit < 0 || exit >= facts.finalExit() || facts.exitCut(exit) > plan.split()) {
      return Optional.empty();
    }
    return plan.exits().stream().filter(active -> active.exit() == exit).findFirst();
  }

  private double probability(Plan plan, ExitThreshold exit, double score) {
    if (criterion.isPresent() || options.nearBoost() == 1) {
      return options.share();
    }
    double nearShare = knownNearShare(plan);
    double boost = options.nearBoost();
    double near = Math.min(1, options.share() * boost / (1 + (boost - 1) * nearShare));
    if (near(exit, score) || nearShare == 1) {
      return near;
    }
    return Math.min(1, (options.share() - nearShare * near) / (1 - nearShare));
  }

  private double knownNearShare(Plan plan) {
    synchronized (nearShares) {
      Double known = nearShares.get(plan);
      if (known != null) {
        return known;
      }
    }
    double share = nearShare(plan);
    synchronized (nearShares) {
      if (nearShares.size() >= MOST_PLANS) {
        nearShares.remove(nearShares.keySet().iterator().next());
      }
      nearShares.put(plan, share);
    }
    return share;
  }

  private boolean near(ExitThreshold exit, double score) {
    return score < exit.threshold() + options.nearWidth();
  }

  /** Share of a plan's confident answers that are near their threshold, on the tables. */
  private double nearShare(Plan plan) {
    long near = 0;
    long all = 0;
    for (CalibrationTable table : List.of(facts.select(), facts.certify())) {
      int[] stops;
      try {
        stops = ExitReplay.exits(facts, table, plan, criterion);
      } catch (IllegalArgumentException unknownToTheTables) {
        return 1;
      }
      for (int s = 0; s < stops.length; s++) {
        Optional<ExitThreshold> exit = onDevice(plan, stops[s]);
        if (exit.isPresent()) {
          all++;
          near += near(exit.get(), table.confidence(s, stops[s])) ? 1 : 0;
        }
      }
    }
    return all == 0 ? 1 : (double) near / all;
  }
}
