package dev.sluice.experiments.study.regret;

import dev.sluice.edge.host.BundleFactsReader;
import dev.sluice.edge.host.EmulatedProfile;
import dev.sluice.experiments.demo.TestImages;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.sim.link.LinkOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A bundle on an emulated device, with what its exits and codecs make of test pictures.
 *
 * @param name of the bundle
 * @param replay the simulator
 */
record Subject(String name, StreamReplay replay) {
  /**
   * Ten frames a second on a device that takes 250 ms for the whole network, as the demo's does: it
   * can neither keep up nor be in time alone, and what is late holds up the next frame. (In a first
   * trial of six traces the device took 125 ms. Alone it held two of the questions, at no cost to
   * worker or link, which left nothing to compare; the questions stayed, the device was slowed.)
   */
  private static final long PERIOD_NANOS = 100_000_000L;

  private static final double WHOLE_NETWORK_NANOS = 250e6;

  /** Codecs and pixel loops on a small device over this machine, as in the demo. */
  private static final double SCALAR_FACTOR = 20;

  private static final double NOISE = 0.02;
  private static final int TEST_PICTURES = 5000;
  private static final int QUICK_TEST_PICTURES = 400;

  /** A bundle to look for beside the repository, and its data. */
  private record Wanted(String bundle, String data) {}

  private static final List<Wanted> OPTIONAL =
      List.of(
          new Wanted("mobilenet-imagenette", "imagenette-224"),
          new Wanted("resnet56-cifar10", "cifar-10"));

  /** Opens the shipped bundle, and those that are found beside the repository. */
  static List<Subject> open(StudyContext context) throws IOException {
    int pictures = context.quick() ? QUICK_TEST_PICTURES : TEST_PICTURES;
    List<Subject> subjects = new ArrayList<>();
    Path shipped =
        context.input("roadsigns", context.home().resolve("experiments/bundles/roadsigns"));
    subjects.add(of(context, "roadsigns", shipped, TestImages.roadSigns(pictures)));
    for (Wanted wanted : OPTIONAL) {
      Path bundle = context.shared().resolve("bundles").resolve(wanted.bundle());
      Path data = context.shared().resolve("data").resolve(wanted.data());
      if (!Files.isDirectory(bundle) || !Files.isDirectory(data)) {
        context
            .console()
            .println(wanted.bundle() + " skipped: " + bundle + " or " + data + " is not there");
        continue;
      }
      context.input(wanted.bundle(), bundle);
      context.input(wanted.data(), data);
      TestImages images = TestImages.read(data, bundle, pictures, context.seed("pictures"));
      subjects.add(of(context, wanted.bundle(), bundle, images));
    }
    return subjects;
  }

  private static Subject of(StudyContext context, String name, Path path, TestImages images)
      throws IOException {
    Bundle bundle = Bundle.open(path);
    BundleFacts facts = BundleFactsReader.read(bundle);
    context
        .console()
        .printf("%s: running %d %s%n", name, images.independent().size(), images.description());
    CalibrationTable test =
        TestTable.measure(
            bundle,
            images.independent(),
            Runtime.getRuntime().availableProcessors(),
            context.console());
    double factor = WHOLE_NETWORK_NANOS / facts.profile().networkNanos();
    return new Subject(
        name,
        new StreamReplay(
            EmulatedProfile.of(facts, factor, SCALAR_FACTOR),
            test,
            factor,
            PERIOD_NANOS,
            LinkOptions.DEFAULT,
            NOISE));
  }
}
