package dev.sluice.experiments.study.fleet;

import dev.sluice.edge.host.BundleFactsReader;
import dev.sluice.experiments.demo.DemoException;
import dev.sluice.experiments.fleet.DeviceKind;
import dev.sluice.experiments.fleet.Fleet;
import dev.sluice.experiments.fleet.FleetResult;
import dev.sluice.experiments.fleet.FleetSimulator;
import dev.sluice.experiments.fleet.WorkerKind;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.study.Cells;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.replay.Subject;
import dev.sluice.experiments.study.replay.TestTable;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.training.data.LabelledImages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many workers does a million cameras need, with and without exits and splits?
 *
 * <p>Four parts. The simulator beside twenty real sessions on emulated devices. What rounding the
 * conditions does, beside the same fleet decided exactly. The largest load that a worker holds, for
 * five ways to serve the frames, and for workers of several sizes, since larger ones gain by
 * statistical multiplexing, alone and in pools, with and without batches; from it the workers for a
 * million cameras follow. And how fast all that is, on as large a fleet as the issue asks for,
 * which also shows whether a small fleet stands for a large one. Devices, links and cells are those
 * of {@link Cameras}. The searches for the largest load go on where a run was killed.
 */
public final class FleetStudy implements Study {
  private static final long SECOND = 1_000_000_000L;
  private static final int THREADS = 2;

  /** System property: the one part that is wanted, by its name in lower case; all without it. */
  private static final String ONLY = "sluice.fleet.only";

  /** System property: the bundle whose network the cameras run, by its whole name. */
  private static final String BUNDLE = "sluice.fleet.bundle";

  private static final String SHIPPED = "roadsigns";

  /** Devices per worker in the large fleet where its capacity was not looked for. */
  private static final int USUAL_LOAD = 1500;

  private enum Part {
    VALIDATION,
    ROUNDING,
    WORKERS,
    LARGE;

    String title() {
      return name().toLowerCase(Locale.ROOT);
    }

    boolean wanted() {
      return only().isEmpty() || only().equals(title());
    }

    private static String only() {
      return System.getProperty(ONLY, "");
    }

    /** Refuses the name of no part, of which nothing would come. */
    static void check() {
      List<String> titles = Arrays.stream(values()).map(Part::title).toList();
      if (!only().isEmpty() && !titles.contains(only())) {
        throw new DemoException(
            "-D%s: '%s' names no part; there are %s"
                .formatted(ONLY, only(), String.join(", ", titles)));
      }
    }
  }

  /** What a batch may hold. */
  private static final int BATCH = 8;

  /** Twenty schedulers are prepared for the real devices. */
  private static final int VALIDATED_EVERY = 8;

  /**
   * How much is done.
   *
   * @param pictures of the test set
   * @param every of how many plans of a chain one is kept
   * @param realFrames per real device
   * @param exactDevices whose decisions are made exactly, too
   * @param warmUp seconds before a load counts
   * @param measured seconds that count
   * @param devices of the large fleet
   * @param seconds of the large fleet
   * @param workers for which the largest load is looked for
   */
  private record Extent(
      int pictures,
      int every,
      int realFrames,
      int exactDevices,
      int warmUp,
      int measured,
      int devices,
      int seconds,
      List<Setting> workers) {
    static final Extent FULL =
        new Extent(
            800,
            4,
            180,
            400,
            30,
            60,
            100_000,
            600,
            List.of(
                new Setting(1, 1, 1),
                new Setting(2, 1, 1),
                new Setting(4, 1, 1),
                new Setting(8, 1, 1),
                new Setting(16, 1, 1),
                new Setting(4, 1, BATCH),
                new Setting(4, 8, 1),
                new Setting(4, 8, BATCH)));
    static final Extent QUICK =
        new Extent(
            150,
            16,
            25,
            60,
            10,
            15,
            4_000,
            60,
            List.of(
                new Setting(1, 1, 1),
                new Setting(4, 1, 1),
                new Setting(4, 1, BATCH),
                new Setting(4, 3, BATCH)));
  }

  /**
   * What is known of the bundle.
   *
   * @param test outcomes of the pictures, on which nothing was chosen
   */
  private record Known(
      Path bundle, BundleFacts facts, CalibrationTable test, List<Picture> pictures) {}

  @Override
  public String name() {
    return "fleet";
  }

