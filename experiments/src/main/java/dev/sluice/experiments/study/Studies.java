package dev.sluice.experiments.study;

import dev.sluice.experiments.study.codec.CodecStudy;
import dev.sluice.experiments.study.fleet.FleetStudy;
import dev.sluice.experiments.study.floors.FloorsStudy;
import dev.sluice.experiments.study.herd.HerdStudy;
import dev.sluice.experiments.study.overhead.OverheadStudy;
import dev.sluice.experiments.study.regret.RegretStudy;
import dev.sluice.experiments.study.wire.WireStudy;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The studies that there are. */
public final class Studies {
  private static final List<Study> ALL =
      List.of(
          new CodecStudy(),
          new DemoStudy(),
          new FleetStudy(),
          new FloorsStudy(),
          new HerdStudy(),
          new OverheadStudy(),
          new PoliciesStudy(),
          new RegretStudy(),
          new WireStudy());

  private Studies() {}

  /** All of them, by name. */
  public static List<Study> all() {
    return ALL;
  }

  /** Their names, for people. */
  public static String names() {
    return ALL.stream().map(Study::name).collect(Collectors.joining(", "));
  }

  /** The study of that name. */
  public static Optional<Study> find(String name) {
    return ALL.stream().filter(study -> study.name().equals(name)).findFirst();
  }

  /** The name that resembles a mistyped one most. */
  public static String nearest(String name) {
    return ALL.stream()
        .map(Study::name)
        .min(Comparator.comparingInt(known -> edits(name, known)))
        .orElseThrow();
  }

  /** Levenshtein's distance: insertions, deletions and replacements of single characters. */
  static int edits(String from, String to) {
    int[] previous = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int[] current = new int[to.length() + 1];
      current[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, Math.min(previous[j], current[j - 1]) + 1);
      }
      previous = current;
    }
    return previous[to.length()];
  }
}
