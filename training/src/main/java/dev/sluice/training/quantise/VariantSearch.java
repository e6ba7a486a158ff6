package dev.sluice.training.quantise;

import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.quantise.Trial.Way;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Finds how a network with exits is best quantised: ranges are taken from calibration pictures, the
 * way to make grids of them is chosen on other pictures by what every exit then answers, and if
 * accuracy still falls by more than is allowed, the nodes that suffer most are left in floats.
 * Repeats exactly for the same pictures. Not thread-safe; uses several threads inside.
 */
public final class VariantSearch {
  /** Candidates for floats that are tried one by one, and how many are kept at most. */
  private static final int MOST_TRIED = 12;

  private static final int MOST_KEPT_FLOAT = 4;

  /** Pictures on which the candidates are compared. */
  private static final int COMPARED = 256;

  private static final double[] NOTHING = {};
  private static final int CORRECTED_ON = 64;
  private static final int MOST_CORRECTIONS = 80;

  private final OnnxEngine engine;
  private final Options options;
  private final Listener listener;

  /** Hears how the search goes, on the calling thread. */
  public interface Listener {
    /** A step begins that has so many parts; its name is for people. */
    IntConsumer begin(String step, int parts);

    /** Something was found out. */
    void note(String what);
  }

  /**
   * How to search.
   *
   * @param weightBits 8 or 7; see {@link Quantiser.Options}
   * @param quantiseHeads which heads are quantised as well, by exit
   * @param floatNodes heavy nodes, by first output, that compute in floats in any case
   * @param toleratedLoss share of the select pictures by which the mean accuracy over the exits may
   *     fall before nodes are left in floats, in [0, 1]
   * @param threads at least 1
   */
  public record Options(
      int weightBits,
      Set<Integer> quantiseHeads,
      Set<String> floatNodes,
      double toleratedLoss,
      int threads) {
    public Options {
      quantiseHeads = Set.copyOf(quantiseHeads);
      floatNodes = Set.copyOf(floatNodes);
      if (!(toleratedLoss >= 0 && toleratedLoss <= 1) || threads < 1) {
        throw new IllegalArgumentException("tolerates " + toleratedLoss + ", threads " + threads);
      }
    }
  }

  /**
   * What was found.
   *
   * @param network the network with exits in integers; same cuts, tensors and exits
   * @param method how its grids were made
   * @param correctsBiases whether its channels' means were brought back to those in floats
   * @param keptFloat heavy nodes, by first output, that compute in floats
   * @param quantisedHeads exits whose head is in integers
   * @param report what was tried, in words
   */
  public record Found(
      ExitNetwork network,
      RangeMethod method,
      boolean correctsBiases,
      List<String> keptFloat,
      Set<Integer> quantisedHeads,
      List<String> report) {
    public Found {
      keptFloat = List.copyOf(keptFloat);
      quantisedHeads = Set.copyOf(quantisedHeads);
      report = List.copyOf(report);
    }
  }

  /**
   * Makes a search.
   *
   * @param engine computes on the calling thread; stays the caller's
   */
  public VariantSearch(OnnxEngine engine, Options options, Listener listener) {
    this.engine = engine;
    this.options = options;
    this.listener = listener;
  }

  /**
   * Searches.
   *
   * @param network in floats
   * @param temperatures per exit, by which its logits are divided
   * @param calibration pictures whose values give the ranges; their classes are not looked at
   * @param select pictures by which the way is chosen
   * @throws QuantisationException if the network cannot be quantised
   */
  public Found find(
      ExitNetwork network, double[] temperatures, LabelledImages calibration, LabelledImages select)
      throws IOException {
    Parts parts = prepare(network, calibration);
    List<String> report = new ArrayList<>();
    Recording floats = record(network, select, "answers of the float network");
    Trial truth = Trial.of(way(RangeMethod.MIN_MAX, false), floats, temperatures);
    List<Trial> trials = new ArrayList<>();
    for (RangeMethod method : RangeMethod.values()) {
      trials.add(trial(parts, way(method, false), temperatures, select));
      tell(report, trials.get(trials.size() - 1), truth);
    }
    Way uncorrected = best(trials, select.size()).way();
    parts.correctBiases(this, uncorrected.method(), calibration);
    trials.add(trial(parts, way(uncorrected.method(), true), temperatures, select));
    tell(report, trials.get(trials.size() - 1), truth);
    Trial best = best(trials, select.size());
    // Few pictures show a loss by chance: what they cannot tell apart is no reason to slow down.
    double tolerated = Math.max(options.toleratedLoss(), margin(truth, select.size()));
    if (truth.meanAccuracy() - best.meanAccuracy() > tolerated) {
      best = withFloats(parts, best, truth, temperatures, select, report);
    }
    return new Found(
        parts.network(best.way()),
        best.way().method(),
        best.way().correctsBiases(),
        best.way().keptFloat().stream().sorted().toList(),
        parts.heads().keySet(),
        report);
  }

