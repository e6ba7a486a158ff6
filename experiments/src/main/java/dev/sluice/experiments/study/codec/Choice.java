package dev.sluice.experiments.study.codec;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * Chooses contenders on the select set: at each cut the one of fewest bytes that loses no more than
 * a subject allows, and the one of fewest bytes that leaves nearly all answers as they are.
 *
 * <p>Most contenders show after few samples that they are hopeless, or needlessly large beside one
 * of their group that does well; they see no more, and can no longer be chosen. Those in doubt see
 * the whole set.
 */
final class Choice {
  /** The share of answers that the stricter choice leaves unchanged. */
  static final double LEAST_UNCHANGED = 0.98;

  /** After which shares of the set, but no fewer samples than {@link #FEWEST}, some go. */
  private static final double[] STAGES = {0.04, 0.12, 0.3, 0.6};

  private static final int FEWEST = 50;

  /** Standard errors beyond what is allowed after which a contender counts as hopeless. */
  private static final double HOPELESS = 2;

  /** Standard errors below it from which larger ones are needless. */
  private static final double COMFORTABLE = 1.5;

  private final Subject subject;
  private final Trial trial;
  private final int[] order;
  private List<Contender> alive;
  private final Map<Contender, Integer> seenBy = new HashMap<>();
  private int done;

  /**
   * Prepares.
   *
   * @param trial on the select set
   * @param seed of the order in which its samples come
   */
  Choice(Subject subject, Trial trial, Collection<Contender> contenders, long seed) {
    this.subject = subject;
    this.trial = trial;
    this.alive = List.copyOf(contenders);
    this.order = trial.all();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
  }

  /** Tries all contenders on the whole set, or on as much of it as tells. */
  void run() throws IOException {
    for (double stage : STAGES) {
      advance(Math.min(order.length, Math.max(FEWEST, (int) (stage * order.length))));
      Set<Contender> wanted = new LinkedHashSet<>();
      for (List<Contender> group : groups()) {
        wanted.addAll(inDoubt(group, this::excessLost));
        wanted.addAll(inDoubt(group, this::excessChanged));
      }
      alive = alive.stream().filter(wanted::contains).toList();
    }
    advance(order.length);
  }

  private void advance(int to) throws IOException {
    trial.run(alive, Arrays.copyOfRange(order, done, to));
    done = to;
    alive.forEach(contender -> seenBy.put(contender, done));
  }

  /** Returns the samples on which a contender was tried. */
  int[] seenBy(Contender contender) {
    return Arrays.copyOf(order, seenBy.getOrDefault(contender, 0));
  }

  private int[] seen() {
    return Arrays.copyOf(order, done);
  }

  /** Contenders of which only the smallest that qualifies is of interest, smallest first. */
  private List<List<Contender>> groups() {
    int[] seen = seen();
    Map<String, List<Contender>> groups = new TreeMap<>();
    for (Contender contender : alive) {
      boolean byFamily = contender.kind().isOurs();
      String group = contender.cut() + " " + (byFamily ? contender.family() : contender.kind());
      groups.computeIfAbsent(group, key -> new ArrayList<>()).add(contender);
    }
    for (List<Contender> group : groups.values()) {
      group.sort(Comparator.comparingDouble(c -> trial.of(c).meanBytes(seen)));
    }
    return List.copyOf(groups.values());
  }

  /**
   * Returns those of a group that may turn out to be the smallest that qualifies.
   *
   * @param excess by how many standard errors a contender is beyond what is allowed
   */
  private static List<Contender> inDoubt(
      List<Contender> smallestFirst, ToDoubleFunction<Contender> excess) {
    List<Contender> kept = new ArrayList<>();
    for (Contender contender : smallestFirst) {
      double beyond = excess.applyAsDouble(contender);
      if (beyond <= HOPELESS) {
        kept.add(contender);
      }
      if (beyond <= -COMFORTABLE) {
        return kept;
      }
    }
    // Nothing is safe: the largest is what comes nearest.
    if (kept.isEmpty()) {
      kept.add(smallestFirst.get(smallestFirst.size() - 1));
    }
    return kept;
  }

  private double excessLost(Contender contender) {
    int[] seen = seen();
    int[] pair = trial.of(contender).discordant(trial.uncut(), 0, seen);
    double excess = pair[1] - pair[0] - subject.mostLost() / 100 * seen.length;
    return excess / Math.sqrt(pair[0] + pair[1] + 1.0);
  }

  private double excessChanged(Contender contender) {
    int[] seen = seen();
    int changed = trial.of(contender).changed(trial.uncut(), 0, seen);
    return (changed - (1 - LEAST_UNCHANGED) * seen.length) / Math.sqrt(changed + 1.0);
  }

  /** Returns those that saw the whole set. */
  List<Contender> finalists() {
    return alive;
  }

  /** Returns whether a contender loses no more than allowed on what was seen. */
  boolean holds(Contender contender) {
    int[] seen = seen();
    int[] pair = trial.of(contender).discordant(trial.uncut(), 0, seen);
    return pair[1] - pair[0] <= subject.mostLost() / 100 * seen.length + 1e-9;
  }

  /** Returns whether a contender leaves nearly all answers as they are on what was seen. */
  boolean isCalm(Contender contender) {
    int[] seen = seen();
    return trial.of(contender).changed(trial.uncut(), 0, seen)
        <= (1 - LEAST_UNCHANGED) * seen.length + 1e-9;
  }

  /** Returns the smallest of those that qualify. */
  Optional<Contender> smallest(Predicate<Contender> among, Predicate<Contender> qualifies) {
    int[] seen = seen();
    return alive.stream()
        .filter(among)
        .filter(qualifies)
        .min(Comparator.comparingDouble(c -> trial.of(c).meanBytes(seen)));
  }
}
