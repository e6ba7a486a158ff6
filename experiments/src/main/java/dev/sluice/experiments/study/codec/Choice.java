package dev.sluice.experiments.study.codec;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
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
 * <p>All of them see a few samples, after which the hopeless go and the others of a family are in
 * order of their bytes. Since fewer bytes lose more, the {@link Border} of those that qualify is
 * then found by halving, on the whole set: of ten contenders four see it. The next smaller one than
 * the chosen has not qualified either, on the whole set or, if it was hopeless, on the few.
 */
final class Choice {
  /** The share of answers that the stricter choice leaves unchanged. */
  static final double LEAST_UNCHANGED = 0.98;

  private static final int FIRST_SAMPLES = 60;

  /** Standard errors beyond what is allowed after which a contender counts as hopeless. */
  private static final double HOPELESS = 2.5;

  private final Subject subject;
  private final Trial trial;
  private final int[] order;
  private final int first;
  private final List<Contender> all;
  private final Set<Contender> finalists = new LinkedHashSet<>();

  /**
   * Prepares.
   *
   * @param trial on the select set
   * @param seed of the order in which its samples come
   */
  Choice(Subject subject, Trial trial, Collection<Contender> contenders, long seed) {
    this.subject = subject;
    this.trial = trial;
    this.all = List.copyOf(contenders);
    this.order = trial.all();
    this.first = Math.min(FIRST_SAMPLES, order.length);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
  }

  /** Tries all contenders on a few samples, and on the whole set as many as it takes. */
  void run() throws IOException {
    trial.run(all, firstSamples());
    List<Border<Contender>> borders = new ArrayList<>();
    for (List<Contender> family : families()) {
      borders.add(new Border<>(promising(family, this::excessLost), this::holds));
      borders.add(new Border<>(promising(family, this::excessChanged), this::isCalm));
    }
    int[] rest = Arrays.copyOfRange(order, first, order.length);
    for (Set<Contender> asked = ask(borders); !asked.isEmpty(); asked = ask(borders)) {
      trial.run(asked, rest);
      finalists.addAll(asked);
    }
  }

  /** Moves all borders as far as finalists tell, and returns who would tell more. */
  private Set<Contender> ask(List<Border<Contender>> borders) {
    Set<Contender> asked = new LinkedHashSet<>();
    for (Border<Contender> border : borders) {
      dropLarger(border);
      next(border).ifPresent(asked::add);
    }
    return asked;
  }

  /**
   * Of pictures, and of the rival's codecs at a cut, only the smallest of all families is wanted.
   */
  private void dropLarger(Border<Contender> border) {
    Optional<Contender> found =
        border
            .middle()
            .filter(middle -> !middle.kind().isOurs())
            .flatMap(
                middle ->
                    smallest(
                        other -> other.kind() == middle.kind() && other.cut() == middle.cut(),
                        border.qualifies()));
    if (found.isPresent()) {
      double bytes = firstBytes(found.get());
      border.dropLargest(contender -> firstBytes(contender) >= bytes);
    }
  }

  /** Moves a border as far as finalists tell, and returns who would tell more. */
  private Optional<Contender> next(Border<Contender> border) {
    Optional<Contender> middle = border.middle();
    while (middle.isPresent() && finalists.contains(middle.get())) {
      border.move();
      middle = border.middle();
    }
    return middle;
  }

  private int[] firstSamples() {
    return Arrays.copyOf(order, first);
  }

  private double firstBytes(Contender contender) {
    return trial.of(contender).meanBytes(firstSamples());
  }

  /** Contenders that differ in their settings only, fewest bytes first. */
  private Collection<List<Contender>> families() {
    Map<String, List<Contender>> families = new TreeMap<>();
    for (Contender contender : all) {
      families
          .computeIfAbsent(contender.cut() + " " + contender.family(), key -> new ArrayList<>())
          .add(contender);
    }
    for (List<Contender> family : families.values()) {
      family.sort(Comparator.comparingDouble(this::firstBytes));
    }
    return families.values();
  }

  /** Leaves out the hopeless, but for the largest, which comes nearest. */
  private static List<Contender> promising(
      List<Contender> family, ToDoubleFunction<Contender> excess) {
    Contender largest = family.get(family.size() - 1);
    return family.stream()
        .filter(c -> c == largest || excess.applyAsDouble(c) <= HOPELESS)
        .toList();
  }

  /** Returns the samples on which a contender was tried. */
  int[] seenBy(Contender contender) {
    return finalists.contains(contender) ? order.clone() : firstSamples();
  }

  /** By how many standard errors a contender loses more than allowed on the first samples. */
  private double excessLost(Contender contender) {
    int[] pair = trial.of(contender).discordant(trial.uncut(), 0, firstSamples());
    return (pair[1] - pair[0] - subject.mostLost() / 100 * first)
        / Math.sqrt(pair[0] + pair[1] + 1.0);
  }

  private double excessChanged(Contender contender) {
    int changed = trial.of(contender).changed(trial.uncut(), 0, firstSamples());
    return (changed - (1 - LEAST_UNCHANGED) * first) / Math.sqrt(changed + 1.0);
  }

  /** Returns those that saw the whole set. */
  Set<Contender> finalists() {
    return finalists;
  }

  /** Returns whether a finalist loses no more than allowed. */
  boolean holds(Contender contender) {
    int[] pair = trial.of(contender).discordant(trial.uncut(), 0, order);
    return pair[1] - pair[0] <= subject.mostLost() / 100 * order.length + 1e-9;
  }

  /** Returns whether a finalist leaves nearly all answers as they are. */
  boolean isCalm(Contender contender) {
    return trial.of(contender).changed(trial.uncut(), 0, order)
        <= (1 - LEAST_UNCHANGED) * order.length + 1e-9;
  }

  /** Returns the smallest finalist of those that qualify. */
  Optional<Contender> smallest(Predicate<Contender> among, Predicate<Contender> qualifies) {
    return finalists.stream()
        .filter(among)
        .filter(qualifies)
        .min(Comparator.comparingDouble(c -> trial.of(c).meanBytes(order)));
  }
}
