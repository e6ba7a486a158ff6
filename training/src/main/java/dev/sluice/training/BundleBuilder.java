package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.HeadKind;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.protocol.codec.PictureCodec;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.Profiler;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.calibrate.TemperatureScaling;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.policy.ExitOutputs;
import dev.sluice.training.policy.PolicyFit;
import dev.sluice.training.transform.CutCodec;
import dev.sluice.training.transform.Transform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

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
  public static final int STEPS = 8;

  /** How many steps {@link #refit} reports. */
  public static final int REFIT_STEPS = 7;

  private static final String CERTIFICATION = "certification.bin";

  private static final int PROFILE_REPETITIONS = 41;

  /** How many steps {@link #certify} reports. */
  public static final int CERTIFY_STEPS = 1;

  private static final int TESTED_WITH_CODECS = 1000;

  /**
   * JPEGs from a few hundred bytes to nearly lossless. Colour at full resolution costs bytes, and
   * is worth them where classes differ in colour: of RoadSigns' frames {@code jpegm-50-444} is
   * smaller than {@code jpegm-75} and changes fewer answers.
   */
  static final List<String> TRIED_JPEGS =
      List.of(
          "jpeg-75",
          "jpegm-20",
          "jpegm-30",
          "jpegm-50",
          "jpegm-75",
          "jpegm-90",
          "jpegm-20-444",
          "jpegm-30-444",
          "jpegm-50-444",
          "jpegm-75-444",
          "jpegm-90-444");

  private final Options options;
  private final LongSupplier nanoClock;
  private final Progress progress;

  /**
   * How bundles are made.
   *
   * @param threads at least 1
   * @param seed chooses what transforms are fitted to
   * @param search how far to search codecs
   * @param pictureCodecs codecs to try at cut 0
   */
  public record Options(
      int threads, long seed, CodecSearch.Options search, List<String> pictureCodecs) {
    public Options {
      pictureCodecs = List.copyOf(pictureCodecs);
      pictureCodecs.forEach(PictureCodec::of);
      if (threads < 1 || Set.copyOf(pictureCodecs).size() < pictureCodecs.size()) {
        throw new IllegalArgumentException(threads + " threads, picture codecs " + pictureCodecs);
      }
    }

    /** Returns what suits most networks. */
    public static Options standard(int threads, long seed) {
      return new Options(
          threads,
          seed,
          CodecSearch.Options.standard(threads, seed),
          Stream.concat(Stream.of("raw", "png"), TRIED_JPEGS.stream()).toList());
    }
  }

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
      Outcomes outcomes = outcomes(network, replay, engine, data);
      PolicyData policies = policies(calibrating, outcomes.select(), temperatures);
      return new Built(
          write(parts, directory, overwrite, temperatures, outcomes, policies),
          outcomes.report(network).text());
    }
  }

  /**
   * Copies a bundle and searches its codecs anew. Variants at other precisions and a companion,
   * whose tables are of the old codecs, are left out.
   *
   * @param data the sets that it was made with, in its classes
   * @param origin what is added to the provenance
   * @param directory where it goes; a bundle that stands there is replaced
   * @throws IOException if a picture cannot be read, the bundle not be taken further or the copy
   *     not be written
   */
  public Built refit(Bundle bundle, DataSets data, Map<String, String> origin, Path directory)
      throws IOException {
    ExitNetwork network = BundleNetwork.of(bundle);
    BundleManifest old = bundle.manifest();
    double[] temperatures = BundleNetwork.temperatures(old);
    if (!old.variants().isEmpty()) {
      progress.note("variants are left out: their tables are of the old codecs; make them again");
    }
    if (namesCompanion(bundle)) {
      progress.note("the companion is left out: its tables are of the old codecs; name it again");
    }
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        Replay replay = new Replay(network, engine)) {
      Outcomes outcomes = outcomes(network, replay, engine, data);
      BundleWriter writer = BundleWriter.to(directory);
      writer.put(Bundle.BACKBONE, bundle.file(Bundle.BACKBONE));
      for (ExitInfo exit : old.exits()) {
        if (!exit.head().isEmpty()) {
          writer.put(exit.head(), bundle.file(exit.head()));
        }
      }
      if (bundle.has(PolicyData.FILE)) {
        writer.put(PolicyData.FILE, bundle.file(PolicyData.FILE));
      }
      List<CodecInfo> codecs = new ArrayList<>();
      for (CutCodec codec : outcomes.kept()) {
        codecs.add(codecInfo(writer, codec));
      }
      outcomes.put(writer, temperatures);
      Map<String, String> provenance = new LinkedHashMap<>(old.provenance());
      provenance
          .keySet()
          .removeIf(key -> key.startsWith("int8.") || key.startsWith("certification."));
      provenance.remove(CompanionBuilder.KEY);
      provenance.putAll(origin);
      provenance.put("codecs.sets", data.sizes());
      Bundle written =
          writer.commit(
              new BundleManifest(
                  BundleManifest.SCHEMA_VERSION,
                  old.name(),
                  old.labels(),
                  old.preprocessing(),
                  old.cuts(),
                  old.exits(),
                  codecs,
                  provenance,
                  Map.of()),
              true);
      return new Built(written, outcomes.report(network).text());
    }
  }

  /**
   * Copies a bundle and measures its certification table anew. All else stays, the tables of its
   * variants included, but for a companion, whose table goes row by row with the old one.
   *
   * @param data the sets that it was made with, but for those to certify on, in its classes
   * @param origin what is added to the provenance
   * @param directory where it goes; a bundle that stands there is replaced
   * @return the bundle and its new table
   * @throws IOException if a picture cannot be read, the bundle not be taken further or the copy
   *     not be written
   */
  public Certified certify(Bundle bundle, DataSets data, Map<String, String> origin, Path directory)
      throws IOException {
    ExitNetwork network = BundleNetwork.of(bundle);
    BundleManifest old = bundle.manifest();
    List<CutCodec> codecs = BundleNetwork.codecs(bundle);
    CalibrationTable table;
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        Replay replay = new Replay(network, engine)) {
      table =
          record("recording outcomes", network, replay, codecs, data.certify())
              .table(CalibrationTable.Role.CERTIFY, BundleNetwork.temperatures(old), codecs);
    }
    if (namesCompanion(bundle)) {
      progress.note("the companion is left out: its table is of the old samples; name it again");
    }
    BundleWriter writer = BundleWriter.to(directory);
    for (String path : bundle.paths()) {
      if (!path.equals(CERTIFICATION) && !path.startsWith(CompanionBuilder.FOLDER)) {
        writer.put(path, bundle.file(path));
      }
    }
    writer.put(CERTIFICATION, table.toBytes());
    Map<String, String> provenance = new LinkedHashMap<>(old.provenance());
    provenance.remove(CompanionBuilder.KEY);
    provenance.putAll(origin);
    Bundle written =
        writer.commit(
            new BundleManifest(
                BundleManifest.SCHEMA_VERSION,
                old.name(),
                old.labels(),
                old.preprocessing(),
                old.cuts(),
                old.exits(),
                old.codecs(),
                old.variants(),
                provenance,
                Map.of(),
                Map.of()),
            true);
    return new Certified(written, table);
  }

  private static boolean namesCompanion(Bundle bundle) {
    return bundle.paths().stream().anyMatch(path -> path.startsWith(CompanionBuilder.FOLDER));
  }

  /**
   * A bundle with a new certification table.
   *
   * @param bundle as written
   * @param table what it can prove floors on
   */
  public record Certified(Bundle bundle, CalibrationTable table) {}

  /** What became of the sets behind the codecs that were found. */
  private record Outcomes(
      List<CutCodec> kept,
      Recording select,
      Recording certify,
      Recording test,
      Recording sent,
      Profile profile) {
    BundleReport report(ExitNetwork network) {
      return new BundleReport(network, profile, kept, select, certify, test, sent);
    }

    void put(BundleWriter writer, double[] temperatures) {
      BundleTables.put(
          writer::put,
          "",
          select.table(CalibrationTable.Role.SELECT, temperatures, kept).toBytes(),
          profile.toJson());
      writer.put(
          CERTIFICATION,
          certify.table(CalibrationTable.Role.CERTIFY, temperatures, kept).toBytes());
    }
  }

  private Outcomes outcomes(ExitNetwork network, Replay replay, OnnxEngine engine, DataSets data)
      throws IOException {
    List<CutCodec> offered = new ArrayList<>();
    options.pictureCodecs().forEach(name -> offered.add(CutCodec.picture(name)));
    offered.addAll(
        new CodecSearch(options.search(), engine, progress).search(network, replay, data));
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
    return new Outcomes(kept, select, certify, test, sent, profile);
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

  private Bundle write(
      Parts parts,
      Path directory,
      boolean overwrite,
      double[] temperatures,
      Outcomes outcomes,
      PolicyData policies)
      throws IOException {
    ExitNetwork network = parts.network();
    BundleWriter writer = BundleWriter.to(directory);
    writer.put("backbone.onnx", network.backbone().toBytes());
    List<CutInfo> cuts = NetworkWrap.cuts(network);
    CalibrationTable selectTable =
        outcomes.select().table(CalibrationTable.Role.SELECT, temperatures, outcomes.kept());
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
    for (CutCodec codec : outcomes.kept()) {
      codecs.add(codecInfo(writer, codec));
    }
    outcomes.put(writer, temperatures);
    if (policies.exits() > 0) {
      writer.put(PolicyData.FILE, policies.toBytes());
    }
    Map<String, String> provenance = new LinkedHashMap<>(parts.provenance());
    provenance.put("data", parts.data().description());
    provenance.put("sets", parts.data().sizes());
    provenance.putAll(outcomes.report(network).figures());
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
    String folder = String.format(Locale.ROOT, "codecs/%d-%s/", codec.cut(), codec.name());
    String tables = "";
    if (codec.tables().isPresent()) {
      tables = folder + "tables.bin";
      writer.put(tables, codec.tables().get().toBytes());
    }
    if (codec.transform().isEmpty()) {
      return new CodecInfo(codec.cut(), codec.name(), codec.wire(), "", "", 0, tables);
    }
    Transform transform = codec.transform().get();
    writer.put(folder + "encoder.onnx", transform.encoder());
    writer.put(folder + "decoder.onnx", transform.decoder());
    return new CodecInfo(
        codec.cut(),
        codec.name(),
        codec.wire(),
        folder + "encoder.onnx",
        folder + "decoder.onnx",
        transform.encoderMacs(),
        tables);
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
