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

/**
 * Chooses contenders on the select set: at each cut the one of fewest bytes that loses no more than
 * a subject allows, and the one of fewest bytes that leaves nearly all answers as they are.
 *
 * <p>Few samples show most contenders to be hopeless, or larger than others of their family that do
 * as well; only the rest see the whole set. What is dropped can no longer be chosen.
 */
final class Choice {
  /** The share of answers that the stricter choice leaves unchanged. */
  static final double LEAST_UNCHANGED = 0.98;

  private static final double FIRST_SHARE = 0.2;
  private static final int LATER_PARTS = 4;

  /** Standard errors beyond what is allowed after which a contender counts as hopeless. */
  private static final double CERTAIN = 2.5;

  private static final int KEPT_PER_FAMILY = 3;

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
    advance((int) Math.ceil(FIRST_SHARE * order.length));
    alive = withoutHopeless(alive);
    alive = smallestOfFamilies(alive);
    int left = order.length - done;
    for (int part = 1; part <= LATER_PARTS; part++) {
      advance(order.length - left + left * part / LATER_PARTS);
      alive = withoutHopeless(alive);
    }
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

  private List<Contender> withoutHopeless(List<Contender> contenders) {
    int[] seen = seen();
    return contenders.stream()
        .filter(
            contender -> {
              Outcomes outcomes = trial.of(contender);
              int[] pair = outcomes.discordant(trial.uncut(), 0, seen);
              int changed = outcomes.changed(trial.uncut(), 0, seen);
              double excess = pair[1] - pair[0] - subject.mostLost() / 100 * seen.length;
              double excessChange = changed - (1 - LEAST_UNCHANGED) * seen.length;
              return excess <= CERTAIN * Math.sqrt(pair[0] + pair[1] + 1.0)
                  || excessChange <= CERTAIN * Math.sqrt(changed + 1.0);
            })
        .toList();
  }

  /** Keeps of each family at a cut the few smallest, and the largest in case they fail. */
  private List<Contender> smallestOfFamilies(List<Contender> contenders) {
    int[] seen = seen();
    Map<String, List<Contender>> families = new TreeMap<>();
    for (Contender contender : contenders) {
      families
          .computeIfAbsent(
              "%03d %s".formatted(contender.cut(), contender.family()), key -> new ArrayList<>())
          .add(contender);
    }
    Set<Contender> kept = new LinkedHashSet<>();
    for (List<Contender> family : families.values()) {
      family.sort(Comparator.comparingDouble(c -> trial.of(c).meanBytes(seen)));
      for (Predicate<Contender> wanted : List.<Predicate<Contender>>of(this::holds, this::isCalm)) {
        family.stream().filter(wanted).limit(KEPT_PER_FAMILY).forEach(kept::add);
      }
      kept.addAll(family.subList(0, Math.min(KEPT_PER_FAMILY, family.size())));
      kept.add(family.get(family.size() - 1));
    }
    return List.copyOf(kept);
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
