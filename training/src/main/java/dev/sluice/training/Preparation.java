package dev.sluice.training;

import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.data.Labels;
import dev.sluice.training.head.HeadTrainer;
import dev.sluice.training.head.TorchMissingException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Gives an ordinary classifier early exits: checks that it works as fed, chooses cuts, trains a
 * head per exit on the frozen backbone, and a new last layer where the data have other classes. Not
 * thread-safe; uses several threads inside.
 */
final class Preparation {
  /** How many steps {@link #prepare} reports, and how many {@link #withOwnExits}. */
  static final int STEPS = 1 + TrainedExits.STEPS;

  static final int OWN_STEPS = 1;

  private static final int CHECKED = 500;

  /**
   * What is asked for.
   *
   * @param exitShares where early exits sit, as shares of the MACs
   * @param head which kind of head the exits get
   * @param trainLimit most pictures to train heads on
   * @param mirror whether mirror images are trained on as well
   */
  record Options(
      List<Double> exitShares,
      HeadChoice head,
      int trainLimit,
      boolean mirror,
      int threads,
      long seed) {}

  private final Options options;
  private final Progress progress;

  Preparation(Options options, Progress progress) {
    this.options = options;
    this.progress = progress;
  }

  /**
   * A network with trained exits.
   *
   * @param network ready for {@link BundleBuilder}
   * @param data the sets, with the names that the bundle shows
   * @param figures for the provenance
   */
  record Prepared(ExitNetwork network, DataSets data, Map<String, String> figures) {}

