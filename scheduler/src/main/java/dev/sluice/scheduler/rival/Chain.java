package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.Profile.CodecCost;
import java.util.List;

/**
 * A bundle as papers on splitting see it: a chain of segments with times on either side, and what
 * it takes to send between two of them. Immutable.
 *
 * <p>Latencies are those of one inference alone: device, sending at the mean size and the central
 * rate, worker. Nothing queues but at the worker as it says, and transfers have no slow start. The
 * round trip and the worker's queue are added to what is sent, which the papers do not do.
 */
final class Chain {
  /** Codecs that may be used, by ascending cut. */
  final List<Send> sends;

  private final BundleFacts facts;
  private final double[] deviceUpTo;
  private final double[] workerUpTo;

  /**
   * A way to send at a cut, at scale 1.
   *
   * @param bytes mean size, with the request's envelope where the terms count it
   */
  record Send(int cut, String codec, double encodeNanos, double decodeNanos, double bytes) {
    double transferNanos(Estimates estimates) {
      return bytes / estimates.uplinkBytesPerSecond() * 1e9;
    }
  }

  Chain(BundleFacts facts, Terms terms) {
    this.facts = facts;
    sends = terms.coding().offered(facts).stream().map(codec -> send(facts, codec, terms)).toList();
    deviceUpTo = sums(terms.timing().segmentNanos(facts, facts.profile()));
    workerUpTo = sums(terms.timing().segmentNanos(facts, facts.workerProfile()));
  }

  private static Send send(BundleFacts facts, CodecFact codec, Terms terms) {
    CodecCost cost = facts.profile().codec(codec.cut(), codec.codec()).orElseThrow();
    return new Send(
        codec.cut(),
        codec.codec(),
        (double) cost.encodeNanos(),
        (double) cost.decodeNanos(),
        cost.meanBytes() + terms.envelopeBytes());
  }

  private static double[] sums(double[] nanos) {
    double[] sums = nanos.clone();
    for (int i = 1; i < sums.length; i++) {
      sums[i] += sums[i - 1];
    }
    return sums;
  }

  /** Returns the device's time at scale 1 up to a cut, preprocessing included; 0 at cut 0. */
  double deviceNanos(int toCut) {
    return toCut == 0 ? 0 : facts.profile().preprocessNanos() + deviceUpTo[toCut];
  }

  /** Returns the worker's time at scale 1 between cuts, preprocessing included from cut 0. */
  double workerNanos(int fromCut, int toCut) {
    double preprocess = fromCut == 0 ? facts.workerProfile().preprocessNanos() : 0;
    return preprocess + workerUpTo[toCut] - workerUpTo[fromCut];
  }

  /** Returns the latency of an answer at an exit if all is computed on the device. */
  double localNanos(int exit, Estimates estimates) {
    return localComputeNanos(exit) * estimates.deviceScale();
  }

  private double localComputeNanos(int exit) {
    return deviceNanos(facts.exitCut(exit)) + facts.profile().headNanos(exit);
  }

  /** Returns the device's time for a sample that is sent, encoded. */
  double senderNanos(Send send, Estimates estimates) {
    return (deviceNanos(send.cut()) + send.encodeNanos()) * estimates.deviceScale();
  }

  /** Returns the worker's time from the bytes to an answer at an exit behind the cut. */
  double receiverNanos(Send send, int exit, Estimates estimates) {
    return (send.decodeNanos()
            + workerNanos(send.cut(), facts.exitCut(exit))
            + facts.workerProfile().headNanos(exit))
        * estimates.workerScale();
  }

  /** Returns the latency of an answer at an exit behind the cut that is sent at. */
  double sentNanos(Send send, int exit, Estimates estimates) {
    return senderNanos(send, estimates)
        + send.transferNanos(estimates)
        + estimates.roundTripNanos()
        + estimates.workerQueueNanos()
        + receiverNanos(send, exit, estimates);
  }
}
