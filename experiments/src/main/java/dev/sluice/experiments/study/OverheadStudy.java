package dev.sluice.experiments.study;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Interval;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.bundle.Resize;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What does our device-only path cost over the bare ONNX Runtime session, and what does a boundary
 * between two stages cost?
 *
 * <p>Both sides take the same preprocessed floats in a direct buffer, make their input tensor of
 * it, run on one thread and give the logits as an array. They alternate in blocks within one run; a
 * sample is the mean time of a block.
 */
final class OverheadStudy implements Study {
  private static final int BLOCKS = 60;
  private static final int QUICK_BLOCKS = 24;
  private static final long BLOCK_NANOS = 60_000_000L;
  private static final long WARM_UP_NANOS = 1_500_000_000L;
  private static final int RESAMPLES = 2_000;
  private static final int INTERIOR_CUTS = 6;
  private static final double MAX_RELATIVE_DIFFERENCE = 1e-4;

  @Override
  public String name() {
    return "overhead";
  }

  @Override
  public String question() {
    return "What does the device-only path cost over the bare engine, and what does a boundary?";
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    List<Claim> claims = new ArrayList<>();
    List<List<Object>> rows = new ArrayList<>();
    Path shipped =
        context.input("roadsigns", context.home().resolve("experiments/bundles/roadsigns"));
    measure("roadsigns", Bundle.open(shipped), "<= 1.05", context, claims, rows);
    real(context, "resnet56", "resnet56-cifar10.onnx", 32, claims, rows);
    real(context, "mobilenet", "mobilenet-v1-0.75-224.onnx", 224, claims, rows);
    context.csv("blocks.csv", List.of("network", "block", "bare_us", "ours_us", "cut_us"), rows);
    return claims;
  }

  private static void real(
      StudyContext context,
      String name,
      String file,
      int side,
      List<Claim> claims,
      List<List<Object>> rows)
      throws IOException, OrtException {
    Path network = context.shared().resolve("models").resolve(file);
    if (!Files.exists(network)) {
      context.console().println(name + " skipped: " + network + " is not there");
      return;
    }
    context.input(name, network);
    Path folder = Files.createTempDirectory("sluice-overhead");
    try {
      // The input is random and goes past the preprocessing, so only its size matters.
      float[] mean = {0, 0, 0};
      float[] std = {1, 1, 1};
      Bundle bundle =
          plainBundle(
              name,
              network,
              new Preprocessing(side, side, Resize.NONE, mean, std),
              folder.resolve(name));
      measure(name, bundle, "<= 1.03", context, claims, rows);
    } finally {
      delete(folder);
    }
  }

