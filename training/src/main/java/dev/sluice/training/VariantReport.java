package dev.sluice.training;

import dev.sluice.model.CutVerification;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.calibrate.SpeedRatio;
import dev.sluice.training.calibrate.TemperatureScaling;
import dev.sluice.training.quantise.VariantSearch;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a fresh variant is like, as tables in Markdown and as provenance. Not thread-safe. */
final class VariantReport {
  private final ExitNetwork network;
  private final VariantSearch.Found found;
  private final Map<Integer, SpeedRatio> segments = new TreeMap<>();
  private final Map<String, String> figures = new LinkedHashMap<>();
  private final StringBuilder exits = new StringBuilder();
  private final StringBuilder splits = new StringBuilder();
  private final StringBuilder rest = new StringBuilder();
  private String speed = "";

  VariantReport(ExitNetwork network, VariantSearch.Found found) {
    this.network = network;
    this.found = found;
    figures.put("ranges", found.method().name().toLowerCase(Locale.ROOT));
    figures.put("biases corrected", Boolean.toString(found.correctsBiases()));
    figures.put("in floats", String.join(", ", found.keptFloat()));
    figures.put("heads in integers", named(found.quantisedHeads()));
  }

  void wholeSpeed(SpeedRatio whole) {
    speed =
        VariantBuilder.text(
            "whole backbone, one thread, in turns: float32 %.3f ms, int8 %.3f ms, %.2f times as"
                + " fast",
            whole.firstNanos() / 1e6, whole.secondNanos() / 1e6, whole.speedUp());
    figures.put("speed", speed);
  }

  void segmentSpeed(int cut, SpeedRatio ratio) {
    segments.put(cut, ratio);
  }

  void accuracy(Recording floats, Recording integers) {
    exits.append(
        VariantBuilder.text(
            "| exit | cut | float32, %,d test pictures | int8 | answers unchanged | cross-entropy,"
                + " change in nats |\n| --- | --- | --- | --- | --- | --- |\n",
            floats.samples()));
    int[] labels = floats.labels();
    for (int exit = 0; exit < network.exits(); exit++) {
      exits.append(
          VariantBuilder.text(
              "| %d%s | %d | %.2f %% | %.2f %% | %.2f %% | %+.4f |\n",
              exit,
              exit == network.exits() - 1 ? " (final)" : "",
              network.exitCut(exit),
              100 * floats.accuracy(exit),
              100 * integers.accuracy(exit),
              100 * unchanged(floats.logits(exit), integers.logits(exit)),
              TemperatureScaling.negativeLogLikelihood(integers.logits(exit), labels, 1)
                  - TemperatureScaling.negativeLogLikelihood(floats.logits(exit), labels, 1)));
      figures.put(
          "exit " + exit,
          VariantBuilder.text(
              "accuracy %.2f %% on %d test pictures, float32 %.2f %%",
              100 * integers.accuracy(exit), integers.samples(), 100 * floats.accuracy(exit)));
    }
  }

  private static double unchanged(float[][] one, float[][] other) {
    int same = 0;
    for (int s = 0; s < one.length; s++) {
      same += Recording.best(one[s]) == Recording.best(other[s]) ? 1 : 0;
    }
    return same / (double) one.length;
  }

  void splits(Recording mixed) {
    splits.append(
        VariantBuilder.text(
            "| split | share of MACs in int8 | part alone, float32 | int8 | times as fast | final"
                + " exit, float32 behind the split, %,d test pictures | same answer as int8 to the"
                + " end |\n",
            mixed.samples()));
    splits.append("| --- | --- | --- | --- | --- | --- | --- |\n");
    for (int cut = 1; cut <= network.lastCut(); cut++) {
      SpeedRatio ratio = segments.get(cut);
      boolean last = cut == network.lastCut();
      int v = cut - 1;
      splits.append(
          VariantBuilder.text(
              "| %d | %.1f %% | %.3f ms | %.3f ms | %.2f | %.2f %% | %.2f %% |\n",
              cut,
              100 * network.share(cut),
              ratio == null ? 0 : ratio.firstNanos() / 1e6,
              ratio == null ? 0 : ratio.secondNanos() / 1e6,
              ratio == null ? 0 : ratio.speedUp(),
              100 * (last ? mixed.accuracy(network.exits() - 1) : mixed.finalAccuracy(v)),
              100 * (last ? 1 : mixed.unchanged(v))));
    }
  }

  void bytes(Bundle bundle, VariantInfo variant, Map<String, byte[]> files) {
    long floats = bundle.file(Bundle.BACKBONE).length;
    long integers = length(files, variant.backbone());
    for (ExitInfo exit : bundle.manifest().exits()) {
      if (!exit.head().isEmpty()) {
        long own = bundle.file(exit.head()).length;
        floats += own;
        String quantised = variant.heads().get(exit.index());
        integers += quantised == null ? own : length(files, quantised);
      }
    }
    String line =
        VariantBuilder.text(
            "backbone and heads: %,d bytes in float32, %,d in int8 (%.2f)",
            floats, integers, integers / (double) floats);
    figures.put("bytes", line);
    rest.append(line).append('\n');
  }

  private static long length(Map<String, byte[]> files, String path) {
    byte[] content = files.get(path);
    return content == null ? 0 : content.length;
  }

  void verified(CutVerification verification) {
    double worst = verification.withAllExits().relative();
    for (CutVerification.Deviation cut : verification.cuts()) {
      worst = Math.max(worst, cut.relative());
    }
    rest.append(
        VariantBuilder.text(
            "cut anywhere against uncut, both in int8, %d pictures: largest difference %.1e of the"
                + " largest output (%s)\n",
            verification.inputs(), worst, verification.holds() ? "equal" : "not equal"));
  }

  /** Returns things in order, such as {@code 0, 2}, or that there are none. */
  static String named(Collection<?> things) {
    return things.isEmpty()
        ? "none"
        : things.stream().sorted().map(Object::toString).collect(Collectors.joining(", "));
  }

  /** Returns the figures that go into the provenance. */
  Map<String, String> figures() {
    return figures;
  }

  /** Returns the tables: what was tried, exits, splits, the rest. */
  String text() {
    StringBuilder out = new StringBuilder();
    List<String> tried = found.report();
    tried.forEach(line -> out.append(line).append('\n'));
    out.append(
        VariantBuilder.text(
            "chosen: %s%s; in floats: %s; heads in integers: %s\n",
            found.method().name().toLowerCase(Locale.ROOT).replace('_', '-'),
            found.correctsBiases() ? ", biases corrected" : "",
            named(found.keptFloat()),
            named(found.quantisedHeads())));
    return out.append('\n')
        .append(exits)
        .append('\n')
        .append(splits)
        .append('\n')
        .append(speed)
        .append('\n')
        .append(rest)
        .toString();
  }
}
