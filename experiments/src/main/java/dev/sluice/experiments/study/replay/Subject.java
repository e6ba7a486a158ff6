package dev.sluice.experiments.study.replay;

import dev.sluice.edge.device.BundleLayers;
import dev.sluice.edge.device.BundleWork;
import dev.sluice.edge.device.DeviceProfile;
import dev.sluice.edge.host.BundleFactsReader;
import dev.sluice.edge.host.EmulatedProfile;
import dev.sluice.experiments.demo.DemoException;
import dev.sluice.experiments.demo.TestImages;
import dev.sluice.experiments.study.Digests;
import dev.sluice.experiments.study.PackedData;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.scheduler.objective.Nearest;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CompanionFact;
import dev.sluice.scheduler.profile.CompanionInfo;
import dev.sluice.scheduler.profile.NetworkLayers;
import dev.sluice.sim.link.LinkOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A bundle with what its exits and codecs make of test pictures. Immutable.
 *
 * @param name of the bundle
 * @param facts of the bundle, its times those of the machine that it was profiled on
 * @param test outcomes of pictures that nothing was chosen on
 * @param companion the bundle's, on the same pictures; none where the bundle has none or its own
 *     bundle is not there, so that planners must not know of it either
 * @param variants the same at each other precision that the bundle has and the study wants, by its
 *     name; the same pictures in the same order, through no codec
 * @param leftOut precisions that the bundle has besides, at which nothing was measured
 * @param work operators of its network, which the times of published devices follow from; none
 *     where there is no network
 */
