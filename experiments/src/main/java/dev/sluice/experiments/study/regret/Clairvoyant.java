package dev.sluice.experiments.study.regret;

import dev.sluice.experiments.demo.SimulatedCloud;
import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Decisions;
import dev.sluice.experiments.study.replay.Outcome;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The trace-clairvoyant oracle: knows the link's future, and of plans and samples what the
 * scheduler knows, the statistics of the SELECT table. Not thread-safe.
 *
 * <p>Dynamic programming backwards over the frames, with the queues of link and device at capture
 * as state ({@link FrameModel}). A plan costs what the question minimises, and accuracy is bought
 * at a price per share of answers. There is a policy for each of a ladder of prices, and each is
 * streamed through the same simulator as every planner, asked for every frame and told the true
 * queues.
 *
 * <p>So every cost reported of it was really had: the optimum is at most that, and regret against
 * the optimum at least what is shown. It can be more because of the grid, because times are taken
 * without their noise, because idle restart and the radio are left out, because shares stand for
 * single frames, and because plans within one per cent of another in every respect are dropped
 * (among all plans, proven or not, five; of those, what is half a point below the floor is left out
 * too). Of a stage of the device that is not begun it knows nothing. Prices are chosen with
 * hindsight.
 *
 * <p>It does not know that a device which goes on alone at once answers some frames before the
 * worker has them, so that it can take a plan to cost the worker more than it does; nor when the
 * session, which is cautious and knows no future, turns to a frame whose reply would have come in
 * time. So the study counts proven plans that are never changed among its runs as well, those that
 * {@link StaticHindsight} tries.
 */
final class Clairvoyant {
  private static final double ALIKE = 0.01;

  /** The same among all plans, of which there are many. */
  private static final double ROUGHLY_ALIKE = 0.05;

  /** Accuracy below the floor from which on a plan, one of very many, is not worth a look. */
  private static final double FAR_BELOW = 0.005;

  /** Prices of all answers being wrong, in mean costs per frame. */
  private static final double[] PRICES = {
    0, 1, 3, 10, 20, 30, 45, 60, 80, 100, 150, 300, 1000, 3000, 10_000
  };

  /** With how many prices the ladder is refined where the constraints begin to hold. */
  private static final int REFINED = 3;

  private static final double LEAST_PRICE = 0.1;

  /** Frames apart at which the mean cost is taken. */
  private static final int SAMPLED = 20;

  private final Course course;
  private final Decisions decisions;
  private final Function<StreamReplay.Strategy, Outcome> runs;
  private final List<PlanStatistics> plans;
  private final LinkFuture future;
  private final FrameModel model;
  private final int frames;

  /**
   * Sets the problem up.
   *
   * @param plans that it may choose from, from {@link #considered}; at least one
   */
  Clairvoyant(Course course, List<PlanStatistics> plans, Decisions decisions) {
    this(course, plans, decisions, nanos -> 1, course::run);
  }

  /**
   * Sets the problem up for a device that is slowed down at times.
   *
   * @param plans as above
   * @param slowdown by what it takes longer, by nanoseconds since the stream began
   * @param runs streams on that device
   */
  Clairvoyant(
      Course course,
      List<PlanStatistics> plans,
      Decisions decisions,
      LongToDoubleFunction slowdown,
      Function<StreamReplay.Strategy, Outcome> runs) {
    this.course = course;
    this.decisions = decisions;
    this.runs = runs;
    this.frames = course.rows().length;
    this.future = new LinkFuture(course.trace(), StreamReplay.LEAD_NANOS);
    this.plans = List.copyOf(plans);
    if (plans.isEmpty()) {
      throw new IllegalArgumentException("an oracle without plans");
    }
    model = new FrameModel(course, plans, slowdown);
  }

  /**
   * Returns the plans that are worth a look, whatever the trace: those with which the device keeps
   * up and is in time by itself where it stops, but for what another is as good as. The first leave
   * the device the most time; a policy takes the first of those that cost the same.
   */
  static List<PlanStatistics> considered(
      StreamReplay replay, Question question, List<Plan> candidates) {
    return considered(replay, question, candidates, ALIKE, Double.NEGATIVE_INFINITY);
  }

