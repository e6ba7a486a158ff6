package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.energy.RadioFloor;
import dev.sluice.scheduler.predict.Replay.Conditions;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/*
 * The radio's part of the bound.
 *
 * Where no frame waits at the device, one that is sent is ready so long after its capture as every
 * other. At that moment the radio is busy: it begins to send the frame, or still sends another. So
 * the time between two such moments, k periods, is known without a replay, and the radio stays up
 * in it for its tail at least (RadioFloor). If k periods are no longer than the tail, it is never
 * down. Otherwise it is up for the whole tail, and before that while the frame is sent and, unless
 * the tail ends first, until its reply comes; queues at the link only lengthen this. Sums over the
 * frames of a plan are sums of bytes and of worker's time over those that a long gap follows.
 *
 * Rows repeat as a round. What is still on its way at its end is on the account of the next one and
 * covers the beginning of that: what this may hide is the last frame's wait for its reply, and is
 * taken off. (While the link is busy beyond the end, it draws as much there as it hides; so what
 * passing data draws beyond the tail's power is added only where no frame waits for the link.)
 */
/**
 * What plans cost at least in energy under given conditions: computing, bits, and what a radio must
 * be up for. Looks at no row again unless the number of frame periods that fit into the radio's
 * tail changes. Not thread-safe.
 */
final class EnergyFloors {
  /** Sums in another order may differ so much. */
  private static final double ROOM = 1 - 1e-9;

  private static final double ROOM_NANOS = 1;

  /** So often a transfer's times are rounded on a timeline as long as all frames, at most. */
  private static final double ROUNDINGS = 8;

  /** Beyond so many periods, tails are counted in steps of an eighth. */
  private static final int EXACT_PERIODS = 16;

  /** Periods that are told apart without counting anew: two, as an estimate may go to and fro. */
  private static final int KEPT = 2;

  private final List<Behaviour> plans;
  private final EnergyModel energy;
  private final long pingNanos;
  private final RadioFloor radio;
  private final double[] rowNetworkNanos;
  private final double[] rowCodingNanos;
  private final double[] rowBytes;
  private final int[] sentRows;
  private final Gaps[] gaps = new Gaps[KEPT];
  private int latest;

  /**
   * Lays plans out.
   *
   * @param plans not to grow any more
   */
  EnergyFloors(List<Behaviour> plans, DeviceModel device) {
    this.plans = plans;
    energy = device.energy();
    pingNanos = device.upkeep().idlePingNanos();
    radio = RadioFloor.of(energy.radio());
    int size = plans.size();
    rowNetworkNanos = new double[size];
    rowCodingNanos = new double[size];
    rowBytes = new double[size];
    sentRows = new int[size];
    for (int i = 0; i < size; i++) {
      Behaviour plan = plans.get(i);
      rowCodingNanos[i] = Math.min(plan.rowCodingNanos, plan.rowDeviceNanos);
      rowNetworkNanos[i] = plan.rowDeviceNanos - rowCodingNanos[i];
      rowBytes[i] = plan.rowBytes;
      sentRows[i] = plan.sentRows;
    }
  }

  int size() {
    return sentRows.length;
  }

  /**
   * Returns the bounds, by plan; until bounds under other conditions are asked for.
   *
   * @param met with the link at its central estimate
   */
  IntToDoubleFunction atLeast(Conditions met, Arrivals arrivals) {
    Gaps counted = gaps(met);
    double scale = met.deviceScale();
    double leastWaitNanos = met.roundTripNanos() + met.workerWait().leastNanos();
    /* Pings are moments at which the radio is busy, too, never further apart than that. */
    double kept =
        pingNanos == 0 ? 0 : met.periodNanos() * (radio.gapJoules((double) pingNanos) / pingNanos);
    return i -> {
      double joules =
          energy.leastJoules(rowNetworkNanos[i] * scale, rowCodingNanos[i] * scale, rowBytes[i]);
      if (arrivals == Arrivals.OPEN) {
        double used = sentRows[i] > 0 ? beyondBits(i, counted, met, leastWaitNanos) : 0;
        joules += Math.max(used, plans.get(i).plan.usesCloud() ? kept : 0);
      }
      return ROOM * joules;
    };
  }