public record Subject(
    String name,
    BundleFacts facts,
    CalibrationTable test,
    Optional<ReplayedCompanion> companion,
    Map<String, AtPrecision> variants,
    Set<String> leftOut,
    Optional<BundleWork> work) {
  private static final double NOISE = 0.02;

  private static final String SHIPPED = "roadsigns";

  /** System properties: where bundles are, and part of the names of those that are wanted. */
  private static final String BUNDLES = "sluice.regret.bundles";

  private static final String ONLY = "sluice.regret.only";

  /**
   * A bundle that the repository does not ship.
   *
   * @param bundle its folder's name
   * @param data the data's name among those beside the repository; packed or not
   * @param preparation how to make the bundle, but for where it goes
   */
  private record Wanted(String bundle, String data, String preparation) {}

  private static final List<Wanted> OPTIONAL =
      List.of(
          new Wanted(
              "mobilenet-imagenette",
              "imagenette-224",
              "./sluice model prepare ../shared/models/mobilenet-v1-0.75-224.onnx"
                  + " --data ../shared/data/imagenette-224 --format folder"
                  + " --preprocess \"size=224 scale=127.5 shift=-1\""
                  + " --labels ../shared/models/imagenet-labels.txt"),
          new Wanted(
              "resnet20-cifar10",
              "cifar-10-binary.tar.xz",
              "tar -xJf ../shared/data/cifar-10-binary.tar.xz -C DATA; ./sluice model prepare"
                  + " ../shared/models/resnet20-cifar10.onnx --data DATA --format cifar10"
                  + " --preprocess"
                  + " \"size=32 mean=0.485,0.456,0.406 std=0.229,0.224,0.225\" --labels"
                  + " airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck"),
          new Wanted(
              "resnet56-cifar10",
              "cifar-10-binary.tar.xz",
              "tar -xJf ../shared/data/cifar-10-binary.tar.xz -C DATA; ./sluice model prepare"
                  + " ../shared/models/resnet56-cifar10.onnx --data DATA --format cifar10"
                  + " --preprocess"
                  + " \"size=32 mean=0.485,0.456,0.406 std=0.229,0.224,0.225\" --labels"
                  + " airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck"));

  /**
   * A bundle whose device computes at another precision.
   *
   * @param facts its times and tables are the variant's, the worker's times those in float32
   * @param test outcomes of the variant
   */
  public record AtPrecision(BundleFacts facts, CalibrationTable test) {}

  public Subject {
    variants = Map.copyOf(variants);
    leftOut = Set.copyOf(leftOut);
    for (AtPrecision variant : variants.values()) {
      requireSamePictures(test, variant.test());
    }
    if (companion.isPresent()) {
      requireSamePictures(test, companion.get().test());
    }
  }

  /** A bundle in float32 alone, without companion. */
  public Subject(String name, BundleFacts facts, CalibrationTable test) {
    this(name, facts, test, Map.of());
  }

  /** A bundle of which every precision was measured, and whose operators nobody has looked at. */
  public Subject(
      String name, BundleFacts facts, CalibrationTable test, Map<String, AtPrecision> variants) {
    this(name, facts, test, Optional.empty(), variants, Set.of(), Optional.empty());
  }

  private static void requireSamePictures(CalibrationTable one, CalibrationTable other) {
    boolean same = one.samples() == other.samples();
    for (int sample = 0; same && sample < one.samples(); sample++) {
      same = one.label(sample) == other.label(sample);
    }
    if (!same) {
      throw new IllegalArgumentException("outcomes are of other pictures");
    }
  }

  /** Returns the same for studies that know of no companion. */
  public Subject alone() {
    Map<String, AtPrecision> own = new HashMap<>();
    variants.forEach(
        (precision, at) ->
            own.put(precision, new AtPrecision(at.facts().withoutCompanion(), at.test())));
    return new Subject(name, facts.withoutCompanion(), test, Optional.empty(), own, leftOut, work);
  }

  /** Returns the simulator of an emulated device that computes in float32. */
  public StreamReplay replay(double networkNanos, double scalarFactor, long periodNanos) {
    return replay(VariantInfo.FLOAT32, networkNanos, scalarFactor, periodNanos);
  }

  /**
   * Returns the simulator of an emulated device. At every precision it is the same device: as many
   * times as slow as the machine of the profiles. So a variant is as much faster on it as its
   * profile says, which is exact where both profiles were measured on one machine.
   *
   * @param precision {@link VariantInfo#FLOAT32}, or a variant's
   * @param networkNanos what it takes for the whole network in float32, positive
   * @param scalarFactor its time for encoding and preprocessing over the profile's, positive
   * @param periodNanos usual time between frames, positive
   * @throws IllegalArgumentException if the bundle has no such variant
   * @throws IllegalStateException if it has, but the study did not want it measured
   */
  public StreamReplay replay(
      String precision, double networkNanos, double scalarFactor, long periodNanos) {
    double factor = networkNanos / facts.profile().networkNanos();
    AtPrecision computed = at(precision);
    return replay(
        EmulatedProfile.of(computed.facts(), factor, scalarFactor),
        computed.test(),
        factor,
        periodNanos);
  }

  /**
   * Returns the simulator of a device with published figures: segments and heads take what follows
   * from their operators, so each is as much slower as the device is at its kind.
   *
   * @param precision as above; a variant is as much faster on it as on the machine of the profiles
   * @param periodNanos usual time between frames, positive
   * @throws IllegalArgumentException if the bundle has no such variant, or no network
   */
  public StreamReplay replay(String precision, DeviceProfile device, long periodNanos) {
    AtPrecision computed = at(precision);
    BundleWork operators =
        work.orElseThrow(
            () ->
                new IllegalArgumentException(
                    name + " has no network, which times of " + device.name() + " follow from"));
    return replay(device.on(computed.facts(), operators), computed.test(), 1, periodNanos);
  }

  private StreamReplay replay(
      BundleFacts onDevice, CalibrationTable outcomes, double factor, long periodNanos) {
    return new StreamReplay(
        onDevice, outcomes, test, companion, factor, periodNanos, LinkOptions.DEFAULT, NOISE);
  }

  private AtPrecision at(String precision) {
    if (leftOut.contains(precision)) {
      throw new IllegalStateException(name + " was not measured in " + precision);
    }
    AtPrecision computed =
        precision.equals(VariantInfo.FLOAT32)
            ? new AtPrecision(facts, test)
            : variants.get(precision);
    if (computed == null) {
      throw new IllegalArgumentException("the bundle has no network in " + precision);
    }
    return computed;
  }

  /**
   * Reads something of a bundle and its test pictures, which may be gone afterwards.
   *
   * @param <T> what is read
   */
  @FunctionalInterface
  public interface Reading<T> {
    /** Reads it. */
    T read(String name, Path bundle, TestImages images) throws IOException;
  }

  /**
   * Reads one bundle, the shipped one or another of those that {@link #open} finds.
   *
   * @param bundle its whole name
   * @param pictures the most that are looked at, at least 1
   * @throws DemoException if there is no such bundle, or {@code -Dsluice.regret.only} leaves it out
   */
  public static <T> T read(StudyContext context, String bundle, int pictures, Reading<T> reading)
      throws IOException {
    requireKnown(bundle);
    requireThere(context, List.of(bundle), "");
    return all(context, pictures, bundle::equals, reading).get(0);
  }

  /**
   * Opens those that are wanted of the shipped bundle and of those that are found in {@code
   * -Dsluice.regret.bundles=DIR}, else in {@code bundles/} beside the repository's shared data; of
   * all of them those whose names hold {@code -Dsluice.regret.only=PART}. Of a bundle that is
   * missing the command is shown that makes it; the study goes on without it, and the record says
   * so, unless somebody named it in conditions of their own.
   *
   * @param pictures how many are measured, at least 1
   * @param wanted names of bundles
   * @param measures whether a bundle is measured at a precision too that it has besides float32
   * @throws DemoException if there is none, and before anything is measured if one of these names
   *     is no bundle's, or one of somebody's own conditions is not there
   */
  public static List<Subject> open(
      StudyContext context,
      int pictures,
      List<String> wanted,
      BiPredicate<BundleFacts, String> measures)
      throws IOException {
    wanted.forEach(Subject::requireKnown);
    String place = System.getProperty(BUNDLES);
    if (place != null && !Files.isDirectory(Path.of(place))) {
      throw new DemoException("-D" + BUNDLES + "=" + place + " is no folder");
    }
    if (!context.shippedConditions()) {
      requireThere(context, wanted, ", or leave it out of bundles");
    }
    return all(
        context,
        pictures,
        wanted::contains,
        (name, bundle, images) -> of(context, name, bundle, images, measures));
  }

  private static List<String> known() {
    List<String> known = new ArrayList<>(List.of(SHIPPED));
    OPTIONAL.forEach(optional -> known.add(optional.bundle()));
    return known;
  }

  private static void requireKnown(String bundle) {
    if (!known().contains(bundle)) {
      throw new DemoException(
          "no study knows a bundle '%s'; did you mean '%s'? There are %s"
              .formatted(bundle, Nearest.to(bundle, known()), String.join(", ", known())));
    }
  }

  /**
   * Who has named a bundle wants to hear at once that it is not there.
   *
   * @param instead what else can be done about it
   */
  private static void requireThere(StudyContext context, List<String> wanted, String instead) {
    for (Wanted optional : OPTIONAL) {
      if (wanted.contains(optional.bundle())
          && optional.bundle().contains(System.getProperty(ONLY, ""))) {
        Optional<String> lack = lack(context, optional);
        if (lack.isPresent()) {
          throw new DemoException(lack.get() + instead);
        }
      }
    }
  }

  /** Says what is missing of a bundle and where, and what to do about it; empty if nothing is. */
  private static Optional<String> lack(StudyContext context, Wanted wanted) {
    Path folder = folder(context);
    Path bundle = folder.resolve(wanted.bundle());
    if (!Files.isRegularFile(bundle.resolve(Bundle.MANIFEST))) {
      return Optional.of(
          ("%s is not found at %s; make it with%n  %s --out %s%nor name another folder with"
                  + " -D%s=DIR")
              .formatted(wanted.bundle(), bundle, wanted.preparation(), bundle, BUNDLES));
    }
    return Files.exists(data(context, wanted))
        ? Optional.empty()
        : Optional.of(
            "the pictures of %s are not found at %s"
                .formatted(wanted.bundle(), data(context, wanted)));
  }

  private static Path folder(StudyContext context) {
    String place = System.getProperty(BUNDLES);
    return place == null ? context.shared().resolve("bundles") : Path.of(place);
  }

  private static Path data(StudyContext context, Wanted wanted) {
    return context.shared().resolve("data").resolve(wanted.data());
  }

  private static <T> List<T> all(
      StudyContext context, int pictures, Predicate<String> wants, Reading<T> reading)
      throws IOException {
    String only = System.getProperty(ONLY, "");
    List<T> subjects = new ArrayList<>();
    if (SHIPPED.contains(only) && wants.test(SHIPPED)) {
      Path shipped = context.home().resolve("experiments/bundles").resolve(SHIPPED);
      context.input(SHIPPED, shipped);
      subjects.add(reading.read(SHIPPED, shipped, TestImages.roadSigns(pictures)));
    }
    for (Wanted wanted : OPTIONAL) {
      if (wanted.bundle().contains(only) && wants.test(wanted.bundle())) {
        optional(context, wanted, pictures, reading).ifPresent(subjects::add);
      }
    }
    if (subjects.isEmpty()) {
      throw new DemoException(
          "no bundle that is wanted is there"
              + (only.isEmpty() ? "" : "; -D" + ONLY + "=" + only + " leaves out the others"));
    }
    return subjects;
  }

  private static <T> Optional<T> optional(
      StudyContext context, Wanted wanted, int pictures, Reading<T> reading) throws IOException {
    Optional<String> lack = lack(context, wanted);
    if (lack.isPresent()) {
      context.leftOut(wanted.bundle(), "left out: " + lack.get());
      return Optional.empty();
    }
    Path bundle = folder(context).resolve(wanted.bundle());
    Path data = data(context, wanted);
    context.input(wanted.bundle(), bundle);
    context.input(wanted.data(), data);
    long seed = context.seed("pictures");
    if (Files.isDirectory(data)) {
      TestImages images = TestImages.read(data, bundle, pictures, seed);
      return Optional.of(reading.read(wanted.bundle(), bundle, images));
    }
    Path unpacked = Files.createTempDirectory("sluice-pictures");
    try {
      PackedData.unpack(data, unpacked);
      TestImages images = TestImages.read(unpacked, bundle, pictures, seed);
      return Optional.of(reading.read(wanted.bundle(), bundle, images));
    } finally {
      delete(unpacked);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  private static Subject of(
      StudyContext context,
      String name,
      Path path,
      TestImages images,
      BiPredicate<BundleFacts, String> measures)
      throws IOException {
    Bundle bundle = Bundle.open(path);
    NetworkLayers layers = BundleLayers.of(bundle);
    BundleFacts known = BundleFactsReader.read(bundle).with(layers);
    context
        .console()
        .printf("%s: running %d %s%n", name, images.independent().size(), images.description());
    int threads = Runtime.getRuntime().availableProcessors();
    CalibrationTable test =
        TestTable.measure(bundle, images.independent(), threads, context.console());
    Optional<ReplayedCompanion> companion = Optional.empty();
    if (known.companion().isPresent()) {
      companion = companion(context, path, known.companion().get(), test, images, threads);
    }
    boolean alone = companion.isEmpty();
    BundleFacts facts = alone ? known.withoutCompanion() : known;
    Map<String, AtPrecision> variants = new HashMap<>();
    Set<String> leftOut = new HashSet<>();
    for (VariantInfo variant : bundle.manifest().variants()) {
      String precision = variant.precision();
      if (!measures.test(facts, precision)) {
        leftOut.add(precision);
        continue;
      }
      context.console().printf("%s: the same pictures in %s%n", name, precision);
      BundleFacts computed = BundleFactsReader.read(bundle, precision).with(layers);
      variants.put(
          precision,
          new AtPrecision(
              alone ? computed.withoutCompanion() : computed,
              TestTable.uncoded(
                  bundle, precision, images.independent(), threads, context.console())));
    }
    return new Subject(
        name, facts, test, companion, variants, leftOut, Optional.of(BundleWork.of(bundle)));
  }

  /** Looks for the companion's own bundle beside the one that names it, and asks it. */
  private static Optional<ReplayedCompanion> companion(
      StudyContext context,
      Path path,
      CompanionFact fact,
      CalibrationTable test,
      TestImages images,
      int threads)
      throws IOException {
    Path folder = Objects.requireNonNull(path.toAbsolutePath().getParent());
    Optional<Path> own = bundle(folder, fact.digest());
    /* Cells that were finished with a companion, or without, do not fit the others. */
    context.input(
        path.getFileName() + ", companion", own.isPresent() ? fact.digest() : "is not there");
    if (own.isEmpty()) {
      context
          .console()
          .printf(
              "%s takes part without its companion: no bundle in %s is %s (%.12s)%n",
              path.getFileName(), folder, fact.name(), fact.digest());
      return Optional.empty();
    }
    context.console().printf("%s: asking %s the same%n", path.getFileName(), fact.name());
    List<String> codecs =
        fact.select().variants().stream()
            .map(CalibrationTable.Variant::codec)
            .filter(codec -> fact.knows(codec) && test.variant(0, codec).isPresent())
            .toList();
    CompanionInfo info = BundleFactsReader.companion(Bundle.open(path)).orElseThrow();
    CalibrationTable answers =
        TestTable.accompanied(
            Bundle.open(own.get()),
            info,
            codecs,
            test,
            images.independent(),
            threads,
            context.console());
    return Optional.of(new ReplayedCompanion(fact, answers));
  }

  /** A bundle's digest is that of its manifest; others may be damaged. */
  private static Optional<Path> bundle(Path folder, String digest) throws IOException {
    List<Path> places;
    try (Stream<Path> all = Files.list(folder)) {
      places =
          all.filter(each -> Files.isRegularFile(each.resolve("bundle.json"))).sorted().toList();
    }
    for (Path place : places) {
      if (Digests.of(place.resolve(Bundle.MANIFEST)).equals(digest)) {
        return Optional.of(place);
      }
    }
    return Optional.empty();
  }
}
