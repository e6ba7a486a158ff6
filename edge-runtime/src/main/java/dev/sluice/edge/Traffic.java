package dev.sluice.edge;

import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudReply.TransferTimes;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.TransferSample;
import java.util.Optional;

/**
 * What passes the link, as the estimators and the meter hear of it. Confined to the loop.
 *
 * <p>Of audits the estimators hear only when they are answered, see {@link Auditor}.
 */
final class Traffic {
  /** A request that the estimators were not told of when it was sent. */
  private static final long FOREIGN_ID = -1;

  /** Size of a ping or its pong, with headers of TCP, IP and TLS. */
  private static final int PING_BYTES = 100;

  private final EventLoop loop;
  private final Estimators estimators;
  private final Optional<EnergyMeter> energy;

  Traffic(EventLoop loop, Estimators estimators, Optional<EnergyMeter> energy) {
    this.loop = loop;
    this.estimators = estimators;
    this.energy = energy;
  }

  /** A frame goes out. */
  void onSend(long id, int bytes) {
    spend(bytes);
    estimators.onSubmitted(id, bytes, loop.nanoTime());
  }

  /** A probe goes out. */
  void onProbe(int bytes) {
    spend(bytes);
    estimators.onProbeSent(loop.nanoTime());
  }

  /** An audit goes out. */
  void onAudit(int bytes) {
    spend(bytes);
  }

  private void spend(int bytes) {
    long now = loop.nanoTime();
    energy.ifPresent(meter -> meter.sends(bytes, estimators.at(now).uplinkBytesPerSecond(), now));
  }

  /**
   * A frame is answered.
   *
   * @param profiledNanos what the worker computed takes by the profile
   */
  void onAnswer(long id, CloudReply.Answered answered, long profiledNanos) {
    TransferTimes t = answered.times();
    estimators.onTransfer(sample(id, t));
    estimators.onWorker(
        t.workerQueueNanos(), t.workerComputeNanos(), profiledNanos, loop.nanoTime());
    onLoad(answered.load());
  }

  /** An audit is answered. */
  void onAuditAnswer(CloudReply.Answered answered) {
    estimators.onTransferOfNoHurry(sample(FOREIGN_ID, answered.times()));
  }

  private TransferSample sample(long id, TransferTimes t) {
    long now = loop.nanoTime();
    energy.ifPresent(
        meter -> meter.received(t.bytesReceived(), estimators.at(now).uplinkBytesPerSecond(), now));
    return new TransferSample(
        id,
        t.submittedNanos(),
        t.replyReceivedNanos(),
        t.bytesSent(),
        t.workerFirstByteNanos(),
        t.workerLastByteNanos(),
        t.workerReplyNanos(),
        t.spreadBytes(),
        t.spreadNanos());
  }

  /**
   * A ping is back.
   *
   * @param shared whether it waited behind requests
   */
  void onPong(long roundTripNanos, int paddingBytes, boolean shared) {
    long now = loop.nanoTime();
    energy.ifPresent(meter -> spendPing(meter, roundTripNanos, paddingBytes, now));
    if (paddingBytes > 0 && shared) {
      estimators.onSharedProbe(paddingBytes, roundTripNanos, now);
    } else if (paddingBytes > 0) {
      estimators.onProbe(paddingBytes, roundTripNanos, now);
    } else if (shared) {
      estimators.onHeard(now);
    } else {
      estimators.onPing(roundTripNanos, now);
    }
  }

  /** A probe's padding was priced when it was sent; pings that nobody answers are not priced. */
  private void spendPing(EnergyMeter meter, long roundTripNanos, int paddingBytes, long now) {
    double bytesPerSecond = estimators.at(now).uplinkBytesPerSecond();
    if (paddingBytes == 0) {
      meter.sends(PING_BYTES, bytesPerSecond, now - Math.max(0, roundTripNanos));
    }
    meter.received(PING_BYTES, bytesPerSecond, now);
  }

  /** The worker tells how busy it is. */
  void onLoad(CloudReply.WorkerLoad load) {
    estimators.onLoad(load.busyFraction(), load.computeScale());
  }
}
