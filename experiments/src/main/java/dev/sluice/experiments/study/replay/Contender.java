package dev.sluice.experiments.study.replay;

import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * A planner that takes part in the study. Rivals are listed in {@link Rivals}. Immutable.
 *
 * @param name for people and files
 * @param form on whose terms it takes part
 * @param heeds the metrics that its decisions depend on; whatever else an objective names, it
 *     cannot serve
 * @param learns whether it heeds the estimates, so that probes are part of its cost
 * @param precision at which its device computes: {@link VariantInfo#FLOAT32}, or that of a variant
 *     which a bundle may have. Facts and table of its streams are those of the precision
 * @param maker makes its planners for a bundle and a question
 */
public record Contender(
    String name, Form form, Set<Metric.Kind> heeds, boolean learns, String precision, Maker maker) {
  /** On whose terms a planner takes part. */
  public enum Form {
    /** Sluice's: measured times, any codec of the bundle that loses little, fallback. */
    SHARED,

    /** Its paper's: its own codecs and ways to know times; a frame waits for its plan. */
    PUBLISHED
  }

  /** The planner that the study is about. */
  public static final Contender SLUICE = sluice("sluice", SchedulerOptions.defaults());

  /**
   * The same that takes the SELECT table at its word, as rivals do: what proofs cost. Not a rival.
   */
  public static final Contender UNPROVEN =
      sluice("sluice without proofs", SchedulerOptions.defaults().uncertified());

  public Contender {
    heeds = Set.copyOf(heeds);
  }

  /** One whose device computes in float32. */
  public Contender(String name, Form form, Set<Metric.Kind> heeds, boolean learns, Maker maker) {
    this(name, form, heeds, learns, VariantInfo.FLOAT32, maker);
  }

  /** Makes planners; what does not depend on the trace is prepared once. */
  @FunctionalInterface
  public interface Maker {
    /**
     * Prepares for a bundle and a question.
     *
     * @param facts of the bundle at the contender's precision
     * @return makes the entry of one run; told the course, for planners that are set up beforehand
     * @throws IllegalArgumentException if it cannot take part on this bundle
     */
    Function<Course, Entry> prepare(BundleFacts facts, Question question);
  }

  /**
   * What a contender brings to a run.
   *
   * @param planner its planner
   * @param criterion when active exits stop, if not by the plans' thresholds
   * @param hedges whether the device may go on alone while a reply may still come
   */
  public record Entry(Planner planner, Optional<ExitCriterion> criterion, boolean hedges) {
    /** One that may hedge. */
    public Entry(Planner planner, Optional<ExitCriterion> criterion) {
      this(planner, criterion, true);
    }

    /** One that stops by thresholds and may hedge. */
    public static Entry of(Planner planner) {
      return new Entry(planner, Optional.empty());
    }
  }

  private static Contender sluice(String name, SchedulerOptions options) {
    return new Contender(
        name,
        Form.SHARED,
        EnumSet.allOf(Metric.Kind.class),
        true,
        (facts, question) ->
            reused(Entry.of(new Scheduler(facts, question.goal().objective(), options))));
  }

  /** Every run begins at the same time, so what a planner remembers of an earlier run is void. */
  public static Function<Course, Entry> reused(Entry entry) {
    return course -> entry;
  }

  /** Whether the device answers when the cloud does not. */
  public boolean fallback() {
    return form == Form.SHARED;
  }

  /** What of an objective this contender cannot serve, in the objective's order. */
  public List<Metric.Kind> unserved(Question question) {
    return question.kinds().stream().filter(kind -> !heeds.contains(kind)).toList();
  }

  /** The strategy of one run. */
  public StreamReplay.Strategy strategy(Entry entry) {
    return new StreamReplay.Strategy() {
      @Override
      public Planner start(StreamReplay.Truth truth) {
        return entry.planner();
      }

      @Override
      public boolean learns() {
        return learns;
      }

      @Override
      public boolean fallback() {
        return Contender.this.fallback();
      }

      @Override
      public boolean hedges() {
        return entry.hedges();
      }

      @Override
      public Optional<ExitCriterion> criterion() {
        return entry.criterion();
      }
    };
  }
}
