package dev.sluice.experiments.study.floors;

import dev.sluice.experiments.study.StudyContext;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.training.BundleNetwork;
import dev.sluice.training.RoadSignsData;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.roadsigns.DataSet;
import dev.sluice.training.roadsigns.RoadSigns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/**
 * The world that certification tables are drawn from: what the shipped bundle makes of drives of
 * the test set, thinned as those to certify on are. Nothing was chosen on them.
 */
final class Pool {
  private static final int REPORT_EVERY = 300;

  private Pool() {}

  /**
   * Measures it, or reads what a run before left in the same folder.
   *
   * @param drives how many
   */
  static CalibrationTable of(StudyContext context, Bundle bundle, int drives) throws IOException {
    Path file =
        context.out().resolve("pool-%s-%d.bin".formatted(bundle.digest().substring(0, 12), drives));
    if (Files.exists(file)) {
      context.console().println("reading the pool of " + file);
      return CalibrationTable.read(Files.readAllBytes(file));
    }
    CalibrationTable pool =
        measure(
            context,
            bundle,
            RoadSignsData.thinned(new RoadSigns(RoadSigns.DEFAULT_SEED), DataSet.TEST, drives));
    /* A run that is killed here leaves no half of a file that the next one would read. */
    Path written = file.resolveSibling(file.getFileName() + ".part");
    Files.write(written, pool.toBytes());
    Files.move(written, file, StandardCopyOption.REPLACE_EXISTING);
    return pool;
  }

  private static CalibrationTable measure(
      StudyContext context, Bundle bundle, LabelledImages pictures) throws IOException {
    ExitNetwork network = BundleNetwork.of(bundle);
    double[] temperatures =
        bundle.manifest().exits().stream().mapToDouble(ExitInfo::temperature).toArray();
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        Replay replay = new Replay(network, engine)) {
      return Recording.of(
              network,
              replay,
              BundleNetwork.codecs(bundle),
              pictures,
              Runtime.getRuntime().availableProcessors(),
              done -> {
                if (done % REPORT_EVERY == 0) {
                  context
                      .console()
                      .printf(Locale.ROOT, "  %d of %d pictures%n", done, pictures.size());
                }
              })
          .table(CalibrationTable.Role.CERTIFY, temperatures, BundleNetwork.codecs(bundle));
    }
  }
}
