package dev.sluice.scheduler.objective;

import dev.sluice.scheduler.upkeep.LinkUpkeep;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * What the user wants: hard constraints, then targets in order of priority. Immutable.
 *
 * @param constraints bounds that must hold; latency bounds win where not all can
 * @param targets what to improve among the plans that hold them, the most important first
 */
public record Objective(List<Constraint> constraints, List<Target> targets) {
  public Objective {
    constraints = List.copyOf(constraints);
    targets = List.copyOf(targets);
    if (constraints.isEmpty() && targets.isEmpty()) {
      throw new IllegalArgumentException("an objective needs a constraint or a target");
    }
  }

  /** Returns whether a constraint or target is about a kind of metric. */
  public boolean mentions(Metric.Kind kind) {
    return constraints.stream().anyMatch(constraint -> constraint.metric().kind() == kind)
        || targets.stream().anyMatch(target -> target.metric().kind() == kind);
  }

  /** Returns whether it asks for little work on the device, in time or in energy. */
  public boolean sparesDevice() {
    return mentions(Metric.Kind.DEVICE_COMPUTE) || mentions(Metric.Kind.DEVICE_ENERGY);
  }

  /** Whether the objective counts energy, so that the radio should sleep when it can. */
  public boolean sparesRadio() {
    return mentions(Metric.Kind.DEVICE_ENERGY);
  }

  /** Returns the least bound of the bytes sent in a month, if there is any. */
  public OptionalDouble monthlyBytesBound() {
    return constraints.stream()
        .filter(bound -> bound.metric().kind() == Metric.Kind.MONTHLY_UPLINK_BYTES)
        .mapToDouble(Constraint::bound)
        .min();
  }

  /** Returns how a link to one worker is kept: as usual, or sparing radio and bytes. */
  public LinkUpkeep upkeep() {
    LinkUpkeep kept = sparesRadio() ? LinkUpkeep.SPARING : LinkUpkeep.USUAL;
    OptionalDouble bound = monthlyBytesBound();
    return bound.isPresent() ? kept.within(Metric.bytesPerSecond(bound.getAsDouble())) : kept;
  }

  /**
   * Returns how often an idle link to one worker is looked after, in nanoseconds; see {@link
   * LinkUpkeep}.
   */
  public long idlePingNanos() {
    return upkeep().idlePingNanos();
  }

  /**
   * Returns how far below the uncut network the accuracy may fall, in points, by the strictest
   * bound on it that speaks of that network, if any does.
   */
  public OptionalDouble pointsBelowFinal() {
    return constraints.stream()
        .filter(bound -> bound.metric().kind() == Metric.Kind.ACCURACY && bound.relativeToFinal())
        .mapToDouble(bound -> -100 * bound.bound())
        .min();
  }

  /**
   * Returns by when a frame must be answered: the smallest bound of a percentile of the latency, in
   * nanoseconds from capture. A bound of the mean is none: single frames may take longer.
   */
  public OptionalDouble deadlineNanos() {
    return constraints.stream()
        .flatMap(constraint -> constraint.latencyBound().stream())
        .filter(bound -> bound.metric().kind() == Metric.Kind.LATENCY_PERCENTILE)
        .mapToDouble(Constraint::bound)
        .min();
  }

  /**
   * Reads an objective, for example
   *
   * <pre>
   * p95_latency &lt;= 150 ms, accuracy &gt;= final - 1 pt; minimise worker_compute, then uplink_bytes
   * </pre>
   *
   * <p>Grammar, blanks and letter case apart:
   *
   * <pre>
   * objective  = [constraint {"," constraint}] [";"] [target {"," ["then"] target}]
   * constraint = metric ("&lt;=" | "&gt;=") bound
   * target     = ["minimise" | "maximise"] metric          the verb of the target before is kept
   * metric     = "pNN_latency" | "mean_latency" | "latency" | "accuracy" | "worker_compute"
   *            | "uplink_bytes" | "device_compute" | "device_energy" | "device_memory"
   *            | "throughput" | "deadline_misses" "(" number unit ")"
   *                                                        latency alone is the mean
   * bound      = number unit ["/" "month"] | "final" [("-" | "+") number ("pt" | "%")]
   * unit       = "s" | "ms" | "us" | "ns" | "%" | "B" | "KB" | "MB" | "GB" | "J" | "mJ" | "uJ"
   *            | "fps"                                     1 KB is 1,000 bytes
   * </pre>
   *
   * <p>Compute, energy and bytes are per frame; a bound of {@code uplink_bytes} can also be per
   * month of {@value Metric#DAYS_PER_MONTH} days, which needs the frame period to be known, and
   * then counts what the link takes beside requests, see {@link LinkUpkeep}.
   *
   * @throws ObjectiveSyntaxException naming the place, if the text is no objective
   */
  public static Objective parse(String text) throws ObjectiveSyntaxException {
    return new ObjectiveParser(text).parse();
  }

  /** Returns the objective as text that {@link #parse} understands. */
  @Override
  public String toString() {
    String bounds =
        constraints.stream().map(Constraint::toString).collect(Collectors.joining(", "));
    StringBuilder wishes = new StringBuilder();
    for (int i = 0; i < targets.size(); i++) {
      Target target = targets.get(i);
      boolean sameVerb = i > 0 && targets.get(i - 1).maximise() == target.maximise();
      wishes.append(i > 0 ? ", then " : "").append(sameVerb ? target.metric() : target);
    }
    return bounds.isEmpty() || wishes.isEmpty() ? bounds + wishes : bounds + "; " + wishes;
  }
}
