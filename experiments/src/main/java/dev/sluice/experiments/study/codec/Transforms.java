package dev.sluice.experiments.study.codec;

import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.training.CodecSearch;
import dev.sluice.training.Progress;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.transform.CutCodec;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The codecs that the search of {@code model prepare} finds at the cuts of a network. */
final class Transforms {
  private static final Pattern SETTING = Pattern.compile("-s[0-9.]+(-.*)?$");

  private Transforms() {}

  /**
   * Searches.
   *
   * @param cuts interior cuts to search
   * @param seed chooses samples
   */
  static List<CutCodec> find(
      Subject subject,
      List<Integer> cuts,
      OnnxEngine engine,
      boolean quick,
      int threads,
      long seed,
      PrintStream console)
      throws IOException {
    ExitNetwork network = subject.network();
    List<CutPoint> points = new ArrayList<>();
    points.add(network.cuts().get(0));
    cuts.forEach(cut -> points.add(network.cuts().get(cut)));
    points.add(network.cuts().get(network.lastCut()));
    // Only final answers are looked at, so that the heads are not needed.
    ExitNetwork searched =
        new ExitNetwork(network.backbone(), network.preprocessing(), points, List.of());
    List<String> classes =
        Stream.iterate(0, i -> i + 1)
            .limit(Math.max(2, subject.task().outputOf().length))
            .map(i -> "class " + i)
            .toList();
    DataSets data =
        new DataSets(
            classes,
            subject.train(),
            subject.select(),
            subject.select(),
            subject.select(),
            subject.test(),
            subject.name());
    CodecSearch.Options usual = CodecSearch.Options.standard(threads, seed);
    // Finer than a bundle needs, so that what is chosen lies close to what is allowed.
    CodecSearch.Options fine =
        new CodecSearch.Options(
            threads,
            seed,
            List.of(0.35, 0.5, 0.7, 0.85, 1.0, 1.2, 1.4, 1.7, 2.0, 2.4, 2.8),
            usual.lambdas(),
            usual.fitSamples(),
            usual.firstSamples(),
            usual.samples(),
            10);
    CodecSearch.Options few =
        new CodecSearch.Options(threads, seed, List.of(0.7, 1.4), List.of(0.12), 24, 8, 16, 3);
    List<CutCodec> found = new ArrayList<>();
    try (Replay replay = new Replay(searched, engine)) {
      for (CutCodec codec :
          new CodecSearch(quick ? few : fine, engine, new Notes(console))
              .search(searched, replay, data)) {
        if (!codec.name().equals(CutCodec.EIGHT_BIT)) {
          int cut = cuts.get(codec.cut() - 1);
          found.add(
              new CutCodec(cut, codec.name(), codec.wire(), codec.transform(), codec.tables()));
        }
      }
    }
    return found;
  }

  /** Returns what a codec's name says without its settings. */
  static String family(CutCodec codec) {
    return SETTING.matcher(codec.name()).replaceFirst("");
  }

  /** Shows only what the search has to say. */
  private record Notes(PrintStream console) implements Progress {
    @Override
    public void begin(String name, int total) {}

    @Override
    public void done(int units) {}

    @Override
    public void note(String line) {
      console.println("  " + line);
    }
  }
}
