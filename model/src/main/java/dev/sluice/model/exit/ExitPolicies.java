package dev.sluice.model.exit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The policies of all exits of a network with what was fitted for them, ready to judge. Immutable
 * and thread-safe; every sample gets a {@link Judge} of its own.
 *
 * <p>An exit without policy never stops and takes no part in what others remember; the final exit
 * always stops.
 */
public final class ExitPolicies {
  private final List<ExitPolicy> policies;
  private final PolicyData data;
  private final boolean remember;
  private final Judge forgetful;

  private ExitPolicies(List<ExitPolicy> policies, PolicyData data) {
    this.policies = List.copyOf(policies);
    this.data = data;
    this.remember = policies.stream().anyMatch(ExitPolicy::remembers);
    this.forgetful = new Forgetful();
  }

  /**
   * Binds policies to exits.
   *
   * @param exits number of exits, the final one included; at least 1
   * @param classes number of classes
   * @param active policy by number of the early exit
   * @param data what the bundle brings
   * @throws IllegalArgumentException if there is no such early exit, or a policy lacks its data;
   *     the message says what to do
   */
  public static ExitPolicies of(
      int exits, int classes, Map<Integer, ExitPolicy> active, PolicyData data) {
    List<ExitPolicy> policies = new ArrayList<>();
    for (int exit = 0; exit < exits - 1; exit++) {
      ExitPolicy policy = active.getOrDefault(exit, new ExitPolicy.Never());
      int number = exit;
      data.of(exit)
          .lacks(policy, classes)
          .ifPresent(
              lack -> {
                throw new IllegalArgumentException("exit " + number + ": '" + policy + "' " + lack);
              });
      policies.add(policy);
    }
    for (int exit : active.keySet()) {
      if (exit < 0 || exit >= exits - 1) {
        throw new IllegalArgumentException(
            "there is no early exit " + exit + "; they are numbered 0 to " + (exits - 2));
      }
    }
    policies.add(new ExitPolicy.Always());
    return new ExitPolicies(policies, data);
  }

  /** Returns the number of exits, the final one included. */
  public int exits() {
    return policies.size();
  }

  /** Returns an exit's policy. */
  public ExitPolicy policy(int exit) {
    return policies.get(exit);
  }

  /** Returns the judge of a new sample. */
  public Judge judge() {
    return judge(ExitState.NONE);
  }

  /** Returns the judge of a sample of which earlier exits were judged elsewhere. */
  public Judge judge(ExitState before) {
    return remember ? new Remembering(before) : forgetful;
  }

  /**
   * Judges the exits of one sample, each at most once and in ascending order. Confined to whoever
   * has the sample.
   */
  public sealed interface Judge {
    /** Returns whether the sample stops at this exit. */
    boolean stops(int exit, ExitScores scores);

    /** Returns what must travel with the sample to go on judging elsewhere. */
    ExitState state();
  }

  /** Serves all samples where no policy remembers anything. */
  private final class Forgetful implements Judge {
    @Override
    public boolean stops(int exit, ExitScores scores) {
      return policies.get(exit).stops(scores, ExitState.NONE, data.of(exit));
    }

    @Override
    public ExitState state() {
      return ExitState.NONE;
    }
  }

  private final class Remembering implements Judge {
    private ExitState state;

    Remembering(ExitState before) {
      state = before;
    }

    @Override
    public boolean stops(int exit, ExitScores scores) {
      ExitPolicy policy = policies.get(exit);
      if (policy instanceof ExitPolicy.Never) {
        return false;
      }
      state = state.after(scores.predicted());
      return policy.stops(scores, state, data.of(exit));
    }

    @Override
    public ExitState state() {
      return state;
    }
  }
}
