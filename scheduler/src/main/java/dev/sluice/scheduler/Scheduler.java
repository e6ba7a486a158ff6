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
import dev.sluice.scheduler.predict.Arrivals;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.DeviceModel;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.predict.FloorProof;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.predict.TailRows;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.upkeep.LinkUpkeep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
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
 * link is not up only local plans are used.
 *
 * <p>A percentile of the latency that the bundle's table is too small to tell is refused at
 * construction, with {@link dev.sluice.scheduler.predict.UnresolvedPercentileException}.
 *
 * <p>An objective that maximises throughput before all else takes frames as fast as they are
 * answered: no plan is overloaded then ({@link Arrivals}).
 *
 * <p>An accuracy floor holds for a plan only if it is proven on the CERTIFY table, which ranking
 * among proven plans never looks at: with 95 % confidence none of the plans that it may choose
 * breaks its floor ({@link FloorProof}). A floor relative to the final exit means the bundle's own
 * final exit, also where a companion answers, which may be better.
 */
public final class Scheduler implements Planner {
  /** Accuracies this close, as a share, are alike. */
  private static final double ACCURACY_BAND = 0.002;

  /** Where no floor can be proven, a gain in accuracy worth a change of plan. */
  private static final double WORTHWHILE_ACCURACY = 0.005;

  /** Latencies this close, as a share, are alike. */
  private static final double ALIKE = 1e-9;

  /** Puts every plan that cannot keep up behind all that can. */
  private static final double OVERLOADED = 1e12;

  /** Loads of the others that differ by less, as a share of the worker's time, are the same. */
  private static final double SAME_LOAD = 0.02;

  /** Changes that are not needed may not take more than one part in so many of the time. */
  private static final double DWELL_SWITCHES = 10;

  /** However long changes take, a better plan does not wait longer than this. */
  private static final double MOST_DWELL_NANOS = 10e9;

  private final Objective objective;
  private final SchedulerOptions options;
  private final BundleFacts facts;
  private final Predictor predictor;
  private final int prepared;
  private final Judge judge;
  private final Search search;

  /** By accuracy floor and plan: by how much it is missed. */
  private final double[][] floorGaps;

  /** By plan: whether every accuracy floor holds, and by how much the worst one is missed. */
  private final boolean[] floorHolds;

  private final double[] floorGap;

  /** Where no floor is proven: accuracy that plans are held to have, and plans by it. */
  private final double[] merit;

  private final int[] byMerit;

  /** The same accuracies in that order. */
  private final double[] meritInOrder;

  private final List<Constraint> latencyBounds = new ArrayList<>();
  private final List<Constraint> floors = new ArrayList<>();
  private final List<Constraint> budgets = new ArrayList<>();
  private final Pace pace;

  /** Said with every decision: a budget that the link itself breaks; mostly empty. */
  private final String upkeepText;

  /** Caution with which latencies and floors of a plan in use are judged before it is given up. */
  private final double keepCaution;

  /** The same for budgets and for how busy device and link are: a queue is not hoped away. */
  private final double keepLoadCaution;

  private boolean changed;
  private long changedNanos;
  private boolean companionServed = true;

  /** What was estimated when the plan in use was taken up. */
  private Optional<Estimates> adopted = Optional.empty();

  /**
   * Plans among all of Sluice's candidates. Looks each of them up in every row of the tables first:
   * about two seconds for the shipped bundle on a desktop, several times that on a small board.
   */
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

