package dev.sluice.training;

import dev.sluice.model.CutVerification;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.stage.Activation;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.LiveTensor;
import dev.sluice.training.calibrate.Profiler;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.calibrate.SpeedRatio;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.quantise.VariantSearch;
import dev.sluice.training.transform.CutCodec;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/**
 * Gives a bundle its {@code int8} variant: searches how to quantise, records what every exit says
 * with the device's part in integers and the worker's in floats, measures times, writes it all.
 *
 * <p>Ranges come from <em>train</em>, ways are chosen on <em>select</em>, tables are of
 * <em>select</em> and <em>certify</em>, and <em>test</em> reports. Not thread-safe; uses several
 * threads inside.
 */
final class VariantBuilder {
  /** What the variant is called. */
  static final String PRECISION = "int8";

  private static final String FOLDER = "variants/" + PRECISION + "/";
  private static final int PROFILE_REPETITIONS = 41;
  private static final int SPEED_REPETITIONS = 101;
  private static final int VERIFIED = 8;
  private static final int CHECKED = 200;

  /** The first layers see few channels, which suits floats: so many of them are tried so. */
  private static final int FIRST_NODES = 3;

  /** A first layer stays in floats if that makes the whole network so many times as fast. */
  private static final double LEAST_GAIN = 1.03;

  /** A head is quantised if that makes it this many times as fast at least. */
  private static final double WORTHWHILE = 1.1;

  /**
   * How the variant is made.
   *
   * @param calibration pictures of the train set that give the ranges, at least 1
   * @param splits pictures of the test set on which every split is tried, at least 1
   * @param weightBits 8 or 7
   * @param toleratedLoss see {@link VariantSearch.Options}
   * @param threads at least 1
   * @param seed draws pictures
   */
  record Options(
      int calibration, int splits, int weightBits, double toleratedLoss, int threads, long seed) {}

  /**
   * A finished bundle with its figures.
   *
   * @param bundle as written
   * @param report tables for people
   */
  record Built(Bundle bundle, String report) {}

  private final Options options;
  private final LongSupplier nanoClock;
  private final Progress progress;

  VariantBuilder(Options options, LongSupplier nanoClock, Progress progress) {
    this.options = options;
    this.nanoClock = nanoClock;
    this.progress = progress;
  }

