package dev.sluice.training;

import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.LiveTensor;
import dev.sluice.training.calibrate.ParallelSamples;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.head.CellView;
import dev.sluice.training.head.DenseLayer;
import dev.sluice.training.head.ExitHead;
import dev.sluice.training.head.HeadOptions;
import dev.sluice.training.head.HeadTrainer;
import dev.sluice.training.head.HeadView;
import dev.sluice.training.head.HeadViews;
import dev.sluice.training.head.LinearHead;
import dev.sluice.training.head.PackedRow;
import dev.sluice.training.head.PooledView;
import dev.sluice.training.head.Pooling;
import dev.sluice.training.head.TokenView;
import dev.sluice.training.head.TorchMissingException;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Trains a head per exit on a frozen backbone, and a new last layer where the data have other
 * classes. Not thread-safe; uses several threads inside.
 *
 * <p>What kind of head an exit gets follows from its cut's shape, unless somebody says otherwise.
 * Where both kinds for feature maps are possible and the pooled one leaves something to be gained,
 * both are trained and the select set decides; the same data and seed give the same choice.
 */
final class TrainedExits {
  /** How many steps {@link #train} reports. */
  static final int STEPS = 2;

  /** Cells per side that heads on networks of small pictures pool, to keep where things are. */
  private static final int GRID = 4;

  private static final int GRID_INPUT = 64;

  /** Memory for the feature maps of one exit, on which a convolutional head is trained. */
  private static final long MAP_BYTES = 128L << 20;

  /** What a convolutional head could gain at most, as a share, to be tried at all. */
  private static final double WORTH_TRYING = 0.03;

  private static final int NARROW_CHANNELS = 64;
  private static final int LOOKED_AT = 16;

  private final Options options;
  private final OnnxEngine engine;
  private final Progress progress;

  /**
   * What is asked for.
   *
   * @param head which kind of head the exits get
   * @param trainLimit most pictures to train heads on
   * @param mirror whether mirror images are trained on as well
   * @param threads at least 1
   * @param seed of samples, initial weights and order
   */
  record Options(HeadChoice head, int trainLimit, boolean mirror, int threads, long seed) {}

  TrainedExits(Options options, OnnxEngine engine, Progress progress) {
    this.options = options;
    this.engine = engine;
    this.progress = progress;
  }

  /**
   * A network with trained exits.
   *
   * @param network backbone, cuts and heads
   * @param figures for the provenance
   */
  record Result(ExitNetwork network, Map<String, String> figures) {}

  /**
   * What the training pictures are at an exit.
   *
   * @param linear what a head of fully connected layers sees
   * @param rows {@code [sample][feature]} of it
   * @param cells what a convolutional head sees, if one is considered
   * @param maps a row of it per sample
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Seen(
      Optional<HeadView> linear, float[][] rows, Optional<CellView> cells, PackedRow[] maps) {}

  /**
   * Trains.
   *
   * @param newEnd whether the network's own end is replaced, since the data have other classes
   * @throws PreparationException if there is no place for the wanted heads
   * @throws TorchMissingException if the training engine is not there
   */
  Result train(
      OnnxGraph graph, Preprocessing preprocessing, CutChoice choice, DataSets data, boolean newEnd)
      throws IOException, TorchMissingException {
    LabelledImages some = data.train().sample(options.trainLimit(), options.seed());
    LabelledImages images = options.mirror() ? some.withMirrorImages() : some;
    List<CutPoint> wanted = new ArrayList<>();
    choice.exitCuts().forEach(cut -> wanted.add(choice.cuts().get(cut)));
    if (newEnd) {
      wanted.add(lastFeatures(graph));
    }
    int[] labels = new int[images.size()];
    List<Seen> seen = see(graph, preprocessing, choice, wanted, images, labels, newEnd);
    int exits = choice.exitCuts().size();
    int classes = data.classes().size();
    progress.begin("training %d heads".formatted(seen.size()), seen.size());
    List<Optional<ExitHead>> linear = new ArrayList<>();
    for (int i = 0; i < seen.size(); i++) {
      linear.add(
          seen.get(i).linear().isPresent()
              ? Optional.of(linear(seen.get(i), labels, classes, i >= exits))
              : Optional.empty());
      progress.done(i + 1);
    }
    Map<String, String> figures = new LinkedHashMap<>();
    OnnxGraph backbone = graph;
    List<CutPoint> cuts = choice.cuts();
    if (newEnd) {
      LinearHead end = (LinearHead) linear.remove(exits).orElseThrow();
      backbone = withNewEnd(graph, wanted.get(exits), end.layers().get(0));
      List<CutPoint> rebuilt = new ArrayList<>(cuts.subList(0, cuts.size() - 1));
      List<CutPoint> ends = backbone.cutPoints();
      rebuilt.add(ends.get(ends.size() - 1));
      cuts = rebuilt;
      figures.put(
          "final exit",
          "a new layer of %d classes on the network's last features".formatted(classes));
    }
    Frame frame = new Frame(backbone, preprocessing, cuts, choice.exitCuts());
    List<ExitHead> heads = choose(frame, seen, linear, labels, data.select(), classes, figures);
    return new Result(frame.with(heads), figures);
  }

