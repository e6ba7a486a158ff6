package dev.sluice.model.bundle;

import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.MaskedNetworks;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.model.graph.TinyNetworks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Bundles for tests: of the tiny network, or of any network with heads of seeded weights. */
public final class TinyBundles {
  /** Exact codec of the tiny bundle: doubles on the way out, halves on the way in. */
  public static final String DOUBLING = "doubling";

  private TinyBundles() {}

  /** Five classes, exits on cuts 1 and 2, the doubling codec on cut 2. */
  public static Bundle write(Path directory) throws IOException {
    return writer(directory, TinyNetworks.residual()).commit(manifest(), false);
  }

  static BundleWriter writer(Path directory, byte[] backbone) {
    return BundleWriter.to(directory)
        .put(Bundle.BACKBONE, backbone)
        .put("exits/1.onnx", TinyNetworks.head(4, 8, 8, 5, 21))
        .put("exits/2.onnx", TinyNetworks.head(4, 8, 8, 5, 22))
        .put("codecs/2-doubling/encoder.onnx", TinyNetworks.scaling(2, 4, 8, 8))
        .put("codecs/2-doubling/decoder.onnx", TinyNetworks.scaling(0.5f, 4, 8, 8))
        .put("calibration.bin", "table".getBytes(StandardCharsets.UTF_8));
  }

  static BundleManifest manifest() throws OnnxFormatException {
    List<CutInfo> cuts = cuts(OnnxGraph.of(TinyNetworks.residual(), "tiny").cutPoints());
    return new BundleManifest(
        BundleManifest.SCHEMA_VERSION,
        "tiny",
        List.of("a", "b", "c", "d", "e"),
        Preprocessing.parse("mean=0.5 std=0.25 size=8"),
        cuts,
        List.of(
            new ExitInfo(0, 1, "exits/1.onnx", 20, 1.5, 0.8),
            new ExitInfo(1, 2, "exits/2.onnx", 20, 1.2, 0.8),
            new ExitInfo(2, cuts.size() - 1, "", 0, 1.0, 0)),
        List.of(
            new CodecInfo(
                2,
                DOUBLING,
                "f32",
                "codecs/2-doubling/encoder.onnx",
                "codecs/2-doubling/decoder.onnx",
                256)),
        Map.of("seed", "1"),
        Map.of());
  }

  static List<CutInfo> cuts(List<CutPoint> points) {
    List<CutInfo> cuts = new ArrayList<>();
    for (CutPoint cut : points) {
      cuts.add(
          new CutInfo(
              cuts.size(), cut.name(), cut.tensors(), cut.shapes(), cut.types(), cut.macsBefore()));
    }
    return cuts;
  }

  /** The tiny network, but the head of exit 1 is no network. */
  public static Bundle withDamagedHead(Path directory) throws IOException {
    BundleManifest all = manifest();
    return BundleWriter.to(directory)
        .put(Bundle.BACKBONE, TinyNetworks.residual())
        .put("exits/1.onnx", TinyNetworks.head(4, 8, 8, 5, 21))
        .put("exits/2.onnx", new byte[] {1, 2, 3})
        .commit(
            new BundleManifest(
                BundleManifest.SCHEMA_VERSION,
                "damaged",
                all.labels(),
                all.preprocessing(),
                all.cuts(),
                all.exits(),
                List.of(),
                Map.of(),
                Map.of()),
            false);
  }

  /** Ends before the backbone's own classifier, with a final head for three other classes. */
  public static Bundle withFinalHead(Path directory) throws IOException {
    BundleManifest all = manifest();
    List<CutInfo> cuts = all.cuts().subList(0, 4);
    return BundleWriter.to(directory)
        .put(Bundle.BACKBONE, TinyNetworks.residual())
        .put("exits/1.onnx", TinyNetworks.head(4, 8, 8, 3, 31))
        .put("exits/final.onnx", TinyNetworks.head(8, 4, 4, 3, 32))
        .commit(
            new BundleManifest(
                BundleManifest.SCHEMA_VERSION,
                "adapted",
                List.of("x", "y", "z"),
                all.preprocessing(),
                cuts,
                List.of(
                    new ExitInfo(0, 1, "exits/1.onnx", 12, 1, 0.8),
                    new ExitInfo(1, 3, "exits/final.onnx", 24, 1, 0)),
                List.of(),
                Map.of(),
                Map.of()),
            false);
  }

