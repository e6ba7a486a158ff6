package dev.sluice.training;

import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.stage.StageChain;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Variant;
import dev.sluice.scheduler.profile.CompanionInfo;
import dev.sluice.scheduler.profile.FactsFormatException;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.LabelledImages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Names another bundle's network as the companion of a bundle: runs the pictures behind the
 * bundle's own tables through it, once as they are and once through every picture codec, and writes
 * a copy of the bundle with what came out. Not thread-safe; uses several threads inside.
 *
 * <p>The companion's network itself stays in its own bundle, which only workers need. Its time is
 * what the bundle's profile says of the bundle's network, times how much slower the companion is
 * where this runs; the two are timed in turns.
 */
final class CompanionBuilder {
  /** Where a bundle keeps what it knows of its companion. */
  static final String FOLDER = "companion/";

  private static final String SELECT = "calibration.bin";
  private static final String CERTIFY = "certification.bin";
  private static final String PROFILE = "profile.json";

  /** The companion's origin among the bundle's. */
  static final String KEY = "companion";

  private static final int WARM_UP = 5;
  private static final int TURNS = 31;

  private final int threads;
  private final LongSupplier nanoClock;
  private final Progress progress;

  CompanionBuilder(int threads, LongSupplier nanoClock, Progress progress) {
    this.threads = threads;
    this.nanoClock = nanoClock;
    this.progress = progress;
  }

  /**
   * What was written.
   *
   * @param report for people, in lines
   */
  record Built(Bundle bundle, String report) {}

  /**
   * Measures and writes.
   *
   * @param other the companion's bundle
   * @param data those the bundle was made with, in its classes
   * @param origin for the provenance
   * @param out directory; a bundle that stands there is replaced
   * @throws IOException if the two have different classes, or the data are not the bundle's
   */
  Built build(Bundle bundle, Bundle other, DataSets data, String origin, Path out)
      throws IOException {
    if (bundle.digest().equals(other.digest())) {
      throw new PreparationException(bundle.source() + " cannot be its own companion");
    }
    List<Integer> classes = classes(bundle.manifest(), other.manifest());
    CalibrationTable select = table(bundle, SELECT);
    CalibrationTable certify = table(bundle, CERTIFY);
    List<String> codecs =
        select.variants().stream()
            .filter(variant -> variant.cut() == 0)
            .map(Variant::codec)
            .filter(codec -> certify.variant(0, codec).isPresent())
            .toList();
    if (codecs.isEmpty()) {
      throw new PreparationException(
          bundle.source() + ": its tables know no picture codec by which to send pictures");
    }
    CalibrationTable selected;
    CalibrationTable certified;
    double slower;
    try (ProgressiveModel big = ProgressiveModel.open(other, EngineOptions.singleThread())) {
      CompanionAnswers answers = new CompanionAnswers(big, classes, codecs, threads);
      selected = answers(answers, data.select(), select);
      certified = answers(answers, data.certify(), certify);
      try (ProgressiveModel own = ProgressiveModel.open(bundle, EngineOptions.singleThread())) {
        slower = slower(own, big, data.select().picture(0));
      }
    }
    Profile profile = profile(bundle);
    long nanos = Math.round(slower * (profile.preprocessNanos() + profile.networkNanos()));
    CompanionInfo info =
        new CompanionInfo(
            CompanionInfo.VERSION, other.manifest().name(), other.digest(), nanos, classes);
    BundleWriter writer = BundleWriter.to(out);
    for (String path : bundle.paths()) {
      if (!path.startsWith(FOLDER)) {
        writer.put(path, bundle.file(path));
      }
    }
    writer.put(FOLDER + "companion.json", info.toJson());
    writer.put(FOLDER + SELECT, selected.toBytes());
    writer.put(FOLDER + CERTIFY, certified.toBytes());
    Map<String, String> provenance = new LinkedHashMap<>(bundle.manifest().provenance());
    provenance.put(KEY, origin);
    BundleManifest old = bundle.manifest();
    Bundle written =
        writer.commit(
            new BundleManifest(
                BundleManifest.SCHEMA_VERSION,
                old.name(),
                old.labels(),
                old.preprocessing(),
                old.cuts(),
                old.exits(),
                old.codecs(),
                old.variants(),
                provenance,
                Map.of(),
                Map.of()),
            true);
    return new Built(written, report(info, slower, select, certify, selected, certified));
  }