  /**
   * Quantises without looking at what comes of it: ranges from end to end. For measuring times.
   *
   * @param calibration pictures whose values give the ranges
   * @throws QuantisationException if the network cannot be quantised
   */
  public ExitNetwork plainly(ExitNetwork network, LabelledImages calibration) throws IOException {
    return prepare(network, calibration).network(way(RangeMethod.MIN_MAX, false));
  }

  /**
   * Returns the first nodes that weigh, by first output: those that integers may make slower, since
   * a picture has few channels.
   *
   * @throws QuantisationException if the network cannot be quantised
   */
  public static List<String> firstNodes(ExitNetwork network, int most)
      throws QuantisationException {
    return Quantiser.of(network.backbone(), Set.of(), Quantiser.Options.standard())
        .heavyNodes()
        .stream()
        .limit(most)
        .toList();
  }

  private Way way(RangeMethod method, boolean correctsBiases) {
    return new Way(method, correctsBiases, options.floatNodes());
  }

  private Trial trial(Parts parts, Way way, double[] temperatures, LabelledImages pictures)
      throws IOException {
    return Trial.of(way, record(parts.network(way), pictures, "trying " + way), temperatures);
  }

  private void tell(List<String> report, Trial trial, Trial truth) {
    int last = trial.accuracy().size() - 1;
    String line =
        String.format(
            Locale.ROOT,
            "%s: mean accuracy of the exits %.2f %% (float32 %.2f %%), final exit %.2f %% (%.2f"
                + " %%), mean cross-entropy %+.4f nats",
            trial.way(),
            100 * trial.meanAccuracy(),
            100 * truth.meanAccuracy(),
            100 * trial.accuracy().get(last),
            100 * truth.accuracy().get(last),
            trial.meanLoss() - truth.meanLoss());
    report.add(line);
    listener.note(line);
  }

  /**
   * The trial with the highest accuracy; among those that differ by less than a standard error
   * could explain, the one with the lowest cross-entropy, which tells more of few pictures.
   */
  static Trial best(List<Trial> trials, int samples) {
    Trial top = trials.stream().max(Comparator.comparingDouble(Trial::meanAccuracy)).orElseThrow();
    double least = top.meanAccuracy() - margin(top, samples);
    return trials.stream()
        .filter(trial -> trial.meanAccuracy() >= least)
        .min(Comparator.comparingDouble(Trial::meanLoss))
        .orElseThrow();
  }

  /** Half a standard error of a share among so many samples. */
  private static double margin(Trial trial, int samples) {
    double share = trial.meanAccuracy();
    return 0.5 * Math.sqrt(share * (1 - share) / samples);
  }

  private Trial withFloats(
      Parts parts,
      Trial start,
      Trial truth,
      double[] temperatures,
      LabelledImages select,
      List<String> report)
      throws IOException {
    LabelledImages some = select.sample(COMPARED, 1);
    List<Trial> candidates = new ArrayList<>();
    for (String node : parts.suspects(start.way().method())) {
      if (start.way().keptFloat().contains(node)) {
        continue;
      }
      candidates.add(trial(parts, keeping(start.way(), Set.of(node)), temperatures, some));
    }
    candidates.sort(Comparator.comparingDouble(Trial::meanLoss));
    Set<String> kept = new LinkedHashSet<>();
    Trial best = start;
    for (Trial candidate : candidates) {
      if (kept.size() == MOST_KEPT_FLOAT
          || truth.meanAccuracy() - best.meanAccuracy() <= options.toleratedLoss()) {
        break;
      }
      kept.addAll(candidate.way().keptFloat());
      Trial trial = trial(parts, keeping(start.way(), kept), temperatures, select);
      tell(report, trial, truth);
      // A node in floats costs time: it must gain more than chance could.
      if (trial.meanAccuracy() - best.meanAccuracy() >= options.toleratedLoss() / 2) {
        best = trial;
      }
    }
    return best;
  }

