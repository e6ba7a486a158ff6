package dev.sluice.experiments.study.grid;

import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Rivals;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.objective.Nearest;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;

/** Planners by the names that a grid's file uses. Immutable. */
public final class Entrants {
  /** What the studies are about. */
  public static final String SLUICE = "sluice";

  private static final String AS_PUBLISHED = " as published";

  private final List<Contender> own;
  private final EnergyModel energy;

  /**
   * Knows all rivals, and others.
   *
   * @param own planners beside the rivals
   */
  public Entrants(List<Contender> own) {
    this(own, EnergyModel.DEFAULT);
  }

  /**
   * Knows all rivals, and others.
   *
   * @param own planners beside the rivals
   * @param energy powers that rivals plan with where they plan for energy
   */
  public Entrants(List<Contender> own, EnergyModel energy) {
    this.own = List.copyOf(own);
    this.energy = energy;
  }

  /** Sluice, with and without proofs, and all rivals. */
  public static Entrants usual() {
    return new Entrants(List.of(Contender.SLUICE, Contender.UNPROVEN));
  }

  /** All that can take part on a bundle, by name. */
  Map<String, Contender> on(BundleFacts facts) {
    Map<String, Contender> all = new LinkedHashMap<>();
    own.forEach(contender -> all.put(contender.name(), contender));
    List<Contender> rivals = new ArrayList<>(Rivals.of(facts, energy));
    rivals.addAll(Rivals.furtherPictures(facts));
    for (Contender rival : rivals) {
      boolean published = rival.form() == Contender.Form.PUBLISHED;
      all.put(rival.name() + (published ? AS_PUBLISHED : ""), rival);
    }
    return all;
  }

  /**
   * Whether some of these planners computes at a precision on a bundle, as {@code Subject.open}
   * asks. Names that none has are passed over.
   */
  public BiPredicate<BundleFacts, String> computeAt(List<String> strategies) {
    return (facts, precision) -> {
      Map<String, Contender> known = on(facts);
      return strategies.stream()
          .flatMap(strategy -> Optional.ofNullable(known.get(strategy)).stream())
          .anyMatch(contender -> contender.precision().equals(precision));
    };
  }

  /**
   * One planner on a bundle.
   *
   * @throws IllegalArgumentException naming what may have been meant, if there is none
   */
  public Contender named(String strategy, BundleFacts facts) {
    Map<String, Contender> known = on(facts);
    return Optional.ofNullable(known.get(strategy))
        .orElseThrow(() -> unknown(strategy, known.keySet()));
  }

  /**
   * Checks names against those that some bundle knows, or might.
   *
   * @throws IllegalArgumentException naming what may have been meant, if none does
   */
  public void check(List<String> strategies, List<BundleFacts> bundles) {
    Set<String> known = new LinkedHashSet<>();
    bundles.forEach(facts -> known.addAll(on(facts).keySet()));
    for (String rival : Rivals.sometimes()) {
      known.add(rival);
      known.add(rival + AS_PUBLISHED);
    }
    for (String strategy : strategies) {
      if (!known.contains(strategy) && !Rivals.isCloudOnly(base(strategy))) {
        throw unknown(strategy, known);
      }
    }
  }

  private static String base(String strategy) {
    return strategy.endsWith(AS_PUBLISHED)
        ? strategy.substring(0, strategy.length() - AS_PUBLISHED.length())
        : strategy;
  }

  private static IllegalArgumentException unknown(String strategy, Set<String> known) {
    return new IllegalArgumentException(
        "no strategy is called '%s'; did you mean '%s'? There are %s"
            .formatted(strategy, Nearest.to(strategy, known), String.join(", ", known)));
  }
}
