package dev.sluice.sim.link;

import java.util.SplittableRandom;

/** Which packets are lost, one after the other: {@link Loss} at work. Not thread-safe. */
class LossProcess {
  private final SplittableRandom random;
  private Loss loss;
  private boolean bad;

  LossProcess(Loss loss, SplittableRandom random) {
    this.loss = loss;
    this.random = random;
  }

  /** Goes on with another law, from its good state. */
  void change(Loss next) {
    if (!next.equals(loss)) {
      loss = next;
      bad = false;
    }
  }

  /**
   * Returns whether the next packet is lost.
   *
   * @param packetTimes since the packet before it, in packets that the link could have sent, at
   *     least 1: the state goes on changing while nothing is sent, so that a burst is over when a
   *     timeout is
   */
  boolean next(double packetTimes) {
    if (loss.none()) {
      return false;
    }
    // After k steps the chain has forgotten all but (1 - p - r)^k of where it was.
    double p = loss.badFromGood();
    double r = loss.goodFromBad();
    double badShare = p / (p + r);
    double kept = power(1 - p - r, packetTimes);
    bad = random.nextDouble() < badShare + kept * ((bad ? 1 : 0) - badShare);
    return random.nextDouble() < (bad ? loss.lossInBad() : loss.lossInGood());
  }

  /** A negative base alternates; between whole steps there is nothing, so the next whole one. */
  private static double power(double base, double exponent) {
    return base >= 0 ? Math.pow(base, exponent) : Math.pow(base, Math.ceil(exponent));
  }
}