  /** A network whose heads are still to be chosen. */
  private record Frame(
      OnnxGraph backbone,
      Preprocessing preprocessing,
      List<CutPoint> cuts,
      List<Integer> exitCuts) {
    ExitNetwork with(List<ExitHead> heads) {
      OnnxPieces pieces = OnnxPieces.forBackbone(backbone.toBytes());
      List<ExitNetwork.Head> exits = new ArrayList<>();
      for (int i = 0; i < heads.size(); i++) {
        CutPoint cut = cuts.get(exitCuts.get(i));
        ExitHead head = heads.get(i);
        exits.add(
            new ExitNetwork.Head(
                exitCuts.get(i),
                head.kind(),
                pieces.head(head, cut.shapes(), cut.types()),
                head.macs()));
      }
      return new ExitNetwork(backbone, preprocessing, cuts, exits);
    }
  }

  private List<ExitHead> choose(
      Frame frame,
      List<Seen> seen,
      List<Optional<ExitHead>> linear,
      int[] labels,
      LabelledImages select,
      int classes,
      Map<String, String> figures)
      throws IOException, TorchMissingException {
    List<ExitHead> chosen = new ArrayList<>();
    boolean compare = false;
    for (int i = 0; i < linear.size(); i++) {
      if (linear.get(i).isPresent()) {
        chosen.add(linear.get(i).get());
        compare |= seen.get(i).cells().isPresent();
      } else {
        chosen.add(convolutional(seen.get(i), labels, classes));
      }
    }
    if (!compare) {
      return chosen;
    }
    Recording before = record(frame.with(chosen), select);
    double best = before.accuracy(before.exits() - 1);
    List<Integer> byGap =
        IntStream.range(0, linear.size())
            .filter(i -> linear.get(i).isPresent() && seen.get(i).cells().isPresent())
            .filter(i -> best - before.accuracy(i) >= WORTH_TRYING)
            .boxed()
            .sorted(Comparator.comparingDouble(before::accuracy))
            .toList();
    // Where the exit with most to gain gains too little, the others would in vain take their time.
    for (int i : byGap) {
      ExitHead pooled = chosen.get(i);
      ExitHead convolutional = convolutional(seen.get(i), labels, classes);
      chosen.set(i, convolutional);
      double accuracy = record(frame.with(chosen), select).accuracy(i);
      long total = Math.max(1, frame.backbone().totalMacs());
      boolean pays =
          HeadChoice.convPays(
              before.accuracy(i), accuracy, pooled.macs(), convolutional.macs(), total);
      String outcome =
          text(
              "%s; on the select set pooled %.1f %% with %.2f %% of the MACs, convolutional %.1f %%"
                  + " with %.2f %%",
              pays ? "convolutional" : "pooled",
              100 * before.accuracy(i),
              100.0 * pooled.macs() / total,
              100 * accuracy,
              100.0 * convolutional.macs() / total);
      progress.note("head " + i + ": " + outcome);
      figures.put("head " + i, outcome);
      if (!pays) {
        chosen.set(i, pooled);
        break;
      }
    }
    return chosen;
  }