  /** The same of very many candidates, with a coarser idea of what is worth a look. */
  static List<PlanStatistics> roughlyConsidered(
      StreamReplay replay, Question question, List<Plan> candidates) {
    return considered(
        replay, question, candidates, ROUGHLY_ALIKE, question.leastDifference() - FAR_BELOW);
  }

  private static List<PlanStatistics> considered(
      StreamReplay replay,
      Question question,
      List<Plan> candidates,
      double alike,
      double leastDifference) {
    BundleFacts facts = replay.facts();
    double factor = replay.deviceFactor();
    double period = replay.periodNanos();
    double budget = Course.budgetNanos(replay, question);
    /* Who goes on does so until the next frame comes. */
    double ahead = Math.min(budget, period / factor);
    int[] all = new int[facts.select().samples()];
    Arrays.setAll(all, row -> row);
    List<PlanStatistics> timely =
        candidates.stream()
            .map(plan -> PlanStatistics.of(facts, facts.select(), all, plan, ahead))
            .filter(plan -> plan.deviceNanos() * factor <= period)
            .filter(plan -> plan.longestStopNanos() <= budget)
            .filter(plan -> plan.difference() >= leastDifference)
            .filter(plan -> plan.offloaded() == 0 || plan.sentNanos() <= budget)
            .sorted(Comparator.comparingDouble(plan -> plan.sentNanos() + plan.turnNanos()))
            .toList();
    List<ToDoubleFunction<PlanStatistics>> respects =
        List.of(
            plan -> -plan.difference(),
            plan -> -plan.aheadDifference(),
            plan -> -plan.turnDifference(),
            PlanStatistics::offloaded,
            plan -> plan.offloaded() * plan.workerNanos(),
            PlanStatistics::meanBytes,
            PlanStatistics::deviceNanos,
            PlanStatistics::sentNanos,
            PlanStatistics::turnNanos,
            PlanStatistics::longestStopNanos);
    return Candidates.undominated(timely, alike, respects);
  }

  /** The best policy for a price: a plan, by its place, for every frame and state. */
  int[] policy(double price) {
    return policies(new double[] {price}).get(0);
  }

  /** The best policies for several prices. */
  private List<int[]> policies(double[] prices) {
    int states = model.states();
    int[][] policies = new int[prices.length][frames * states];
    double[] after = new double[states * prices.length];
    double[] totals = new double[prices.length];
    for (int frame = frames - 1; frame >= 0; frame--) {
      double[] value = new double[after.length];
      Arrays.fill(value, Double.POSITIVE_INFINITY);
      for (int plan = 0; plan < plans.size(); plan++) {
        model.look(frame, plan);
        /* From longer queues of the link to shorter ones: where the device is ready later than the
         * link, a shorter one makes no difference. */
        for (int state = states - 1; state >= 0; state--) {
          boolean last = (state + 1) % model.links() == 0;
          if (last || !model.waitsForTheDevice(state + 1)) {
            model.from(state);
            model.totals(prices, after, totals);
          }
          int at = state * prices.length;
          for (int p = 0; p < prices.length; p++) {
            if (totals[p] < value[at + p]) {
              value[at + p] = totals[p];
              policies[p][frame * states + state] = plan;
            }
          }
        }
      }
      after = value;
    }
    return List.of(policies);
  }

  /** What a policy is expected to cost over all frames, less its priced accuracy. */
  double value(int[] policy, double price) {
    int states = model.states();
    double[] after = new double[states];
    double[] total = new double[1];
    for (int frame = frames - 1; frame >= 0; frame--) {
      double[] value = new double[states];
      for (int state = 0; state < states; state++) {
        model.look(frame, policy[frame * states + state]);
        model.from(state);
        model.totals(new double[] {price}, after, total);
        value[state] = total[0];
      }
      after = value;
    }
    return after[0];
  }