  /** Of a plan that sends: receiving, and what time costs, of the radio and of the device. */
  private double beyondBits(int index, Gaps counted, Conditions met, double leastWaitNanos) {
    Behaviour plan = plans.get(index);
    int rows = plan.stop.length;
    double period = met.periodNanos();
    double joules = radio.receiveJoules(ActivityReplay.REPLY_BYTES) * plan.sentRows;
    if (!Unqueued.atDevice(plan, met)) {
      return joules / rows;
    }
    double nanosPerByte = 1 / met.bytesPerNano();
    double slowNanos =
        plan.leastBytes <= Replay.FIRST_WINDOW_BYTES
            ? 0
            : Math.max(0, met.transferNanos(plan.leastBytes) - plan.leastBytes * nanosPerByte);
    double sentNanos = plan.rowBytes * rows * nanosPerByte + plan.sentRows * slowNanos;
    double mostWorkerNanos = plan.mostWorkerNanos * met.workerScale();
    double mostSentNanos = plan.mostBytes * nanosPerByte + slowNanos;

    double cloudNanos =
        met.roundTripNanos()
            + met.workerWait().nanos(plan.workerNanos, met.periodNanos())
            + mostWorkerNanos;

    /* While the radio is up before its tail begins: until any reply comes, if all come so soon. */
    boolean bridges = cloudNanos <= radio.tailNanos();
    double longNanos =
        counted.longBytes[index] * nanosPerByte + counted.longGaps[index] * slowNanos;
    double mostUpNanos = mostSentNanos;
    if (bridges) {
      longNanos +=
          counted.longGaps[index] * leastWaitNanos
              + counted.longWorkerNanos[index] * met.workerScale();
      mostUpNanos += leastWaitNanos + mostWorkerNanos;
    }
    double longest = (counted.tailPeriods + 1) * period;
    double roomNanos =
        period == 0 ? Double.POSITIVE_INFINITY : Math.max(0, longest - radio.tailNanos());
    double tailNanos =
        period == 0 ? radio.tailNanos() : Math.min((double) radio.tailNanos(), longest);
    joules +=
        radio.upJoules(longNanos * Math.min(1, roomNanos / Math.max(1, mostUpNanos)))
            + counted.longGaps[index] * radio.gapJoules(tailNanos);
    boolean unqueued = Unqueued.holds(plan, met);
    if (unqueued) {
      joules += radio.passingJoules(sentNanos);
    }
    if (counted.tailPeriods > 0) {
      joules +=
          counted.shortPeriods[index]
              * (radio.gapJoules(counted.tailPeriods * period) / counted.tailPeriods);
    }

    /* What takes frames that do not meet on the link. */
    boolean meets = period > 0;
    boolean alone = !meets;
    double spanNanos =
        (meets ? rows : 1) * (period + met.transferNanos(plan.mostBytes)) + cloudNanos;
    double blurNanos = ROUNDINGS * Math.ulp(spanNanos);
    if (meets) {
      double busyNanos = Unqueued.above(met.transferNanos(plan.mostBytes) + cloudNanos);
      alone = busyNanos <= period;
      /* Pings within the tail keep the radio from sleeping: nothing wakes it then. */
      if (unqueued && (pingNanos == 0 || pingNanos > radio.tailNanos())) {
        double silent = radio.tailNanos() + busyNanos + ROOM_NANOS + blurNanos;
        joules +=
            radio.promotionJoules()
                * (longest > silent
                    ? counted.longGaps[index]
                    : longest + period > silent ? counted.longerGaps[index] : 0);
      }
      if (!alone) {
        joules -= radio.activeJoules(cloudNanos);
      }
    } else {
      joules += radio.promotionJoules() * plan.sentRows;
    }
    double replyWaitNanos = leastWaitNanos + plan.costs.leastWorker * met.workerScale();
    if (alone) {
      double replyNanos = Math.min(ActivityReplay.REPLY_BYTES * nanosPerByte, replyWaitNanos);
      joules += plan.sentRows * radio.passingJoules(replyNanos);
    }

    /* The device waits until the reply comes, or the next frame. */
    if (energy.device().waitingMilliwatts() > 0) {
      double outNanos =
          sentNanos
              + plan.sentRows * leastWaitNanos
              + plan.rowWorkerNanos * rows * met.workerScale();
      double mostOutNanos = mostSentNanos + leastWaitNanos + mostWorkerNanos;
      double idle = period - plan.costs.deviceSent * met.deviceScale();
      double share = meets ? Math.max(0, Math.min(1, idle / Math.max(1, mostOutNanos))) : 1;
      joules += energy.device().waitingMilliwatts() * outNanos * share * 1e-12;
    }
    joules -=
        plan.sentRows
            * (radio.activeJoules(blurNanos)
                + energy.device().waitingMilliwatts() * blurNanos * 1e-12);
    return Math.max(0, joules) / rows;
  }

