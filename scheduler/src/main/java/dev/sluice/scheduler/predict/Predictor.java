package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.energy.DeviceActivity;
import dev.sluice.scheduler.energy.EnergyPerFrame;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.LatencyDistribution;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.Replay.Conditions;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.upkeep.LinkUpkeep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Predicts plans by replaying the calibration table's rows against the profile and live estimates.
 *
 * <p>What exits and codecs do to a sample does not depend on the link and is computed once per
 * plan, at construction. Latencies are replayed per question over at most {@value #MOST_ROWS} rows
 * (whole sequences, in order), because hard samples come in bursts and queue; over more where a
 * percentile needs them ({@link TailRows}).
 *
 * <p>Percentiles assume a cautious link: rate at {@code exp(-z sd)} times its estimate, round trip
 * {@code k} standard deviations above. Mean latency and compute assume the central one. Losses are
 * not modelled. The wait at the worker grows with its load, the plan's own included ({@link
 * dev.sluice.scheduler.estimate.WorkerLoad}).
 *
 * <p>Percentiles, misses and late losses take frames as coming evenly or at random, as they were
 * seen to ({@link Estimates#framePeriodCv}); mean latency, energy and the device's compute always
 * as coming evenly. Arrivals that come in bursts, less even than a Poisson process, are not
 * modelled.
 *
 * <p>Where frames pass the exits of the device at other odds than calibrated ({@link
 * Estimates#passOdds}), those that are sent weigh more or less in all costs, latencies and late
 * losses; energy, the queues in a replay, local plans and everything about accuracy do not follow.
 *
 * <p>Where frames come as fast as they are answered ({@link Arrivals#CLOSED}), every plan is judged
 * at its own pace: none is overloaded, and a stage that it keeps busy lets frames queue.
 *
 * <p>Not thread-safe: it has scratch space.
 */
public final class Predictor {
  /** Most rows replayed for latency, where no percentile needs more. */
  public static final int MOST_ROWS = 400;

  private static final int LONGEST_RUN = 40;
  private static final int NONE = -1;

  private final BundleFacts facts;
  private final Optional<ExitCriterion> criterion;
  private final DeviceModel device;
  private final Arrivals arrivals;
  private final double rateSds;
  private final double roundTripSds;
  private final int[] rows;
  private final Certificate certificate;

  /** The deepest cut of a local plan: what lies beyond the device may not hold. */
  private final int deepestCut;

  private final List<Behaviour> behaviours = new ArrayList<>();
  private final Map<Plan, Integer> indexes = new LinkedHashMap<>();

  private final Map<Sent, Shipment> shipments = new HashMap<>();
  private final Map<List<ExitThreshold>, byte[]> ownStops = new HashMap<>();

  private @Nullable PlanFloors floors;
  private @Nullable EnergyFloors energyFloors;
  private final double finalAccuracy;

  /** By exit and replayed row, a bit each: whether that exit's answer is right. */
  private final long[][] exitRight;

  /** What no exit answers. */
  private final long[] noneRight;

  /** Latencies by row, of the plan and conditions last replayed. */
  private final double[] scratch;

  /** The same if no frame is answered early. */
  private final double[] uncut;

  private final double[] hedged;

  /** What is priced and not kept. */
  private final DeviceActivity.Builder priced;

  private int replayed = NONE;
  private @Nullable Conditions replayedUnder;
  private @Nullable Estimates asked;
  private @Nullable Conditions cautious;
  private @Nullable Conditions central;
  private @Nullable Conditions between;
  private @Nullable Conditions even;
  private FrameTimes frames = FrameTimes.EVEN;
  private double framesCv;

  /** Of frames at random; none until some come. */
  private double[] distances = {};

  private double betweenCaution;

  /** What is written, and how. */
  private record Sent(int cut, String codec) {}

  /**
   * Prepares plans for prediction.
   *
   * @param plans distinct plans; those the tables or the profile say nothing about are refused
   * @param rateSds how many standard deviations a cautious rate lies below its estimate, at least 0
   * @param roundTripSds the same for the round trip, above
   * @throws IllegalArgumentException if a plan does not fit the bundle
   */
  public Predictor(BundleFacts facts, List<Plan> plans, double rateSds, double roundTripSds) {
    this(facts, plans, rateSds, roundTripSds, Optional.empty());
  }

  /**
   * Prepares plans for prediction under a policy of its own.
   *
   * @param criterion when active exits stop, if not by the plans' thresholds
   */
  public Predictor(
      BundleFacts facts,
      List<Plan> plans,
      double rateSds,
      double roundTripSds,
      Optional<ExitCriterion> criterion) {
    this(facts, plans, rateSds, roundTripSds, criterion, DeviceModel.DEFAULT);
  }

  /**
   * Prepares plans for prediction on a device that is known beyond its speed.
   *
   * @param device what plans cost it in energy and memory
   */
  public Predictor(
      BundleFacts facts,
      List<Plan> plans,
      double rateSds,
      double roundTripSds,
      Optional<ExitCriterion> criterion,
      DeviceModel device) {
    this(facts, plans, rateSds, roundTripSds, criterion, device, Arrivals.OPEN);
  }

  /**
   * Prepares plans for prediction with frames that may wait for answers.
   *
   * @param arrivals how frames come
   */
  public Predictor(
      BundleFacts facts,
      List<Plan> plans,
      double rateSds,
      double roundTripSds,
      Optional<ExitCriterion> criterion,
      DeviceModel device,
      Arrivals arrivals) {
    this(facts, plans, rateSds, roundTripSds, criterion, device, arrivals, MOST_ROWS);
  }

  /**
   * Prepares plans for prediction over so many rows.
   *
   * @param mostRows how many rows to replay at most, at least 1
   */
  public Predictor(
      BundleFacts facts,
      List<Plan> plans,
      double rateSds,
      double roundTripSds,
      Optional<ExitCriterion> criterion,
      DeviceModel device,
      Arrivals arrivals,
      int mostRows) {
    this.facts = facts;
    this.criterion = criterion;
    this.device = device;
    this.arrivals = arrivals;
    this.rateSds = rateSds;
    this.roundTripSds = roundTripSds;
    rows = rows(facts.select(), mostRows);
    scratch = new double[rows.length];
    uncut = new double[rows.length];
    hedged = new double[rows.length];
    priced = DeviceActivity.builder(rows.length, 0);
    exitRight = exitRight(facts, rows);
    noneRight = new long[exitRight[0].length];
    certificate = new Certificate(facts.certify());
    deepestCut =
        plans.stream()
            .filter(plan -> !plan.usesCloud())
            .mapToInt(Plan::split)
            .max()
            .orElse(facts.lastCut());
    int right = 0;
    for (int s = 0; s < facts.select().samples(); s++) {
      right += facts.select().correct(s, facts.finalExit()) ? 1 : 0;
    }
    finalAccuracy = (double) right / facts.select().samples();
    for (Plan plan : plans) {
      index(plan);
    }
  }

  private static long[][] exitRight(BundleFacts facts, int[] rows) {
    long[][] right = new long[facts.finalExit() + 1][(rows.length + Long.SIZE - 1) / Long.SIZE];
    for (int exit = 0; exit < right.length; exit++) {
      for (int i = 0; i < rows.length; i++) {
        if (facts.select().correct(rows[i], exit)) {
          right[exit][i / Long.SIZE] |= 1L << i;
        }
      }
    }
    return right;
  }

  BundleFacts facts() {
    return facts;
  }

  Optional<ExitCriterion> criterion() {
    return criterion;
  }

  /** Returns the number of plans prepared. */
  public int size() {
    return behaviours.size();
  }

  /** Returns a prepared plan. */
  public Plan plan(int index) {
    return behaviours.get(index).plan;
  }

  /** Returns a plan's index, preparing it if it is new. */
  public int index(Plan plan) {
    Integer known = indexes.get(plan);
    if (known != null) {
      return known;
    }
    if (plan.split() > facts.lastCut()) {
      throw new IllegalArgumentException("no such cut in this bundle: " + plan);
    }
    Shipment shipment =
        shipments.computeIfAbsent(
            new Sent(plan.sentCut(), plan.codec()), sent -> new Shipment(rows.length));
    byte[] own = plan.usesCloud() && !plan.usesCompanion() ? own(plan) : new byte[0];
    behaviours.add(
        Behaviour.of(facts, plan, rows, shipment, own, deepestCut, certificate, criterion));
    indexes.put(plan, behaviours.size() - 1);
    return behaviours.size() - 1;
  }

  /** By replayed row, the exit that stops it on a device that computes everything. */
  private byte[] own(Plan plan) {
    return ownStops.computeIfAbsent(
        plan.exits(),
        exits -> {
          Plan local = Plan.local(facts.lastCut(), exits);
          byte[] stops = Outcome.of(facts, facts.select(), local, criterion).exit;
          byte[] own = new byte[rows.length];
          for (int i = 0; i < own.length; i++) {
            own[i] = stops[rows[i]];
          }
          return own;
        });
  }

  /** Returns a prepared plan's index. */
  public OptionalInt find(Plan plan) {
    Integer known = indexes.get(plan);
    return known == null ? OptionalInt.empty() : OptionalInt.of(known);
  }

  /**
   * Numbers the plans anew, in ascending order of a key. Who looks through tens of thousands of
   * them does well to have those side by side that are looked at one after the other.
   *
   * @param key of a plan by its number until now; ties keep their order
   */
  public void sort(IntToDoubleFunction key) {
    double[] keys = IntStream.range(0, size()).mapToDouble(key).toArray();
    List<Behaviour> sorted =
        IntStream.range(0, size())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> keys[i]))
            .map(behaviours::get)
            .toList();
    behaviours.clear();
    behaviours.addAll(sorted);
    for (int i = 0; i < sorted.size(); i++) {
      indexes.put(sorted.get(i).plan, i);
    }
    floors = null;
    energyFloors = null;
    replayed = NONE;
  }

  /** Returns the uncut network's accuracy on the SELECT table. */
  public double finalAccuracy() {
    return finalAccuracy;
  }

  /** Returns a plan's accuracy on the SELECT table. */
  public double accuracy(int index) {
    return behaviours.get(index).accuracy;
  }

  /** Returns the certified lower bound of a plan's accuracy. */
  public double accuracyLowerBound(int index) {
    return behaviours.get(index).bounds.accuracy();
  }

  /** Returns the certified lower bound of a plan's accuracy minus the uncut network's. */
  public double differenceLowerBound(int index) {
    return behaviours.get(index).bounds.difference();
  }

  /**
   * Returns a plan's accuracy minus the uncut network's over both tables, less 1.64 standard errors
   * of the paired difference: for ranking where nothing is proven. The best of thousands of plans
   * on one small table is mostly the luckiest; a plan that often disagrees with the uncut network
   * must show more than luck. It proves nothing.
   */
  public double cautiousDifference(int index) {
    return behaviours.get(index).cautiousDifference;
  }

  /**
   * Returns whether a plan can be no slower than another whatever the conditions: no latency is
   * longer, and neither device nor link nor worker is busier. Says so only of plans that send the
   * same, and of none where frames come the faster, the quicker they are answered.
   */
  public boolean neverSlower(int index, int other) {
    return arrivals == Arrivals.OPEN
        && behaviours.get(index).neverSlowerThan(behaviours.get(other));
  }

  /**
   * Returns whether what plans come to in a metric takes a replay. Accuracy and the device's
   * compute do where the device answers frames that would be late: how many those are depends on
   * the link.
   */
  public boolean needsReplay(Metric metric) {
    return switch (metric.kind()) {
      case ACCURACY, DEVICE_COMPUTE -> !device.rescue().equals(Rescue.NONE);
      default -> metric.needsReplay();
    };
  }

  /**
   * Writes, for every plan, a bound that {@link #value} cannot be below. Of latencies queueing and
   * slow start are left out, of energy queueing, of the device's compute rescues; a share of late
   * answers and an accuracy that those lower are at least 0, and so is everything that needs a
   * replay where exits are not as calibrated, but for the device's compute and energy. Metrics that
   * need no replay are what {@link #value} says.
   *
   * @param into one place per plan
   */
  public void atLeast(Metric metric, Estimates estimates, double[] into) {
    if (metric.kind() == Metric.Kind.LATENCY_PERCENTILE && estimates.passOdds() == 1) {
      floors().percentiles(metric.percent(), conditions(estimates, 1), into);
      return;
    }
    IntToDoubleFunction bound = atLeast(metric, estimates);
    for (int i = 0; i < into.length; i++) {
      into[i] = bound.applyAsDouble(i);
    }
  }

  /**
   * Returns the same bound plan by plan, for who asks about few of them.
   *
   * @return by a plan's number; for as long as plans are neither added nor sorted
   */
  public IntToDoubleFunction atLeast(Metric metric, Estimates estimates) {
    boolean shifted = estimates.passOdds() != 1 && metric.kind() != Metric.Kind.DEVICE_ENERGY;
    if (shifted && metric.needsReplay()) {
      return plan -> 0;
    }
    return switch (metric.kind()) {
      case LATENCY_PERCENTILE -> floors().percentile(metric.percent(), conditions(estimates, 1));
      case MEAN_LATENCY -> floors().meanLatency(even(estimates));
      case DEVICE_ENERGY -> {
        if (energyFloors == null || energyFloors.size() != behaviours.size()) {
          energyFloors = new EnergyFloors(behaviours, device);
        }
        yield energyFloors.atLeast(even(estimates), arrivals);
      }
      case DEADLINE_MISSES -> plan -> 0;
      case ACCURACY -> needsReplay(metric) ? plan -> 0 : plan -> behaviours.get(plan).accuracy;
      case DEVICE_COMPUTE -> plan -> ownNanos(behaviours.get(plan), estimates);
      case WORKER_COMPUTE, UPLINK_BYTES, THROUGHPUT, DEVICE_MEMORY, MONTHLY_UPLINK_BYTES ->
          plan -> value(plan, metric, estimates);
    };
  }

  /**
   * Returns a bound that {@link #value} cannot exceed, without a replay; infinite where none is
   * known, as where frames may wait for each other.
   */
  public double atMost(int index, Metric metric, Estimates estimates) {
    if (estimates.passOdds() != 1 || arrivals == Arrivals.CLOSED) {
      return Double.POSITIVE_INFINITY;
    }
    Behaviour plan = behaviours.get(index);
    return switch (metric.kind()) {
      case LATENCY_PERCENTILE ->
          floors().mostPercentile(index, metric.percent(), conditions(estimates, 1));
      case MEAN_LATENCY ->
          Unqueued.holds(plan, even(estimates))
              ? Unqueued.mostMean(plan, even(estimates))
              : Double.POSITIVE_INFINITY;
      case ACCURACY,
          WORKER_COMPUTE,
          UPLINK_BYTES,
          DEVICE_COMPUTE,
          DEADLINE_MISSES,
          THROUGHPUT,
          DEVICE_ENERGY,
          DEVICE_MEMORY,
          MONTHLY_UPLINK_BYTES ->
          Double.POSITIVE_INFINITY;
    };
  }

  /** Writes every plan's {@link #utilisation(int, Estimates)}. */
  public void utilisations(Estimates estimates, double[] into) {
    if (estimates.passOdds() != 1 || arrivals == Arrivals.CLOSED) {
      for (int i = 0; i < into.length; i++) {
        into[i] = utilisation(i, estimates);
      }
      return;
    }
    floors().utilisations(conditions(estimates, 1), into);
  }

  private PlanFloors floors() {
    if (floors == null || floors.size() != behaviours.size()) {
      floors = new PlanFloors(behaviours, scratch.length);
    }
    return floors;
  }

  /**
   * Returns whether every latency bound holds, or holds with room to spare. Replays only where
   * bounds leave it open, and stops as soon as too many frames are late.
   *
   * @param bounds of latencies
   * @param share of each bound that the latency may take, positive
   */
  public boolean timely(int index, List<Constraint> bounds, double share, Estimates estimates) {
    for (int i = 0; i < bounds.size(); i++) {
      Constraint bound = bounds.get(i);
      double limit = share * Math.max(1, bound.bound());
      boolean holds =
          atMost(index, bound.metric(), estimates) <= limit
              || ((bound.metric().kind() == Metric.Kind.LATENCY_PERCENTILE
                      && estimates.passOdds() == 1)
                  ? timely(index, bound.metric().percent(), limit, estimates)
                  : value(index, bound.metric(), estimates) <= limit);
      if (!holds) {
        return false;
      }
    }
    return true;
  }

  private boolean timely(int index, double percent, double limitNanos, Estimates estimates) {
    int mostLate = scratch.length - 1 - LatencyDistribution.rank(percent, scratch.length);
    Conditions met = conditions(estimates, 1);
    if (met.frames().isEven() && isReplayed(index, met)) {
      int late = 0;
      for (double nanos : scratch) {
        late += nanos > limitNanos ? 1 : 0;
      }
      return late <= mostLate;
    }
    Behaviour plan = behaviours.get(index);
    boolean timely =
        Replay.run(
            plan,
            met,
            periodNanos(plan, estimates, 1),
            plan.shipment.transferNanos(met),
            scratch,
            uncut,
            limitNanos,
            mostLate);
    replayed = timely ? index : NONE;
    replayedUnder = met;
    return timely;
  }

  /** Returns whether device or uplink could not keep up with the frames. */
  public boolean overloaded(int index, Estimates estimates) {
    return utilisation(index, estimates) >= Prediction.OVERLOAD;
  }

  /** Returns the larger busy share of device and uplink; 0 where the frame period is unknown. */
  public double utilisation(int index, Estimates estimates) {
    return utilisation(index, estimates, 1);
  }

  /**
   * Returns the larger busy share, with only a part of the caution about the link.
   *
   * @param caution in [-1, 1]; 0 takes the central estimates, less is hopeful
   */
  public double utilisation(int index, Estimates estimates, double caution) {
    Behaviour plan = behaviours.get(index);
    return Math.max(
        deviceUtilisation(plan, estimates, caution), uplinkUtilisation(plan, estimates, caution));
  }

  /**
   * Returns one metric of a plan, in the metric's base unit. Of accuracy that is what is left where
   * the device answers by itself at {@link Rescue#deadlineNanos}; {@link #accuracy} does not know
   * of time.
   *
   * @throws IllegalArgumentException if it is the device's memory and nobody said what plans need
   */
  public double value(int index, Metric metric, Estimates estimates) {
    return value(index, metric, estimates, 1);
  }

  /**
   * Returns one metric of a plan, with only a part of the caution about the link.
   *
   * @param caution in [-1, 1]; 0 takes the central estimates, less is hopeful
   */
  public double value(int index, Metric metric, Estimates estimates, double caution) {
    Behaviour plan = behaviours.get(index);
    return switch (metric.kind()) {
      case ACCURACY ->
          needsReplay(metric)
              ? plan.accuracy - lateLoss(index, device.rescue().deadlineNanos(), estimates, caution)
              : plan.accuracy;
      case WORKER_COMPUTE -> workerNanos(plan, estimates);
      case UPLINK_BYTES -> meanBytes(plan, estimates);
      case DEVICE_COMPUTE -> ownNanos(plan, estimates) + rescueNanos(index, estimates);
      case MEAN_LATENCY -> {
        replay(index, even(estimates), estimates, 0);
        yield meanLatency(plan, estimates);
      }
      case LATENCY_PERCENTILE -> {
        replay(index, estimates, caution);
        ExitShift shift = shift(plan, estimates);
        if (!shift.isNone()) {
          yield shift.quantile(scratch, plan::sends, metric.percent() / 100);
        }
        /* What follows puts the rows into another order. */
        replayed = NONE;
        yield QuickSelect.select(
            scratch, LatencyDistribution.rank(metric.percent(), scratch.length));
      }
      case DEADLINE_MISSES -> {
        replay(index, estimates, caution);
        ExitShift shift = shift(plan, estimates);
        double late = 0;
        double all = 0;
        for (int i = 0; i < scratch.length; i++) {
          double weight = shift.weight(plan.sends(i));
          late += scratch[i] > metric.deadlineNanos() ? weight : 0;
          all += weight;
        }
        yield late / all;
      }
      case THROUGHPUT -> throughput(plan, estimates, caution);
      case DEVICE_ENERGY -> {
        replay(index, even(estimates), estimates, 0);
        yield device.energy().perFrame(collected(priced, plan, estimates)).totalJoules();
      }
      case DEVICE_MEMORY ->
          memoryBytes(plan)
              .orElseThrow(
                  () -> new IllegalArgumentException("nobody said what memory plans need"));
      case MONTHLY_UPLINK_BYTES -> monthlyBytes(plan, estimates);
    };
  }

  /**
   * Returns how much accuracy a plan loses because answers miss the deadline and the device gives
   * the best it has then: of a reply that is late the deepest exit that it reaches in time (or,
   * {@link DeviceModel#goesOn if it waits}, the nearest); of a sample that it computes by itself
   * the deepest exit that it has asked. Those are the hard samples, so a few per cent of them weigh
   * more than their number.
   *
   * @param deadlineNanos from capture
   * @param caution part of the caution about the link, in [-1, 1]; 0 takes the central estimates,
   *     less is hopeful
   * @return a share, at least 0
   */
  public double lateLoss(int index, double deadlineNanos, Estimates estimates, double caution) {
    return lost(
        index,
        device.fallsBack()
            ? deadlineNanos
            : Math.max(deadlineNanos, device.rescue().deadlineNanos()),
        estimates,
        caution);
  }

  private double lost(int index, double deadlineNanos, Estimates estimates, double caution) {
    Behaviour plan = behaviours.get(index);
    Conditions met = conditions(estimates, caution);
    boolean stayInTime =
        arrivals == Arrivals.OPEN
            && Unqueued.atDevice(plan, met)
            && Unqueued.mostLocal(plan, met) <= deadlineNanos;
    boolean sentInTime =
        plan.sentRows == 0
            || (arrivals == Arrivals.OPEN
                && Unqueued.holds(plan, met)
                && Unqueued.mostSent(plan, met, plan.mostBytes) <= deadlineNanos);
    if (stayInTime && sentInTime) {
      return 0;
    }
    boolean sentLate = plan.sentRows > 0 && Unqueued.leastSent(plan, met) > deadlineNanos;
    if (!stayInTime || !(sentInTime || sentLate)) {
      replay(index, estimates, caution);
    }
    ExitShift shift = shift(plan, estimates);
    double scale = estimates.deviceScale();
    int fallback =
        device.fallsBack() && plan.sentRows > 0
            ? plan.costs.fallbackExit(deadlineNanos / scale, device.goesOn())
            : NONE;
    if (stayInTime && sentLate) {
      double all = plan.lostWithout(fallback >= 0 ? exitRight[fallback] : noneRight);
      return Math.max(0, shift.weight(true) * all / scratch.length);
    }
    double lost = 0;
    for (int i = 0; i < scratch.length; i++) {
      boolean sent = plan.sends(i);
      boolean late =
          sent
              ? sentLate || (!sentInTime && uncut[i] > deadlineNanos)
              : !stayInTime && uncut[i] > deadlineNanos;
      if (late) {
        double waited = sent ? 0 : uncut[i] / scale - plan.deviceNanos(i);
        double left = deadlineNanos / scale - waited;
        int exit =
            sent
                ? fallback
                : met.frames().isEven() ? plan.costs.askedBy(left) : plan.costs.reachedBy(left);
        boolean saved = exit >= 0 && facts.select().correct(rows[i], exit);
        lost += shift.weight(sent) * ((plan.right(i) ? 1 : 0) - (saved ? 1 : 0));
      }
    }
    return Math.max(0, lost / scratch.length);
  }

  /**
   * Returns what a plan makes the device and its radio do, with the link at its central estimate;
   * to be priced under any constants, for example by {@link
   * dev.sluice.scheduler.energy.EnergyRanking}.
   */
  public DeviceActivity activity(int index, Estimates estimates) {
    replay(index, even(estimates), estimates, 0);
    DeviceActivity.Builder kept = DeviceActivity.builder(scratch.length, 0);
    return collected(kept, behaviours.get(index), estimates).build();
  }

  /** Needs the latencies with the link at its central estimate in {@link #scratch}. */
  private DeviceActivity.Builder collected(
      DeviceActivity.Builder into, Behaviour plan, Estimates estimates) {
    return ActivityReplay.collect(
        into,
        plan,
        even(estimates),
        periodNanos(plan, estimates, 0),
        device.upkeep().idlePingNanos(),
        scratch);
  }

  /** Returns all that is predicted of a plan. */
  public Prediction predict(int index, Estimates estimates) {
    Behaviour plan = behaviours.get(index);
    replay(index, even(estimates), estimates, 0);
    double mean = meanLatency(plan, estimates);
    EnergyPerFrame energy = device.energy().perFrame(collected(priced, plan, estimates));
    double deviceNanos = ownNanos(plan, estimates) + rescueNanos(index, estimates);
    replay(index, estimates, 1);
    ExitShift shift = shift(plan, estimates);
    double[] weighed = shift.isNone() ? scratch : shift.spread(scratch, plan::sends);
    long[] latency = new long[weighed.length];
    for (int i = 0; i < latency.length; i++) {
      latency[i] = Math.round(weighed[i]);
    }
    return new Prediction(
        LatencyDistribution.of(latency),
        mean,
        plan.accuracy,
        finalAccuracy,
        plan.bounds.accuracy(),
        plan.bounds.difference(),
        workerNanos(plan, estimates),
        meanBytes(plan, estimates),
        deviceNanos,
        sentShare(plan, estimates),
        deviceUtilisation(plan, estimates, 1),
        uplinkUtilisation(plan, estimates, 1),
        throughput(plan, estimates, 1),
        energy,
        monthlyBytes(plan, estimates),
        memoryBytes(plan));
  }

  /**
   * Frames per second that pass the slowest of device, uplink and worker, each taking one frame at
   * a time. A worker that computes several at once can do more. Frames that come at that pace keep
   * the connection's window open: slow start delays the first of them and limits none.
   */
  private double throughput(Behaviour plan, Estimates estimates, double caution) {
    return 1e9 / slowestNanos(plan, estimates, caution);
  }

  private double slowestNanos(Behaviour plan, Estimates estimates, double caution) {
    return Math.max(
        uplinkNanos(plan, estimates, caution),
        Math.max(ownNanos(plan, estimates), workerNanos(plan, estimates)));
  }

  /** The time between the frames that a plan is judged at; 0 where it is unknown. */
  private long periodNanos(Behaviour plan, Estimates estimates, double caution) {
    return arrivals == Arrivals.OPEN
        ? estimates.framePeriodNanos()
        : arrivals.periodNanos(
            estimates.framePeriodNanos(), slowestNanos(plan, estimates, caution));
  }

  /** Requests, and beside them what the link takes, where somebody has bounded that. */
  private double monthlyBytes(Behaviour plan, Estimates estimates) {
    long period = periodNanos(plan, estimates, 0);
    double requests = Metric.monthlyBytes(meanBytes(plan, estimates), period);
    LinkUpkeep upkeep = device.upkeep();
    if (!upkeep.isBounded() || !plan.plan.usesCloud() || requests == Double.POSITIVE_INFINITY) {
      return requests;
    }
    double kept =
        period == 0
            ? upkeep.leastBytesPerSecond()
            : upkeep.bytesPerSecond(
                sentShare(plan, estimates) * 1e9 / period,
                Math.min(1, awayNanos(plan, estimates, period) / period));
    return requests + Metric.bytesPerMonth(kept);
  }

  private static double sentShare(Behaviour plan, Estimates estimates) {
    return Math.min(1, shift(plan, estimates).sentWeight() * plan.offloadedShare);
  }

  /** Per frame, how long a request is under way, with the link at its central estimate. */
  private double awayNanos(Behaviour plan, Estimates estimates, long periodNanos) {
    Conditions met = even(estimates);
    double each = met.roundTripNanos() + met.workerWait().nanos(plan.workerNanos, periodNanos);
    return sentShare(plan, estimates) * each
        + meanBytes(plan, estimates) / met.bytesPerNano()
        + workerNanos(plan, estimates);
  }

  private OptionalLong memoryBytes(Behaviour plan) {
    return device.memory().isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(device.memory().get().bytes(plan.plan));
  }

  /** Writes latencies into {@link #scratch}, unless they are there. */
  private void replay(int index, Estimates estimates, double caution) {
    replay(index, conditions(estimates, caution), estimates, caution);
  }

  private void replay(int index, Conditions met, Estimates estimates, double caution) {
    if (!isReplayed(index, met)) {
      Behaviour plan = behaviours.get(index);
      Replay.run(
          plan,
          met,
          periodNanos(plan, estimates, caution),
          plan.shipment.transferNanos(met),
          scratch,
          uncut,
          Double.POSITIVE_INFINITY,
          scratch.length);
      replayed = index;
      replayedUnder = met;
    }
  }

  @SuppressWarnings("ReferenceEquality") // conditions are made once per estimates and caution
  private boolean isReplayed(int index, Conditions met) {
    return replayed == index && replayedUnder == met;
  }

  @SuppressWarnings("ReferenceEquality")
  private Conditions conditions(Estimates estimates, double caution) {
    if (asked != estimates) {
      asked = estimates;
      cautious = null;
      central = null;
      between = null;
      even = null;
    }
    if (caution == 1) {
      if (cautious == null) {
        cautious = made(estimates, 1);
      }
      return cautious;
    }
    if (caution == 0) {
      if (central == null) {
        central = made(estimates, 0);
      }
      return central;
    }
    if (between == null || betweenCaution != caution) {
      between = made(estimates, caution);
      betweenCaution = caution;
    }
    return between;
  }

  /** The central estimates, with frames that come evenly whatever was seen. */
  private Conditions even(Estimates estimates) {
    Conditions met = conditions(estimates, 0);
    if (met.frames().isEven()) {
      return met;
    }
    if (even == null) {
      even = made(estimates, 0, FrameTimes.EVEN);
    }
    return even;
  }

  private Conditions made(Estimates estimates, double caution) {
    double cv = arrivals == Arrivals.OPEN ? estimates.framePeriodCv() : 0;
    if (framesCv != cv) {
      if (distances.length == 0) {
        distances = FrameTimes.typical(scratch.length);
      }
      frames = FrameTimes.of(cv, distances);
      framesCv = cv;
    }
    return made(estimates, caution, frames);
  }

  private Conditions made(Estimates estimates, double caution, FrameTimes times) {
    return new Conditions(
        rate(estimates, caution) / 1e9,
        roundTrip(estimates, caution),
        WorkerWait.of(
            estimates, (double) facts.workerProfile().networkNanos(), Math.max(0, caution)),
        estimates.deviceScale(),
        estimates.workerScale(),
        estimates.framePeriodNanos(),
        device.fallsBack() ? device.rescue() : Rescue.NONE,
        device.goesOn(),
        times);
  }

  private double rate(Estimates estimates, double caution) {
    return estimates.uplinkBytesPerSecond()
        * Math.exp(-caution * rateSds * estimates.uplinkRelativeSd());
  }

  private double roundTrip(Estimates estimates, double caution) {
    return Math.max(
        0, estimates.roundTripNanos() + caution * roundTripSds * estimates.roundTripSdNanos());
  }

  private double deviceUtilisation(Behaviour plan, Estimates estimates, double caution) {
    return share(ownNanos(plan, estimates), periodNanos(plan, estimates, caution));
  }

  private double uplinkUtilisation(Behaviour plan, Estimates estimates, double caution) {
    return share(uplinkNanos(plan, estimates, caution), periodNanos(plan, estimates, caution));
  }

  private double uplinkNanos(Behaviour plan, Estimates estimates, double caution) {
    return meanBytes(plan, estimates) / conditions(estimates, caution).bytesPerNano();
  }

  private static double share(double nanos, long periodNanos) {
    return periodNanos == 0 ? 0 : nanos / (double) periodNanos;
  }

  private static ExitShift shift(Behaviour plan, Estimates estimates) {
    return ExitShift.of(plan.offloadedShare, estimates.passOdds());
  }

  private static double workerNanos(Behaviour plan, Estimates estimates) {
    return shift(plan, estimates).mean(plan.workerNanos, 0) * estimates.workerScale();
  }

  private static double meanBytes(Behaviour plan, Estimates estimates) {
    return shift(plan, estimates).mean(plan.meanBytes, 0);
  }

  /** Of the device per frame, for the plan's own part. */
  private static double ownNanos(Behaviour plan, Estimates estimates) {
    ExitShift shift = shift(plan, estimates);
    double sent = plan.offloadedShare * plan.costs.deviceSent;
    double nanos = shift.isNone() ? plan.deviceNanos : shift.mean(sent, plan.deviceNanos - sent);
    return nanos * estimates.deviceScale();
  }

  /**
   * Of the device per frame, for turning once more to frames whose reply is late, until that comes
   * or the nearest exit is reached.
   */
  private double rescueNanos(int index, Estimates estimates) {
    Behaviour plan = behaviours.get(index);
    if (device.rescue().equals(Rescue.NONE)
        || !device.fallsBack()
        || plan.sentRows == 0
        || plan.costs.rescue == 0) {
      return 0;
    }
    Conditions met = even(estimates);
    replay(index, met, estimates, 0);
    double whole = plan.costs.rescue * estimates.deviceScale();
    double begin = Replay.rescueBeginNanos(plan, met);
    double nanos = 0;
    for (int i = 0; i < scratch.length; i++) {
      nanos += plan.sends(i) ? Math.max(0, Math.min(whole, scratch[i] - begin)) : 0;
    }
    return shift(plan, estimates).sentWeight() * nanos / scratch.length;
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  /** Needs the latencies with the link at its central estimate in {@link #scratch}. */
  private double meanLatency(Behaviour plan, Estimates estimates) {
    ExitShift shift = shift(plan, estimates);
    double[] latencies = hedged(plan, even(estimates));
    return shift.isNone() ? mean(latencies) : shift.mean(latencies, plan::sends);
  }

  /**
   * Latencies where the device answers by itself before the reply comes. Only the mean counts on
   * that: whether a frame is in time shall not depend on what the device can do meanwhile. Nor
   * shall it hide a busy worker, which nobody would leave alone then: the wait there counts in any
   * case.
   */
  private double[] hedged(Behaviour plan, Conditions met) {
    if (!met.hedges()
        || plan.own.length == 0
        || arrivals == Arrivals.CLOSED
        || !Unqueued.atDevice(plan, met)) {
      return scratch;
    }
    double wait = met.workerWait().nanos(plan.workerNanos, met.periodNanos());
    double period = met.periodNanos();
    double sent = plan.costs.deviceSent * met.deviceScale();
    double taken = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < scratch.length; i++) {
      double captured = i * period;
      /* Frames that were sent earlier and have no answer yet have the device first. */
      boolean hedges = plan.sends(i) && (period == 0 || taken <= captured + sent);
      hedged[i] = hedges ? Math.min(scratch[i], wait + plan.hedgedNanos(i, met)) : scratch[i];
      taken = plan.sends(i) ? Math.max(taken, captured + hedged[i]) : taken;
    }
    return hedged;
  }

  /* Whole sequences (or long pieces), evenly chosen, until the rows are full; single samples count as sequences. */
  static int[] rows(CalibrationTable table, int mostRows) {
    int samples = table.samples();
    List<int[]> runs = new ArrayList<>();
    for (int start = 0; start < samples; ) {
      int end = start + 1;
      while (end < samples
          && end - start < LONGEST_RUN
          && table.sequence(end) >= 0
          && table.sequence(end) == table.sequence(start)) {
        end++;
      }
      runs.add(new int[] {start, end});
      start = end;
    }
    double share = Math.min(1, (double) mostRows / samples);
    int[] rows = new int[Math.min(mostRows, samples)];
    int filled = 0;
    double due = 0;
    for (int[] run : runs) {
      due += share * (run[1] - run[0]);
      /* A run is taken when at least half of it is due; the last one taken may be cut short. */
      if (due - filled >= 0.5 * (run[1] - run[0]) || share == 1) {
        for (int s = run[0]; s < run[1] && filled < rows.length; s++) {
          rows[filled++] = s;
        }
      }
    }
    return filled == rows.length ? rows : Arrays.copyOf(rows, Math.max(1, filled));
  }
}