  private static Way keeping(Way way, Set<String> nodes) {
    Set<String> all = new HashSet<>(way.keptFloat());
    all.addAll(nodes);
    return new Way(way.method(), way.correctsBiases(), all);
  }

  private Recording record(ExitNetwork network, LabelledImages images, String step)
      throws IOException {
    IntConsumer progress = listener.begin(step, images.size());
    try (Replay replay = new Replay(network, engine)) {
      return Recording.of(network, replay, List.of(), images, options.threads(), progress);
    }
  }

  private Parts prepare(ExitNetwork network, LabelledImages calibration) throws IOException {
    Set<String> cuts = new HashSet<>();
    for (int cut = 1; cut < network.lastCut(); cut++) {
      cuts.addAll(network.cuts().get(cut).tensors());
    }
    Quantiser.Options how = new Quantiser.Options(options.weightBits());
    Quantiser backbone = Quantiser.of(network.backbone(), cuts, how);
    int[] shape = network.cuts().get(0).shapes().get(0);
    List<String> watched = new ArrayList<>(new LinkedHashSet<>(backbone.tensors()));
    RangeObserver.Seen seen =
        watch(
            network.backbone(),
            shape,
            watched,
            sample -> input(network, calibration.picture(sample)),
            calibration.size());
    Map<Integer, HeadParts> heads = new HashMap<>();
    for (int exit : options.quantiseHeads()) {
      ExitNetwork.Head head = network.heads().get(exit);
      OnnxGraph graph = OnnxGraph.of(head.onnx(), "head of exit " + exit);
      Quantiser quantiser = Quantiser.of(graph, Set.of(), how);
      if (quantiser.heavyNodes().isEmpty() || graph.inputs().size() != 1) {
        continue;
      }
      String tensor = network.cuts().get(head.cut()).tensors().get(0);
      heads.put(
          exit,
          new HeadParts(
              graph, quantiser, headRanges(network, head, graph, quantiser, calibration), tensor));
    }
    return new Parts(network, backbone, seen, Map.copyOf(heads), new HashMap<>());
  }

  private RangeObserver.Seen headRanges(
      ExitNetwork network,
      ExitNetwork.Head head,
      OnnxGraph graph,
      Quantiser quantiser,
      LabelledImages calibration)
      throws IOException {
    var cut = network.cuts().get(head.cut());
    try (OnnxEngine.Session features =
        engine.load(
            network.backbone().extract(network.backbone().inputs(), cut.tensors()),
            network.backbone().name())) {
      long[] shape = RangeObserver.batchOfOne(network.cuts().get(0).shapes().get(0));
      return watch(
          graph,
          cut.shapes().get(0),
          quantiser.tensors(),
          sample -> {
            float[] input = input(network, calibration.picture(sample));
            var direct = OnnxEngine.allocate(input.length).put(input).flip();
            try (var in = engine.wrap(List.of(direct), List.of(shape));
                var out = features.run(in)) {
              return out.removeLast();
            }
          },
          calibration.size());
    }
  }

  private RangeObserver.Seen watch(
      OnnxGraph graph, int[] shape, List<String> tensors, RangeObserver.Inputs inputs, int samples)
      throws IOException {
    IntConsumer progress =
        listener.begin("ranges of values, tensors: " + tensors.size(), 2 * samples);
    return RangeObserver.watch(
        graph, shape, tensors, engine, inputs, samples, options.threads(), progress);
  }

  private static float[] input(ExitNetwork network, Picture picture) {
    return network.preprocessing().apply(picture.rgb(), picture.width(), picture.height());
  }

  /** A head with what its tensors were seen to hold, and the backbone's tensor that it reads. */
  private record HeadParts(
      OnnxGraph graph, Quantiser quantiser, RangeObserver.Seen seen, String tensor) {}