  /** How frames that are sent follow each other, against the radio's tail. */
  private Gaps gaps(Conditions met) {
    int periods = tailPeriods(met.periodNanos());
    for (int i = 0; i < KEPT; i++) {
      int at = (latest + i) % KEPT;
      if (gaps[at] != null && gaps[at].tailPeriods == periods) {
        latest = at;
        return gaps[at];
      }
    }
    latest = (latest + 1) % KEPT;
    if (gaps[latest] == null) {
      gaps[latest] = new Gaps(size());
    }
    gaps[latest].count(plans, periods);
    return gaps[latest];
  }

  /** How many periods fit into the tail, rounded down where they are many. */
  private int tailPeriods(long periodNanos) {
    long periods =
        periodNanos == 0 ? 0 : Math.min(Predictor.MOST_ROWS, radio.tailNanos() / periodNanos);
    long step = 1;
    while (periods / step >= EXACT_PERIODS) {
      step *= 2;
    }
    return (int) (periods / step * step);
  }

  /** By plan, sums over the frames that are sent, by how soon the next one follows. */
  private static final class Gaps {
    int tailPeriods;

    /** Periods in gaps that are no longer than that. */
    final double[] shortPeriods;

    /** How many are longer, and longer by more than one period. */
    final int[] longGaps;

    final int[] longerGaps;

    /** Bytes, and worker's time at scale 1, of the frames that long gaps follow. */
    final double[] longBytes;

    final double[] longWorkerNanos;

    Gaps(int size) {
      shortPeriods = new double[size];
      longGaps = new int[size];
      longerGaps = new int[size];
      longBytes = new double[size];
      longWorkerNanos = new double[size];
    }

    void count(List<Behaviour> plans, int newTailPeriods) {
      tailPeriods = newTailPeriods;
      Arrays.fill(shortPeriods, 0);
      Arrays.fill(longGaps, 0);
      Arrays.fill(longerGaps, 0);
      Arrays.fill(longBytes, 0);
      Arrays.fill(longWorkerNanos, 0);
      for (int index = 0; index < longGaps.length; index++) {
        if (plans.get(index).sentRows > 0) {
          count(plans.get(index), index);
        }
      }
    }

    private void count(Behaviour plan, int index) {
      int rows = plan.stop.length;
      int first = 0;
      while (!plan.sends(first)) {
        first++;
      }
      int last = first;
      for (int row = first + 1; row <= rows; row++) {
        if (row == rows || plan.sends(row)) {
          add(plan, index, last, (row == rows ? first + rows : row) - last);
          last = row;
        }
      }
    }

    private void add(Behaviour plan, int index, int row, int periods) {
      if (periods <= tailPeriods) {
        shortPeriods[index] += periods;
        return;
      }
      longGaps[index]++;
      longerGaps[index] += periods > tailPeriods + 1 ? 1 : 0;
      longBytes[index] += plan.shipment.bytes(row);
      longWorkerNanos[index] += plan.workerNanos(row);
    }
  }
}
