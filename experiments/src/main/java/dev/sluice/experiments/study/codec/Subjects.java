package dev.sluice.experiments.study.codec;

import dev.sluice.experiments.study.PackedData;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.training.BundleNetwork;
import dev.sluice.training.CutChoice;
import dev.sluice.training.RoadSignsData;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.data.CifarData;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.FolderData;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.data.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The networks of the study. Those of others keep the cuts that {@code model prepare} keeps; exits
 * need no training here, since only final answers are compared.
 */
final class Subjects {
  /** Where {@code model prepare} puts exits unless told otherwise. */
  private static final List<Double> EXIT_SHARES = List.of(0.15, 0.3, 0.45, 0.6, 0.75, 0.9);

  private static final long DATA_SEED = 1;

  /** A seed that neither the shipped bundle's training nor its codecs have seen. */
  private static final long FRESH_SEED = 2_029;

  /** He et al., "Deep Residual Learning for Image Recognition", 2015, table 6. */
  private static final double RESNET_56_UNSEEN = 0.9303;

  /** Howard et al., "MobileNets", 2017, table 6: 0.75 MobileNet-224. */
  private static final double MOBILENET_075_UNSEEN = 0.684;

  private static final String RESNET = "resnet56-cifar10";
  private static final String MOBILENET = "mobilenet-v1-0.75-224";
  private static final String ROADSIGNS = "roadsigns";

  /** In the order in which they are reported. */
  static final List<String> NAMES = List.of(RESNET, MOBILENET, ROADSIGNS);

  private final StudyContext context;
  private final CodecConfig config;

  Subjects(StudyContext context, CodecConfig config) {
    this.context = context;
    this.config = config;
  }

  /**
   * Opens those that take part and are there.
   *
   * @param work an empty folder for unpacked pictures
   * @param only part of their names
   */
  List<Subject> open(Path work, String only) throws IOException {
    List<Subject> all = new ArrayList<>();
    for (String name : NAMES) {
      Optional<CodecConfig.Network> wanted =
          config.network(name).filter(network -> name.contains(only));
      if (wanted.isPresent()) {
        open(wanted.get(), work).ifPresent(all::add);
      }
    }
    return all;
  }

  private Optional<Subject> open(CodecConfig.Network wanted, Path work) throws IOException {
    return switch (wanted.name()) {
      case RESNET -> resnet(wanted, work);
      case MOBILENET -> mobilenet(wanted);
      default -> Optional.of(roadSigns(wanted));
    };
  }

  private LabelledImages some(LabelledImages images, int most) {
    return images.sample(most, context.seed("samples"));
  }

  /**
   * The shipped bundle. Its codecs are chosen on drives and reported on independent frames of
   * another world.
   */
  private Subject roadSigns(CodecConfig.Network wanted) throws IOException {
    Path path = context.input(ROADSIGNS, context.home().resolve("experiments/bundles/roadsigns"));
    Bundle bundle = Bundle.open(path);
    ExitNetwork network = BundleNetwork.of(bundle);
    DataSets sets =
        RoadSignsData.draw(
            FRESH_SEED, new RoadSignsData.Sizes(wanted.train(), 1, wanted.select(), wanted.test()));
    return new Subject(
        ROADSIGNS,
        network,
        sets.train(),
        sets.select(),
        OptionalDouble.empty(),
        sets.test(),
        List.of(Task.ofAll(sets.classes().size())),
        wanted.mostLostPoints(),
        "<= 0.2",
        BundleNetwork.codecs(bundle).stream().filter(codec -> codec.cut() > 0).toList(),
        false);
  }

  /**
   * ResNet-56 on CIFAR-10. Its authors trained it on the pictures on which codecs are chosen here,
   * all of which it gets right.
   *
   * @param work an empty folder for the unpacked pictures
   */
  private Optional<Subject> resnet(CodecConfig.Network wanted, Path work) throws IOException {
    Path data = context.shared().resolve("data").resolve("cifar-10-binary.tar.xz");
    Optional<OnnxGraph> graph = graph(RESNET, data);
    if (graph.isEmpty()) {
      return Optional.empty();
    }
    PackedData.unpack(context.input("cifar-10", data), work);
    DataSets sets = CifarData.read(work, DATA_SEED);
    return Optional.of(
        new Subject(
            RESNET,
            network(
                graph.get(), "size=32 mean=0.485,0.456,0.406 std=0.229,0.224,0.225", EXIT_SHARES),
            some(sets.train(), wanted.train()),
            some(sets.select(), wanted.select()),
            OptionalDouble.of(RESNET_56_UNSEEN),
            some(sets.test(), wanted.test()),
            List.of(Task.ofAll(sets.classes().size())),
            wanted.mostLostPoints(),
            "<= 0.2",
            List.of(),
            false));
  }

  /**
   * MobileNet on photos of ten of its 1,000 classes, with its own head; codecs are chosen on val/,
   * most of whose pictures it was trained on, and reported on test/, which it has not seen.
   */
  private Optional<Subject> mobilenet(CodecConfig.Network wanted) throws IOException {
    Path data = context.shared().resolve("data").resolve("imagenette-224");
    Optional<OnnxGraph> graph = graph(MOBILENET, data);
    if (graph.isEmpty()) {
      return Optional.empty();
    }
    context.input("imagenette-224", data);
    DataSets sets = FolderData.read(data, DATA_SEED);
    Path file = context.shared().resolve("models").resolve("imagenet-labels.txt");
    Labels labels = Labels.read(context.input("imagenet-labels", file).toString());
    int[] own =
        labels
            .indicesOf(sets.classes())
            .orElseThrow(() -> new IOException(file + ": does not name the photos' classes"));
    return Optional.of(
        new Subject(
            MOBILENET,
            network(graph.get(), "size=224 scale=127.5 shift=-1", EXIT_SHARES),
            some(sets.train(), wanted.train()),
            some(new Joined(sets.select(), sets.certify()), wanted.select()),
            OptionalDouble.of(MOBILENET_075_UNSEEN),
            some(sets.test(), wanted.test()),
            List.of(
                new Task(labels.size() + "-way", new int[0], own),
                new Task(own.length + "-way", own, own)),
            wanted.mostLostPoints(),
            "<= 0.1",
            List.of(),
            true));
  }

  private Optional<OnnxGraph> graph(String name, Path data) throws IOException {
    Path file = context.shared().resolve("models").resolve(name + ".onnx");
    if (!Files.exists(file) || !Files.exists(data)) {
      context.console().println(name + " skipped: " + file + " or " + data + " is not there");
      return Optional.empty();
    }
    return Optional.of(OnnxGraph.read(context.input(name, file)));
  }

  private ExitNetwork network(OnnxGraph graph, String preprocessing, List<Double> shares)
      throws IOException {
    return new ExitNetwork(
        graph, Preprocessing.parse(preprocessing), CutChoice.of(graph, shares).cuts(), List.of());
  }
}
