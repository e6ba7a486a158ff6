package dev.sluice.experiments.study.replay;

import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CompanionInfo;
import dev.sluice.training.BundleNetwork;
import dev.sluice.training.CompanionAnswers;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.transform.CutCodec;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** Measures what a bundle's exits and codecs make of pictures on which nothing was chosen. */
public final class TestTable {
  private static final int REPORT_EVERY = 500;

  private TestTable() {}

  /**
   * Runs pictures through all exits and codecs of a bundle, as the preparation of its own tables
   * does. The table has the role of one to prove on, since nobody plans on it.
   *
   * @param test pictures of the test set
   * @param threads that compute, at least 1
   */
  public static CalibrationTable measure(
      Bundle bundle, LabelledImages test, int threads, PrintStream console) throws IOException {
    return measure(
        bundle, BundleNetwork.of(bundle), BundleNetwork.codecs(bundle), test, threads, console);
  }

  /**
   * Runs pictures through all exits of a bundle at a precision, all of it on the device.
   *
   * @param precision a variant's
   * @param test pictures of the test set
   * @param threads that compute, at least 1
   */
  static CalibrationTable uncoded(
      Bundle bundle, String precision, LabelledImages test, int threads, PrintStream console)
      throws IOException {
    return measure(bundle, BundleNetwork.of(bundle, precision), List.of(), test, threads, console);
  }

  /**
   * Asks a bundle's companion about the same pictures, as they are and through the bundle's picture
   * codecs.
   *
   * @param own outcomes of the pictures in the bundle that names the companion
   * @param info what that bundle says of it
   * @param codecs of pictures, which planners may send it by
   * @param test the pictures of {@code own}
   * @param threads that compute, at least 1
   */
  static CalibrationTable accompanied(
      Bundle companion,
      CompanionInfo info,
      List<String> codecs,
      CalibrationTable own,
      LabelledImages test,
      int threads,
      PrintStream console)
      throws IOException {
    try (ProgressiveModel model = ProgressiveModel.open(companion, EngineOptions.singleThread())) {
      return new CompanionAnswers(model, info.classes(), codecs, threads)
          .to(test, own, done -> report(done, test, console));
    }
  }

  private static void report(int done, LabelledImages test, PrintStream console) {
    if (done % REPORT_EVERY == 0) {
      console.printf(Locale.ROOT, "  %d of %d pictures%n", done, test.size());
    }
  }

  private static CalibrationTable measure(
      Bundle bundle,
      ExitNetwork network,
      List<CutCodec> codecs,
      LabelledImages test,
      int threads,
      PrintStream console)
      throws IOException {
    double[] temperatures =
        bundle.manifest().exits().stream().mapToDouble(ExitInfo::temperature).toArray();
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        Replay replay = new Replay(network, engine)) {
      Recording recording =
          Recording.of(network, replay, codecs, test, threads, done -> report(done, test, console));
      return recording.table(CalibrationTable.Role.CERTIFY, temperatures, codecs);
    }
  }
}