  /** Chains without the plans that the device cannot run; what is proven is proven of the rest. */
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
    keepCaution = options.stability().keepCaution();
    keepLoadCaution = Math.max(0, keepCaution);
    List<Plan> plans = chains.stream().flatMap(chain -> chain.plans().stream()).toList();
    if (plans.stream().allMatch(Plan::usesCloud)) {
      throw new IllegalArgumentException("the candidates need a local plan for outages");
    }
    if (objective.mentions(Metric.Kind.DEVICE_MEMORY) && options.device().memory().isEmpty()) {
      throw new IllegalArgumentException(
          "the objective mentions device_memory, but nobody said what memory plans need: that is"
              + " found by running the network, as ./sluice edge does");
    }
    TailRows.requireResolved(objective, facts);
    DeviceModel device = options.device().serving(objective);
    upkeepText = upkeepText(objective, device.upkeep());
    predictor =
        new Predictor(
            facts,
            plans,
            options.rateSds(),
            options.roundTripSds(),
            criterion,
            device,
            Arrivals.of(objective),
            TailRows.wanted(objective));
    prepared = predictor.size();
    Estimates none = Estimates.of(LinkState.UNKNOWN, 1, 0, 0, 0, 1, 1, 0, 0);
    Search.sort(predictor, objective.targets(), none);
    pace =
        new Pace(
            (double) options.stability().loadPatience().toNanos(),
            new SplittableRandom(options.stability().seed()));
    for (Constraint constraint : objective.constraints()) {
      Optional<Constraint> latencyBound = constraint.latencyBound();
      if (latencyBound.isPresent()) {
        latencyBounds.add(latencyBound.get());
      } else if (constraint.metric().kind() == Metric.Kind.ACCURACY) {
        floors.add(constraint);
      } else {
        budgets.add(constraint);
      }
    }
    floorGaps =
        options.certified()
            ? FloorProof.of(predictor, objective).prove().gaps()
            : measuredFloorGaps();
    floorGap = new double[prepared];
    floorHolds = new boolean[prepared];
    for (int i = 0; i < prepared; i++) {
      floorGap[i] = FloorProof.Proven.worst(floorGaps, i);
      floorHolds[i] = floorGap[i] <= 0;
    }
    merit = new double[prepared];
    for (int i = 0; i < prepared; i++) {
      merit[i] =
          options.certified()
              ? predictor.cautiousDifference(i)
              : predictor.accuracy(i) - predictor.finalAccuracy();
    }
    byMerit =
        IntStream.range(0, prepared)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -merit[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    meritInOrder = Arrays.stream(byMerit).mapToDouble(i -> merit[i]).toArray();
    judge =
        new Judge(
            predictor,
            new Judge.Limits(latencyBounds, floors, budgets),
            floorHolds,
            floorGap,
            Judge.bolder(predictor, chains),
            1 - options.latencyHeadroom(),
            none);
    search = new Search(predictor, prepared, objective.targets(), options.tolerance(), none);
  }

