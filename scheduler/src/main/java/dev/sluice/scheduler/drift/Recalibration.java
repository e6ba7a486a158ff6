package dev.sluice.scheduler.drift;

import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What audits say about the thresholds of a plan. Immutable.
 *
 * <p>A scheduler takes it up by being made again with {@link #allows} as its condition on plans:
 * floors are then proven for those that are left, and audits know nothing of the CERTIFY table, so
 * proofs keep their meaning. A plan in use is mended at once by {@link #applyTo}.
 *
 * @param plan whose thresholds were checked
 * @param verdicts by exit of the plan that has a threshold and runs on the device, in their order
 */
public record Recalibration(Plan plan, List<Verdict> verdicts) {
  /** A threshold that no score reaches. */
  public static final double NEVER = 2;

  /** What became of a threshold. */
  public enum Change {
    /** Too few audits to show anything; the plan's threshold stays. */
    TOO_FEW,
    /** Neither shown to reach the target nor shown to miss it; the plan's threshold stays. */
    UNDECIDED,
    /** Shown to reach the target. */
    KEPT,
    /** A more cautious threshold is the least one shown to reach the target. */
    RAISED,
    /** Enough audits show that a bolder threshold reaches the target. */
    LOWERED,
    /** Shown to miss the target, and no higher threshold is shown to reach it. */
    SHUT
  }

  /**
   * One exit.
   *
   * @param exit its number
   * @param before the plan's threshold
   * @param after the threshold to use from now on, {@link #NEVER} if none
   * @param change what became of it
   * @param agreement of the answers that reach the plan's threshold; empty if none was audited
   */
  public record Verdict(
      int exit, double before, double after, Change change, Optional<Agreement> agreement) {
    /** Returns a sentence for people. */
    public String describe() {
      String seen =
          agreement
              .map(
                  known ->
                      String.format(
                          Locale.ROOT,
                          ", %.1f %% agree with the final exit (at least %.1f %%, %d audits)",
                          100 * known.share(),
                          100 * known.lower(),
                          known.audits()))
              .orElse(", never audited");
      String what =
          switch (change) {
            case TOO_FEW -> "stays at %.3f for want of audits";
            case UNDECIDED -> "stays at %.3f, audits do not decide";
            case KEPT -> "stays at %.3f";
            case RAISED -> "rises from %.3f to %.3f";
            case LOWERED -> "falls from %.3f to %.3f";
            case SHUT -> "at %.3f is shut";
          };
      return "exit " + exit + " " + String.format(Locale.ROOT, what, before, after) + seen;
    }

    private boolean stricter() {
      return after > before;
    }
  }

  public Recalibration {
    verdicts = List.copyOf(verdicts);
    Set<Integer> exits = new HashSet<>();
    for (Verdict verdict : verdicts) {
      if (!exits.add(verdict.exit())) {
        throw new IllegalArgumentException("two verdicts on exit " + verdict.exit());
      }
    }
  }

  /** Returns whether any threshold changes. */
  public boolean changesAnything() {
    return verdicts.stream().anyMatch(verdict -> verdict.after() != verdict.before());
  }

  /** Returns whether any threshold is to be stricter. */
  public boolean raisesAnything() {
    return verdicts.stream().anyMatch(Verdict::stricter);
  }

  /**
   * Returns whether a plan stops nowhere at less than a threshold that was raised. An exit that
   * answers whatever its score, because the deadline leaves no other, is no matter of thresholds.
   */
  public boolean allows(Plan other) {
    return other.exits().stream().allMatch(exit -> exit.threshold() >= mended(other, exit));
  }

  /**
   * Returns a plan with the new thresholds. Thresholds are lowered only for the plan that was
   * checked: for any other one only those that were raised count.
   */
  public Plan applyTo(Plan other) {
    return other.withExits(
        other.exits().stream()
            .map(exit -> new ExitThreshold(exit.exit(), mended(other, exit)))
            .toList());
  }

  private double mended(Plan other, ExitThreshold exit) {
    if (exit.threshold() == 0) {
      return 0;
    }
    for (Verdict verdict : verdicts) {
      if (verdict.exit() == exit.exit()) {
        if (verdict.stricter()) {
          return Math.max(exit.threshold(), verdict.after());
        }
        return other.equals(plan) ? verdict.after() : exit.threshold();
      }
    }
    return exit.threshold();
  }
}