  /** The policy of one plan up to a frame and another from there on. */
  int[] switching(int first, int second, int from) {
    int[] policy = new int[frames * model.states()];
    Arrays.fill(policy, 0, from * model.states(), first);
    Arrays.fill(policy, from * model.states(), policy.length, second);
    return policy;
  }

  /** Of all plans where nothing waits. */
  private double meanCost() {
    double sum = 0;
    int looks = 0;
    for (int frame = 0; frame < frames; frame += SAMPLED) {
      for (int plan = 0; plan < plans.size(); plan++) {
        model.look(frame, plan);
        model.from(0);
        sum += model.cost();
        looks++;
      }
    }
    return sum / looks;
  }

  /**
   * Streams under the policy of every price of the ladder, and of some between the dearest whose
   * outcome breaks a constraint and the cheapest whose outcome holds them all; equal policies once.
   */
  List<Outcome> outcomes() {
    double mean = meanCost();
    NavigableMap<Double, Outcome> streamed = new TreeMap<>();
    Map<IntBuffer, Outcome> byPolicy = new LinkedHashMap<>();
    stream(PRICES, mean, streamed, byPolicy);
    stream(between(streamed), mean, streamed, byPolicy);
    return List.copyOf(byPolicy.values());
  }

  /** Follows the policy of the dearest price: as right as can be, whatever it costs. */
  StreamReplay.Strategy mostAccurate() {
    return new Follower(policy(PRICES[PRICES.length - 1] * meanCost()));
  }

  private void stream(
      double[] prices,
      double mean,
      NavigableMap<Double, Outcome> streamed,
      Map<IntBuffer, Outcome> byPolicy) {
    List<int[]> policies = policies(Arrays.stream(prices).map(price -> price * mean).toArray());
    for (int i = 0; i < prices.length; i++) {
      int[] policy = policies.get(i);
      streamed.put(
          prices[i],
          byPolicy.computeIfAbsent(
              IntBuffer.wrap(policy), unseen -> runs.apply(new Follower(policy))));
    }
  }

  /** Prices between those that break the constraints and those that hold them. */
  private double[] between(NavigableMap<Double, Outcome> streamed) {
    Optional<Double> holds =
        streamed.entrySet().stream()
            .filter(run -> run.getValue().holds(course.question()))
            .map(Map.Entry::getKey)
            .findFirst();
    Double below = holds.map(streamed::lowerKey).orElse(null);
    if (holds.isEmpty() || below == null) {
      return new double[0];
    }
    double first = Math.max(below, LEAST_PRICE);
    double ratio = holds.get() / first;
    return IntStream.rangeClosed(1, REFINED)
        .mapToDouble(k -> first * Math.pow(ratio, (double) k / (REFINED + 1)))
        .toArray();
  }

  /** Follows a policy, told the true queues. */
  private final class Follower implements StreamReplay.Strategy {
    private final int[] policy;

    Follower(int[] policy) {
      this.policy = policy;
    }

    @Override
    public boolean learns() {
      return false;
    }

    @Override
    public boolean clairvoyant() {
      return true;
    }

    @Override
    public Planner start(StreamReplay.Truth truth) {
      SimulatedCloud cloud = truth.cloud();
      return new Planner() {
        @Override
        public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
          long period = course.replay().periodNanos();
          /* A frame may have to wait for the device; until it begins its plan holds. */
          long since = nowNanos - StreamReplay.LEAD_NANOS - period / 2;
          int frame = (int) Math.min(frames - 1, Math.max(0, -Math.floorDiv(-since, period)));
          long free =
              future.departedNanos(
                  Math.max(nowNanos, Math.min(cloud.linkBusyUntilNanos(), LinkFuture.FAR_NANOS)),
                  (double) cloud.waitingBytes());
          long captured = course.captureNanos(frame);
          long idle = Math.max(nowNanos, truth.deviceFreeNanos());
          int state = model.state((double) free - captured, (double) idle - captured);
          return decisions.of(plans.get(policy[frame * model.states() + state]).plan());
        }
      };
    }
  }
}