  private Recording record(ExitNetwork network, LabelledImages images) throws IOException {
    try (Replay replay = new Replay(network, engine)) {
      return Recording.of(network, replay, List.of(), images, options.threads(), done -> {});
    }
  }

  private ExitHead linear(Seen seen, int[] labels, int classes, boolean isEnd)
      throws TorchMissingException {
    HeadOptions few = HeadOptions.forSamples(labels.length, options.seed());
    HeadTrainer trainer = new HeadTrainer(isEnd ? few.linear() : few);
    ExitHead head =
        trainer.train(seen.linear().orElseThrow(), seen.rows(), labels, classes, epoch -> {});
    noteDropped(trainer);
    return head;
  }

  private ExitHead convolutional(Seen seen, int[] labels, int classes)
      throws TorchMissingException {
    CellView view = seen.cells().orElseThrow();
    HeadTrainer trainer = new HeadTrainer(HeadOptions.convolutional(labels.length, options.seed()));
    int reduced = view.channels() <= NARROW_CHANNELS ? NARROW_CHANNELS / 2 : NARROW_CHANNELS;
    ExitHead head =
        trainer.train(view, Arrays.asList(seen.maps()), labels, classes, reduced, epoch -> {});
    noteDropped(trainer);
    return head;
  }

  private void noteDropped(HeadTrainer trainer) {
    if (trainer.droppedSteps() > 0) {
      progress.note("steps dropped for want of a usable gradient: " + trainer.droppedSteps());
    }
  }

