package dev.sluice.training;

import dev.sluice.scheduler.profile.Profile;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.transform.CutCodec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A fresh bundle's figures, as tables in Markdown and as provenance. */
final class BundleReport {
  private final ExitNetwork network;
  private final Profile profile;
  private final List<CutCodec> kept;
  private final Recording select;
  private final Recording certify;
  private final Recording test;
  private final Recording sent;

  BundleReport(
      ExitNetwork network,
      Profile profile,
      List<CutCodec> kept,
      Recording select,
      Recording certify,
      Recording test,
      Recording sent) {
    this.network = network;
    this.profile = profile;
    this.kept = List.copyOf(kept);
    this.select = select;
    this.certify = certify;
    this.test = test;
    this.sent = sent;
  }

  /** Returns the figures that go into the provenance. */
  Map<String, String> figures() {
    Map<String, String> figures = new LinkedHashMap<>();
    for (int exit = 0; exit < network.exits(); exit++) {
      figures.put(
          "exit " + exit,
          text(
              "%.1f %% of the MACs, accuracy %.2f %% on %d test pictures",
              100 * network.share(network.exitCut(exit)),
              100 * test.accuracy(exit),
              test.samples()));
    }
    return figures;
  }

  /** Returns the tables: exits, then codecs. */
  String text() {
    return exits() + "\n" + codecs();
  }

  private String exits() {
    StringBuilder out =
        new StringBuilder("| exit | cut | tensor | share of MACs | test | select | certify |\n");
    out.append("| --- | --- | --- | --- | --- | --- | --- |\n");
    for (int exit = 0; exit < network.exits(); exit++) {
      int cut = network.exitCut(exit);
      out.append(
          text(
              "| %d%s | %d | %s | %.1f %% | %.1f %% | %.1f %% | %.1f %% |\n",
              exit,
              exit == network.exits() - 1 ? " (final)" : "",
              cut,
              shape(cut),
              100 * network.share(cut),
              100 * test.accuracy(exit),
              100 * select.accuracy(exit),
              100 * certify.accuracy(exit)));
    }
    return out.toString();
  }

  private String codecs() {
    double jpeg = 0;
    for (int v = 0; v < sent.codecs().size(); v++) {
      if (sent.codecs().get(v).name().equals("jpeg-75")) {
        jpeg = sent.meanBytes(v);
      }
    }
    StringBuilder out =
        new StringBuilder(
            text(
                "| cut | share of MACs | tensor | codec | bytes | of a JPEG (75) | final exit, %,d test"
                    + " pictures | answers unchanged | encode | decode |\n",
                sent.samples()));
    out.append("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (CutCodec codec : kept) {
      int v = sent.codecs().indexOf(codec);
      Profile.CodecCost cost = profile.codec(codec.cut(), codec.name()).orElseThrow();
      out.append(
          text(
              "| %d | %.1f %% | %s | %s | %,.0f | %s | %.1f %% | %.1f %% | %.2f ms | %.2f ms |\n",
              codec.cut(),
              100 * network.share(codec.cut()),
              codec.cut() == 0 ? "picture" : shape(codec.cut()),
              codec.name(),
              sent.meanBytes(v),
              jpeg > 0 ? text("%.2f", sent.meanBytes(v) / jpeg) : "-",
              100 * sent.finalAccuracy(v),
              100 * sent.unchanged(v),
              cost.encodeNanos() / 1e6,
              cost.decodeNanos() / 1e6));
    }
    return out.toString();
  }

  private String shape(int cut) {
    int[] shape = network.cuts().get(cut).shapes().get(0);
    StringBuilder text = new StringBuilder();
    for (int side : shape) {
      text.append(text.length() == 0 ? "" : "×").append(side);
    }
    return text.toString();
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
