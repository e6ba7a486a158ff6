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
final class Transforms implements AutoCloseable {
  private static final Pattern SETTING = Pattern.compile("-s[0-9.]+(-.*)?$");

  private final List<Integer> cuts;
  private final ExitNetwork searched;
  private final DataSets data;
  private final CodecSearch search;
  private final Replay replay;

  /**
   * Prepares a search.
   *
   * @param cuts interior cuts that may be searched
   */
  Transforms(
      Subject subject,
      List<Integer> cuts,
      OnnxEngine engine,
      CodecSearch.Options options,
      PrintStream console) {
    this.cuts = List.copyOf(cuts);
    ExitNetwork network = subject.network();
    List<CutPoint> points = new ArrayList<>();
    points.add(network.cuts().get(0));
    cuts.forEach(cut -> points.add(network.cuts().get(cut)));
    points.add(network.cuts().get(network.lastCut()));
    // Only final answers are looked at, so that the heads are not needed.
    searched = new ExitNetwork(network.backbone(), network.preprocessing(), points, List.of());
    List<String> classes =
        Stream.iterate(0, i -> i + 1)
            .limit(Math.max(2, subject.task().outputOf().length))
            .map(i -> "class " + i)
            .toList();
    data =
        new DataSets(
            classes,
            subject.train(),
            subject.select(),
            subject.select(),
            subject.select(),
            subject.test(),
            subject.name());
    search = new CodecSearch(options, engine, new Notes(console));
    replay = new Replay(searched, engine);
  }

  /** Returns what the search finds at one of the cuts. */
  List<CutCodec> find(int cut) throws IOException {
    int place = 1 + cuts.indexOf(cut);
    List<CutCodec> found = new ArrayList<>();
    for (CutCodec codec : search.search(searched, replay, data, other -> other == place)) {
      if (!codec.name().equals(CutCodec.EIGHT_BIT)) {
        found.add(new CutCodec(cut, codec.name(), codec.wire(), codec.transform(), codec.tables()));
      }
    }
    return found;
  }

  @Override
  public void close() {
    replay.close();
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
