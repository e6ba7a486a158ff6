package dev.sluice.edge;

import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudReply.TransferTimes;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.edge.session.UplinkAccount;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.TransferSample;
import dev.sluice.scheduler.profile.Envelope;
import dev.sluice.scheduler.upkeep.LinkUpkeep;
import java.util.Optional;

/**
 * What passes the link, as the estimators and the meter hear of it. Confined to the loop.
 *
 * <p>Of audits the estimators hear only when they are answered, see {@link Auditor}.
 */
final class Traffic {
  /** A request that the estimators were not told of when it was sent. */
  private static final long FOREIGN_ID = -1;

  private final EventLoop loop;
  private final Estimators estimators;
  private final Optional<EnergyMeter> energy;
  private UplinkAccount sent = UplinkAccount.NONE;

  Traffic(EventLoop loop, Estimators estimators, Optional<EnergyMeter> energy) {
    this.loop = loop;
    this.estimators = estimators;
    this.energy = energy;
  }

  /** A frame goes out. */
  void onSend(long id, int bytes) {
    account(new UplinkAccount(bytes + (long) Envelope.REQUEST_BYTES, 0, 0, 0));
    spend(bytes);
    estimators.onSubmitted(id, bytes, loop.nanoTime());
  }

  /** A probe is asked for: the estimators wait for it, and ask for no other, sent or not. */
  void onProbeAsked() {
    estimators.onProbeSent(loop.nanoTime());
  }

  /** A probe went out. */
  void onProbeSent(int bytes) {
    account(new UplinkAccount(0, 0, 0, bytes));
    spend(bytes);
  }

  /** An audit goes out. */
  void onAudit(int bytes) {
    account(new UplinkAccount(0, bytes + (long) Envelope.REQUEST_BYTES, 0, 0));
    spend(bytes);
  }

  /** A ping went out, alone or behind a probe. */
  void onPingSent() {
    account(new UplinkAccount(0, 0, LinkUpkeep.PING_BYTES, 0));
  }

  private void account(UplinkAccount more) {
    sent =
        new UplinkAccount(
            sent.requests() + more.requests(),
            sent.audits() + more.audits(),
            sent.pings() + more.pings(),
            sent.probes() + more.probes());
  }

  /** Returns what was sent so far. */
  UplinkAccount sent() {
    return sent;
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
      meter.sends(LinkUpkeep.PING_BYTES, bytesPerSecond, now - Math.max(0, roundTripNanos));
    }
    meter.received(LinkUpkeep.PING_BYTES, bytesPerSecond, now);
  }

  /** The worker tells how busy it is. */
  void onLoad(CloudReply.WorkerLoad load) {
    estimators.onLoad(load.busyFraction(), load.computeScale());
  }
}
