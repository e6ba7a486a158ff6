package dev.sluice.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.model.CutVerification;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.model.repository.Bundles;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.verify.NetworkInputs;
import dev.sluice.model.verify.NetworkVerification;
import dev.sluice.model.verify.NetworkVerifier;
import dev.sluice.model.verify.ValueRange;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.training.data.SamplePictures;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model verify}: a cut network gives what the uncut one does. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Cuts a network or a bundle at every cut, runs both parts, and compares with the uncut"
            + " network; of a bundle also every exit and all exits at once. Fails where a value"
            + " differs by more than 1e-4 of the largest one.")
final class VerifyCommand implements Callable<Integer> {
  private static final int MAX_SAMPLES = 1000;
  private static final String PRECISION = "--precision";
  private static final List<String> NETWORK_ONLY =
      List.of("--preprocess", "--range", "--tensors", "--all", "--shape");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "NET.onnx|BUNDLE",
      description = "a network, or a bundle: directory, zip or http(s) address")
  private String named = "";

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "real pictures: JPEG or PNG files at any depth, or CIFAR-10 binaries; repeatable"
              + " (default: seeded random inputs)")
  private List<Path> data = new ArrayList<>();

  @Option(
      names = "--preprocess",
      paramLabel = "TEXT",
      description =
          "how pictures become inputs of a plain network, as for 'model prepare'; a bundle says so"
              + " itself")
  private @Nullable String preprocess;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "3",
      description = "inputs to compare on (default: ${DEFAULT-VALUE})")
  private int samples = 3;

  @Option(
      names = "--range",
      paramLabel = "INPUT=0..30521",
      description =
          "values of an input of a plain network; repeatable (default: what its embedding has rows"
              + " for, 0 and 1 for other whole numbers, -1 to 1 for floats)")
  private List<String> ranges = new ArrayList<>();

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "of random inputs (default: ${DEFAULT-VALUE})")
  private long seed = 1;

  @Option(
      names = PRECISION,
      paramLabel = "NAME",
      defaultValue = VariantInfo.FLOAT32,
      description =
          "variant of a bundle, such as int8, compared with itself uncut (default: float32)")
  private String precision = VariantInfo.FLOAT32;

  @Mixin private NetworkOptions options = new NetworkOptions();

  @Option(names = "--json", description = "the result as one JSON object")
  private boolean json;

  private int compared;
  private Path path = Path.of("");

  /** One comparison as it is shown. */
  private record Row(String what, String at, double relative, String note) {}

  @Override
  public Integer call() throws IOException {
    if (samples < 1 || samples > MAX_SAMPLES) {
      throw wrong("--samples must be in [1, " + MAX_SAMPLES + "], not " + samples);
    }
    if (Bundles.isAddress(named)) {
      path = Programs.locate(named, spec);
    } else {
      path = Path.of(named);
    }
    if (!Files.exists(path)) {
      throw wrong(path + ": no such file; name an ONNX network or a bundle");
    }
    boolean isBundle = isBundle();
    refuseForeign(isBundle);
    long start = System.nanoTime();
    Progress progress = new ConsoleProgress(spec.commandLine().getErr(), System::nanoTime, 1);
    List<Row> rows = isBundle ? bundle(progress) : network(progress);
    return report(rows, (System.nanoTime() - start) / 1e9);
  }

  /** An option that would have no effect is refused: whoever gives it expects one. */
  private void refuseForeign(boolean isBundle) {
    List<String> foreign = isBundle ? NETWORK_ONLY : List.of(PRECISION);
    for (String option : foreign) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw wrong(
            isBundle
                ? option + " is for a plain network; a bundle brings its own cuts and inputs"
                : option + " is for a bundle; a plain network is compared as it is");
      }
    }
  }

  private boolean isBundle() throws IOException {
    if (Files.isDirectory(path)) {
      return true;
    }
    try (InputStream in = Files.newInputStream(path)) {
      return in.read() == 'P' && in.read() == 'K';
    }
  }

  private List<Row> network(Progress progress) throws IOException {
    OnnxGraph graph = options.read(path);
    NetworkInputs inputs = inputs(graph);
    List<CutPoint> cuts = options.cuts(graph);
    progress.begin("comparing " + cuts.size() + " cuts of " + path, cuts.size());
    NetworkVerification verification = NetworkVerifier.verify(graph, cuts, inputs, progress::done);
    List<Row> rows = new ArrayList<>();
    for (NetworkVerification.Difference difference : verification.cuts()) {
      CutPoint cut = difference.cut();
      rows.add(
          new Row(
              "cut " + rows.size(),
              CutTable.share(cut.macsBefore(), graph.totalMacs()),
              difference.relative(),
              CutTable.tensors(cut)));
    }
    return rows;
  }

  private NetworkInputs inputs(OnnxGraph graph) throws IOException {
    if (data.isEmpty()) {
      try {
        compared = samples;
        return NetworkInputs.seeded(graph, ValueRange.parse(ranges), samples, seed);
      } catch (IllegalArgumentException e) {
        if (ranges.isEmpty()) {
          throw e;
        }
        throw wrong("--range: " + e.getMessage());
      }
    }
    if (preprocess == null) {
      throw wrong("pictures for a plain network need --preprocess, as for 'model prepare'");
    }
    Preprocessing preprocessing;
    try {
      preprocessing = Preprocessing.parse(preprocess);
    } catch (IllegalArgumentException e) {
      throw wrong("--preprocess: " + e.getMessage());
    }
    List<float[]> pictures = new ArrayList<>();
    List<Picture> found = SamplePictures.from(data, samples);
    compared = found.size();
    for (Picture picture : found) {
      pictures.add(preprocessing.apply(picture.rgb(), picture.width(), picture.height()));
    }
    return NetworkInputs.of(graph, pictures);
  }

  private List<Row> bundle(Progress progress) throws IOException {
    Bundle bundle = Bundle.open(path);
    BundleManifest manifest = bundle.manifest();
    List<Picture> pictures =
        data.isEmpty() ? noise(manifest.preprocessing()) : SamplePictures.from(data, samples);
    compared = pictures.size();
    List<Row> rows = new ArrayList<>();
    try (ProgressiveModel model = ProgressiveModel.open(bundle, EngineOptions.singleThread())) {
      List<Activation> inputs = new ArrayList<>();
      try {
        for (Picture picture : pictures) {
          inputs.add(model.input(picture.rgb(), picture.width(), picture.height()));
        }
        int total = manifest.cuts().size() + manifest.exits().size();
        progress.begin(
            "comparing %d cuts and %d exits of %s"
                .formatted(manifest.cuts().size(), manifest.exits().size(), Bundles.shown(named)),
            total);
        rows.addAll(rows(manifest, model.verify(inputs, precision, progress::done)));
      } finally {
        inputs.forEach(Activation::close);
      }
    }
    return rows;
  }

  private List<Picture> noise(Preprocessing preprocessing) {
    Random random = new Random(seed);
    List<Picture> pictures = new ArrayList<>();
    for (int i = 0; i < samples; i++) {
      byte[] rgb = new byte[3 * preprocessing.width() * preprocessing.height()];
      random.nextBytes(rgb);
      pictures.add(new Picture(rgb, preprocessing.width(), preprocessing.height()));
    }
    return pictures;
  }

  private static List<Row> rows(BundleManifest manifest, CutVerification verification) {
    List<CutInfo> cuts = manifest.cuts();
    long total = cuts.get(manifest.lastCut()).macsBefore();
    List<Row> rows = new ArrayList<>();
    for (CutVerification.Deviation deviation : verification.cuts()) {
      CutInfo cut = cuts.get(deviation.cut());
      rows.add(
          new Row(
              "cut " + deviation.cut(),
              CutTable.share(cut.macsBefore(), total),
              deviation.relative(),
              String.join(" ", cut.tensors()) + changed(deviation.answersChanged())));
    }
    for (CutVerification.ExitDeviation exit : verification.exits()) {
      rows.add(
          new Row(
              "exit " + exit.exit(),
              CutTable.share(cuts.get(exit.cut()).macsBefore(), total),
              exit.relative(),
              "at cut " + exit.cut() + changed(exit.answersChanged())));
    }
    rows.add(
        new Row(
            "all exits",
            CutTable.share(total, total),
            verification.withAllExits().relative(),
            "one stage after the other" + changed(verification.withAllExits().answersChanged())));
    return rows;
  }

  private static String changed(int answers) {
    return answers == 0 ? "" : ", " + answers + " answers changed";
  }

  private int report(List<Row> rows, double seconds) throws IOException {
    double worst = rows.stream().mapToDouble(Row::relative).max().orElse(0);
    boolean holds = worst <= NetworkVerification.TOLERANCE;
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          new ObjectMapper()
              .writerWithDefaultPrettyPrinter()
              .writeValueAsString(json(rows, worst, holds, seconds)));
    } else {
      List<List<String>> table = new ArrayList<>();
      table.add(List.of("", "MACs before", "largest difference", "", "tensors"));
      for (Row row : rows) {
        table.add(
            List.of(
                row.what(),
                row.at(),
                String.format(Locale.ROOT, "%.1e", row.relative()),
                row.relative() <= NetworkVerification.TOLERANCE ? "equal" : "BROKEN",
                row.note()));
      }
      CutTable.lines(table, List.of(false, true, true, false, false)).forEach(out::println);
      out.printf(
          Locale.ROOT,
          "%n%s: %s (largest difference %.1e of the largest output, %.0e allowed; %d comparisons,"
              + " %d inputs, %.0f s)%n",
          Bundles.shown(named),
          holds ? "equal at every cut" : "BROKEN",
          worst,
          NetworkVerification.TOLERANCE,
          rows.size(),
          compared,
          seconds);
    }
    out.flush();
    return holds ? 0 : 1;
  }

  private Map<String, Object> json(List<Row> rows, double worst, boolean holds, double seconds) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("path", Bundles.shown(named));
    result.put("inputs", compared);
    result.put("allowed", NetworkVerification.TOLERANCE);
    result.put("worst", worst);
    result.put("holds", holds);
    result.put("seconds", seconds);
    List<Object> list = new ArrayList<>();
    for (Row row : rows) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("what", row.what());
      one.put("macsBefore", row.at());
      one.put("relative", row.relative());
      one.put("holds", row.relative() <= NetworkVerification.TOLERANCE);
      one.put("note", row.note());
      list.add(one);
    }
    result.put("comparisons", list);
    return result;
  }

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }
}
