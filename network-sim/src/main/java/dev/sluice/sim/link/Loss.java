package dev.sluice.sim.link;

/**
 * How packets get lost: a chain of two states, each with a probability of loss. It steps with every
 * packet, and while nothing is sent as often as the link could have sent one. Immutable.
 *
 * <p>Gilbert, "Capacity of a Burst-Noise Channel", Bell System Technical Journal 39 (1960);
 * Elliott, "Estimates of Error Rates for Codes on Burst-Noise Channels", ibid. 42 (1963). In the
 * words of {@code tc-netem(8)}, {@code loss gemodel p r 1-h 1-k}: {@code badFromGood} is p, {@code
 * goodFromBad} r, {@code lossInBad} 1-h, {@code lossInGood} 1-k.
 *
 * @param badFromGood probability per packet of going from the good state to the bad one, in [0, 1]
 * @param goodFromBad the way back, in (0, 1]
 * @param lossInGood probability that a packet is lost in the good state, in [0, 1]
 * @param lossInBad the same in the bad state, in [0, 1]; on average less than all packets are lost
 */
public record Loss(double badFromGood, double goodFromBad, double lossInGood, double lossInBad) {
  /** No packet is lost. */
  public static final Loss NONE = new Loss(0, 1, 0, 0);

  /** The most that {@link #random} and {@link #bursty} take: beyond it TCP hardly works. */
  public static final double MAX_SHARE = 0.5;

  /** Checks the ranges. */
  public Loss {
    checkProbability("badFromGood", badFromGood);
    checkProbability("goodFromBad", goodFromBad);
    checkProbability("lossInGood", lossInGood);
    checkProbability("lossInBad", lossInBad);
    if (goodFromBad == 0) {
      throw new IllegalArgumentException("the bad state must end: goodFromBad is 0");
    }
    double share = share(badFromGood, goodFromBad, lossInGood, lossInBad);
    if (share >= 1) {
      throw new IllegalArgumentException("every packet would be lost");
    }
  }

  /**
   * Loses each packet by itself.
   *
   * @param share of the packets, in [0, {@value #MAX_SHARE}]
   */
  public static Loss random(double share) {
    checkShare(share);
    return new Loss(0, 1, share, 0);
  }

  /**
   * Loses packets in runs (Gilbert's model with nothing lost in the good state and everything in
   * the bad one).
   *
   * @param share of the packets, in [0, {@value #MAX_SHARE}]
   * @param burstPackets mean length of a run, at least 1
   */
  public static Loss bursty(double share, double burstPackets) {
    checkShare(share);
    if (!(burstPackets >= 1 && burstPackets <= 1e6)) {
      throw new IllegalArgumentException("a burst has from 1 to 1e6 packets: " + burstPackets);
    }
    double goodFromBad = 1 / burstPackets;
    double badFromGood = goodFromBad * share / (1 - share);
    if (badFromGood > 1) {
      throw new IllegalArgumentException(
          "bursts of " + burstPackets + " packets cannot make a loss of " + share);
    }
    return new Loss(badFromGood, goodFromBad, 0, 1);
  }

  /** Returns the share of packets that is lost in the long run. */
  public double share() {
    return share(badFromGood, goodFromBad, lossInGood, lossInBad);
  }

  boolean none() {
    return lossInGood == 0 && (lossInBad == 0 || badFromGood == 0);
  }

  private static double share(double p, double r, double good, double bad) {
    double badShare = p / (p + r);
    return badShare * bad + (1 - badShare) * good;
  }

  private static void checkShare(double share) {
    if (!(share >= 0 && share <= MAX_SHARE)) {
      throw new IllegalArgumentException("loss not in [0, " + MAX_SHARE + "]: " + share);
    }
  }

  private static void checkProbability(String name, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(name + " is no probability: " + value);
    }
  }
}
