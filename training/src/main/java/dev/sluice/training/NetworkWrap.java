package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.HeadKind;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.Profiler;
import dev.sluice.training.calibrate.Replay;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.LongSupplier;

/**
 * Makes a bundle of a network as it is, without data: its cuts, and its outputs as exits where it
 * has several. Nothing is trained or calibrated: temperatures are 1, and no exit stops unless it is
 * told to. The bundle holds measured times, but no outcomes: plans that weigh accuracy need a
 * bundle made by {@code model prepare}. Not thread-safe.
 */
public final class NetworkWrap {
  /** Until somebody knows how often an exit is right, it must not stop by itself. */
  private static final String POLICY = "never";

  private static final int PROFILE_REPETITIONS = 41;
  private static final int CHECKED = 4;

  private final LongSupplier nanoClock;

  public NetworkWrap(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  /**
   * What a bundle is made of.
   *
   * @param graph one input of pictures, {@code [N, 3, H, W]}; outputs of logits, {@code [N,
   *     classes]}
   * @param name what people call it
   * @param preprocessing how pictures become its input
   * @param labels of its classes in order; empty to number them
   * @param provenance what is known of the origin
   */
  public record Parts(
      OnnxGraph graph,
      String name,
      Preprocessing preprocessing,
      List<String> labels,
      Map<String, String> provenance) {
    public Parts {
      labels = List.copyOf(labels);
      provenance = new LinkedHashMap<>(provenance);
    }
  }

  /**
   * A finished bundle.
   *
   * @param bundle as written
   * @param notes what people should know, such as outputs that were left out
   * @param largestDeviation largest difference of any exit's logits from the network's own outputs
   *     on a few random pictures, over the largest logit
   */
  public record Wrapped(Bundle bundle, List<String> notes, double largestDeviation) {}

  /**
   * Makes and writes a bundle.
   *
   * @param directory where it goes
   * @param overwrite whether a bundle that stands there is replaced
   * @throws OnnxFormatException if the network cannot be taken apart
   * @throws IOException if network, preprocessing and labels do not fit together, or the bundle
   *     cannot be written
   */
  public Wrapped wrap(Parts parts, Path directory, boolean overwrite) throws IOException {
    OwnExits own = OwnExits.of(parts.graph(), parts.preprocessing());
    ExitNetwork network = own.network();
    Preparation.checkShape(network.backbone(), parts.preprocessing());
    List<String> labels = labels(parts, own.classes());
    Map<String, String> provenance = new LinkedHashMap<>(parts.provenance());
    provenance.putAll(own.figures());
    provenance.put("calibration", "none: temperatures are 1, no exit stops by itself");
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        Replay replay = new Replay(network, engine)) {
      double deviation = deviation(parts.graph(), own, engine, replay);
      provenance.put(
          "exits against the network's outputs",
          String.format(
              Locale.ROOT, "within %.1e of the largest, %d random pictures", deviation, CHECKED));
      BundleWriter writer = BundleWriter.to(directory);
      writer.put("backbone.onnx", network.backbone().toBytes());
      writer.put(
          "profile.json",
          new Profiler(nanoClock, engine, PROFILE_REPETITIONS)
              .measure(network, noise(parts.preprocessing(), 1))
              .toJson());
      Bundle bundle =
          writer.commit(
              new BundleManifest(
                  BundleManifest.SCHEMA_VERSION,
                  parts.name(),
                  labels,
                  parts.preprocessing(),
                  cuts(network),
                  exits(network, writer),
                  List.of(),
                  provenance,
                  Map.of()),
              overwrite);
      return new Wrapped(bundle, own.notes(), deviation);
    }
  }

  private static List<String> labels(Parts parts, int classes) throws PreparationException {
    List<String> labels = new ArrayList<>(parts.labels());
    for (int i = 0; i < classes && parts.labels().isEmpty(); i++) {
      labels.add("class " + i);
    }
    if (labels.size() != classes) {
      throw new PreparationException(
          "labels disagree: %d labels are given, %s has %d classes; give one for each, in their order"
              .formatted(labels.size(), parts.graph().name(), classes));
    }
    return labels;
  }

  static List<CutInfo> cuts(ExitNetwork network) {
    List<CutInfo> cuts = new ArrayList<>();
    for (int cut = 0; cut < network.cuts().size(); cut++) {
      CutPoint point = network.cuts().get(cut);
      cuts.add(
          new CutInfo(
              cut,
              point.name(),
              point.tensors(),
              point.shapes(),
              point.types(),
              point.macsBefore()));
    }
    return cuts;
  }

  private static List<ExitInfo> exits(ExitNetwork network, BundleWriter writer) {
    List<ExitInfo> exits = new ArrayList<>();
    for (ExitNetwork.Head head : network.heads()) {
      String path = "exits/" + head.cut() + ".onnx";
      writer.put(path, head.onnx());
      exits.add(new ExitInfo(exits.size(), head.cut(), head.kind(), path, head.macs(), 1, POLICY));
    }
    exits.add(new ExitInfo(exits.size(), network.lastCut(), HeadKind.BACKBONE, "", 0, 1, "always"));
    return exits;
  }

  /** Compares what the cut network says at each exit with what the whole one says. */
  private static double deviation(OnnxGraph graph, OwnExits own, OnnxEngine engine, Replay replay) {
    double worst = 0;
    Preprocessing preprocessing = own.network().preprocessing();
    int[] input = own.network().cuts().get(0).shapes().get(0);
    long[] shape = {1, input[0], input[1], input[2]};
    try (OnnxEngine.Session whole = engine.load(graph.toBytes(), graph.name())) {
      for (int seed = 0; seed < CHECKED; seed++) {
        Picture picture = noise(preprocessing, seed);
        float[][] logits = replay.run(picture).logits();
        float[] values = preprocessing.apply(picture.rgb(), picture.width(), picture.height());
        try (var in = engine.wrap(List.of(FloatBuffer.wrap(values)), List.of(shape));
            var out = whole.run(in)) {
          for (int exit = 0; exit < logits.length; exit++) {
            FloatBuffer expected = out.floats(graph.outputs().indexOf(own.outputs().get(exit)));
            worst = Math.max(worst, difference(logits[exit], expected));
          }
        }
      }
    }
    return worst;
  }

  private static double difference(float[] actual, FloatBuffer expected) {
    double largest = Float.MIN_NORMAL;
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      double value = expected.get(expected.position() + i);
      largest = Math.max(largest, Math.abs(value));
      worst = Math.max(worst, Math.abs(actual[i] - value));
    }
    return worst / largest;
  }

  private static Picture noise(Preprocessing preprocessing, long seed) {
    byte[] rgb = new byte[3 * preprocessing.width() * preprocessing.height()];
    new Random(seed).nextBytes(rgb);
    return new Picture(rgb, preprocessing.width(), preprocessing.height());
  }
}
