package dev.sluice.edge.agent;

import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.PolicyChoice;
import dev.sluice.model.exit.PolicySyntaxException;
import dev.sluice.scheduler.plan.ExitThreshold;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Exit policies as the programs are told them. */
final class Policies {
  static final String HELP =
      "when exits stop, for all of them or by exit: 'top1 >= 0.9', 'entropy <= 0.3 nats', 'margin"
          + " >= 0.2', 'patience 2', 'class-means >= 0.8', 'trust >= 1.5', 'per-class top1 >="
          + " fitted', 'never', 'always', '2: always' (stop at exit 2 only)";

  /** Stands for a policy that is no threshold in a plan: active, and not in any case. */
  private static final double ACTIVE = 1;

  private Policies() {}

  /**
   * Reads an option's value.
   *
   * @throws IllegalArgumentException if it is wrong; the message names the character
   */
  static PolicyChoice parse(String option, String text) {
    try {
      return PolicyChoice.parse(text);
    } catch (PolicySyntaxException wrong) {
      throw new IllegalArgumentException(
          "%s, at character %d: %s".formatted(option, wrong.position() + 1, wrong.problem()),
          wrong);
    }
  }

  /** Returns the early exits that may stop, as a plan names them. */
  static List<ExitThreshold> active(PolicyChoice choice, int earlyExits) {
    List<ExitThreshold> active = new ArrayList<>();
    for (int exit = 0; exit < earlyExits; exit++) {
      ExitPolicy policy = choice.of(exit);
      if (policy instanceof ExitPolicy.Top1Above top1) {
        active.add(new ExitThreshold(exit, top1.threshold()));
      } else if (policy instanceof ExitPolicy.Always) {
        active.add(new ExitThreshold(exit, 0));
      } else if (!(policy instanceof ExitPolicy.Never)) {
        active.add(new ExitThreshold(exit, ACTIVE));
      }
    }
    return active;
  }

  /** Returns the first exit that stops in any case. */
  static OptionalInt last(List<ExitThreshold> active) {
    return active.stream()
        .filter(exit -> exit.threshold() == 0)
        .mapToInt(ExitThreshold::exit)
        .findFirst();
  }
}
