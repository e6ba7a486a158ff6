package dev.sluice.model.exit;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Which policy the early exits follow: one for all of them, or one by exit, the others never
 * stopping. Immutable. Its text is a policy's, or {@code 0: top1 >= 0.9; 2: always}.
 *
 * @param all policy of every exit; empty if each has its own
 * @param byExit policies by number of the exit; empty if one is for all
 */
public record PolicyChoice(Optional<ExitPolicy> all, Map<Integer, ExitPolicy> byExit) {
  public PolicyChoice {
    byExit = Collections.unmodifiableMap(new TreeMap<>(byExit));
    if (all.isPresent() != byExit.isEmpty()) {
      throw new IllegalArgumentException("one policy for all exits, or policies by exit");
    }
    for (int exit : byExit.keySet()) {
      if (exit < 0 || exit > 255) {
        throw new IllegalArgumentException("no exit: " + exit);
      }
    }
  }

  /** Returns the choice of one policy for every exit. */
  public static PolicyChoice all(ExitPolicy policy) {
    return new PolicyChoice(Optional.of(policy), Map.of());
  }

  /** Returns the choice of policies by exit, at least one; copied. */
  public static PolicyChoice byExit(Map<Integer, ExitPolicy> policies) {
    return new PolicyChoice(Optional.empty(), policies);
  }

  /**
   * Reads a choice.
   *
   * @throws PolicySyntaxException if the text is none; it points at the character
   */
  public static PolicyChoice parse(String text) {
    return new PolicyParser(text).choice();
  }

  /** Returns the policy of an early exit. */
  public ExitPolicy of(int exit) {
    return all.orElseGet(() -> byExit.getOrDefault(exit, new ExitPolicy.Never()));
  }

  @Override
  public String toString() {
    return all.map(ExitPolicy::toString)
        .orElseGet(
            () ->
                byExit.entrySet().stream()
                    .map(entry -> entry.getKey() + ": " + entry.getValue())
                    .collect(Collectors.joining("; ")));
  }
}
