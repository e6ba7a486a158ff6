package dev.sluice.experiments.fleet;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.estimate.WorkerLoad;

/**
 * Estimates rounded to a grid, so that devices under alike conditions share a decision. Immutable.
 *
 * <p>Steps are ratios: the round trip goes in eighths of an octave (at most 4 % off), the uplink's
 * rate and the worker's scale in quarters (9 %), the device's scale in sixteenths (2 %), the
 * frames' period and the round trip's deviation in halves, the rate's in whole ones. The wait at
 * the worker goes in half octaves above 1 ms, its scale in whole ones, the worker's busy share in
 * steps of 5 points, its deviation in two steps; how evenly frames come in quarters. How fresh a
 * measured wait is, and which part of the load is the device's own, is worked into the wait and the
 * others' load, of which plans are judged. Without a link, nothing but the device and the frames'
 * period counts.
 *
 * @param link all that is said of link and worker, packed
 * @param device all that is said of the device and its frames, packed
 */
record Conditions(long link, int device) {
  private static final double LEAST_NANOS = 1e5;
  private static final double LEAST_WAIT_NANOS = 1e6;
  private static final double SMALL_LOAD_SD = 0.03;
  private static final double LARGE_LOAD_SD = 0.12;
  private static final double SD_BORDER = SMALL_LOAD_SD * LARGE_LOAD_SD;
  private static final double LOAD_STEP = 0.05;
  private static final double CV_STEPS = 4;

  /** Where each number lies in {@link #link}: its lowest bit, and how many it has. */
  private enum Field {
    UP(0, 1),
    RATE(1, 8),
    RATE_SD(9, 4),
    ROUND_TRIP(13, 8),
    ROUND_TRIP_SD(21, 6),
    BUSY(27, 5),
    BUSY_SD(32, 1),
    WAIT_SCALE(33, 5),
    WAIT(38, 6),
    WORKER_SCALE(44, 7);

    private final int shift;
    private final int bits;

    Field(int shift, int bits) {
      this.shift = shift;
      this.bits = bits;
    }
  }

  /** Rounds estimates. */
  static Conditions of(Estimates e) {
    int device =
        (int) Math.round(e.framePeriodCv() * CV_STEPS) << 16
            | octaves(e.deviceScale() * 1024, 16, 1 << 10) << 6
            | period(e.framePeriodNanos());
    if (e.link() != LinkState.UP) {
      return new Conditions(0, device);
    }
    WorkerLoad load = e.worker();
    double wait = load.waitNanos((double) e.workerQueueNanos(), 0, load.ownShare(), 0);
    long link =
        put(Field.UP, 1)
            | put(Field.RATE, octaves(e.uplinkBytesPerSecond() / 100, 4, 1 << 8))
            | put(Field.RATE_SD, octaves(e.uplinkRelativeSd() / 0.05, 1, 1 << 4))
            | put(Field.ROUND_TRIP, time((double) e.roundTripNanos(), LEAST_NANOS, 8, 1 << 8))
            | put(Field.ROUND_TRIP_SD, time((double) e.roundTripSdNanos(), LEAST_NANOS, 2, 1 << 6))
            | put(Field.BUSY, (int) Math.round(load.others() / LOAD_STEP))
            | put(Field.BUSY_SD, load.utilisationSd() * load.utilisationSd() > SD_BORDER ? 1 : 0)
            | put(Field.WAIT_SCALE, time(load.waitScaleNanos(), LEAST_WAIT_NANOS, 1, 1 << 5))
            | put(Field.WAIT, time(wait, LEAST_WAIT_NANOS, 2, 1 << 6))
            | put(Field.WORKER_SCALE, octaves(e.workerScale() * 1024, 4, 1 << 7));
    return new Conditions(link, device);
  }

  /** What all that is rounded to these stands for. */
  Estimates estimates() {
    double deviceScale = Math.pow(2, (device >> 6 & 1023) / 16.0) / 1024;
    double cv = (device >> 16) / CV_STEPS;
    long period = (device & 63) == 0 ? 0 : Math.round(1e6 * Math.pow(2, ((device & 63) - 1) / 2.0));
    if (get(Field.UP) == 0) {
      return Estimates.of(LinkState.DOWN, 125_000, 0, 0, 0, deviceScale, 1, 0, period)
          .withFramePeriodCv(cv);
    }
    double busy = Math.min(1, get(Field.BUSY) * LOAD_STEP);
    Estimates up =
        new Estimates(
            LinkState.UP,
            100 * Math.pow(2, get(Field.RATE) / 4.0),
            0.05 * Math.pow(2, get(Field.RATE_SD)),
            nanos(get(Field.ROUND_TRIP), LEAST_NANOS, 8),
            nanos(get(Field.ROUND_TRIP_SD), LEAST_NANOS, 2),
            deviceScale,
            Math.pow(2, get(Field.WORKER_SCALE) / 4.0) / 1024,
            nanos(get(Field.WAIT), LEAST_WAIT_NANOS, 2),
            period,
            0,
            new WorkerLoad(
                busy,
                get(Field.BUSY_SD) == 0 ? SMALL_LOAD_SD : LARGE_LOAD_SD,
                0,
                nanos(get(Field.WAIT_SCALE), LEAST_WAIT_NANOS, 1),
                1));
    return up.withFramePeriodCv(cv);
  }

  private static long put(Field field, int value) {
    return (long) Math.max(0, Math.min((1 << field.bits) - 1, value)) << field.shift;
  }

  private int get(Field field) {
    return (int) (link >>> field.shift) & ((1 << field.bits) - 1);
  }

  /** Steps of one part in so many of an octave above 1, within what fits. */
  private static int octaves(double value, int parts, int end) {
    long steps = Math.round(Math.log(Math.max(1, value)) / Math.log(2) * parts);
    return (int) Math.min(end - 1L, steps);
  }

  /** The same for times, of which those below the least are none. */
  private static int time(double nanos, double least, int parts, int end) {
    return nanos < least ? 0 : Math.min(end - 1, 1 + octaves(nanos / least, parts, end));
  }

  private static long nanos(int steps, double least, int parts) {
    return steps == 0 ? 0 : Math.round(least * Math.pow(2, (steps - 1.0) / parts));
  }

  private static int period(long nanos) {
    return nanos < 1e6 ? 0 : Math.min(63, 1 + octaves(nanos / 1e6, 2, 63));
  }
}