  private static String upkeepText(Objective objective, LinkUpkeep upkeep) {
    if (!upkeep.exceedsBudget()) {
      return "";
    }
    Metric month = Metric.of(Metric.Kind.MONTHLY_UPLINK_BYTES);
    return "; a link's pings and probes alone take "
        + month.format(Metric.bytesPerMonth(upkeep.leastBytesPerSecond()))
        + ", more than "
        + month.format(objective.monthlyBytesBound().orElseThrow());
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
    Round round = new Round(estimates, false);
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
        plan,
        choice.reason + upkeepText,
        predictor.predict(choice.index, estimates),
        choice.feasible);
  }

  /**
   * Returns what would be decided if only some of the candidates were there, by the same rules and
   * with the least dwell over. Remembers nothing: {@link #decide} goes on as if this had not been
   * asked. A link at rest is taken as said: the reason claims no more of it, where that of {@link
   * #decide} knows that it rests because no link could better the plan.
   *
   * @param current plan in use, if any; it may only stay if it is among them
   * @param among the plans that may be chosen
   * @return empty if none of them can be used, as no plan that sends can while the link is not up
   */
  public Optional<PlanDecision> consider(
      Estimates estimates, Optional<Plan> current, Predicate<Plan> among) {
    Round round = new Round(estimates, true);
    if (!judge.only(among)) {
      return Optional.empty();
    }
    int now = current.map(this::known).orElse(-1);
    Choice choice = round.choose(now, changedNanos + dwellOverNanos());
    return Optional.of(
        new PlanDecision(
            predictor.plan(choice.index),
            choice.reason + upkeepText,
            predictor.predict(choice.index, estimates),
            choice.feasible));
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    int now = known(current);
    return now >= 0
        && new Round(imagined, true).choose(now, changedNanos + dwellOverNanos()).index == now;
  }

  private long dwellOverNanos() {
    return Math.max(options.leastDwell().toNanos(), (long) MOST_DWELL_NANOS);
  }

  /** Returns what the candidates are worth under given estimates, as {@link #decide} sees it. */
  public Appraisal appraise(Estimates estimates) {
    return new Appraisal(
        objective, options, predictor, prepared, floors, floorGaps, companionServed, estimates);
  }

  @Override
  public void companionServed(boolean served) {
    companionServed = served;
  }

  /* A plan forced by hand takes part if it is a candidate; any other is left at once. */
  private int known(Plan plan) {
    int index = predictor.find(plan).orElse(-1);
    return index < prepared ? index : -1;
  }

  /** By floor and plan, how far it is missed on the SELECT table, in shares. */
  private double[][] measuredFloorGaps() {
    double[][] gaps = new double[floors.size()][prepared];
    for (int f = 0; f < gaps.length; f++) {
      Constraint floor = floors.get(f);
      double from = floor.relativeToFinal() ? predictor.finalAccuracy() : 0;
      for (int i = 0; i < prepared; i++) {
        gaps[f][i] = floor.bound() - (predictor.accuracy(i) - from);
      }
    }
    return gaps;
  }

  private record Choice(int index, String reason, boolean feasible) {}

  /** One decision: the estimates and what follows from them for every plan. */
  private final class Round {
    private final Estimates estimates;
    private final boolean supposed;
    private final boolean linkUp;

    /**
     * @param supposed whether somebody asks what would be: then nobody knows why a link rests
     */
    Round(Estimates estimates, boolean supposed) {
      this.estimates = estimates;
      this.supposed = supposed;
      linkUp = estimates.link() == LinkState.UP;
      judge.begin(estimates, linkUp, companionServed);
      search.begin(estimates);
    }

    Choice choose(int current, long nowNanos) {
      int ample = search.best(judge::mayHoldAmply, judge::holdsAmply);
      if (current >= 0 && keeps(current)) {
        int best = ample >= 0 ? ample : current;
        Optional<String> why = whyKeep(current, best, nowNanos);
        return why.isPresent()
            ? new Choice(current, why.get(), true)
            : new Choice(best, prefix() + holdsText(best), true);
      }
      int holding = ample >= 0 ? ample : search.best(judge::mayHold, judge::holds);
      if (holding >= 0) {
        return new Choice(holding, prefix() + holdsText(holding), true);
      }
      int affordable = leastOverBudget();
      if (affordable >= 0) {
        int kept = keepsAllButBudgets(current, affordable) ? current : affordable;
        return new Choice(kept, prefix() + budgetText(kept), false);
      }
      int accurate = mostAccurate();
      if (accurate >= 0) {
        if (current >= 0 && stillTimely(current)) {
          /* It may be left out above only because it would not be taken up with full caution. */
          double lead =
              merit[current]
                  - judge.lateLoss(current, keepLoadCaution)
                  - (merit[accurate] - judge.lateLoss(accurate));
          boolean better =
              lead > ACCURACY_BAND
                  || (lead >= -WORTHWHILE_ACCURACY && gainTarget(current, accurate).isEmpty());
          accurate = better || dwelling(nowNanos) ? current : accurate;
        }
        return new Choice(accurate, prefix() + floorText(accurate), false);
      }
      int best = fastest();
      if (current >= 0 && judge.usable(current)) {
        double much = (1 + options.switchGain()) * slowness(best, Double.POSITIVE_INFINITY);
        best = slowness(current, much) <= much ? current : best;
      }
      return new Choice(best, prefix() + lateText(best), false);
    }

    /** Whether the plan in use holds every constraint as far as it must to be kept. */
    private boolean keeps(int current) {
      return floorHolds[current]
          && stillTimely(current)
          && keepsFloors(current)
          && judge.overBudget(current, keepLoadCaution) <= 0;
    }

    private boolean keepsFloors(int current) {
      return floors.isEmpty() || floorGap[current] + judge.lateLoss(current, keepCaution) <= 0;
    }

    /** Whether the plan in use is about as near to the budgets as another and holds all else. */
    private boolean keepsAllButBudgets(int current, int other) {
      return current >= 0
          && floorHolds[current]
          && stillTimely(current)
          && keepsFloors(current)
          && judge.overBudget(current, keepLoadCaution)
              <= judge.overBudget(other) + options.switchGain()
          && (Double.isFinite(judge.overBudget(other))
              || sent(current) <= (1 + options.switchGain()) * sent(other));
    }

    /** Whether the plan in use may stay: it is given up later than it would be taken up. */
    private boolean stillTimely(int current) {
      return judge.usable(current) && keptUse(current, estimates) <= 1;
    }

    /** Largest ratio of a latency to its bound as a plan is kept; infinite under overload. */
    private double keptUse(int plan, Estimates under) {
      if (predictor.utilisation(plan, under, keepLoadCaution) >= Prediction.OVERLOAD) {
        return Double.POSITIVE_INFINITY;
      }
      double use = 0;
      for (Constraint bound : latencyBounds) {
        double value = predictor.value(plan, bound.metric(), under, keepCaution);
        use = Math.max(use, value > bound.bound() ? value / Math.max(1, bound.bound()) : 0);
      }
      return use;
    }

    /** Whether the latencies of the plan in use keep to their bounds at the central estimates. */
    private boolean centrallyTimely(int current) {
      return latencyBounds.stream()
          .allMatch(
              bound -> predictor.value(current, bound.metric(), estimates, 0) <= bound.bound());
    }

    /** The choice, unless it answers a change of the worker's load and its time has not come. */
    Choice paced(int current, Choice choice, long nowNanos) {
      Estimates before = adopted.orElse(estimates);
      if (current < 0
          || choice.index == current
          || !judge.usable(current)
          || !(keeps(current) || !stillTimely(current))
          || !owedToLoad(current, choice.index, before)) {
        pace.rest();
        return choice;
      }
      if (pace.due(urgency(current, choice.index), nowNanos)) {
        return choice;
      }
      return new Choice(
          current,
          prefix()
              + "waits for its turn to answer a change of the worker's load, now busy "
              + percent(estimates.worker().utilisation())
              + " of the time",
          keeps(current) && choice.feasible);
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
      double least =
          Math.max(
              (double) options.leastDwell().toNanos(),
              Math.min(MOST_DWELL_NANOS, DWELL_SWITCHES * (double) estimates.switchNanos()));
      return changed && dwell >= 0 && dwell < least;
    }

    /** The best by the targets of the most accurate plans that are in time; -1 if none is. */
    private int mostAccurate() {
      double most = Double.NEGATIVE_INFINITY;
      for (int place = 0; place < byMerit.length && meritInOrder[place] > most; place++) {
        int i = byMerit[place];
        /* Where every reply is late, what that loses is told without a replay and rules most out. */
        boolean first = most == Double.NEGATIVE_INFINITY;
        if (judge.mayBeTimely(i)
            && (first || merit[i] - judge.lateLoss(i) > most)
            && judge.timely(i)) {
          most = merit[i] - judge.lateLoss(i);
        }
      }
      if (most == Double.NEGATIVE_INFINITY) {
        return -1;
      }
      double least = most - ACCURACY_BAND;
      return search.best(
          i -> merit[i] >= least && judge.mayBeTimely(i),
          i ->
              merit[i] >= least
                  && judge.mayBeTimely(i)
                  && merit[i] - judge.lateLoss(i) >= least
                  && judge.timely(i));
    }

    /** Of the plans that hold all but their budgets the one nearest to them; -1 if none does. */
    private int leastOverBudget() {
      int best = -1;
      if (budgets.isEmpty()) {
        return best;
      }
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0; i < prepared; i++) {
        if (judge.usable(i) && floorHolds[i]) {
          double over = judge.overBudget(i);
          boolean nearer =
              best < 0
                  || over < least
                  || (over == least && Double.isInfinite(over) && sent(i) < sent(best));
          if (nearer && judge.timely(i) && judge.keepsFloor(i)) {
            best = i;
            least = over;
          }
        }
      }
      return best;
    }

    /**
     * Bytes per frame: what tells plans apart that are over a month's budget by nobody knows what.
     */
    private double sent(int plan) {
      return predictor.value(plan, Metric.of(Metric.Kind.UPLINK_BYTES), estimates);
    }

    /**
     * The plan that comes nearest to the latency bounds, of several the most accurate. Plans that
     * can keep up come before all that cannot; those go by how little they can.
     */
    private int fastest() {
      int best = -1;
      double least = Double.POSITIVE_INFINITY;
      for (int i = prepared - 1; i >= 0; i--) {
        if (judge.usable(i) && (judge.bolder(i) < 0 || !judge.usable(judge.bolder(i)))) {
          double use = slowness(i, least);
          if (best < 0 || use < least) {
            best = i;
            least = use;
          }
        }
      }
      for (int i : byMerit) {
        if (merit[i] <= merit[best]) {
          break;
        }
        if (judge.usable(i) && slowness(i, least * (1 + ALIKE)) <= least * (1 + ALIKE)) {
          return i;
        }
      }
      return best;
    }

    /** Largest use of a latency bound; exact only up to a limit. */
    private double slowness(int index, double limit) {
      if (predictor.overloaded(index, estimates)) {
        return OVERLOADED * predictor.utilisation(index, estimates);
      }
      return judge.leastLatencyUse(index) <= limit
          ? judge.latencyUse(index)
          : Double.POSITIVE_INFINITY;
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
          return gain > doubt ? Optional.of(target) : Optional.empty();
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
        return Optional.of(prefix() + "no other plan is clearly better: " + keptText(current));
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
        case RESTING ->
            supposed
                ? "link at rest, as assumed, stays local: "
                : "no link could better this, stays local: ";
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

    private String keptText(int current) {
      return centrallyTimely(current)
          ? textOf(current, "holds ", 0)
          : textOf(current, "may still hold ", 0);
    }

    private String holdsText(int index) {
      return textOf(index, "holds ", 1);
    }

    private String textOf(int index, String verb, double caution) {
      StringBuilder text = new StringBuilder(verb);
      if (objective.constraints().isEmpty()) {
        text.setLength(0);
      } else if (latencyBounds.isEmpty()) {
        text.append("every constraint; ");
      } else {
        Constraint told = latencyBounds.get(0);
        for (Constraint bound : latencyBounds) {
          if (predictor.value(index, bound.metric(), estimates, caution) > bound.bound()) {
            told = bound;
            break;
          }
        }
        Metric metric = told.metric();
        text.append(told)
            .append(" with ")
            .append(metric.format(predictor.value(index, metric, estimates, caution)))
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
      double over = judge.overBudget(index);
      return "no plan keeps within "
          + objectiveText(budgets)
          + " with latency and accuracy held: "
          + (Double.isInfinite(over)
              ? "nobody knows yet how often frames come"
              : "over by " + percent(over))
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
      String gap = floor.metric().formatDifference(Math.max(0, floorGap[index]));
      return (centrallyTimely(index) ? "keeps latency" : "may still keep latency")
          + ", but no plan that does so "
          + (options.certified() ? "is proven to hold " : "holds ")
          + objectiveText(floors)
          + linkText()
          + (options.certified()
              ? ": the proof of the best that does is "
                  + gap
                  + " short, measured accuracy "
                  + measured
              : ": the best falls short by " + gap + ", accuracy " + measured);
    }

    private String lateText(int index) {
      if (judge.latencyUse(index) == Double.POSITIVE_INFINITY) {
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
