package dev.sluice.edge;

import dev.sluice.edge.session.EnergyReport;
import dev.sluice.scheduler.energy.DeviceActivity;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.energy.EnergyPerFrame;
import java.util.ArrayList;
import java.util.List;

/**
 * Prices what a session's device and radio really do. Mutable, confined to the loop.
 *
 * <p>The session is priced block by block, as {@link DeviceActivity} prices a stream: the gap from
 * the last transfer of a block to the first of the next is taken from the block itself, as if it
 * repeated. A transfer lasts as long as its bytes at the rate that is estimated when it begins.
 * What passes while no frame comes, such as pings, is on the account of the answers before and
 * after.
 */
final class EnergyMeter {
  private static final int BLOCK_ANSWERS = 256;
  private static final int BLOCK_TRANSFERS = 2048;
  private static final long MOST_NANOS = 3_600_000_000_000L;
  private static final long BLOCK_NANOS = 600_000_000_000L;

  private final EnergyModel model;
  private final List<Transfer> transfers = new ArrayList<>();
  private EnergyPerFrame total = EnergyPerFrame.NONE;
  private long answers;
  private long blockStart;
  private int blockAnswers;
  private double networkNanos;
  private double codingNanos;
  private double waitingNanos;
  private long waitingSince;
  private boolean waiting;

  private record Transfer(long startNanos, long nanos, int bytes, boolean sent) {}

  EnergyMeter(EnergyModel model, long now) {
    this.model = model;
    this.blockStart = now;
  }

  /** The device computed stages and heads. */
  void computed(long nanos) {
    networkNanos += sane(nanos);
  }

  /** The device preprocessed or encoded. */
  void coded(long nanos) {
    codingNanos += sane(nanos);
  }

  /** Something begins to go up the link. */
  void sends(int bytes, double bytesPerSecond, long now) {
    closeFullBlock(now);
    transfers.add(new Transfer(now, duration(bytes, bytesPerSecond), bytes, true));
  }

  /** Something has come down the link; its rate is taken to be the uplink's. */
  void received(int bytes, double bytesPerSecond, long now) {
    long nanos = duration(bytes, bytesPerSecond);
    closeFullBlock(now);
    transfers.add(new Transfer(now - nanos, nanos, bytes, false));
  }

  /** From now on the device does, or does not, stay awake for a reply with nothing to compute. */
  void waits(boolean waitsNow, long now) {
    if (waiting) {
      waitingNanos += sane(now - waitingSince);
    }
    waiting = waitsNow;
    waitingSince = now;
  }

  /** A frame got its answer. */
  void answered(long now) {
    blockAnswers++;
    answers++;
    closeFullBlock(now);
  }

  private void closeFullBlock(long now) {
    if (blockAnswers >= BLOCK_ANSWERS
        || transfers.size() >= BLOCK_TRANSFERS
        || now - blockStart >= BLOCK_NANOS) {
      total = plus(total, block(now), 1);
      transfers.clear();
      blockStart = now;
      blockAnswers = 0;
      networkNanos = 0;
      codingNanos = 0;
      waitingNanos = 0;
    }
  }

  EnergyReport report(long now) {
    waits(waiting, now);
    if (answers == 0) {
      return new EnergyReport(0, EnergyPerFrame.NONE);
    }
    EnergyPerFrame all = plus(total, block(now), 1);
    return new EnergyReport(answers, plus(EnergyPerFrame.NONE, all, 1.0 / answers));
  }

  /** The energy of all that is collected, with or without an answer. */
  private EnergyPerFrame block(long now) {
    // A clock that stands still or jumps back gives a block without length, not one without end.
    DeviceActivity.Builder activity =
        DeviceActivity.builder(1, Math.max(1, sane(now - blockStart)));
    activity.computes(networkNanos, codingNanos).waits(waitingNanos);
    for (Transfer transfer : transfers) {
      double start = Math.max(0, transfer.startNanos() - blockStart);
      double end = start + transfer.nanos();
      if (transfer.sent()) {
        activity.sends(0, start, end, transfer.bytes());
      } else {
        activity.receives(0, start, end, transfer.bytes());
      }
    }
    return model.perFrame(activity.build());
  }

  private static EnergyPerFrame plus(EnergyPerFrame sum, EnergyPerFrame more, double times) {
    return new EnergyPerFrame(
        sum.networkJoules() + times * more.networkJoules(),
        sum.codingJoules() + times * more.codingJoules(),
        sum.waitingJoules() + times * more.waitingJoules(),
        sum.promotionJoules() + times * more.promotionJoules(),
        sum.transmitJoules() + times * more.transmitJoules(),
        sum.receiveJoules() + times * more.receiveJoules(),
        sum.tailJoules() + times * more.tailJoules());
  }

  private static long duration(int bytes, double bytesPerSecond) {
    return (long) Math.min(MOST_NANOS, Math.max(0, bytes) / bytesPerSecond * 1e9);
  }

  private static long sane(long nanos) {
    return Math.max(0, Math.min(MOST_NANOS, nanos));
  }
}