  /**
   * A float stream with a mask and an index beside it: three cuts of two and three tensors, an exit
   * on each but the first.
   */
  public static Bundle masked(Path directory, MaskedNetworks.Batch batch) throws IOException {
    List<CutInfo> cuts = new ArrayList<>();
    cuts.add(new CutInfo(0, "input", List.of("input"), List.of(new int[] {3, 8, 8}), 0));
    for (int i = 0; i < MaskedNetworks.cuts().size(); i++) {
      cuts.add(
          new CutInfo(
              i + 1,
              "cut " + (i + 1),
              MaskedNetworks.cuts().get(i),
              MaskedNetworks.shapes().get(i),
              MaskedNetworks.types().get(i),
              1000 * (i + 1)));
    }
    cuts.add(new CutInfo(4, "logits", List.of("logits"), List.of(new int[] {5}), 4000));
    return BundleWriter.to(directory)
        .put(Bundle.BACKBONE, MaskedNetworks.build(batch))
        .put("exits/2.onnx", MaskedNetworks.head(MaskedNetworks.types().get(1), 41))
        .put("exits/3.onnx", MaskedNetworks.head(MaskedNetworks.types().get(2), 42))
        .commit(
            new BundleManifest(
                BundleManifest.SCHEMA_VERSION,
                "masked",
                List.of("a", "b", "c", "d", "e"),
                Preprocessing.parse("mean=0.5 std=0.25 size=8"),
                cuts,
                List.of(
                    new ExitInfo(0, 2, "exits/2.onnx", 20, 1.5, 0.8),
                    new ExitInfo(1, 3, "exits/3.onnx", 20, 1.2, 0.8),
                    new ExitInfo(2, 4, "", 0, 1.0, 0)),
                List.of(),
                Map.of("seed", "7"),
                Map.of()),
            false);
  }

  /** Keeps every cut of the tiny network through one or two tensors; only the final exit. */
  public static Bundle withCutsThroughTwoTensors(Path directory) throws IOException {
    BundleManifest all = manifest();
    List<CutInfo> cuts = cuts(OnnxGraph.of(TinyNetworks.residual(), "tiny").cutPoints(2));
    return BundleWriter.to(directory)
        .put(Bundle.BACKBONE, TinyNetworks.residual())
        .commit(
            new BundleManifest(
                BundleManifest.SCHEMA_VERSION,
                "wide",
                all.labels(),
                all.preprocessing(),
                cuts,
                List.of(new ExitInfo(0, cuts.size() - 1, "", 0, 1, 0)),
                List.of(),
                Map.of(),
                Map.of()),
            false);
  }

  /** A bundle of any network with one output, all its cuts, and a head on each of some cuts. */
  public static Bundle of(
      Path directory, Path network, String preprocessing, List<Integer> exitCuts)
      throws IOException {
    OnnxGraph graph = OnnxGraph.read(network);
    List<CutInfo> cuts = cuts(graph.cutPoints());
    int classes = cuts.get(cuts.size() - 1).shapes().get(0)[0];
    BundleWriter writer = BundleWriter.to(directory).put(Bundle.BACKBONE, graph.toBytes());
    List<ExitInfo> exits = new ArrayList<>();
    for (int cut : exitCuts) {
      int[] shape = cuts.get(cut).shapes().get(0);
      String path = "exits/" + cut + ".onnx";
      writer.put(path, TinyNetworks.head(shape[0], shape[1], shape[2], classes, cut));
      exits.add(new ExitInfo(exits.size(), cut, path, (long) shape[0] * classes, 1, 0.8));
    }
    exits.add(new ExitInfo(exits.size(), cuts.size() - 1, "", 0, 1, 0));
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < classes; i++) {
      labels.add("class " + i);
    }
    return writer.commit(
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            String.valueOf(network.getFileName()),
            labels,
            Preprocessing.parse(preprocessing),
            cuts,
            exits,
            List.of(),
            Map.of(),
            Map.of()),
        false);
  }
}
