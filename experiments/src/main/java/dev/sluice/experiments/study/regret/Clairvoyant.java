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
import dev.sluice.scheduler.predict.Rescue;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Envelope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * The trace-clairvoyant oracle: knows the link's future, and of plans and samples what the
 * scheduler knows, the statistics of the SELECT table. Not thread-safe.
 *
 * <p>Dynamic programming backwards over the frames, with the uplink's queue at capture as state:
 * the time until it is empty, from 0 to the deadline less the period, in steps of {@value
 * #STEP_NANOS} ns, rounded up. (A request is withdrawn at its deadline, so no queue is longer.) A
 * plan sends its share of frames, with the bytes of {@value #SHARES} equal shares of them;
 * departures are the integral of the trace's rate. It costs what the question minimises, and
 * accuracy is bought at a price per share of answers; frames that come too late cost the accuracy
 * of the device's fallback exit. There is a policy for each of a ladder of prices, and each is
 * streamed through the same simulator as every planner, asked for every frame and told the true
 * queue.
 *
 * <p>So every cost reported of it was really had: the optimum is at most that, and regret against
 * the optimum at least what is shown. It can be more because of the grid, because the device's
 * queue is left out (plans that keep the device busy beyond a period are not candidates), because
 * idle restart and the radio are, because shares stand for single frames, and because plans within
 * one per cent of another in every respect are dropped. Prices are chosen with hindsight.
 *
 * <p>It knows that the device turns to a frame without an answer when the reply is late. Where that
 * would keep the device busy beyond a period, such a frame counts as one that comes too late.
 *
 * <p>It does not know that a device which goes on alone at once answers some frames before the
 * worker has them, so that it can take a plan to cost the worker more than it does.
 */
final class Clairvoyant {
  /** Grid of the queue. */
  static final long STEP_NANOS = 5_000_000L;

  static final int SHARES = 3;

  private static final double ALIKE = 0.01;

  /** Prices of all answers being wrong, in mean costs per frame. */
  private static final double[] PRICES = {0, 1, 3, 10, 30, 100, 300, 1000};

  private final Course course;
  private final Decisions decisions;
  private final List<PlanStatistics> plans;
  private final LinkFuture future;
  private final int frames;
  private final int states;

  /** By frame, plan and state: expected cost and difference of accuracy. */
  private final float[] cost;

  private final float[] difference;

  /** By frame, plan, state and share: the next state. */
  private final byte[] next;

  /**
   * Sets the problem up.
   *
   * @param plans that it may choose from, from {@link #considered}; at least one
   */
  Clairvoyant(Course course, List<PlanStatistics> plans, Decisions decisions) {
    this.course = course;
    this.decisions = decisions;
    this.frames = course.rows().length;
    this.future = new LinkFuture(course.trace(), StreamReplay.LEAD_NANOS);
    long longest = Math.max(0, course.question().deadlineNanos() - course.replay().periodNanos());
    this.states = (int) (longest / STEP_NANOS) + 1;
    this.plans = List.copyOf(plans);
    if (plans.isEmpty()) {
      throw new IllegalArgumentException("an oracle without plans");
    }
    cost = new float[frames * plans.size() * states];
    difference = new float[cost.length];
    next = new byte[cost.length * SHARES];
    for (int frame = 0; frame < frames; frame++) {
      for (int plan = 0; plan < plans.size(); plan++) {
        for (int state = 0; state < states; state++) {
          look(frame, plan, state);
        }
      }
    }
  }

  /**
   * Returns the plans that are worth a look, whatever the trace: those with which the device keeps
   * up, but for what another is as good as. The first leave the device the most time; a policy
   * takes the first of those that cost the same.
   */
  static List<PlanStatistics> considered(
      StreamReplay replay, Question question, List<Plan> candidates) {
    BundleFacts facts = replay.facts();
    double factor = replay.deviceFactor();
    double period = replay.periodNanos();
    double budget = Course.budgetNanos(replay, question);
    int[] all = new int[facts.select().samples()];
    Arrays.setAll(all, row -> row);
    List<PlanStatistics> timely =
        candidates.stream()
            .map(plan -> PlanStatistics.of(facts, facts.select(), all, plan, budget))
            .filter(plan -> plan.offloaded() == 0 || plan.sentNanos() * factor <= period)
            .filter(plan -> plan.deviceNanos() * factor <= period)
            .sorted(Comparator.comparingDouble(plan -> plan.sentNanos() + plan.turnNanos()))
            .toList();
    List<ToDoubleFunction<PlanStatistics>> respects =
        List.of(
            plan -> -plan.difference(),
            plan -> -plan.rescuedDifference(),
            PlanStatistics::offloaded,
            plan -> plan.offloaded() * plan.workerNanos(),
            PlanStatistics::meanBytes,
            PlanStatistics::deviceNanos,
            PlanStatistics::sentNanos);
    return Candidates.undominated(timely, ALIKE, respects);
  }

  private int place(int frame, int plan, int state) {
    return (frame * plans.size() + plan) * states + state;
  }

  /** What a plan leads to from a state. */
  private void look(int frame, int plan, int state) {
    PlanStatistics known = plans.get(plan);
    double factor = course.replay().deviceFactor();
    long captured = course.captureNanos(frame);
    long deadline = captured + course.question().deadlineNanos();
    long free = captured + state * STEP_NANOS;
    long begin = Math.max(free, captured + Math.round(known.sentNanos() * factor));
    int[] typical = known.typicalBytes(SHARES);
    double turn = known.turnNanos() * factor;
    double turned =
        captured
            + Rescue.before(course.question().deadlineNanos())
                .beginNanos(known.sentNanos() * factor, turn);
    int late = 0;
    double rescues = 0;
    double latency = 0;
    double worker = 0;
    double bytes = 0;
    int at = place(frame, plan, state);
    for (int share = 0; share < typical.length; share++) {
      int sent = typical[share] + Envelope.REQUEST_BYTES;
      long departed = future.payloadDepartedNanos(begin, sent);
      long roundTrip = future.roundTripNanos(departed);
      double reply = (double) departed + roundTrip + known.workerNanos();
      double turns = Math.max(0, Math.min(turn, reply - turned));
      boolean overloads =
          turns > 0 && known.sentNanos() * factor + turns > course.replay().periodNanos();
      boolean misses = reply > (double) deadline || overloads;
      late += misses ? 1 : 0;
      rescues += misses ? 0 : turns;
      latency += Math.min(reply, (double) deadline) - captured;
      worker += departed + roundTrip / 2 < deadline ? known.workerNanos() : 0;
      bytes += begin < deadline ? sent : 0;
      long withdrawn = begin < deadline ? deadline : free;
      long idle = Math.max(free, Math.min(departed, withdrawn));
      next[at * SHARES + share] = (byte) state(idle - course.captureNanos(frame + 1));
    }
    double shares = Math.max(1, typical.length);
    double missed = late / shares;
    double offloaded = known.offloaded();
    cost[at] =
        (float)
            course
                .question()
                .costOf(
                    offloaded * worker / shares,
                    offloaded * bytes / shares,
                    (known.deviceNanos() + offloaded * missed * known.rescueNanos()) * factor
                        + offloaded * rescues / shares,
                    (1 - offloaded) * known.stopNanos() * factor + offloaded * latency / shares);
    difference[at] =
        (float) (known.difference() * (1 - missed) + known.rescuedDifference() * missed);
  }

  private int state(long queueNanos) {
    return (int) Math.min(states - 1, Math.max(0, (queueNanos + STEP_NANOS - 1) / STEP_NANOS));
  }

  /** The best policy for a price: a plan, by its place, for every frame and state. */
  int[] policy(double price) {
    int[] policy = new int[frames * states];
    double[] after = new double[states];
    for (int frame = frames - 1; frame >= 0; frame--) {
      double[] value = new double[states];
      for (int state = 0; state < states; state++) {
        value[state] = Double.POSITIVE_INFINITY;
        for (int plan = 0; plan < plans.size(); plan++) {
          double total = total(frame, plan, state, price, after);
          if (total < value[state]) {
            value[state] = total;
            policy[frame * states + state] = plan;
          }
        }
      }
      after = value;
    }
    return policy;
  }

  /** What a policy is expected to cost over all frames, less its priced accuracy. */
  double value(int[] policy, double price) {
    double[] after = new double[states];
    for (int frame = frames - 1; frame >= 0; frame--) {
      double[] value = new double[states];
      for (int state = 0; state < states; state++) {
        value[state] = total(frame, policy[frame * states + state], state, price, after);
      }
      after = value;
    }
    return after[0];
  }

  /** The policy of one plan up to a frame and another from there on. */
  int[] switching(int first, int second, int from) {
    int[] policy = new int[frames * states];
    Arrays.fill(policy, 0, from * states, first);
    Arrays.fill(policy, from * states, policy.length, second);
    return policy;
  }

  private double total(int frame, int plan, int state, double price, double[] after) {
    int at = place(frame, plan, state);
    double offloaded = plans.get(plan).offloaded();
    double ahead =
        (1 - offloaded) * after[state(state * STEP_NANOS - course.replay().periodNanos())];
    if (offloaded > 0) {
      for (int share = 0; share < SHARES; share++) {
        ahead += offloaded / SHARES * after[next[at * SHARES + share]];
      }
    }
    return cost[at] - price * difference[at] + ahead;
  }

  /** Streams under the policy of every price; equal policies once. */
  List<Outcome> outcomes() {
    double mean = 0;
    for (float each : cost) {
      mean += each / cost.length;
    }
    Set<List<Integer>> seen = new HashSet<>();
    List<Outcome> outcomes = new ArrayList<>();
    for (double price : PRICES) {
      int[] policy = policy(price * mean);
      if (seen.add(Arrays.stream(policy).boxed().toList())) {
        outcomes.add(course.run(new Follower(policy)));
      }
    }
    return outcomes;
  }

  /** Follows a policy, told the true queue. */
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
    public Planner start(SimulatedCloud cloud) {
      return new Planner() {
        @Override
        public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
          long period = course.replay().periodNanos();
          /* A frame may begin a little after its capture; until then its plan holds. */
          long since = nowNanos - StreamReplay.LEAD_NANOS - period / 4;
          int frame = (int) Math.min(frames - 1, Math.max(0, -Math.floorDiv(-since, period)));
          long free =
              future.departedNanos(
                  Math.max(nowNanos, Math.min(cloud.linkBusyUntilNanos(), LinkFuture.FAR_NANOS)),
                  (double) cloud.waitingBytes());
          int state = state(free - course.captureNanos(frame));
          return decisions.of(plans.get(policy[frame * states + state]).plan());
        }
      };
    }
  }
}
