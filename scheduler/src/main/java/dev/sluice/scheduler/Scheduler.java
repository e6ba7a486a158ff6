package dev.sluice.scheduler;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Picks split, exits and codec for the conditions of the moment. Not thread-safe.
 *
 * <p>Every candidate is predicted on the estimates; those that break a hard constraint are dropped,
 * the rest are ranked by the targets in their order, plans within a small tolerance being alike.
 * The plan in use is left only when it breaks a constraint or another is clearly better: by more
 * than the uncertainty of the estimates can feign ({@link Stability}). Where only the worker's load
 * calls for a change, it comes after a random time, so that many devices do not answer the same
 * report together.
 *
 * <p>A bound on a latency percentile is also the deadline at which the device answers by itself.
 * What a plan loses by replies later than that ({@link Predictor#lateLoss}) counts against its
 * accuracy, so that the few per cent of late answers that a percentile allows cannot be spent on
 * all the hard samples.
 *
 * <p>Where nothing holds every constraint, latency is kept first, then accuracy is made as good as
 * possible, then the targets count. Accuracy is then judged on both tables and less its uncertainty
 * ({@link Predictor#cautiousDifference}), since nothing is claimed of the plan chosen. While the
 * link is down or unknown only local plans are used.
 *
 * <p>An accuracy floor holds for a plan only if it is proven on the CERTIFY table, which ranking
 * among proven plans never looks at: the lower 95 % bound of the (paired) accuracy must reach the
 * floor. Plans are tested in fixed sequence along chains of one split, codec and threshold family,
 * from cautious to bold, and a chain ends at its first failure; so within a chain the confidence
 * holds for all its plans together (Angelopoulos et al., "Learn then Test", 2021, section on
 * fixed-sequence testing). Across chains nothing is corrected: with many chains, the chance that
 * some plan passes wrongly is above 5 %.
 */
public final class Scheduler implements Planner {
  /** Accuracies this close, as a share, are alike. */
  private static final double ACCURACY_BAND = 0.002;

  /** Where no floor can be proven, a gain in accuracy worth a change of plan. */
  private static final double WORTHWHILE_ACCURACY = 0.005;

  /** Loads of the others that differ by less, as a share of the worker's time, are the same. */
  private static final double SAME_LOAD = 0.02;

  /** A plan is taken up with full caution about the link and kept on its central estimates. */
  private static final double KEEP_CAUTION = 0;

  private final Objective objective;
  private final SchedulerOptions options;
  private final BundleFacts facts;
  private final Predictor predictor;
  private final int prepared;

  /** By plan: whether every accuracy floor holds. */
  private final boolean[] floorHolds;

  private final List<Metric> latencies = new ArrayList<>();
  private final List<Constraint> latencyBounds = new ArrayList<>();
  private final List<Constraint> floors = new ArrayList<>();
  private final List<Constraint> budgets = new ArrayList<>();
  private final Pace pace;
  private boolean changed;
  private long changedNanos;

  /** What was estimated when the plan in use was taken up. */
  private Optional<Estimates> adopted = Optional.empty();

  /** Plans among all of Sluice's candidates. Takes up to a second to prepare them. */
  public Scheduler(BundleFacts facts, Objective objective, SchedulerOptions options) {
    this(facts, objective, options, CandidatePlans.sluice(facts));
  }

  /**
   * Plans where exits follow a policy of their own, which predictions and proofs replay.
   *
   * @param criterion when active exits stop
   */
  public Scheduler(
      BundleFacts facts, Objective objective, SchedulerOptions options, ExitCriterion criterion) {
    this(
        facts,
        objective,
        options,
        CandidatePlans.following(facts, criterion),
        Optional.of(criterion));
  }

  /**
   * Plans among given candidates.
   *
   * @param chains at least one plan in all, and a local one among them
   */
  public Scheduler(
      BundleFacts facts, Objective objective, SchedulerOptions options, List<PlanChain> chains) {
    this(facts, objective, options, chains, Optional.empty());
  }

  /**
   * Plans among those of Sluice's candidates that the device can run.
   *
   * @param criterion when active exits stop, if not by the plans' thresholds
   * @param runnable whether the device can run a plan, for example has the memory
   * @throws IllegalArgumentException if no local plan is among those that it can run
   */
  public Scheduler(
      BundleFacts facts,
      Objective objective,
      SchedulerOptions options,
      Optional<ExitCriterion> criterion,
      Predicate<Plan> runnable) {
    this(
        facts,
        objective,
        options,
        runnable(
            criterion
                .map(known -> CandidatePlans.following(facts, known))
                .orElseGet(() -> CandidatePlans.sluice(facts)),
            runnable),
        criterion);
  }

  /** A chain without some of its plans is still a sequence that was fixed beforehand. */
  private static List<PlanChain> runnable(List<PlanChain> chains, Predicate<Plan> runnable) {
    return chains.stream()
        .map(chain -> new PlanChain(chain.plans().stream().filter(runnable).toList()))
        .filter(chain -> !chain.plans().isEmpty())
        .toList();
  }

  private Scheduler(
      BundleFacts facts,
      Objective objective,
      SchedulerOptions options,
      List<PlanChain> chains,
      Optional<ExitCriterion> criterion) {
    this.facts = facts;
    this.objective = objective;
    this.options = options;
    List<Plan> plans = chains.stream().flatMap(chain -> chain.plans().stream()).toList();
    if (plans.stream().allMatch(Plan::usesCloud)) {
      throw new IllegalArgumentException("the candidates need a local plan for outages");
    }
    if (objective.mentions(Metric.Kind.DEVICE_MEMORY) && options.device().memory().isEmpty()) {
      throw new IllegalArgumentException(
          "the objective mentions device_memory, but nobody said what memory plans need");
    }
    predictor =
        new Predictor(
            facts, plans, options.rateSds(), options.roundTripSds(), criterion, options.device());
    prepared = predictor.size();
    pace =
        new Pace(
            (double) options.stability().loadPatience().toNanos(),
            new SplittableRandom(options.stability().seed()));
    for (Constraint constraint : objective.constraints()) {
      Optional<Constraint> latencyBound = constraint.latencyBound();
      if (latencyBound.isPresent()) {
        latencyBounds.add(latencyBound.get());
        latencies.add(latencyBound.get().metric());
      } else if (constraint.metric().kind() == Metric.Kind.ACCURACY) {
        floors.add(constraint);
      } else {
        budgets.add(constraint);
      }
    }
    floorHolds = new boolean[prepared];
    for (PlanChain chain : chains) {
      boolean proven = true;
      for (Plan plan : chain.plans()) {
        int index = predictor.index(plan);
        boolean holds = floorGap(index) <= 0;
        proven &= holds;
        floorHolds[index] = options.certified() ? proven : holds;
      }
    }
  }

  /** Returns the number of candidate plans. */
  public int candidates() {
    return prepared;
  }

  /** Returns what this scheduler plans for. */
  public Objective objective() {
    return objective;
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    Round round = new Round(estimates);
    int now = current.map(this::known).orElse(-1);
    Choice choice = round.paced(now, round.choose(now, nowNanos), nowNanos);
    Plan plan = predictor.plan(choice.index);
    if (current.isEmpty() || !current.get().equals(plan)) {
      changed = true;
      changedNanos = nowNanos;
      adopted = Optional.of(estimates);
      pace.rest();
    }
    return new PlanDecision(
        plan, choice.reason, predictor.predict(choice.index, estimates), choice.feasible);
  }

  /* A plan forced by hand takes part if it is a candidate; any other is left at once. */
  private int known(Plan plan) {
    int index = predictor.find(plan).orElse(-1);
    return index < prepared ? index : -1;
  }

  /** How far the worst accuracy floor is missed, in shares; at most 0 if all hold. */
  private double floorGap(int index) {
    double gap = Double.NEGATIVE_INFINITY;
    for (Constraint floor : floors) {
      double value;
      if (options.certified()) {
        value =
            floor.relativeToFinal()
                ? predictor.differenceLowerBound(index)
                : predictor.accuracyLowerBound(index);
      } else {
        value =
            predictor.accuracy(index) - (floor.relativeToFinal() ? predictor.finalAccuracy() : 0);
      }
      gap = Math.max(gap, floor.bound() - value);
    }
    return floors.isEmpty() ? 0 : gap;
  }

  private record Choice(int index, String reason, boolean feasible) {}

  /** One decision: the estimates and what follows from them for every plan. */
  private final class Round {
    private final Estimates estimates;
    private final boolean linkUp;

    /** By plan: largest ratio of a latency to its bound; NaN until somebody asks. */
    private final double[] latencyUse = new double[prepared];

    /** By plan: accuracy lost by late replies; NaN until somebody asks. */
    private final double[] lateLoss = new double[prepared];

    private final boolean[] usable = new boolean[prepared];

    Round(Estimates estimates) {
      this.estimates = estimates;
      linkUp = estimates.link() == LinkState.UP;
      for (int i = 0; i < prepared; i++) {
        usable[i] = linkUp || !predictor.plan(i).usesCloud();
      }
      Arrays.fill(latencyUse, Double.NaN);
      Arrays.fill(lateLoss, Double.NaN);
    }

    Choice choose(int current, long nowNanos) {
      int ample = best(i -> holds(i, 1 - options.latencyHeadroom()));
      if (current >= 0
          && floorHolds[current]
          && stillTimely(current)
          && floorGap(current) + lateLoss(current, KEEP_CAUTION) <= 0
          && overBudget(current, KEEP_CAUTION) <= 0) {
        int best = ample >= 0 ? ample : current;
        Optional<String> why = whyKeep(current, best, nowNanos);
        return why.isPresent()
            ? new Choice(current, why.get(), true)
            : new Choice(best, prefix() + holdsText(best), true);
      }
      int holding = ample >= 0 ? ample : best(i -> holds(i, 1));
      if (holding >= 0) {
        return new Choice(holding, prefix() + holdsText(holding), true);
      }
      int affordable = leastOverBudget();
      if (affordable >= 0) {
        return new Choice(affordable, prefix() + budgetText(affordable), false);
      }
      int accurate = mostAccurate();
      if (accurate >= 0) {
        if (current >= 0 && stillTimely(current) && !floorHolds[current]) {
          boolean alike =
              merit(current) - lateLoss(current, KEEP_CAUTION)
                      >= merit(accurate) - lateLoss(accurate) - WORTHWHILE_ACCURACY
                  && gainTarget(current, accurate).isEmpty();
          accurate = alike || dwelling(nowNanos) ? current : accurate;
        }
        return new Choice(accurate, prefix() + floorText(accurate), false);
      }
      int best = fastest();
      return new Choice(best, prefix() + lateText(best), false);
    }

    /** Whether the plan in use may stay: it is given up later than it would be taken up. */
    private boolean stillTimely(int current) {
      return usable[current] && keptUse(current, estimates) <= 1;
    }

    /** Largest ratio of a latency to its bound on central estimates; infinite under overload. */
    private double keptUse(int plan, Estimates under) {
      if (predictor.utilisation(plan, under, KEEP_CAUTION) >= Prediction.OVERLOAD) {
        return Double.POSITIVE_INFINITY;
      }
      double use = 0;
      for (Constraint bound : latencyBounds) {
        double value = predictor.value(plan, bound.metric(), under, KEEP_CAUTION);
        use = Math.max(use, value > bound.bound() ? value / Math.max(1, bound.bound()) : 0);
      }
      return use;
    }

    /** The choice, unless it answers a change of the worker's load and its time has not come. */
    Choice paced(int current, Choice choice, long nowNanos) {
      Estimates before = adopted.orElse(estimates);
      if (current < 0
          || choice.index == current
          || !usable[current]
          || !owedToLoad(current, choice.index, before)) {
        pace.rest();
        return choice;
      }
      if (pace.due(urgency(current, choice.index), nowNanos)) {
        return choice;
      }
      boolean holds = stillTimely(current);
      return new Choice(
          current,
          prefix()
              + "waits for its turn to answer a change of the worker's load, now busy "
              + percent(estimates.worker().utilisation())
              + " of the time",
          holds && choice.feasible);
    }

    /**
     * Whether a change of plan is owed to the worker's load: were that what it was when the plan in
     * use was taken up, the plan would not be late, or the other be no better or late itself.
     */
    private boolean owedToLoad(int current, int next, Estimates before) {
      if (Math.abs(estimates.worker().others() - before.worker().others()) < SAME_LOAD) {
        return false;
      }
      Estimates calm = estimates.withWorkerOf(before);
      if (!stillTimely(current)) {
        return keptUse(current, calm) <= 1;
      }
      return keptUse(next, calm) > 1
          || (gainTarget(current, next, estimates).isPresent()
              && gainTarget(current, next, calm).isEmpty());
    }

    /** What there is to gain: how late the plan in use is, or how much better the other. */
    private double urgency(int current, int next) {
      double use = keptUse(current, estimates);
      return use > 1
          ? use - 1
          : gainTarget(current, next).map(target -> gain(current, next, target)).orElse(0.0);
    }

    private boolean dwelling(long nowNanos) {
      long dwell = nowNanos - changedNanos;
      return changed && dwell >= 0 && dwell < options.leastDwell().toNanos();
    }

    private int[] where(IntPredicate condition) {
      return IntStream.range(0, prepared).filter(condition).toArray();
    }

    private double latencyUse(int index) {
      if (Double.isNaN(latencyUse[index])) {
        latencyUse[index] = replayedUse(index);
      }
      return latencyUse[index];
    }

    private double replayedUse(int index) {
      if (predictor.overloaded(index, estimates)) {
        return Double.POSITIVE_INFINITY;
      }
      double use = 0;
      for (Constraint bound : latencyBounds) {
        use =
            Math.max(
                use,
                predictor.value(index, bound.metric(), estimates) / Math.max(1, bound.bound()));
      }
      return use;
    }

    /** Whether every latency stays within a share of its bound; replays only where it may. */
    private boolean timely(int index, double share) {
      if (Double.isNaN(latencyUse[index]) && leastLatencyUse(index) > share) {
        return false;
      }
      return latencyUse(index) <= share;
    }

    private double leastLatencyUse(int index) {
      double use = 0;
      for (Constraint bound : latencyBounds) {
        use =
            Math.max(
                use,
                predictor.latencyAtLeast(index, bound.metric(), estimates)
                    / Math.max(1, bound.bound()));
      }
      return use;
    }

    private boolean holds(int index, double share) {
      return usable[index]
          && floorHolds[index]
          && overBudget(index) <= 0
          && timely(index, share)
          && floorGap(index) + lateLoss(index) <= 0;
    }

    private double lateLoss(int index) {
      if (Double.isNaN(lateLoss[index])) {
        lateLoss[index] = lateLoss(index, 1);
      }
      return lateLoss[index];
    }

    private double lateLoss(int index, double caution) {
      double loss = 0;
      for (Constraint bound : latencyBounds) {
        if (bound.metric().kind() == Metric.Kind.LATENCY_PERCENTILE) {
          loss = Math.max(loss, predictor.lateLoss(index, bound.bound(), estimates, caution));
        }
      }
      return loss;
    }

    /** Largest relative excess over a budget; at most 0 if all are kept. */
    private double overBudget(int index) {
      return overBudget(index, 1);
    }

    private double overBudget(int index, double caution) {
      double excess = budgets.isEmpty() ? 0 : Double.NEGATIVE_INFINITY;
      for (Constraint budget : budgets) {
        double value = predictor.value(index, budget.metric(), estimates, caution);
        excess = Math.max(excess, budget.relativeExcess(value));
      }
      return excess;
    }

    /**
     * The best of the plans that meet a condition, -1 if none does. Asks for the condition, which
     * may cost a replay, only of plans that can still win by the first target.
     */
    private int best(IntPredicate condition) {
      if (objective.targets().isEmpty() || objective.targets().get(0).metric().needsReplay()) {
        int[] meeting = where(condition);
        return meeting.length > 0 ? rank(meeting) : -1;
      }
      Target first = objective.targets().get(0);
      double[] costs = new double[prepared];
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0; i < prepared; i++) {
        costs[i] = first.cost(predictor.value(i, first.metric(), estimates));
        if (costs[i] < least && condition.test(i)) {
          least = costs[i];
        }
      }
      if (least == Double.POSITIVE_INFINITY) {
        return -1;
      }
      double limit = limit(least);
      return rank(where(i -> costs[i] <= limit && condition.test(i)));
    }

    private double limit(double least) {
      return least + options.tolerance() * Math.abs(least);
    }

    /** The best plan by the targets in order; ties go to accuracy, then to a local plan. */
    private int rank(int[] plans) {
      int[] left = plans;
      for (Target target : objective.targets()) {
        left = best(left, target);
      }
      return mostAccurateFirst(left);
    }

    private int[] best(int[] plans, Target target) {
      double[] costs = new double[plans.length];
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0; i < plans.length; i++) {
        costs[i] = target.cost(predictor.value(plans[i], target.metric(), estimates));
        least = Math.min(least, costs[i]);
      }
      double limit = limit(least);
      int kept = 0;
      int[] best = new int[plans.length];
      for (int i = 0; i < plans.length; i++) {
        if (costs[i] <= limit) {
          best[kept++] = plans[i];
        }
      }
      return Arrays.copyOf(best, kept);
    }

    private int mostAccurateFirst(int[] plans) {
      int best = plans[0];
      for (int plan : plans) {
        double gain = predictor.accuracy(plan) - predictor.accuracy(best);
        boolean sturdier = predictor.plan(best).usesCloud() && !predictor.plan(plan).usesCloud();
        if (gain > 0 || (gain == 0 && sturdier)) {
          best = plan;
        }
      }
      return best;
    }

    /** How accurate a plan is held to be where no floor is proven. */
    private double merit(int index) {
      return options.certified()
          ? predictor.cautiousDifference(index)
          : predictor.accuracy(index) - predictor.finalAccuracy();
    }

    /** The best by the targets of the most accurate plans that are in time; -1 if none is. */
    private int mostAccurate() {
      double most = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < prepared; i++) {
        if (usable[i] && merit(i) > most && timely(i, 1)) {
          most = Math.max(most, merit(i) - lateLoss(i));
        }
      }
      if (most == Double.NEGATIVE_INFINITY) {
        return -1;
      }
      double least = most - ACCURACY_BAND;
      return rank(
          where(
              i ->
                  usable[i]
                      && merit(i) >= least
                      && timely(i, 1)
                      && merit(i) - lateLoss(i) >= least));
    }

    /** Of the plans that hold all but their budgets the one nearest to them; -1 if none does. */
    private int leastOverBudget() {
      int best = -1;
      if (budgets.isEmpty()) {
        return best;
      }
      for (int i = 0; i < prepared; i++) {
        if (usable[i]
            && floorHolds[i]
            && (best < 0 || overBudget(i) < overBudget(best))
            && timely(i, 1)) {
          best = i;
        }
      }
      return best;
    }

    private int fastest() {
      int best = -1;
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0; i < prepared; i++) {
        if (!usable[i]) {
          continue;
        }
        /* Plans that can keep up come before all that cannot; those go by how little they can. */
        double use;
        if (predictor.overloaded(i, estimates)) {
          use = 1e12 * predictor.utilisation(i, estimates);
        } else {
          use = leastLatencyUse(i) < least ? latencyUse(i) : Double.POSITIVE_INFINITY;
        }
        if (best < 0 || use < least) {
          best = i;
          least = use;
        }
      }
      return best;
    }

    /** The first target that tells the plans clearly apart, if it is in favour of the best. */
    private Optional<Target> gainTarget(int current, int best) {
      return gainTarget(current, best, estimates);
    }

    private Optional<Target> gainTarget(int current, int best, Estimates under) {
      GainNoise noise = new GainNoise(predictor, under);
      for (Target target : objective.targets()) {
        double gain = noise.gain(current, best, target);
        if (gain > options.switchGain()) {
          double doubt =
              options.stability().gainSds() == 0
                  ? 0
                  : options.stability().gainSds() * noise.sd(current, best, target);
          return gain - doubt > options.switchGain() ? Optional.of(target) : Optional.empty();
        }
        if (gain < -options.tolerance()) {
          return Optional.empty();
        }
      }
      return Optional.empty();
    }

    private double gain(int current, int best, Target target) {
      return GainNoise.gain(predictor, current, best, target, estimates);
    }

    private Optional<String> whyKeep(int current, int best, long nowNanos) {
      Optional<Target> better = current == best ? Optional.empty() : gainTarget(current, best);
      if (better.isEmpty()) {
        return Optional.of(prefix() + "no other plan is clearly better: " + holdsText(current));
      }
      if (dwelling(nowNanos)) {
        return Optional.of(
            prefix()
                + "waits a moment before it changes to a plan better in "
                + better.get().metric()
                + " by "
                + percent(gain(current, best, better.get())));
      }
      return Optional.empty();
    }

    private String prefix() {
      return switch (estimates.link()) {
        case UP -> "";
        case DOWN -> "no link to a worker, stays local: ";
        case UNKNOWN -> "link to the worker not known yet, stays local: ";
      };
    }

    private String linkText() {
      return linkUp
          ? String.format(
              Locale.ROOT,
              " at %.3g Mbit/s and %.0f ms round trip",
              estimates.uplinkBytesPerSecond() * 8e-6,
              estimates.roundTripNanos() / 1e6)
          : "";
    }

    private String holdsText(int index) {
      StringBuilder text = new StringBuilder("holds ");
      if (objective.constraints().isEmpty()) {
        text.setLength(0);
      } else if (latencyBounds.isEmpty()) {
        text.append("every constraint; ");
      } else {
        Metric metric = latencies.get(0);
        text.append(latencyBounds.get(0))
            .append(" with ")
            .append(metric.format(predictor.value(index, metric, estimates)))
            .append(linkText())
            .append("; ");
      }
      if (objective.targets().isEmpty()) {
        return text.append("no target to improve").toString();
      }
      Target first = objective.targets().get(0);
      return text.append(first.metric())
          .append(' ')
          .append(first.metric().format(predictor.value(index, first.metric(), estimates)))
          .toString();
    }

    private String budgetText(int index) {
      return "no plan keeps within "
          + objectiveText(budgets)
          + " with latency and accuracy held: over by "
          + percent(overBudget(index))
          + linkText();
    }

    private String floorText(int index) {
      Constraint floor = floors.isEmpty() ? null : floors.get(0);
      if (floor == null) {
        return "no plan holds the constraints" + linkText();
      }
      String measured =
          floor.metric().format(predictor.accuracy(index))
              + ", final "
              + floor.metric().format(predictor.finalAccuracy());
      String gap = floor.metric().formatDifference(Math.max(0, floorGap(index)));
      return "keeps latency, but no plan that does so "
          + (options.certified() ? "is proven to hold " : "holds ")
          + objectiveText(floors)
          + linkText()
          + (options.certified()
              ? ": the proof of the best is " + gap + " short, measured accuracy " + measured
              : ": the best falls short by " + gap + ", accuracy " + measured);
    }

    private String lateText(int index) {
      if (latencyUse(index) == Double.POSITIVE_INFINITY) {
        return "no plan keeps up with the frames"
            + linkText()
            + ": the least loaded is busy "
            + percent(predictor.utilisation(index, estimates))
            + " of the time";
      }
      StringBuilder text = new StringBuilder();
      for (Constraint bound : latencyBounds) {
        double value = predictor.value(index, bound.metric(), estimates);
        if (value > bound.bound()) {
          text.append(text.isEmpty() ? "" : ", ")
              .append(bound)
              .append(" cannot hold: the fastest plan needs ")
              .append(bound.metric().format(value))
              .append(", ")
              .append(bound.metric().formatDifference(value - bound.bound()))
              .append(" over");
        }
      }
      return text.append(linkText()).toString();
    }

    private String objectiveText(List<Constraint> constraints) {
      return String.join(", ", constraints.stream().map(Constraint::toString).toList());
    }

    private String percent(double share) {
      return String.format(Locale.ROOT, "%.0f %%", share * 100);
    }
  }

  /** Returns the facts this scheduler plans on. */
  public BundleFacts facts() {
    return facts;
  }
}
