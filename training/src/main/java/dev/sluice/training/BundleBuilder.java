package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.HeadKind;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.ParallelSamples;
import dev.sluice.training.calibrate.Profiler;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.calibrate.TemperatureScaling;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.policy.ExitOutputs;
import dev.sluice.training.policy.PolicyFit;
import dev.sluice.training.transform.ChannelKlt;
import dev.sluice.training.transform.ChannelStatistics;
import dev.sluice.training.transform.CutCodec;
import dev.sluice.training.transform.KltCodecs;
import dev.sluice.training.transform.Transform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/**
 * Makes a bundle of a network with exits: calibrates the exits, fits and chooses codecs, records
 * what every exit says of every sample through every codec, measures times, writes it all.
 *
 * <p>Each set is used for one thing: <em>train</em> for the transforms, <em>temperature</em> for
 * the exits' temperatures, <em>select</em> to choose codecs, <em>certify</em> for proofs made
 * later, <em>test</em> to report. Not thread-safe; uses several threads inside.
 */
public final class BundleBuilder {
  /** How many steps {@link #build} reports. */
  public static final int STEPS = 7;

  private static final double MOST_ENCODER_SHARE = 0.05;
  private static final int KLT_SAMPLES = 256;
  private static final int KLT_VECTORS = 20_000;
  private static final int PROFILE_REPETITIONS = 41;

  private static final int TESTED_WITH_CODECS = 1000;

  /** Values per byte of the picture up to which a tensor counts as small, above which as large. */
  private static final double SMALL = 0.75;

  private static final double LARGE = 3;

  private final Options options;
  private final LongSupplier nanoClock;
  private final Progress progress;

  /**
   * How bundles are made.
   *
   * @param threads at least 1
   * @param seed chooses positions from which transforms are fitted
   * @param kltSteps steps to try, as multiples of σ̄
   * @param pictureCodecs codecs at cut 0
   */
  public record Options(int threads, long seed, List<Double> kltSteps, List<String> pictureCodecs) {
    public Options {
      kltSteps = List.copyOf(kltSteps);
      pictureCodecs = List.copyOf(pictureCodecs);
      if (threads < 1 || kltSteps.stream().anyMatch(step -> !(step > 0))) {
        throw new IllegalArgumentException("threads " + threads + ", steps " + kltSteps);
      }
    }

    /** Returns what suits most networks. */
    public static Options standard(int threads, long seed) {
      return new Options(
          threads,
          seed,
          STANDARD_STEPS,
          List.of(
              "raw",
              "jpeg-75",
              "jpeg-50",
              "jpeg-30",
              "jpegs-75",
              "jpegs-50",
              "jpegs-30",
              "jpegs-20"));
    }
  }

  private static final List<Double> STANDARD_STEPS = List.of(0.5, 1.0, 2.0, 3.0);

  /**
   * What a bundle is made of.
   *
   * @param name what people call the network
   * @param network backbone, cuts and heads
   * @param data the five sets, whose classes become the labels
   * @param provenance what is known of the origin; figures are added
   */
  public record Parts(
      String name, ExitNetwork network, DataSets data, Map<String, String> provenance) {}

  /**
   * A finished bundle with its figures.
   *
   * @param bundle as written
   * @param report tables for people
   */
  public record Built(Bundle bundle, String report) {}

  public BundleBuilder(Options options, LongSupplier nanoClock, Progress progress) {
    this.options = options;
    this.nanoClock = nanoClock;
    this.progress = progress;
  }

