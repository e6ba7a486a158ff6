package dev.sluice.experiments.study.overhead;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What does it cost to run a network in stages: over the bare engine, per boundary, while plans are
 * switched, in memory, and for batches from which samples leave?
 *
 * <p>Whatever is compared alternates within one run, with one thread and with two. The networks of
 * the figures are the shipped bundle and, where they are there, ResNet-56 and MobileNet with small
 * untrained heads of ten classes: what a head says makes no difference here, as no exit is taken.
 */
public final class OverheadStudy implements Study {
  private static final List<Integer> THREADS = List.of(1, 2);

  @Override
  public String name() {
    return "overhead";
  }

  @Override
  public String question() {
    return "What do stages cost over the bare engine: time, boundaries, switches, memory, batches?";
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    // The first engine of a process fixes how many threads all that use several share.
    OnnxEngine.start(new EngineOptions(2)).close();
    Findings findings = new Findings(context);
    Path folder = Files.createTempDirectory("sluice-overhead");
    try {
      Path home = context.home().resolve("experiments/bundles/roadsigns");
      Subject shipped =
          new Subject("roadsigns", Bundle.open(context.input("roadsigns", home)), "<= 1.05");
      Optional<Subject> resnet = real(context, "resnet56-cifar10", 32, "<= 1.05", folder);
      Optional<Subject> mobilenet = real(context, "mobilenet-v1-0.75-224", 224, "<= 1.03", folder);
      List<Subject> subjects =
          Stream.of(Optional.of(shipped), resnet, mobilenet).flatMap(Optional::stream).toList();
      for (Subject subject : subjects) {
        for (int threads : THREADS) {
          context.console().println(subject.name() + ", threads: " + threads);
          TimeFigures.measure(subject, threads, findings);
          BatchFigures.measure(subject, threads, findings);
          SwitchFigures.measure(subject, threads, findings);
        }
      }
      MemoryFigures.measure(shipped, mobilenet, findings);
    } finally {
      delete(folder);
    }
    findings.write();
    return findings.claims();
  }

  private static Optional<Subject> real(
      StudyContext context, String name, int side, String wanted, Path folder) throws IOException {
    Path network = context.shared().resolve("models").resolve(name + ".onnx");
    if (!Files.exists(network)) {
      context.console().println(name + " skipped: " + network + " is not there");
      return Optional.empty();
    }
    context.input(name, network);
    return Optional.of(Subject.of(name, network, side, folder.resolve(name), wanted));
  }

  private static void delete(Path folder) throws IOException {
    List<Path> all = new ArrayList<>();
    try (Stream<Path> paths = Files.walk(folder)) {
      paths.sorted(Comparator.reverseOrder()).forEach(all::add);
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }
}
