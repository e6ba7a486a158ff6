package dev.sluice.experiments.study.replay;

import dev.sluice.experiments.study.replay.Contender.Entry;
import dev.sluice.experiments.study.replay.Contender.Form;
import dev.sluice.protocol.codec.PictureCodec;
import dev.sluice.protocol.codec.UnknownCodecException;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.energy.RadioPower;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Metric.Kind;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Sends;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.rival.BandwidthState;
import dev.sluice.scheduler.rival.BranchyNet;
import dev.sluice.scheduler.rival.Cascade;
import dev.sluice.scheduler.rival.CloudOnly;
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
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All planners that the scheduler is compared with. This is the place to add one.
 *
 * <p>In the {@link Form#SHARED} form they have what Sluice has: the session's pipelining and
 * fallback, measured times, and every codec of the bundle that loses no more than the objective
 * allows (a point where it allows nothing in particular). In the {@link Form#PUBLISHED} form each
 * has what its paper gives it: raw tensors and regressed times before SPINN, and no fallback, so
 * that a frame waits for its plan. Dynamic Edgent gets the states of the very trace for its map,
 * where its authors had those of other days.
 *
 * <p>Who sends pictures with one codec ({@code cloud-only best}, SPINN) gets the {@link
 * BestPicture} of the bundle for the objective, and the {@code cascade}, which asks the bundle's
 * companion, that of the companion; {@code exit, then picture}, a cascade without a second network,
 * chooses among all picture codecs as the link changes.
 *
 * <p>Codecs of pictures that a bundle does not have take no part, nor does {@code device-only int8}
 * on a bundle without that variant, nor the cascade on one without a companion.
 */
public final class Rivals {
  private static final String RAW = "raw";
  private static final String DEVICE_ONLY = "device-only";

  /** What {@code model quantise} calls its variant. */
  private static final String INT8 = "int8";

  private static final String JPEG = "jpeg-75";
  private static final String CASCADE = "cascade";

  /** Codecs that pictures may be sent whole by, where a bundle has them. */
  private static final List<String> PICTURES = List.of(RAW, "png", JPEG);

  private static final String CLOUD_ONLY = "cloud-only ";
  private static final String BEST = "best";

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

  private static final Set<Kind> SPINNS_WITH_ENERGY =
      Stream.concat(SPINNS.stream(), Stream.of(Kind.DEVICE_ENERGY))
          .collect(Collectors.toUnmodifiableSet());

  private Rivals() {}

  /**
   * Names of those that take part on some bundles only: one for every usual picture codec, and what
   * needs a companion.
   */
  public static List<String> sometimes() {
    return Stream.concat(PICTURES.stream().map(codec -> CLOUD_ONLY + codec), Stream.of(CASCADE))
        .toList();
  }

  /**
   * Whether a name is that of sending pictures by some codec which there is, though perhaps in no
   * bundle.
   */
  public static boolean isCloudOnly(String name) {
    if (!name.startsWith(CLOUD_ONLY)) {
      return false;
    }
    try {
      PictureCodec.of(name.substring(CLOUD_ONLY.length()));
      return true;
    } catch (UnknownCodecException none) {
      return false;
    }
  }

  /**
   * Sending every picture by each picture codec of the bundle beyond the usual ones, in both forms;
   * for who asks for one by name.
   */
  public static List<Contender> furtherPictures(BundleFacts facts) {
    List<Contender> all = new ArrayList<>();
    for (Form form : Form.values()) {
      for (CodecFact codec : facts.codecs()) {
        if (codec.cut() == 0 && !PICTURES.contains(codec.codec())) {
          all.add(cloudOnly(form, codec.codec()));
        }
      }
    }
    return all;
  }

  private static Contender cloudOnly(Form form, String codec) {
    return new Contender(
        CLOUD_ONLY + codec,
        form,
        NOTHING,
        false,
        (known, question) -> Contender.reused(Entry.of(new CloudOnly(known, codec))));
  }

  /** Those that can take part on a bundle, in both forms, on a device of the usual powers. */
  public static List<Contender> of(BundleFacts facts) {
    return of(facts, EnergyModel.DEFAULT);
  }

  /**
   * Those that can take part on a bundle, in both forms.
   *
   * @param energy powers of device and radio as whoever plans for energy believes them to be
   */
  public static List<Contender> of(BundleFacts facts, EnergyModel energy) {
    List<Contender> all = new ArrayList<>();
    for (Form form : Form.values()) {
      all.add(
          new Contender(
              DEVICE_ONLY,
              form,
              NOTHING,
              false,
              (known, question) -> Contender.reused(Entry.of(new DeviceOnly(known)))));
      all.add(
          new Contender(
              DEVICE_ONLY + " " + INT8,
              form,
              NOTHING,
              false,
              INT8,
              (known, question) -> Contender.reused(Entry.of(new DeviceOnly(known)))));
      for (String codec : PICTURES) {
        if (facts.codecs().stream().anyMatch(c -> c.cut() == 0 && c.codec().equals(codec))) {
          all.add(cloudOnly(form, codec));
        }
      }
      all.add(
          new Contender(
              CLOUD_ONLY + BEST,
              form,
              Set.of(Kind.ACCURACY),
              false,
              (known, question) ->
                  Contender.reused(
                      Entry.of(new CloudOnly(known, BestPicture.of(known, question.mostLoss()))))));
      all.add(
          new Contender(
              "neurosurgeon",
              form,
              Set.of(Kind.MEAN_LATENCY),
              true,
              (known, question) ->
                  Contender.reused(Entry.of(new Neurosurgeon(known, terms(form, question))))));
      all.add(
          new Contender(
              "neurosurgeon, energy",
              form,
              Set.of(Kind.DEVICE_ENERGY),
              true,
              (known, question) ->
                  Contender.reused(
                      Entry.of(new Neurosurgeon(known, terms(form, question), price(energy))))));
      all.add(
          new Contender(
              "dads",
              form,
              Set.of(Kind.MEAN_LATENCY, Kind.THROUGHPUT),
              true,
              (known, question) ->
                  Contender.reused(Entry.of(new Dads(known, terms(form, question))))));
      all.add(
          new Contender(
              "edgent, static",
              form,
              Set.of(Kind.MEAN_LATENCY),
              true,
              (known, question) ->
                  Contender.reused(
                      Entry.of(
                          new Edgent(known, terms(form, question), question.deadlineNanos())))));
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
                              terms(form, question),
                              question.deadlineNanos(),
                              course.mean(),
                              BandwidthState.along(rates(course))))));
      if (facts.companion().isPresent()) {
        all.add(new Contender(CASCADE, form, Set.of(Kind.ACCURACY), false, cascade(form)));
      }
      all.add(
          new Contender(
              "exit, then picture",
              form,
              EnumSet.allOf(Kind.class),
              true,
              (known, question) -> exitThenPicture(known, question, form, energy)));
      all.add(new Contender("branchynet", form, Set.of(Kind.ACCURACY), false, Rivals::branchyNet));
      all.add(
          new Contender("ddnn", form, Set.of(Kind.ACCURACY, Kind.UPLINK_BYTES), false, ddnn(form)));
      all.add(
          new Contender(
              "spinn",
              form,
              form == Form.SHARED ? SPINNS_WITH_ENERGY : SPINNS,
              true,
              (known, question) ->
                  Contender.reused(Entry.of(spinn(known, question, form, energy)))));
    }
    all.add(
        new Contender(
            "fixed split",
            Form.SHARED,
            Set.of(Kind.MEAN_LATENCY),
            false,
            (known, question) ->
                course -> Entry.of(new FixedSplit(known, course.mean(), question.mostLoss()))));
    return List.copyOf(all);
  }

  /** On Sluice's terms SPINN can price energy, of which its paper has no model. */
  private static Spinn spinn(BundleFacts facts, Question question, Form form, EnergyModel energy) {
    Objective objective = question.goal().objective();
    return form == Form.SHARED
        ? new Spinn(facts, objective, BestPicture.of(facts, question.mostLoss()), energy)
        : new Spinn(facts, objective, RAW);
  }

  /** On Sluice's terms codecs lose no more than the objective allows. */
  private static Terms terms(Form form, Question question) {
    return form == Form.SHARED ? Terms.asSluice(question.mostLoss()) : Terms.asPublished();
  }

  private static Function<Course, Entry> branchyNet(BundleFacts facts, Question question) {
    BranchyNet planner = BranchyNet.swept(facts, question.mostLoss());
    return Contender.reused(new Entry(planner, Optional.of(planner.criterion())));
  }

  /**
   * An early exit on the device answers what it is sure of; the rest goes as a picture to the same
   * network. It is what a cascade comes to without a second network. Exit and threshold, and in the
   * shared form the picture's codec among all of the bundle's, are chosen by the objective, its
   * bound of the accuracy included, under the conditions of the moment, as the scheduler does
   * without its proofs. The published form sends JPEG of quality 75, the usual one of the
   * frameworks that offer cascades.
   *
   * @throws IllegalArgumentException if the bundle has no codec to send a picture with
   */
  private static Function<Course, Entry> exitThenPicture(
      BundleFacts facts, Question question, Form form, EnergyModel energy) {
    List<PlanChain> chains = new ArrayList<>();
    for (PlanChain chain : CandidatePlans.sluice(facts)) {
      List<Plan> plans =
          chain.plans().stream().filter(plan -> isExitThenPicture(facts, plan, form)).toList();
      if (!plans.isEmpty()) {
        chains.add(new PlanChain(plans));
      }
    }
    if (chains.stream().noneMatch(chain -> chain.plans().stream().anyMatch(Plan::usesCloud))) {
      throw new IllegalArgumentException("no codec to send a picture with");
    }
    return Contender.reused(
        Entry.of(
            new Scheduler(
                facts,
                question.goal().objective(),
                SchedulerOptions.plain().with(energy),
                chains)));
  }

  private static boolean isExitThenPicture(BundleFacts facts, Plan plan, Form form) {
    if (!plan.usesCloud()) {
      return plan.split() == facts.lastCut() && plan.exits().isEmpty();
    }
    return plan.sends() == Sends.PICTURE
        && (form == Form.SHARED || plan.codec().equals(JPEG))
        && plan.exits().stream().allMatch(exit -> facts.exitCut(exit.exit()) <= plan.split());
  }

  /** The published form sends JPEG of quality 75, as {@code exit, then picture} does. */
  private static Contender.Maker cascade(Form form) {
    return (facts, question) -> {
      String codec =
          form == Form.SHARED ? BestPicture.ofCompanion(facts, question.mostLoss()) : JPEG;
      return Contender.reused(Entry.of(Cascade.tuned(facts, codec, question.mostLoss())));
    };
  }

  /** Conditions only tell settings of equal bytes apart. */
  private static Contender.Maker ddnn(Form form) {
    return (facts, question) -> {
      Ddnn planner =
          Ddnn.swept(
              facts,
              terms(form, question).coding(),
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