  /** A network as a bundle with its final exit only, and cuts at even shares of its MACs. */
  private static Bundle plainBundle(
      String name, Path network, Preprocessing preprocessing, Path target) throws IOException {
    OnnxGraph graph = OnnxGraph.read(network);
    List<CutPoint> points = graph.cutPoints();
    List<CutPoint> kept = new ArrayList<>(List.of(points.get(0)));
    List<CutPoint> interior = points.subList(1, points.size() - 1);
    for (int i = 1; i <= INTERIOR_CUTS; i++) {
      double wanted = (double) graph.totalMacs() * i / (INTERIOR_CUTS + 1);
      CutPoint nearest =
          interior.stream()
              .min(Comparator.comparingDouble(point -> Math.abs(point.macsBefore() - wanted)))
              .orElseThrow();
      if (nearest.position() > kept.get(kept.size() - 1).position()) {
        kept.add(nearest);
      }
    }
    kept.add(points.get(points.size() - 1));
    List<CutInfo> cuts =
        IntStream.range(0, kept.size())
            .mapToObj(
                i ->
                    new CutInfo(
                        i,
                        kept.get(i).name(),
                        kept.get(i).tensors(),
                        kept.get(i).shapes(),
                        kept.get(i).macsBefore()))
            .toList();
    int classes = cuts.get(cuts.size() - 1).shapes().get(0)[0];
    BundleManifest manifest =
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            name,
            IntStream.range(0, classes).mapToObj(i -> "class " + i).toList(),
            preprocessing,
            cuts,
            List.of(new ExitInfo(0, cuts.size() - 1, "", 0, 1, 0)),
            List.of(),
            Map.of(),
            Map.of());
    return BundleWriter.to(target)
        .put(Bundle.BACKBONE, Files.readAllBytes(network))
        .commit(manifest, false);
  }

  private static void measure(
      String name,
      Bundle bundle,
      String wanted,
      StudyContext context,
      List<Claim> claims,
      List<List<Object>> rows)
      throws IOException, OrtException {
    int blocks = context.quick() ? QUICK_BLOCKS : BLOCKS;
    FloatBuffer input = input(bundle.manifest(), context.seed(name + " input"));
    try (ProgressiveModel model = ProgressiveModel.open(bundle, EngineOptions.singleThread());
        Chains whole = Chains.whole(model);
        Chains cut = Chains.cutEverywhere(model);
        BareSession bare = new BareSession(bundle)) {
      check(name, bare.run(input), whole.run(model, input));
      check(name, bare.run(input), cut.run(model, input));
      warmUp(() -> bare.run(input));
      warmUp(() -> whole.run(model, input));
      warmUp(() -> cut.run(model, input));
      int runs = runsPerBlock(() -> bare.run(input));
      double[] bareNanos = new double[blocks];
      double[] oursNanos = new double[blocks];
      double[] cutNanos = new double[blocks];
      for (int b = 0; b < blocks; b++) {
        bareNanos[b] = block(runs, () -> bare.run(input));
        oursNanos[b] = block(runs, () -> whole.run(model, input));
        cutNanos[b] = block(runs, () -> cut.run(model, input));
        rows.add(List.of(name, b, bareNanos[b] / 1e3, oursNanos[b] / 1e3, cutNanos[b] / 1e3));
      }
      claims.add(
          Claim.of(
              "device-only vs bare engine, " + name,
              Interval.ofMedianRatio(oursNanos, bareNanos, RESAMPLES, context.seed("bootstrap")),
              "ratio",
              wanted,
              blocks));
      int boundaries = model.lastCut() - 1;
      double[] perBoundary = new double[blocks];
      for (int b = 0; b < blocks; b++) {
        perBoundary[b] = (cutNanos[b] - oursNanos[b]) / boundaries / 1e3;
      }
      claims.add(
          Claim.of(
              "cost of a boundary between stages, " + name,
              Interval.ofMedian(perBoundary, RESAMPLES, context.seed("bootstrap")),
              "us",
              "<= 40",
              blocks));
      context
          .console()
          .printf(
              "%s: bare %.0f us, ours %.0f us, with %d boundaries %.0f us%n",
              name,
              Interval.median(bareNanos) / 1e3,
              Interval.median(oursNanos) / 1e3,
              boundaries,
              Interval.median(cutNanos) / 1e3);
    }
  }

  private interface Run {
    float[] logits() throws OrtException;
  }

  private static void warmUp(Run run) throws OrtException {
    long end = System.nanoTime() + WARM_UP_NANOS;
    while (System.nanoTime() < end) {
      run.logits();
    }
  }

  private static int runsPerBlock(Run run) throws OrtException {
    long start = System.nanoTime();
    int trial = 10;
    for (int i = 0; i < trial; i++) {
      run.logits();
    }
    long each = Math.max(1, (System.nanoTime() - start) / trial);
    return (int) Math.max(3, BLOCK_NANOS / each);
  }

  private static double block(int runs, Run run) throws OrtException {
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      run.logits();
    }
    return (double) (System.nanoTime() - start) / runs;
  }

  private static FloatBuffer input(BundleManifest manifest, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int elements = manifest.preprocessing().elements();
    FloatBuffer buffer =
        ByteBuffer.allocateDirect(elements * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    for (int i = 0; i < elements; i++) {
      buffer.put(i, (float) (random.nextDouble() * 4 - 2));
    }
    return buffer;
  }

  private static void check(String name, float[] bare, float[] ours) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < bare.length; i++) {
      largest = Math.max(largest, Math.abs(bare[i]));
      difference = Math.max(difference, Math.abs(bare[i] - ours[i]));
    }
    if (bare.length != ours.length || difference > MAX_RELATIVE_DIFFERENCE * largest) {
      throw new IllegalStateException(
          "%s: ours differs from the bare engine by %g of %g".formatted(name, difference, largest));
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** The engine as its own tutorial uses it. */
  private static final class BareSession implements AutoCloseable {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final String inputName;
    private final long[] shape;

    BareSession(Bundle bundle) throws OrtException {
      try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        session = environment.createSession(bundle.file(Bundle.BACKBONE), options);
      }
      CutInfo input = bundle.manifest().cuts().get(0);
      inputName = input.tensors().get(0);
      int[] one = input.shapes().get(0);
      shape = new long[one.length + 1];
      shape[0] = 1;
      for (int i = 0; i < one.length; i++) {
        shape[i + 1] = one[i];
      }
    }

    float[] run(FloatBuffer input) throws OrtException {
      try (OnnxTensor tensor = OnnxTensor.createTensor(environment, input.duplicate(), shape);
          OrtSession.Result result = session.run(Map.of(inputName, tensor))) {
        FloatBuffer output = ((OnnxTensor) result.get(0)).getFloatBuffer();
        float[] logits = new float[output.remaining()];
        output.get(logits);
        return logits;
      }
    }

    @Override
    public void close() throws OrtException {
      session.close();
    }
  }

  /** Our path: one chain over everything, or one per pair of neighbouring cuts. */
  private static final class Chains implements AutoCloseable {
    private final List<StageChain> chains;

    private Chains(List<StageChain> chains) {
      this.chains = chains;
    }

    static Chains whole(ProgressiveModel model) {
      return new Chains(List.of(chain(model, 0, model.lastCut())));
    }

    static Chains cutEverywhere(ProgressiveModel model) {
      List<StageChain> chains = new ArrayList<>();
      for (int cut = 0; cut < model.lastCut(); cut++) {
        chains.add(chain(model, cut, cut + 1));
      }
      return new Chains(chains);
    }

    private static StageChain chain(ProgressiveModel model, int from, int to) {
      List<Integer> exits =
          to == model.lastCut() ? List.of(model.manifest().finalExit().index()) : List.of();
      return model.compile(StageRequest.of(from, to, exits));
    }

    float[] run(ProgressiveModel model, FloatBuffer input) {
      Activation live = model.activation(0, List.of(input.duplicate()));
      float[] logits = {};
      for (StageChain chain : chains) {
        for (Stage stage : chain.stages()) {
          StageResult result = stage.run(live);
          live.close();
          live = result.live();
          if (result.logits().isPresent()) {
            logits = result.logits().get();
          }
        }
      }
      live.close();
      return logits;
    }

    @Override
    public void close() {
      chains.forEach(StageChain::close);
    }
  }
}