  @Override
  public String question() {
    return "How many workers does a million cameras need, with and without exits and splits?";
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    Part.check();
    Extent extent = context.quick() ? Extent.QUICK : Extent.FULL;
    Known known =
        Subject.read(
            context,
            System.getProperty(BUNDLE, SHIPPED),
            extent.pictures(),
            (name, bundle, images) -> known(context, name, bundle, images.independent()));
    Objective objective = Objective.parse(Cameras.GOAL);
    List<Claim> claims = new ArrayList<>();
    if (Part.VALIDATION.wanted()) {
      claims.addAll(validate(context, extent, known, objective));
    }
    Cameras cameras =
        new Cameras(known.facts(), known.test(), Cameras.models(objective), extent.every());
    if (Part.ROUNDING.wanted()) {
      context.console().println("deciding exactly, too");
      claims.addAll(
          round(
              context, extent, cameras.kinds(Way.SLUICE, false), cameras.kinds(Way.SLUICE, true)));
    }
    Optional<Load> load = Optional.empty();
    if (Part.WORKERS.wanted()) {
      ProvisionReport report = provide(context, extent, cameras);
      claims.addAll(report.claims());
      load = report.usual();
    }
    if (Part.LARGE.wanted()) {
      /* A fresh book, so that every decision is made within the time that is taken. */
      claims.addAll(
          large(
              context,
              extent,
              cameras.kinds(Way.SLUICE, false),
              load.map(Load::devices).orElse(USUAL_LOAD)));
    }
    return claims;
  }

  private static Known known(StudyContext context, String name, Path bundle, LabelledImages images)
      throws IOException {
    context.console().printf("%s: running %d pictures of the test set%n", name, images.size());
    Bundle opened = Bundle.open(bundle);
    List<Picture> pictures = new ArrayList<>();
    if (Part.VALIDATION.wanted()) {
      for (int i = 0; i < images.size(); i++) {
        pictures.add(images.picture(i));
      }
    }
    return new Known(
        bundle,
        BundleFactsReader.read(opened).withoutCompanion(),
        TestTable.measure(opened, images, THREADS, context.console()),
        pictures);
  }

  // --- beside real sessions ---------------------------------------------------------------------

  private static List<Claim> validate(
      StudyContext context, Extent extent, Known known, Objective objective) throws Exception {
    context.console().printf("%d real devices, %d s%n", Validation.DEVICES, extent.realFrames());
    int every = Math.max(VALIDATED_EVERY, extent.every());
    Validation.Pair pair =
        new Validation(known.facts(), known.test(), objective, every)
            .run(known.bundle(), known.pictures(), extent.realFrames(), context.seed("validation"));
    RealFleet.Measured real = pair.real();
    FleetResult simulated = pair.simulated();
    List<List<Object>> rows = new ArrayList<>();
    List<Claim> claims = new ArrayList<>();
    int samples = Math.toIntExact(real.latencies().count());
    for (int percent : new int[] {50, 90, 95, 99}) {
      double measured = real.latencies().at(percent) / 1e6;
      double reckoned = simulated.latencyNanos(percent) / 1e6;
      rows.add(List.of("p" + percent + " latency, ms", measured, reckoned));
      if (percent != 99 || extent.equals(Extent.FULL)) {
        /* Of 500 frames of a quick run five are beyond p99. */
        claims.add(off("p" + percent + " latency", measured, reckoned, samples));
      }
    }
    rows.add(List.of("offload share", real.offloadShare(), simulated.offloadShare()));
    rows.add(List.of("overruns", real.overruns(), 0));
    rows.add(List.of("worker scale", real.workerScale(), real.workerScale()));
    claims.add(off("offload share", real.offloadShare(), simulated.offloadShare(), samples));
    context.csv("validation.csv", List.of("figure", "real", "simulated"), rows);
    rows.forEach(row -> context.console().printf("  %s%n", row));
    return claims;
  }

  private static Claim off(String figure, double real, double simulated, int samples) {
    double difference = Math.abs(simulated - real) / Math.max(1e-9, Math.abs(real));
    return Claim.of(
        figure + ", simulated against 20 real devices", difference, "ratio", "<= 0.1", samples);
  }

  // --- what rounding does -----------------------------------------------------------------------