  /**
   * Makes and writes a bundle.
   *
   * @param directory where it goes
   * @param overwrite whether a bundle that stands there is replaced
   * @throws IOException if a picture cannot be read or the bundle not be written
   */
  public Built build(Parts parts, Path directory, boolean overwrite) throws IOException {
    ExitNetwork network = parts.network();
    DataSets data = parts.data();
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        Replay replay = new Replay(network, engine)) {
      Recording calibrating =
          record("calibrating exits", network, replay, List.of(), data.temperature());
      double[] temperatures = temperatures(calibrating);
      List<CutCodec> offered = codecs(network, replay, data.train());
      Recording select = record("trying codecs", network, replay, offered, data.select());
      List<CutCodec> kept = CodecChoice.keep(network, select);
      Recording certify = record("recording outcomes", network, replay, kept, data.certify());
      Recording test = record("testing", network, replay, List.of(), data.test());
      LabelledImages some = data.test().sample(TESTED_WITH_CODECS, options.seed());
      Recording sent = record("testing codecs", network, replay, kept, some);
      progress.begin("measuring times", 1);
      Profile profile =
          new Profiler(nanoClock, engine, PROFILE_REPETITIONS)
              .measure(network, select, kept, data.select().picture(0));
      BundleReport report = new BundleReport(network, profile, kept, select, certify, test, sent);
      PolicyData policies = policies(calibrating, select, temperatures);
      return new Built(
          write(
              parts,
              directory,
              overwrite,
              temperatures,
              kept,
              select,
              certify,
              policies,
              profile,
              report),
          report.text());
    }
  }

  /** What exit policies need beside thresholds; nothing where there is no early exit. */
  private static PolicyData policies(
      Recording calibrating, Recording select, double[] temperatures) {
    return temperatures.length < 2
        ? PolicyData.NONE
        : new PolicyFit(PolicyFit.Options.compact())
            .fit(ExitOutputs.of(calibrating, temperatures), ExitOutputs.of(select, temperatures));
  }

  private Recording record(
      String step, ExitNetwork network, Replay replay, List<CutCodec> codecs, LabelledImages images)
      throws IOException {
    progress.begin(
        "%s: %d pictures, %d codecs".formatted(step, images.size(), codecs.size()), images.size());
    return Recording.of(network, replay, codecs, images, options.threads(), progress::done);
  }

  private static double[] temperatures(Recording recording) {
    double[] temperatures = new double[recording.exits()];
    for (int exit = 0; exit < temperatures.length; exit++) {
      temperatures[exit] = TemperatureScaling.fit(recording.logits(exit), recording.labels());
    }
    return temperatures;
  }

  private List<CutCodec> codecs(ExitNetwork network, Replay replay, LabelledImages train)
      throws IOException {
    List<CutCodec> codecs = new ArrayList<>();
    options.pictureCodecs().forEach(name -> codecs.add(CutCodec.picture(name)));
    List<ChannelStatistics> statistics = statistics(network, replay, train);
    byte[] backbone = network.backbone().toBytes();
    KltCodecs writer =
        new KltCodecs(
            OnnxPieces.forBackbone(backbone),
            (long) (MOST_ENCODER_SHARE * network.backbone().totalMacs()));
    for (int cut = 1; cut < network.lastCut(); cut++) {
      codecs.add(CutCodec.float32(cut));
      codecs.add(CutCodec.eightBit(cut));
      CutPoint point = network.cuts().get(cut);
      int[] shape = point.shapes().get(0);
      if (isFeatureMap(point)) {
        codecs.addAll(
            writer.at(
                cut,
                ChannelKlt.of(statistics.get(cut)),
                shape[1],
                shape[2],
                steps(point, network.preprocessing()),
                OnnxPieces.rangeOf(backbone, point.tensors().get(0))));
      }
    }
    return codecs;
  }

  /**
   * The steps worth trying at a cut. A tensor with many more values than the picture has bytes
   * seldom pays: one or two coarse codecs there show it, at a fraction of the time.
   */
  private List<Double> steps(CutPoint point, Preprocessing preprocessing) {
    double values = point.bytes() / (double) Float.BYTES / preprocessing.elements();
    return options.kltSteps().stream()
        .filter(step -> values <= SMALL || step >= 1)
        .filter(step -> values <= LARGE || step >= 2)
        .filter(step -> values <= SMALL || step <= 2)
        .toList();
  }

  /** Gathers the channels' statistics at every interior cut; those at its ends stay empty. */
  private List<ChannelStatistics> statistics(
      ExitNetwork network, Replay replay, LabelledImages train) throws IOException {
    List<ChannelStatistics> statistics = new ArrayList<>();
    for (CutPoint point : network.cuts()) {
      statistics.add(new ChannelStatistics(isFeatureMap(point) ? point.shapes().get(0)[0] : 1));
    }
    LabelledImages some = train.sample(KLT_SAMPLES, options.seed());
    int each = Math.max(1, (KLT_VECTORS + some.size() - 1) / some.size());
    progress.begin("fitting transforms: " + some.size() + " pictures", some.size());
    Picture[] pictures = new Picture[some.size()];
    for (int s = 0; s < pictures.length; s++) {
      pictures[s] = some.picture(s);
    }
    SplittableRandom random = new SplittableRandom(options.seed());
    Replay.Lossless[] ahead = new Replay.Lossless[pictures.length];
    // In blocks: the network runs on all threads, the sums are made in order so that they repeat.
    int block = 4 * options.threads();
    for (int from = 0; from < pictures.length; from += block) {
      int base = from;
      int count = Math.min(block, pictures.length - from);
      ParallelSamples.run(
          count,
          options.threads(),
          i -> ahead[base + i] = replay.run(pictures[base + i]),
          done -> {});
      SplittableRandom[] positions = new SplittableRandom[network.cuts().size()];
      for (int cut = 0; cut < positions.length; cut++) {
        positions[cut] = random.split();
      }
      ParallelSamples.run(
          network.lastCut() - 1,
          options.threads(),
          i -> {
            CutPoint point = network.cuts().get(i + 1);
            if (isFeatureMap(point)) {
              int[] shape = point.shapes().get(0);
              for (int s = base; s < base + count; s++) {
                statistics
                    .get(i + 1)
                    .add(
                        ahead[s].live().get(i + 1).get(0).floats(),
                        shape[1] * shape[2],
                        each,
                        positions[i + 1]);
              }
            }
          },
          done -> {});
      for (int i = 0; i < count; i++) {
        ahead[base + i] = new Replay.Lossless(new float[0][], List.of(), Map.of());
      }
      progress.done(from + count);
    }
    return statistics;
  }

  private static boolean isFeatureMap(CutPoint point) {
    return point.tensors().size() == 1 && point.shapes().get(0).length == 3;
  }

  private Bundle write(
      Parts parts,
      Path directory,
      boolean overwrite,
      double[] temperatures,
      List<CutCodec> kept,
      Recording select,
      Recording certify,
      PolicyData policies,
      Profile profile,
      BundleReport report)
      throws IOException {
    ExitNetwork network = parts.network();
    BundleWriter writer = BundleWriter.to(directory);
    writer.put("backbone.onnx", network.backbone().toBytes());
    List<CutInfo> cuts = NetworkWrap.cuts(network);
    CalibrationTable selectTable = select.table(CalibrationTable.Role.SELECT, temperatures, kept);
    List<ExitInfo> exits = new ArrayList<>();
    for (int exit = 0; exit < network.exits(); exit++) {
      boolean isFinal = exit == network.heads().size();
      String path = isFinal ? "" : "exits/" + network.exitCut(exit) + ".onnx";
      if (!isFinal) {
        writer.put(path, network.heads().get(exit).onnx());
      }
      exits.add(
          new ExitInfo(
              exit,
              network.exitCut(exit),
              isFinal ? HeadKind.BACKBONE : network.heads().get(exit).kind(),
              path,
              isFinal ? 0 : network.heads().get(exit).macs(),
              temperatures[exit],
              "top1 >= " + defaultThreshold(selectTable, exit)));
    }
    List<CodecInfo> codecs = new ArrayList<>();
    for (CutCodec codec : kept) {
      codecs.add(codecInfo(writer, codec));
    }
    writer.put("calibration.bin", selectTable.toBytes());
    writer.put(
        "certification.bin",
        certify.table(CalibrationTable.Role.CERTIFY, temperatures, kept).toBytes());
    writer.put("profile.json", profile.toJson());
    if (policies.exits() > 0) {
      writer.put(PolicyData.FILE, policies.toBytes());
    }
    Map<String, String> provenance = new LinkedHashMap<>(parts.provenance());
    provenance.put("data", parts.data().description());
    provenance.put("sets", parts.data().sizes());
    provenance.putAll(report.figures());
    return writer.commit(
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            parts.name(),
            parts.data().classes(),
            network.preprocessing(),
            cuts,
            exits,
            codecs,
            provenance,
            Map.of()),
        overwrite);
  }

  private static CodecInfo codecInfo(BundleWriter writer, CutCodec codec) {
    if (codec.transform().isEmpty()) {
      return new CodecInfo(codec.cut(), codec.name(), codec.wire(), "", "", 0);
    }
    Transform transform = codec.transform().get();
    String folder = String.format(Locale.ROOT, "codecs/%d-%s/", codec.cut(), codec.name());
    writer.put(folder + "encoder.onnx", transform.encoder());
    writer.put(folder + "decoder.onnx", transform.decoder());
    return new CodecInfo(
        codec.cut(),
        codec.name(),
        codec.wire(),
        folder + "encoder.onnx",
        folder + "decoder.onnx",
        transform.encoderMacs());
  }

  /**
   * The lowest of a few thresholds at which an exit that stops is right about as often as the final
   * exit is: what to use where nobody plans.
   */
  private static double defaultThreshold(CalibrationTable table, int exit) {
    int last = table.exits() - 1;
    double wanted = 0;
    for (int s = 0; s < table.samples(); s++) {
      wanted += table.correct(s, last) ? 1.0 / table.samples() : 0;
    }
    for (double threshold = 0.5; threshold < 0.995; threshold += 0.05) {
      int stopped = 0;
      int right = 0;
      for (int s = 0; s < table.samples(); s++) {
        if (table.confidence(s, exit) >= threshold) {
          stopped++;
          right += table.correct(s, exit) ? 1 : 0;
        }
      }
      if (stopped >= 10 && right >= (wanted - 0.01) * stopped) {
        return Math.round(threshold * 100) / 100.0;
      }
    }
    return 0.98;
  }
}