  /**
   * Makes the variant and writes the bundle with it.
   *
   * @param data the five sets, in the bundle's classes
   * @param origin what is added to the provenance
   * @param target where it goes; a bundle that stands there is replaced, which may be the given one
   * @throws IOException if the network cannot be quantised, a picture cannot be read or the bundle
   *     not be written
   */
  Built build(Bundle bundle, DataSets data, Map<String, String> origin, Path target)
      throws IOException {
    ExitNetwork floats = BundleNetwork.of(bundle);
    double[] temperatures = BundleNetwork.temperatures(bundle.manifest());
    List<CutCodec> codecs = BundleNetwork.codecs(bundle);
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread())) {
      LabelledImages calibration = data.train().sample(options.calibration(), options.seed());
      requireAboveChance(engine, floats, data);
      VariantSearch.Found found = search(engine, floats, temperatures, calibration, data.select());
      VariantReport report = new VariantReport(floats, found);
      speeds(engine, floats, found, data.select().picture(0), report);
      accuracies(engine, floats, found.network(), data.test(), report);
      Recording select;
      Recording certify;
      try (Replay mixed = new Replay(found.network(), floats, engine)) {
        splits(mixed, floats, data.test().sample(options.splits(), options.seed()), report);
        select = record("recording select", found.network(), mixed, codecs, data.select());
        certify = record("recording certify", found.network(), mixed, codecs, data.certify());
      }
      progress.begin("measuring times", 1);
      Profile profile =
          new Profiler(nanoClock, engine, PROFILE_REPETITIONS)
              .measure(found.network(), select, codecs, data.select().picture(0));
      Map<String, byte[]> files = new LinkedHashMap<>();
      files.put(FOLDER + Bundle.BACKBONE, found.network().backbone().toBytes());
      Map<Integer, String> heads = new HashMap<>();
      for (int exit : new TreeSet<>(found.quantisedHeads())) {
        heads.put(exit, FOLDER + "exits/" + found.network().exitCut(exit) + ".onnx");
        files.put(heads.get(exit), found.network().heads().get(exit).onnx());
      }
      BundleTables.put(
          files::put,
          FOLDER,
          select.table(CalibrationTable.Role.SELECT, temperatures, codecs).toBytes(),
          profile.toJson());
      files.put(
          FOLDER + "certification.bin",
          certify.table(CalibrationTable.Role.CERTIFY, temperatures, codecs).toBytes());
      VariantInfo variant =
          new VariantInfo(
              PRECISION,
              FOLDER + Bundle.BACKBONE,
              heads,
              FOLDER + BundleTables.SELECT,
              FOLDER + BundleTables.PROFILE);
      report.bytes(bundle, variant, files);
      Map<String, String> provenance = new LinkedHashMap<>(origin);
      provenance.putAll(report.figures());
      Bundle written = write(bundle, variant, files, provenance, target);
      verify(written, data.test(), report);
      return new Built(written, report.text());
    }
  }

  /** Other data, or classes in another order, would choose and report nonsense. */
  private void requireAboveChance(OnnxEngine engine, ExitNetwork floats, DataSets data)
      throws IOException {
    LabelledImages some = data.select().sample(CHECKED, options.seed());
    try (Replay replay = new Replay(floats, engine)) {
      Recording recording = record("checking the data", floats, replay, List.of(), some);
      double accuracy = recording.accuracy(floats.exits() - 1);
      double chance = 1.0 / data.classes().size();
      if (accuracy < chance + 0.1 * (1 - chance)) {
        throw new PreparationException(
            text(
                "%s: scores %.1f %% on these pictures, near chance (%.1f %%); give the data that"
                    + " the bundle was made with",
                floats.backbone().name(), 100 * accuracy, 100 * chance));
      }
    }
  }

  private VariantSearch.Found search(
      OnnxEngine engine,
      ExitNetwork floats,
      double[] temperatures,
      LabelledImages calibration,
      LabelledImages select)
      throws IOException {
    Set<Integer> all = new HashSet<>();
    for (int exit = 0; exit < floats.heads().size(); exit++) {
      all.add(exit);
    }
    VariantSearch.Listener listener = new SearchProgress();
    LabelledImages few = calibration.sample(VERIFIED, options.seed());
    ExitNetwork everything =
        new VariantSearch(engine, searching(all, Set.of()), listener).plainly(floats, few);
    Set<Integer> worthwhile = new HashSet<>();
    try (Replay replay = new Replay(floats, engine)) {
      List<List<LiveTensor>> live = replay.run(calibration.picture(0)).live();
      for (int exit : all) {
        SpeedRatio ratio =
            SpeedRatio.quiet(
                nanoClock,
                engine,
                floats.heads().get(exit).onnx(),
                everything.heads().get(exit).onnx(),
                live.get(floats.exitCut(exit)),
                SPEED_REPETITIONS);
        if (ratio.speedUp() >= WORTHWHILE) {
          worthwhile.add(exit);
        }
      }
    }
    progress.note("heads that integers make faster: " + VariantReport.named(worthwhile));
    Set<String> slow = slowInIntegers(engine, floats, everything, few, listener);
    return new VariantSearch(engine, searching(worthwhile, slow), listener)
        .find(floats, temperatures, calibration, select);
  }

  /** Which of the first nodes make the network faster when they stay in floats. */
  private Set<String> slowInIntegers(
      OnnxEngine engine,
      ExitNetwork floats,
      ExitNetwork everything,
      LabelledImages few,
      VariantSearch.Listener listener)
      throws IOException {
    List<LiveTensor> input = input(floats, few.picture(0));
    Set<String> slow = new LinkedHashSet<>();
    byte[] fastest = everything.backbone().toBytes();
    for (String node : VariantSearch.firstNodes(floats, FIRST_NODES)) {
      Set<String> kept = new LinkedHashSet<>(slow);
      kept.add(node);
      byte[] other =
          new VariantSearch(engine, searching(Set.of(), kept), listener)
              .plainly(floats, few)
              .backbone()
              .toBytes();
      SpeedRatio ratio =
          SpeedRatio.quiet(nanoClock, engine, fastest, other, input, SPEED_REPETITIONS);
      if (ratio.speedUp() < LEAST_GAIN) {
        break;
      }
      slow = kept;
      fastest = other;
    }
    progress.note("first layers that integers make slower: " + VariantReport.named(slow));
    return slow;
  }

  private static List<LiveTensor> input(ExitNetwork network, Picture picture) {
    float[] input = network.preprocessing().apply(picture.rgb(), picture.width(), picture.height());
    return List.of(
        LiveTensor.ofFloats(FloatBuffer.wrap(input), network.cuts().get(0).shapes().get(0)));
  }

  private VariantSearch.Options searching(Set<Integer> heads, Set<String> floatNodes) {
    return new VariantSearch.Options(
        options.weightBits(), heads, floatNodes, options.toleratedLoss(), options.threads());
  }

  private final class SearchProgress implements VariantSearch.Listener {
    @Override
    public IntConsumer begin(String step, int parts) {
      progress.begin(step, parts);
      return progress::done;
    }

    @Override
    public void note(String what) {
      progress.note(what);
    }
  }

  private void speeds(
      OnnxEngine engine,
      ExitNetwork floats,
      VariantSearch.Found found,
      Picture picture,
      VariantReport report) {
    progress.begin("comparing speeds in turns", 1);
    List<LiveTensor> atInput = input(floats, picture);
    report.wholeSpeed(
        SpeedRatio.measure(
            nanoClock,
            engine,
            floats.backbone().toBytes(),
            found.network().backbone().toBytes(),
            atInput,
            SPEED_REPETITIONS));
    try (Replay replay = new Replay(found.network(), engine)) {
      List<List<LiveTensor>> live = new ArrayList<>(replay.run(picture).live());
      live.set(0, atInput);
      for (int cut = 1; cut <= floats.lastCut(); cut++) {
        List<String> from = floats.cuts().get(cut - 1).tensors();
        List<String> to = floats.cuts().get(cut).tensors();
        report.segmentSpeed(
            cut,
            SpeedRatio.measure(
                nanoClock,
                engine,
                floats.backbone().extract(from, to),
                found.network().backbone().extract(from, to),
                live.get(cut - 1),
                SPEED_REPETITIONS));
      }
    }
  }

  private void accuracies(
      OnnxEngine engine,
      ExitNetwork floats,
      ExitNetwork integers,
      LabelledImages test,
      VariantReport report)
      throws IOException {
    try (Replay first = new Replay(floats, engine);
        Replay second = new Replay(integers, engine)) {
      report.accuracy(
          record("testing float32", floats, first, List.of(), test),
          record("testing " + PRECISION, integers, second, List.of(), test));
    }
  }

  private void splits(Replay mixed, ExitNetwork floats, LabelledImages some, VariantReport report)
      throws IOException {
    List<CutCodec> plain = new ArrayList<>();
    for (int cut = 1; cut < floats.lastCut(); cut++) {
      plain.add(CutCodec.float32(cut));
    }
    report.splits(record("testing every split", floats, mixed, plain, some));
  }

  private Recording record(
      String step, ExitNetwork network, Replay replay, List<CutCodec> codecs, LabelledImages images)
      throws IOException {
    progress.begin(
        "%s: %d pictures, %d codecs".formatted(step, images.size(), codecs.size()), images.size());
    return Recording.of(network, replay, codecs, images, options.threads(), progress::done);
  }

  private static Bundle write(
      Bundle bundle,
      VariantInfo variant,
      Map<String, byte[]> files,
      Map<String, String> figures,
      Path target)
      throws IOException {
    BundleWriter writer = BundleWriter.to(target);
    for (String path : bundle.paths()) {
      if (!path.startsWith(FOLDER)) {
        writer.put(path, bundle.file(path));
      }
    }
    files.forEach(writer::put);
    BundleManifest old = bundle.manifest();
    List<VariantInfo> variants = new ArrayList<>(old.variants());
    variants.removeIf(other -> other.precision().equals(PRECISION));
    variants.add(variant);
    Map<String, String> provenance = new LinkedHashMap<>(old.provenance());
    provenance.keySet().removeIf(key -> key.startsWith(PRECISION + "."));
    figures.forEach((key, value) -> provenance.put(PRECISION + "." + key, value));
    BundleManifest manifest =
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            old.name(),
            old.labels(),
            old.preprocessing(),
            old.cuts(),
            old.exits(),
            old.codecs(),
            variants,
            provenance,
            Map.of(),
            Map.of());
    return writer.commit(manifest, true);
  }

  private void verify(Bundle written, LabelledImages test, VariantReport report)
      throws IOException {
    progress.begin("comparing every cut with the uncut network in integers", 1);
    try (ProgressiveModel model = ProgressiveModel.open(written, EngineOptions.singleThread())) {
      List<Activation> inputs = new ArrayList<>();
      try {
        for (int i = 0; i < Math.min(VERIFIED, test.size()); i++) {
          Picture picture = test.picture(i);
          inputs.add(model.input(picture.rgb(), picture.width(), picture.height()));
        }
        CutVerification verification = model.verify(inputs, PRECISION, done -> {});
        report.verified(verification);
      } finally {
        inputs.forEach(Activation::close);
      }
    }
  }

  static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