  /** The bundle's class of each of the companion's. */
  private static List<Integer> classes(BundleManifest own, BundleManifest other)
      throws PreparationException {
    Map<String, Integer> known = new HashMap<>();
    for (int label = 0; label < own.labels().size(); label++) {
      if (known.put(own.labels().get(label), label) != null) {
        throw new PreparationException(
            "%s has two classes named %s, which no companion can tell apart"
                .formatted(own.name(), own.labels().get(label)));
      }
    }
    List<Integer> classes = new ArrayList<>();
    for (String label : other.labels()) {
      Integer mine = known.remove(label);
      if (mine == null) {
        throw new PreparationException(
            "labels disagree: %s has a class %s, %s has none, or had it before"
                .formatted(other.name(), label, own.name()));
      }
      classes.add(mine);
    }
    if (!known.isEmpty()) {
      throw new PreparationException(
          "labels disagree: %s has a class %s, %s has none"
              .formatted(own.name(), known.keySet().iterator().next(), other.name()));
    }
    return List.copyOf(classes);
  }

  private static CalibrationTable table(Bundle bundle, String path) throws IOException {
    requireThere(bundle, path);
    try {
      return CalibrationTable.read(bundle.file(path));
    } catch (FactsFormatException damaged) {
      throw new IOException(bundle.source() + "/" + path + ": " + damaged.getMessage(), damaged);
    }
  }

  private static Profile profile(Bundle bundle) throws IOException {
    requireThere(bundle, PROFILE);
    try {
      return Profile.fromJson(bundle.file(PROFILE));
    } catch (FactsFormatException damaged) {
      throw new IOException(bundle.source() + "/" + PROFILE + ": " + damaged.getMessage(), damaged);
    }
  }

  private static void requireThere(Bundle bundle, String path) throws PreparationException {
    if (!bundle.has(path)) {
      throw new PreparationException(
          bundle.source() + " has no " + path + "; make it with ./sluice model prepare");
    }
  }

  private CalibrationTable answers(
      CompanionAnswers answers, LabelledImages images, CalibrationTable own) throws IOException {
    progress.begin("recording " + own.role().name().toLowerCase(Locale.ROOT), images.size());
    return answers.to(images, own, progress::done);
  }

  /**
   * How many times as long the companion takes, from the picture on. Of lower quartiles: where the
   * machine does other work the longer one is interrupted more often.
   */
  private double slower(ProgressiveModel own, ProgressiveModel big, Picture picture) {
    progress.begin("comparing speeds", TURNS);
    long[] small = new long[TURNS];
    long[] large = new long[TURNS];
    try (StageChain ownChain = CompanionAnswers.whole(own);
        StageChain bigChain = CompanionAnswers.whole(big)) {
      for (int turn = -WARM_UP; turn < TURNS; turn++) {
        long start = nanoClock.getAsLong();
        CompanionAnswers.run(own, ownChain, picture);
        long middle = nanoClock.getAsLong();
        CompanionAnswers.run(big, bigChain, picture);
        long end = nanoClock.getAsLong();
        if (turn >= 0) {
          small[turn] = middle - start;
          large[turn] = end - middle;
          progress.done(turn + 1);
        }
      }
    }
    Arrays.sort(small);
    Arrays.sort(large);
    return Math.max(1, large[TURNS / 4]) / (double) Math.max(1, small[TURNS / 4]);
  }

  private static String report(
      CompanionInfo info,
      double slower,
      CalibrationTable select,
      CalibrationTable certify,
      CalibrationTable selected,
      CalibrationTable certified) {
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            Locale.ROOT,
            "companion %s (%s): %.2f times the time of the whole network, %.2f ms%n%n",
            info.name(),
            info.digest().substring(0, 12),
            slower,
            info.workerNanos() / 1e6));
    out.append("| picture | select | companion | certify | companion |\n");
    out.append("| --- | --- | --- | --- | --- |\n");
    out.append(row("as it is", select, -1, selected, -1, certify, -1, certified, -1));
    for (int v = 0; v < selected.variants().size(); v++) {
      String codec = selected.variants().get(v).codec();
      out.append(
          row(
              codec,
              select,
              select.variant(0, codec).orElseThrow(),
              selected,
              v,
              certify,
              certify.variant(0, codec).orElseThrow(),
              certified,
              v));
    }
    return out.toString();
  }

  private static String row(
      String codec,
      CalibrationTable select,
      int selectVariant,
      CalibrationTable selected,
      int selectedVariant,
      CalibrationTable certify,
      int certifyVariant,
      CalibrationTable certified,
      int certifiedVariant) {
    return String.format(
        Locale.ROOT,
        "| %s | %.1f %% | %.1f %% | %.1f %% | %.1f %% |%n",
        codec,
        100 * accuracy(select, selectVariant),
        100 * accuracy(selected, selectedVariant),
        100 * accuracy(certify, certifyVariant),
        100 * accuracy(certified, certifiedVariant));
  }

  /** Accuracy of a table's last exit, behind a variant or, at -1, without loss. */
  private static double accuracy(CalibrationTable table, int variant) {
    int last = table.exits() - 1;
    int right = 0;
    for (int s = 0; s < table.samples(); s++) {
      boolean correct = variant < 0 ? table.correct(s, last) : table.correct(variant, s, last);
      right += correct ? 1 : 0;
    }
    return (double) right / table.samples();
  }
}