  /** All that the network is quantised from. */
  private record Parts(
      ExitNetwork floats,
      Quantiser backbone,
      RangeObserver.Seen seen,
      Map<Integer, HeadParts> heads,
      Map<String, float[]> shifts) {

    /*
     * Rounded weights move the mean of what a channel computes, and pooled features are means.
     * Nagel, van Baalen, Blankevoort and Welling, "Data-Free Quantization Through Weight
     * Equalization and Bias Correction", ICCV 2019, appendix D: measured node after node, since each
     * correction moves what follows (all at once diverges). Deep networks are done in groups.
     */
    void correctBiases(VariantSearch search, RangeMethod method, LabelledImages calibration)
        throws IOException {
      int[] shape = floats.cuts().get(0).shapes().get(0);
      List<Map.Entry<String, String>> results = List.copyOf(backbone.heavyResults().entrySet());
      LabelledImages some = calibration.sample(CORRECTED_ON, 1);
      RangeObserver.Inputs inputs = sample -> input(floats, some.picture(sample));
      Means means =
          (graph, tensors) ->
              ChannelMeans.of(
                  graph,
                  shape,
                  tensors,
                  search.engine,
                  inputs,
                  some.size(),
                  search.options.threads());
      IntConsumer progress = search.listener.begin("correcting biases", results.size() + 1);
      Map<String, double[]> wanted =
          means.of(
              floats.backbone(), results.stream().map(Map.Entry::getValue).distinct().toList());
      Map<String, Grid> grids = seen.grids(method);
      int step = 1 + (results.size() - 1) / MOST_CORRECTIONS;
      for (int from = 0; from < results.size(); from += step) {
        var group = results.subList(from, Math.min(results.size(), from + step));
        OnnxGraph graph = graph(backbone.quantise(grids, search.options.floatNodes(), shifts));
        Map<String, double[]> found =
            means.of(graph, group.stream().map(Map.Entry::getValue).distinct().toList());
        for (Map.Entry<String, String> result : group) {
          double[] mean = found.getOrDefault(result.getValue(), NOTHING);
          double[] goal = wanted.getOrDefault(result.getValue(), NOTHING);
          float[] shift = new float[mean.length];
          for (int c = 0; c < shift.length; c++) {
            shift[c] = (float) (goal[c] - mean[c]);
          }
          shifts.put(result.getKey(), shift);
        }
        progress.accept(from + group.size());
      }
      progress.accept(results.size() + 1);
    }

    private interface Means {
      Map<String, double[]> of(OnnxGraph graph, List<String> tensors) throws IOException;
    }

    private OnnxGraph graph(QuantisedNetwork quantised) {
      try {
        return OnnxGraph.of(quantised.onnx(), floats.backbone().name() + " in integers");
      } catch (OnnxFormatException e) {
        throw new IllegalStateException("the quantiser writes what cannot be read", e);
      }
    }

    ExitNetwork network(Way way) {
      RangeMethod method = way.method();
      QuantisedNetwork quantised =
          backbone.quantise(
              seen.grids(method), way.keptFloat(), way.correctsBiases() ? shifts : Map.of());
      List<ExitNetwork.Head> all = new ArrayList<>();
      for (int exit = 0; exit < floats.heads().size(); exit++) {
        ExitNetwork.Head head = floats.heads().get(exit);
        HeadParts own = heads.get(exit);
        if (own != null) {
          Map<String, Grid> grids = new HashMap<>(own.seen().grids(method));
          // What comes on the backbone's grid is read on the same grid: that loses nothing.
          Grid shared = quantised.grids().get(own.tensor());
          if (shared != null) {
            grids.put(own.graph().inputs().get(0), shared);
          }
          head =
              new ExitNetwork.Head(
                  head.cut(),
                  head.kind(),
                  own.quantiser().quantise(grids, Set.of()).onnx(),
                  head.macs());
        }
        all.add(head);
      }
      return new ExitNetwork(graph(quantised), floats.preprocessing(), floats.cuts(), all);
    }

    private double relativeError(String node, Map<String, Grid> grids) {
      String tensor = backbone.tensorOf(node).orElse("");
      Histogram values = seen.histograms().get(tensor);
      Grid grid = grids.get(tensor);
      return values == null || grid == null ? 0 : values.relativeError(grid);
    }

    /**
     * Heavy nodes that may suffer: the first and the last, which most often do, and those whose
     * output the grid serves worst, by its mean squared error over its mean square.
     */
    List<String> suspects(RangeMethod method) {
      List<String> heavy = backbone.heavyNodes();
      Set<String> suspects = new LinkedHashSet<>();
      suspects.add(heavy.get(0));
      suspects.add(heavy.get(heavy.size() - 1));
      Map<String, Grid> grids = seen.grids(method);
      heavy.stream()
          .sorted(Comparator.comparingDouble((String node) -> -relativeError(node, grids)))
          .limit(MOST_TRIED)
          .forEach(suspects::add);
      return suspects.stream().limit(MOST_TRIED).toList();
    }
  }
}
