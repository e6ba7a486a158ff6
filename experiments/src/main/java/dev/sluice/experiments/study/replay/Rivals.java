package dev.sluice.experiments.study.replay;

import dev.sluice.experiments.study.replay.Contender.Entry;
import dev.sluice.experiments.study.replay.Contender.Form;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.energy.RadioPower;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Metric.Kind;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Sends;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.rival.BandwidthState;
import dev.sluice.scheduler.rival.BranchyNet;
import dev.sluice.scheduler.rival.CloudOnly;
import dev.sluice.scheduler.rival.Coding;
import dev.sluice.scheduler.rival.Dads;
import dev.sluice.scheduler.rival.Ddnn;
import dev.sluice.scheduler.rival.DeviceOnly;
import dev.sluice.scheduler.rival.DynamicEdgent;
import dev.sluice.scheduler.rival.Edgent;
import dev.sluice.scheduler.rival.EnergyPrice;
import dev.sluice.scheduler.rival.FixedSplit;
import dev.sluice.scheduler.rival.Neurosurgeon;
import dev.sluice.scheduler.rival.Spinn;
import dev.sluice.scheduler.rival.Terms;
import dev.sluice.sim.trace.LinkTrace;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * All planners that the scheduler is compared with. This is the place to add one.
 *
 * <p>In the {@link Form#SHARED} form they have what Sluice has: the session's pipelining and
 * fallback, measured times, and every codec of the bundle that loses at most a point. In the {@link
 * Form#PUBLISHED} form each has what its paper gives it: raw tensors and regressed times before
 * SPINN, and no fallback, so that a frame waits for its plan. Dynamic Edgent gets the states of the
 * very trace for its map, where its authors had those of other days.
 *
 * <p>Codecs of pictures that a bundle does not have, and networks in INT8, take no part.
 */
public final class Rivals {
  private static final String JPEG = "jpeg-75";

  /** Codecs that pictures may be sent whole by, where a bundle has them. */
  private static final List<String> PICTURES = List.of("raw", "png", JPEG);

  private static final String CLOUD_ONLY = "cloud-only ";

  /** What time a sweep of the trace takes rates at. */
  private static final long RATE_EVERY_NANOS = 500_000_000L;

  private static final double LEAST_BYTES_PER_SECOND = 1;
  private static final double NOMINAL_BYTES_PER_SECOND = 125_000;

  /** What has one plan heeds nothing. */
  private static final Set<Kind> NOTHING = Set.of();

  private static final Set<Kind> SPINNS =
      Set.of(
          Kind.MEAN_LATENCY,
          Kind.ACCURACY,
          Kind.WORKER_COMPUTE,
          Kind.UPLINK_BYTES,
          Kind.DEVICE_COMPUTE);

  private Rivals() {}

  /** Names of those that take part on some bundles only. */
  public static List<String> sometimes() {
    return PICTURES.stream().map(codec -> CLOUD_ONLY + codec).toList();
  }

  /** Those that can take part on a bundle, in both forms. */
  public static List<Contender> of(BundleFacts facts) {
    List<Contender> all = new ArrayList<>();
    for (Form form : Form.values()) {
      Terms terms = form == Form.SHARED ? Terms.asSluice() : Terms.asPublished();
      all.add(
          new Contender(
              "device-only",
              form,
              NOTHING,
              false,
              (known, question) -> Contender.reused(Entry.of(new DeviceOnly(known)))));
      for (String codec : PICTURES) {
        if (facts.codecs().stream().anyMatch(c -> c.cut() == 0 && c.codec().equals(codec))) {
          all.add(
              new Contender(
                  CLOUD_ONLY + codec,
                  form,
                  NOTHING,
                  false,
                  (known, question) -> Contender.reused(Entry.of(new CloudOnly(known, codec)))));
        }
      }
      all.add(
          new Contender(
              "neurosurgeon",
              form,
              Set.of(Kind.MEAN_LATENCY),
              true,
              (known, question) -> Contender.reused(Entry.of(new Neurosurgeon(known, terms)))));
      all.add(
          new Contender(
              "neurosurgeon, energy",
              form,
              Set.of(Kind.DEVICE_ENERGY),
              true,
              (known, question) ->
                  Contender.reused(
                      Entry.of(new Neurosurgeon(known, terms, price(EnergyModel.DEFAULT))))));
      all.add(
          new Contender(
              "dads",
              form,
              Set.of(Kind.MEAN_LATENCY, Kind.THROUGHPUT),
              true,
              (known, question) -> Contender.reused(Entry.of(new Dads(known, terms)))));
      all.add(
          new Contender(
              "edgent, static",
              form,
              Set.of(Kind.MEAN_LATENCY),
              true,
              (known, question) ->
                  Contender.reused(Entry.of(new Edgent(known, terms, question.deadlineNanos())))));
      all.add(
          new Contender(
              "edgent, dynamic",
              form,
              Set.of(Kind.MEAN_LATENCY),
              true,
              (known, question) ->
                  course ->
                      Entry.of(
                          new DynamicEdgent(
                              known,
                              terms,
                              question.deadlineNanos(),
                              course.mean(),
                              BandwidthState.along(rates(course))))));
      all.add(
          new Contender(
              "cascade",
              form,
              EnumSet.allOf(Kind.class),
              true,
              (known, question) -> cascade(known, question, form)));
      all.add(new Contender("branchynet", form, Set.of(Kind.ACCURACY), false, Rivals::branchyNet));
      Coding coding = form == Form.SHARED ? terms.coding() : Coding.uncompressed();
      all.add(
          new Contender(
              "ddnn", form, Set.of(Kind.ACCURACY, Kind.UPLINK_BYTES), false, ddnn(coding)));
      String picture = form == Form.SHARED ? JPEG : "raw";
      all.add(
          new Contender(
              "spinn",
              form,
              SPINNS,
              true,
              (known, question) ->
                  Contender.reused(
                      Entry.of(new Spinn(known, question.goal().objective(), picture)))));
    }
    all.add(
        new Contender(
            "fixed split",
            Form.SHARED,
            Set.of(Kind.MEAN_LATENCY),
            false,
            (known, question) -> course -> Entry.of(new FixedSplit(known, course.mean()))));
    return List.copyOf(all);
  }

  private static Function<Course, Entry> branchyNet(BundleFacts facts, Question question) {
    BranchyNet planner = BranchyNet.swept(facts, question.mostLoss());
    return Contender.reused(new Entry(planner, Optional.of(planner.criterion())));
  }

  /**
   * An early exit on the device stands for the small network of a cascade; what it is not sure of
   * goes as a picture to the whole network. Exit and threshold, and the picture's codec in the
   * shared form, are chosen by the objective under the conditions of the moment, as the scheduler
   * does without its proofs.
   */
  private static Function<Course, Entry> cascade(BundleFacts facts, Question question, Form form) {
    List<PlanChain> chains = new ArrayList<>();
    for (PlanChain chain : CandidatePlans.sluice(facts)) {
      List<Plan> plans =
          chain.plans().stream().filter(plan -> isCascade(facts, plan, form)).toList();
      if (!plans.isEmpty()) {
        chains.add(new PlanChain(plans));
      }
    }
    return Contender.reused(
        Entry.of(
            new Scheduler(facts, question.goal().objective(), SchedulerOptions.plain(), chains)));
  }

  private static boolean isCascade(BundleFacts facts, Plan plan, Form form) {
    if (!plan.usesCloud()) {
      return plan.split() == facts.lastCut() && plan.exits().isEmpty();
    }
    return plan.sends() == Sends.PICTURE
        && (form == Form.SHARED || plan.codec().equals(JPEG))
        && plan.exits().stream().allMatch(exit -> facts.exitCut(exit.exit()) <= plan.split());
  }

  /** Conditions only tell settings of equal bytes apart. */
  private static Contender.Maker ddnn(Coding coding) {
    return (facts, question) -> {
      Ddnn planner =
          Ddnn.swept(
              facts,
              coding,
              question.mostLoss(),
              Estimates.of(LinkState.UP, NOMINAL_BYTES_PER_SECOND, 0, 0, 0, 1, 1, 0, 0));
      return Contender.reused(new Entry(planner, Optional.of(planner.criterion())));
    };
  }

  /** Powers of a device and of its radio while it sends. */
  private static EnergyPrice price(EnergyModel model) {
    RadioPower radio = model.radio();
    return new EnergyPrice() {
      @Override
      public double computeJoules(double nanos) {
        return nanos * 1e-12 * model.device().networkMilliwatts();
      }

      @Override
      public double uplinkJoules(double nanos, double bytes) {
        return nanos * 1e-12 * radio.activeMilliwatts()
            + bytes * 8e-9 * radio.transmitMillijoulesPerMegabit();
      }
    };
  }

  /** The trace's rates along one pass, for the states of a link. */
  private static double[] rates(Course course) {
    LinkTrace trace = course.trace();
    int count = (int) Math.max(1, trace.durationNanos() / RATE_EVERY_NANOS);
    double[] rates = new double[count];
    for (int i = 0; i < count; i++) {
      LinkTrace.Step step = trace.stepAt(i * RATE_EVERY_NANOS);
      rates[i] = Math.max(LEAST_BYTES_PER_SECOND, step.outage() ? 0 : step.uplinkBytesPerSecond());
    }
    return rates;
  }
}