  private List<Seen> see(
      OnnxGraph graph,
      Preprocessing preprocessing,
      CutChoice choice,
      List<CutPoint> wanted,
      LabelledImages images,
      int[] labels,
      boolean newEnd)
      throws IOException {
    int most = (int) Math.min(Integer.MAX_VALUE, MAP_BYTES / Math.max(1, images.size()));
    boolean small = preprocessing.width() <= GRID_INPUT;
    List<Seen> seen = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      CutPoint cut = wanted.get(i);
      boolean isEnd = newEnd && i == wanted.size() - 1;
      Optional<HeadView> linear = isEnd ? Optional.of(whole(cut)) : linearView(cut, small);
      Optional<CellView> cells = isEnd ? Optional.empty() : cellView(cut, linear, most);
      if (linear.isEmpty() && cells.isEmpty()) {
        throw new PreparationException(
            "%s: no head of kind %s can be put on cut %s with %s; try --head auto"
                .formatted(graph.name(), options.head().text(), cut.name(), shapes(cut.shapes())));
      }
      seen.add(
          new Seen(
              linear,
              new float[linear.isPresent() ? images.size() : 0][],
              cells,
              new PackedRow[cells.isPresent() ? images.size() : 0]));
    }
    List<CutPoint> cuts = new ArrayList<>();
    cuts.add(choice.cuts().get(0));
    cuts.addAll(wanted);
    cuts.add(choice.cuts().get(choice.cuts().size() - 1));
    ExitNetwork cutOpen = new ExitNetwork(graph, preprocessing, cuts, List.of());
    progress.begin("features of " + images.size() + " pictures", images.size());
    try (Replay replay = new Replay(cutOpen, engine)) {
      lookAtMasks(seen, replay, images);
      ParallelSamples.run(
          images.size(),
          options.threads(),
          s -> {
            labels[s] = images.label(s);
            Replay.Lossless result = replay.run(images.picture(s));
            for (int i = 0; i < seen.size(); i++) {
              keep(seen.get(i), s, numbers(result.live().get(i + 1)));
            }
          },
          progress::done);
    }
    return seen;
  }

  private static void keep(Seen seen, int sample, List<FloatBuffer> tensors) {
    if (seen.linear().isPresent()) {
      HeadView view = seen.linear().get();
      float[] row = new float[view.features()];
      view.apply(tensors, row);
      seen.rows()[sample] = row;
    }
    if (seen.cells().isPresent()) {
      CellView view = seen.cells().get();
      float[] row = new float[view.features()];
      view.apply(tensors, row);
      seen.maps()[sample] = PackedRow.of(row);
    }
  }

  private static List<FloatBuffer> numbers(List<LiveTensor> tensors) {
    return tensors.stream().map(LiveTensor::numbers).toList();
  }

  /** Finds out which masks are of the kind that is added to scores, from a few samples. */
  private void lookAtMasks(List<Seen> seen, Replay replay, LabelledImages images)
      throws IOException {
    for (int i = 0; i < seen.size(); i++) {
      if (seen.get(i).linear().orElse(null) instanceof TokenView view && view.mask().isPresent()) {
        int tensor = view.mask().get().tensor();
        boolean additive = false;
        for (int s = 0; s < Math.min(LOOKED_AT, images.size()); s++) {
          FloatBuffer mask = replay.run(images.picture(s)).live().get(i + 1).get(tensor).numbers();
          for (int t = 0; t < mask.remaining(); t++) {
            additive |= mask.get(mask.position() + t) < TokenView.LEAST_ADDED;
          }
        }
        TokenView known =
            new TokenView(
                view.tensor(),
                view.tokens(),
                view.width(),
                Optional.of(new TokenView.Mask(tensor, additive)));
        Seen old = seen.get(i);
        seen.set(i, new Seen(Optional.of(known), old.rows(), old.cells(), old.maps()));
      }
    }
  }

  private Optional<HeadView> linearView(CutPoint cut, boolean small) {
    Optional<HeadView> tokens = HeadViews.tokens(cut).map(view -> view);
    Optional<HeadView> pooled = HeadViews.pooled(cut, small ? GRID : 1).map(view -> view);
    return switch (options.head()) {
      case TOKENS -> tokens;
      case POOLED -> pooled;
      case CONV -> Optional.empty();
      // A cut with both has its tokens beside a map of something else, such as scores.
      case AUTO -> tokens.or(() -> pooled);
    };
  }

  private Optional<CellView> cellView(CutPoint cut, Optional<HeadView> linear, int mostValues) {
    return switch (options.head()) {
      case TOKENS, POOLED -> Optional.empty();
      case CONV -> HeadViews.cells(cut, mostValues);
      case AUTO ->
          linear.orElse(null) instanceof TokenView
              ? Optional.empty()
              : HeadViews.cells(cut, mostValues);
    };
  }

  /** All values of a cut's only tensor, one by one. */
  private static HeadView whole(CutPoint cut) {
    return PooledView.of(new Pooling(Math.toIntExact(cut.bytes() / Float.BYTES), 1, 1, 1, false));
  }

  private static String shapes(List<int[]> shapes) {
    return Arrays.deepToString(shapes.toArray());
  }

  /** The last single tensor before the last computing node: what the network's own end reads. */
  private static CutPoint lastFeatures(OnnxGraph graph) throws PreparationException {
    return graph.cutPoints().stream()
        .filter(point -> point.position() > 0 && point.macsBefore() < graph.totalMacs())
        .filter(point -> point.tensors().size() == 1)
        .reduce((first, second) -> second)
        .orElseThrow(
            () ->
                new PreparationException(
                    graph.name() + ": no features before its end on which to train new classes"));
  }

  private static OnnxGraph withNewEnd(OnnxGraph graph, CutPoint features, DenseLayer layer)
      throws PreparationException {
    byte[] body = graph.extract(graph.inputs(), features.tensors());
    try {
      return OnnxGraph.of(OnnxPieces.endingWith(body, layer), graph.name());
    } catch (OnnxFormatException e) {
      throw new PreparationException(String.valueOf(e.getMessage()));
    }
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
