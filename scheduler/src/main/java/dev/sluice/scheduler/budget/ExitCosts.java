package dev.sluice.scheduler.budget;

import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Profile;

/**
 * What it takes to get to each exit, in nanoseconds. Immutable.
 *
 * <p>A sample pays the network up to the exit that answers, and the head of every active exit on
 * its way, that one included.
 */
public final class ExitCosts {
  private final double[] trunkNanos;
  private final double[] headNanos;

  private ExitCosts(double[] trunkNanos, double[] headNanos) {
    this.trunkNanos = trunkNanos;
    this.headNanos = headNanos;
  }

  /**
   * Makes costs of given times.
   *
   * @param trunkNanos by exit, the network up to it without any heads; ascending, finite, at least
   *     0; the final exit last
   * @param headNanos by exit, its head; finite, at least 0
   */
  public static ExitCosts of(double[] trunkNanos, double[] headNanos) {
    if (trunkNanos.length == 0 || trunkNanos.length != headNanos.length) {
      throw new IllegalArgumentException(
          "every exit needs a time and a head's time, and there must be one: "
              + trunkNanos.length
              + ", "
              + headNanos.length);
    }
    double before = 0;
    for (int exit = 0; exit < trunkNanos.length; exit++) {
      if (!(trunkNanos[exit] >= before
          && trunkNanos[exit] < Double.POSITIVE_INFINITY
          && headNanos[exit] >= 0
          && headNanos[exit] < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "times must be finite, not negative and ascend: "
                + trunkNanos[exit]
                + ", "
                + headNanos[exit]
                + " at exit "
                + exit);
      }
      before = trunkNanos[exit];
    }
    return new ExitCosts(trunkNanos.clone(), headNanos.clone());
  }

  /**
   * Returns the costs of a device that runs the whole network.
   *
   * @param deviceScale its time over the profile's, positive and finite
   */
  public static ExitCosts onDevice(BundleFacts facts, double deviceScale) {
    if (!(deviceScale > 0 && deviceScale < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("deviceScale must be positive: " + deviceScale);
    }
    Profile profile = facts.profile();
    int exits = facts.exits().size();
    double[] trunk = new double[exits];
    double[] heads = new double[exits];
    double nanos = profile.preprocessNanos();
    int cut = 0;
    for (int exit = 0; exit < exits; exit++) {
      for (; cut < facts.exitCut(exit); cut++) {
        nanos += profile.segmentNanos(cut + 1);
      }
      trunk[exit] = nanos * deviceScale;
      heads[exit] = profile.headNanos(exit) * deviceScale;
    }
    return of(trunk, heads);
  }

  /** Returns the number of exits, the final one included. */
  public int exits() {
    return trunkNanos.length;
  }

  /** Returns the network's time up to an exit, without any heads. */
  public double trunkNanos(int exit) {
    return trunkNanos[exit];
  }

  /** Returns the time of an exit's head. */
  public double headNanos(int exit) {
    return headNanos[exit];
  }

  /** Returns the time to an exit's answer when no other exit is looked at. */
  public double aloneNanos(int exit) {
    return trunkNanos[exit] + headNanos[exit];
  }

  /** Returns the time to an exit's answer when every exit before it was looked at. */
  public double afterAllNanos(int exit) {
    double nanos = trunkNanos[exit];
    for (int passed = 0; passed <= exit; passed++) {
      nanos += headNanos[passed];
    }
    return nanos;
  }
}