  private static List<Claim> round(
      StudyContext context, Extent extent, List<DeviceKind> rounded, List<DeviceKind> exact)
      throws Exception {
    long seed = context.seed("rounding");
    int devices = extent.exactDevices();
    long warmUp = extent.warmUp() * SECOND;
    long measured = extent.measured() * SECOND;
    /* As many as keep one thread busy in the full run, so that the load matters. */
    Fleet fleet =
        Cameras.fleet(rounded, devices, warmUp, measured, seed)
            .withWorker(WorkerKind.processors(1));
    FleetResult kept = new FleetSimulator(fleet).run(devices, 1, done -> {});
    FleetResult asked = new FleetSimulator(fleet.withKinds(exact)).run(devices, 1, done -> {});
    List<List<Object>> rows =
        List.of(
            List.of("p50 latency, ms", asked.latencyNanos(50) / 1e6, kept.latencyNanos(50) / 1e6),
            List.of("p95 latency, ms", asked.latencyNanos(95) / 1e6, kept.latencyNanos(95) / 1e6),
            List.of("offload share", asked.offloadShare(), kept.offloadShare()),
            List.of("accuracy", asked.accuracy(), kept.accuracy()),
            List.of(
                "worker us per frame",
                asked.workerNanosPerFrame() / 1e3,
                kept.workerNanosPerFrame() / 1e3),
            List.of(
                "uplink bytes per frame", asked.uplinkBytesPerFrame(), kept.uplinkBytesPerFrame()));
    context.csv("rounding.csv", List.of("figure", "exact", "rounded"), rows);
    rows.forEach(row -> context.console().printf("  rounding: %s%n", row));
    int samples = Math.toIntExact(kept.frames());
    return List.of(
        Claim.of(
            "p95 latency, rounded conditions against exact ones",
            Math.abs(kept.latencyNanos(95) / asked.latencyNanos(95) - 1),
            "ratio",
            "<= 0.1",
            samples),
        Claim.of(
            "accuracy, rounded conditions against exact ones",
            100 * Math.abs(kept.accuracy() - asked.accuracy()),
            "points",
            "<= 1",
            samples),
        Claim.of(
            "offload share, rounded conditions against exact ones",
            Math.abs(kept.offloadShare() - asked.offloadShare()) / asked.offloadShare(),
            "ratio",
            "<= 0.1",
            samples),
        Claim.of(
            "worker compute, rounded conditions against exact ones",
            Math.abs(kept.workerNanosPerFrame() / asked.workerNanosPerFrame() - 1),
            "ratio",
            "<= 0.1",
            samples));
  }

  // --- how many workers -------------------------------------------------------------------------

  private static ProvisionReport provide(StudyContext context, Extent extent, Cameras cameras)
      throws IOException, InterruptedException {
    Provision provision =
        new Provision(
            cameras,
            extent.warmUp() * SECOND,
            extent.measured() * SECOND,
            context.seed("capacity"));
    ProvisionReport report;
    try (Cells cells = context.cells(Cameras.GOAL + ", " + extent, THREADS)) {
      report = new ProvisionReport(provision.find(cells, extent.workers()), extent.workers());
    }
    context.table(
        "workers for a million cameras, by way and kind of workers",
        "workers.csv",
        ProvisionReport.columns(),
        report.rows());
    context.csv("loads.csv", ProvisionReport.loadTitles(), report.loads());
    context.figure(report.figure());
    report.text().lines().forEach(context.console()::println);
    return report;
  }

  // --- how fast, and how it extrapolates --------------------------------------------------------

  private static List<Claim> large(
      StudyContext context, Extent extent, List<DeviceKind> kinds, int devicesPerWorker)
      throws Exception {
    long nanos = (extent.seconds() - extent.warmUp()) * SECOND;
    Fleet fleet =
        Cameras.fleet(
            kinds, devicesPerWorker, extent.warmUp() * SECOND, nanos, context.seed("large"));
    AtomicLong done = new AtomicLong();
    long begin = System.nanoTime();
    FleetResult result =
        new FleetSimulator(fleet)
            .run(
                extent.devices(),
                THREADS,
                more ->
                    context
                        .console()
                        .printf("  %d of %d devices%n", done.addAndGet(more), extent.devices()));
    double took = (System.nanoTime() - begin) / 1e9;
    /* Other devices and whole sites, or it would be a part of what it is compared with. */
    int sites = Math.max(1, extent.devices() / 10 / devicesPerWorker);
    int fewer = sites * devicesPerWorker;
    FleetResult small =
        new FleetSimulator(
                Cameras.fleet(
                    kinds,
                    devicesPerWorker,
                    extent.warmUp() * SECOND,
                    nanos,
                    context.seed("small")))
            .run(fewer, THREADS, more -> {});
    double perSecond = (double) extent.devices() * extent.seconds() / took;
    context.csv(
        "large.csv",
        List.of("devices", "seconds", "took_s", "events", "decisions", "frames_per_s"),
        List.of(
            List.of(
                extent.devices(),
                extent.seconds(),
                took,
                result.events(),
                kinds.get(0).book().decisions(),
                perSecond)));
    context
        .console()
        .printf(
            Locale.ROOT,
            "%d devices x %d s in %.1f s: %.0f frames/s, %d decisions kept%n",
            extent.devices(),
            extent.seconds(),
            took,
            perSecond,
            kinds.get(0).book().decisions());
    int samples = (int) Math.min(Integer.MAX_VALUE, result.frames());
    List<Claim> claims = new ArrayList<>();
    if (extent.equals(Extent.FULL)) {
      /* Most of a quick run's time goes into decisions that are made for the first time. */
      claims.add(
          Claim.of(
              "frames simulated per second, 2 threads", perSecond, "1/s", ">= 100000", samples));
      claims.add(Claim.of("100,000 devices x 10 minutes", took, "s", "<= 600", samples));
    }
    claims.add(
        Claim.of(
            "worker compute per frame, %d other devices against %d"
                .formatted(fewer, extent.devices()),
            Math.abs(small.workerNanosPerFrame() / result.workerNanosPerFrame() - 1),
            "ratio",
            "<= 0.05",
            samples));
    return claims;
  }
}