  /**
   * Prepares a network.
   *
   * @param labels names of the network's outputs, or of the data's classes where those differ
   * @throws PreparationException if network, labels and data do not fit together
   * @throws TorchMissingException if the training engine is not there
   */
  Prepared prepare(OnnxGraph graph, Preprocessing preprocessing, Labels labels, DataSets given)
      throws IOException, TorchMissingException {
    HeadTrainer.requireEngine();
    List<CutPoint> points = checkShape(graph, preprocessing);
    int outputs = points.get(points.size() - 1).shapes().get(0)[0];
    Optional<int[]> own = ownClasses(graph, outputs, labels, given);
    boolean sameClasses = own.isPresent() && given.classes().size() == outputs;
    DataSets data =
        sameClasses ? given.relabelled(own.get(), labels.names()) : named(given, labels);
    Map<String, String> figures = new LinkedHashMap<>();
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread())) {
      if (own.isPresent()) {
        figures.putAll(checkAboveChance(engine, graph, preprocessing, given, own.get(), outputs));
      } else {
        progress.begin("labels name other classes than the network's outputs; not checked yet", 1);
      }
      CutChoice choice = CutChoice.of(graph, options.exitShares());
      TrainedExits.Result exits =
          new TrainedExits(
                  new TrainedExits.Options(
                      options.head(),
                      options.trainLimit(),
                      options.mirror(),
                      options.threads(),
                      options.seed()),
                  engine,
                  progress)
              .train(graph, preprocessing, choice, data, !sameClasses);
      figures.putAll(exits.figures());
      if (!sameClasses) {
        checkNewEnd(engine, exits.network(), data);
      }
      return new Prepared(exits.network(), data, figures);
    }
  }

  /**
   * Takes the outputs that a network brings as its exits; nothing is trained.
   *
   * @param graph with several outputs of logits
   * @param labels names of the network's outputs
   * @throws PreparationException if network, labels and data do not fit together
   */
  Prepared withOwnExits(OnnxGraph graph, Preprocessing preprocessing, Labels labels, DataSets given)
      throws IOException {
    OwnExits own = OwnExits.of(graph, preprocessing);
    own.notes().forEach(progress::note);
    OnnxGraph backbone = own.network().backbone();
    checkShape(backbone, preprocessing);
    int outputs = own.classes();
    Optional<int[]> classes = ownClasses(backbone, outputs, labels, given);
    if (classes.isEmpty()) {
      throw new PreparationException(
          text(
              "labels disagree: %s brings its own exits of %d classes, and the data have others;"
                  + " name the folders as the labels, or train exits with --exits 0.3,0.6",
              graph.name(), outputs));
    }
    DataSets data = given.relabelled(classes.get(), labels.names());
    Map<String, String> figures = new LinkedHashMap<>(own.figures());
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread())) {
      figures.putAll(
          checkAboveChance(engine, backbone, preprocessing, given, classes.get(), outputs));
    }
    return new Prepared(own.network(), data, figures);
  }

  static List<CutPoint> checkShape(OnnxGraph graph, Preprocessing preprocessing)
      throws PreparationException {
    if (graph.inputs().size() != 1 || graph.outputs().size() != 1) {
      throw new PreparationException(
          "%s: has inputs %s and outputs %s; a classifier with one of each is needed"
              .formatted(graph.name(), graph.inputs(), graph.outputs()));
    }
    List<CutPoint> points;
    try {
      points = graph.cutPoints();
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new PreparationException(
          graph.name()
              + ": cannot be run: "
              + e.getMessage()
              + "; export it with a batch dimension");
    }
    int[] input = points.get(0).shapes().get(0);
    int[] output = points.get(points.size() - 1).shapes().get(0);
    if (input.length != 3 || input[0] != 3 || output.length != 1) {
      throw new PreparationException(
          graph.name()
              + ": not a classifier of RGB pictures [N, 3, H, W] with logits [N, classes]");
    }
    if (input[1] != preprocessing.height() || input[2] != preprocessing.width()) {
      throw new PreparationException(
          "%s: takes %dx%d, --preprocess says %dx%d; set size=%dx%d there"
              .formatted(
                  graph.name(),
                  input[2],
                  input[1],
                  preprocessing.width(),
                  preprocessing.height(),
                  input[2],
                  input[1]));
    }
    return points;
  }

  /** Returns for each class of the data the network's output that means it, where that is known. */
  private static Optional<int[]> ownClasses(
      OnnxGraph graph, int outputs, Labels labels, DataSets data) throws PreparationException {
    int classes = data.classes().size();
    if (labels.size() != outputs && labels.size() != classes) {
      throw new PreparationException(
          "labels disagree: %d labels are given, %s has %d outputs and the data have %d classes"
              .formatted(labels.size(), graph.name(), outputs, classes));
    }
    if (labels.size() == outputs) {
      Optional<int[]> mapped = labels.indicesOf(data.classes());
      if (mapped.isPresent() || outputs != classes) {
        return mapped;
      }
      throw new PreparationException(
          "labels disagree: class '%s' of the data is not among the labels; name the folders as the labels"
              .formatted(
                  data.classes().stream()
                      .filter(name -> labels.indexOf(name).isEmpty())
                      .findFirst()
                      .orElseThrow()));
    }
    return Optional.empty();
  }

  private Map<String, String> checkAboveChance(
      OnnxEngine engine,
      OnnxGraph graph,
      Preprocessing preprocessing,
      DataSets data,
      int[] own,
      int outputs)
      throws IOException {
    // Of held-out pictures: temperature's, which nothing is chosen by.
    LabelledImages images = data.temperature().sample(CHECKED, options.seed());
    List<CutPoint> points = graph.cutPoints();
    ExitNetwork uncut =
        new ExitNetwork(
            graph, preprocessing, List.of(points.get(0), points.get(points.size() - 1)), List.of());
    progress.begin("checking the uncut network: " + images.size() + " pictures", images.size());
    try (Replay replay = new Replay(uncut, engine)) {
      Recording recording =
          Recording.of(uncut, replay, List.of(), images, options.threads(), progress::done);
      float[][] logits = recording.logits(0);
      int right = 0;
      for (int s = 0; s < logits.length; s++) {
        right += Recording.best(logits[s]) == own[images.label(s)] ? 1 : 0;
      }
      double accuracy = right / (double) logits.length;
      progress.note(
          text(
              "uncut network: %.1f %% of %d pictures right, %d-way",
              100 * accuracy, logits.length, outputs));
      requireAboveChance(graph.name(), accuracy, outputs);
      return Map.of(
          "uncut network",
          text(
              "accuracy %.2f %% on %d pictures of the temperature set, %d-way",
              100 * accuracy, logits.length, outputs));
    }
  }

  private static void requireAboveChance(String name, double accuracy, int classes)
      throws PreparationException {
    double chance = 1.0 / classes;
    if (accuracy < chance + 0.1 * (1 - chance)) {
      throw new PreparationException(
          text(
              "%s: scores %.1f %% on these pictures, near chance (%.1f %%); check --preprocess"
                  + " (mean, std, scale, shift) and the order of --labels",
              name, 100 * accuracy, 100 * chance));
    }
  }

  private void checkNewEnd(OnnxEngine engine, ExitNetwork network, DataSets data)
      throws IOException {
    LabelledImages images = data.temperature().sample(CHECKED, options.seed());
    try (Replay replay = new Replay(network, engine)) {
      Recording recording =
          Recording.of(network, replay, List.of(), images, options.threads(), done -> {});
      for (int exit = 0; exit < network.exits(); exit++) {
        progress.note(
            text(
                "exit at %.0f %% of the MACs: %.1f %% of %d held-out pictures right",
                100 * network.share(network.exitCut(exit)),
                100 * recording.accuracy(exit),
                images.size()));
      }
      requireAboveChance(
          network.backbone().name(),
          recording.accuracy(network.exits() - 1),
          data.classes().size());
    }
  }

  /** Returns the data under the names that the bundle shows. */
  private static DataSets named(DataSets data, Labels labels) {
    List<String> names = labels.names();
    List<String> shown = new ArrayList<>();
    for (int i = 0; i < data.classes().size(); i++) {
      int inOrder = labels.size() == data.classes().size() ? i : -1;
      int index = labels.indexOf(data.classes().get(i)).orElse(inOrder);
      shown.add(index < 0 ? data.classes().get(i) : names.get(index));
    }
    return data.named(shown);
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
