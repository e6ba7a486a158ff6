package dev.sluice.experiments.study.overhead;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.bundle.Resize;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.head.DenseLayer;
import dev.sluice.training.head.LinearHead;
import dev.sluice.training.head.PooledView;
import dev.sluice.training.head.Pooling;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A network to be measured.
 *
 * @param name of the network
 * @param bundle with exits besides the final one
 * @param wantedRatio bound on its time over the bare engine's
 */
record Subject(String name, Bundle bundle, String wantedRatio) {
  private static final double[] EXIT_SHARES = {0.15, 0.3, 0.45, 0.6, 0.8};
  private static final int CLASSES = 10;
  private static final long HEAD_SEED = 7;

  /** Gives a network its cuts and, at some shares of its work, untrained heads. */
  static Subject of(String name, Path network, int side, Path target, String wantedRatio)
      throws IOException {
    OnnxGraph graph = OnnxGraph.read(network);
    List<CutPoint> points = graph.offeredCutPoints(1);
    List<CutInfo> cuts =
        IntStream.range(0, points.size())
            .mapToObj(
                i ->
                    new CutInfo(
                        i,
                        points.get(i).name(),
                        points.get(i).tensors(),
                        points.get(i).shapes(),
                        points.get(i).macsBefore()))
            .toList();
    byte[] backbone = graph.toBytes();
    BundleWriter writer = BundleWriter.to(target).put(Bundle.BACKBONE, backbone);
    OnnxPieces pieces = OnnxPieces.forBackbone(backbone);
    SplittableRandom random = new SplittableRandom(HEAD_SEED);
    List<ExitInfo> exits = new ArrayList<>();
    for (double share : EXIT_SHARES) {
      int cut = nearest(points, share * graph.totalMacs());
      LinearHead head = head(points.get(cut).shapes().get(0), random);
      String file = "exits/" + cut + ".onnx";
      writer.put(file, pieces.head(head, points.get(cut).shapes(), points.get(cut).types()));
      exits.add(new ExitInfo(exits.size(), cut, file, head.macs(), 1, 2));
    }
    exits.add(new ExitInfo(exits.size(), cuts.size() - 1, "", 0, 1, 0));
    int classes = cuts.get(cuts.size() - 1).shapes().get(0)[0];
    // Inputs are random and go past the preprocessing, so only the picture's size matters.
    Preprocessing preprocessing =
        new Preprocessing(side, side, Resize.NONE, new float[] {0, 0, 0}, new float[] {1, 1, 1});
    BundleManifest manifest =
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            name,
            IntStream.range(0, classes).mapToObj(i -> "class " + i).toList(),
            preprocessing,
            cuts,
            exits,
            List.of(),
            Map.of(),
            Map.of());
    return new Subject(name, writer.commit(manifest, false), wantedRatio);
  }

  private static int nearest(List<CutPoint> points, double macs) {
    return IntStream.range(1, points.size() - 1)
        .filter(i -> points.get(i).shapes().get(0).length == 3)
        .boxed()
        .min(Comparator.comparingDouble(i -> Math.abs(points.get(i).macsBefore() - macs)))
        .orElseThrow();
  }

  private static LinearHead head(int[] shape, SplittableRandom random) {
    PooledView view = PooledView.of(Pooling.meanAndMax(shape[0], shape[1], shape[2]));
    float[] weight = new float[CLASSES * view.features()];
    for (int i = 0; i < weight.length; i++) {
      weight[i] = (float) (random.nextDouble() - 0.5);
    }
    return new LinearHead(
        view, List.of(new DenseLayer(view.features(), CLASSES, weight, new float[CLASSES])));
  }

  byte[] network() {
    return bundle.file(Bundle.BACKBONE);
  }

  /** Returns the exits but the final one. */
  List<ExitInfo> earlyExits() {
    int last = bundle.manifest().finalExit().index();
    return bundle.manifest().exits().stream().filter(exit -> exit.index() != last).toList();
  }

  /** Returns the numbers of all exits. */
  List<Integer> allExits() {
    return bundle.manifest().exits().stream().map(ExitInfo::index).toList();
  }

  int finalExit() {
    return bundle.manifest().finalExit().index();
  }

  long macsBefore(int cut) {
    return bundle.manifest().cuts().get(cut).macsBefore();
  }

  long macs() {
    return macsBefore(bundle.manifest().lastCut());
  }

  /** Returns the input's shape with a batch dimension. */
  long[] inputShape(int batch) {
    int[] one = bundle.manifest().cuts().get(0).shapes().get(0);
    return IntStream.concat(IntStream.of(batch), IntStream.of(one)).asLongStream().toArray();
  }

  /** Returns random preprocessed values in native memory. */
  FloatBuffer input(int batch, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    FloatBuffer buffer = OnnxEngine.allocate(batch * bundle.manifest().preprocessing().elements());
    for (int i = 0; i < buffer.capacity(); i++) {
      buffer.put(i, (float) (random.nextDouble() * 4 - 2));
    }
    return buffer;
  }
}
