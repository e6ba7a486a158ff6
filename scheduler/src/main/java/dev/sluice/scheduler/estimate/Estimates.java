package dev.sluice.scheduler.estimate;

/**
 * Conditions as estimated at one moment. Immutable; every number is finite.
 *
 * <p>How far they may be off is part of them. Caution about latencies is about the link alone; what
 * the uncertainty of scales and exits may feign counts in gains.
 *
 * @param link state of the link
 * @param uplinkBytesPerSecond central estimate of the uplink's rate, positive
 * @param uplinkRelativeSd standard deviation of the rate's logarithm, at least 0: 0.1 is about 10 %
 * @param roundTripNanos round trip of a tiny message, at least 0
 * @param roundTripSdNanos its standard deviation, at least 0
 * @param deviceScale device's measured time over the profile's, positive
 * @param workerScale worker's measured time over the profile's, positive
 * @param workerQueueNanos time that a request like the last ones would wait at the worker now
 *     before it is computed, at least 0
 * @param framePeriodNanos time between frames; 0 = unknown
 * @param probeBytesWanted size of a padded ping that would tell the rate; 0 = no probe is needed
 * @param worker how busy the worker is
 * @param passOdds odds that a frame goes past the exits of the device, over those that calibration
 *     expects: 1 while exits do as calibrated, more where frames are harder; positive
 * @param passOddsSd standard deviation of their logarithm, at least 0; 0 while they are 1
 * @param switchNanos time from the choice of another plan until it could be used, as seen lately; 0
 *     = unknown
 * @param deviceScaleSd standard deviation of the device scale's logarithm, at least 0
 * @param workerScaleSd the same of the worker's
 * @param framePeriodCv coefficient of variation of the time between frames, in [0, 1]: 0 = they
 *     come evenly, 1 = at random, as a Poisson process or less evenly still
 */
public record Estimates(
    LinkState link,
    double uplinkBytesPerSecond,
    double uplinkRelativeSd,
    long roundTripNanos,
    long roundTripSdNanos,
    double deviceScale,
    double workerScale,
    long workerQueueNanos,
    long framePeriodNanos,
    int probeBytesWanted,
    WorkerLoad worker,
    double passOdds,
    double passOddsSd,
    long switchNanos,
    double deviceScaleSd,
    double workerScaleSd,
    double framePeriodCv) {
  private static final double ENDLESS_BYTES_PER_SECOND = 1e10;

  /** Makes estimates of link, device and worker; exits do as calibrated. */
  public Estimates(
      LinkState link,
      double uplinkBytesPerSecond,
      double uplinkRelativeSd,
      long roundTripNanos,
      long roundTripSdNanos,
      double deviceScale,
      double workerScale,
      long workerQueueNanos,
      long framePeriodNanos,
      int probeBytesWanted,
      WorkerLoad worker) {
    this(
        link,
        uplinkBytesPerSecond,
        uplinkRelativeSd,
        roundTripNanos,
        roundTripSdNanos,
        deviceScale,
        workerScale,
        workerQueueNanos,
        framePeriodNanos,
        probeBytesWanted,
        worker,
        1,
        0,
        0,
        0,
        0,
        0);
  }

  public Estimates {
    requirePositive(passOdds, "passOdds");
    requirePositive(uplinkBytesPerSecond, "uplinkBytesPerSecond");
    requirePositive(deviceScale, "deviceScale");
    requirePositive(workerScale, "workerScale");
    requireDeviation(uplinkRelativeSd, "uplinkRelativeSd");
    requireDeviation(passOddsSd, "passOddsSd");
    requireDeviation(deviceScaleSd, "deviceScaleSd");
    requireDeviation(workerScaleSd, "workerScaleSd");
    if (!(framePeriodCv >= 0 && framePeriodCv <= 1)) {
      throw new IllegalArgumentException("framePeriodCv must be in [0, 1]: " + framePeriodCv);
    }
    if (roundTripNanos < 0
        || roundTripSdNanos < 0
        || workerQueueNanos < 0
        || framePeriodNanos < 0
        || switchNanos < 0
        || probeBytesWanted < 0) {
      throw new IllegalArgumentException("times and sizes must not be negative");
    }
  }

  /** Returns estimates that ask for no probe, of a worker that never told its load. */
  public static Estimates of(
      LinkState link,
      double uplinkBytesPerSecond,
      double uplinkRelativeSd,
      long roundTripNanos,
      long roundTripSdNanos,
      double deviceScale,
      double workerScale,
      long workerQueueNanos,
      long framePeriodNanos) {
    return new Estimates(
        link,
        uplinkBytesPerSecond,
        uplinkRelativeSd,
        roundTripNanos,
        roundTripSdNanos,
        deviceScale,
        workerScale,
        workerQueueNanos,
        framePeriodNanos,
        0,
        WorkerLoad.UNTOLD);
  }

  /** Returns the same with another uplink rate. */
  public Estimates withUplink(double newBytesPerSecond) {
    return with(newBytesPerSecond, roundTripNanos, workerQueueNanos, worker);
  }

  /** Returns the same where the link is up and its uplink takes no time, whatever is sent. */
  public Estimates withEndlessUplink() {
    return endless(roundTripNanos, roundTripSdNanos, workerScale, workerQueueNanos, worker);
  }

  /** Returns the same with the best link that there could be, and an idle worker behind it. */
  public Estimates withPerfectLink() {
    return endless(0, 0, Math.min(1, workerScale), 0, WorkerLoad.UNTOLD);
  }

  private Estimates endless(
      long newRoundTripNanos,
      long newRoundTripSdNanos,
      double newWorkerScale,
      long newQueueNanos,
      WorkerLoad newWorker) {
    return new Estimates(
        LinkState.UP,
        ENDLESS_BYTES_PER_SECOND,
        0,
        newRoundTripNanos,
        newRoundTripSdNanos,
        deviceScale,
        newWorkerScale,
        newQueueNanos,
        framePeriodNanos,
        0,
        newWorker,
        passOdds,
        passOddsSd,
        switchNanos,
        deviceScaleSd,
        workerScaleSd,
        framePeriodCv);
  }

  /** Returns the same with another round trip. */
  public Estimates withRoundTrip(long newRoundTripNanos) {
    return with(uplinkBytesPerSecond, newRoundTripNanos, workerQueueNanos, worker);
  }

  /** Returns the same with another load of the worker. */
  public Estimates withWorker(WorkerLoad newWorker) {
    return with(uplinkBytesPerSecond, roundTripNanos, workerQueueNanos, newWorker);
  }

  /**
   * Returns the same where the others keep the worker busier, and the wait is longer for it.
   *
   * @param margin by how much, as a share of the worker's time, in [-1, 1]
   */
  public Estimates withOthersBusier(double margin) {
    WorkerLoad busier = worker.othersBusier(margin);
    double longer = worker.waitScaleNanos() * (busier.shape() - worker.shape());
    return with(
        uplinkBytesPerSecond,
        roundTripNanos,
        Math.max(0, Math.round(workerQueueNanos + longer)),
        busier);
  }

  /** Returns the same where the worker was as busy, and let wait as long, as by other estimates. */
  public Estimates withWorkerOf(Estimates other) {
    return with(uplinkBytesPerSecond, roundTripNanos, other.workerQueueNanos, other.worker);
  }

  private Estimates with(
      double newBytesPerSecond, long newRoundTripNanos, long newQueueNanos, WorkerLoad newWorker) {
    return with(
        newBytesPerSecond,
        newRoundTripNanos,
        newQueueNanos,
        newWorker,
        passOdds,
        passOddsSd,
        switchNanos);
  }

  private Estimates with(
      double newBytesPerSecond,
      long newRoundTripNanos,
      long newQueueNanos,
      WorkerLoad newWorker,
      double newPassOdds,
      double newPassOddsSd,
      long newSwitchNanos) {
    return new Estimates(
        link,
        newBytesPerSecond,
        uplinkRelativeSd,
        newRoundTripNanos,
        roundTripSdNanos,
        deviceScale,
        workerScale,
        newQueueNanos,
        framePeriodNanos,
        probeBytesWanted,
        newWorker,
        newPassOdds,
        newPassOddsSd,
        newSwitchNanos,
        deviceScaleSd,
        workerScaleSd,
        framePeriodCv);
  }

  /** Returns the same with other scales of device and worker. */
  public Estimates withScales(double newDeviceScale, double newWorkerScale) {
    return withScales(newDeviceScale, newWorkerScale, deviceScaleSd, workerScaleSd);
  }

  /** Returns the same where it is known how far the scales may be off. */
  public Estimates withScaleSds(double device, double worker) {
    return withScales(deviceScale, workerScale, device, worker);
  }

  private Estimates withScales(
      double newDeviceScale, double newWorkerScale, double newDeviceSd, double newWorkerSd) {
    return new Estimates(
        link,
        uplinkBytesPerSecond,
        uplinkRelativeSd,
        roundTripNanos,
        roundTripSdNanos,
        newDeviceScale,
        newWorkerScale,
        workerQueueNanos,
        framePeriodNanos,
        probeBytesWanted,
        worker,
        passOdds,
        passOddsSd,
        switchNanos,
        newDeviceSd,
        newWorkerSd,
        framePeriodCv);
  }

  /** Returns the same for exits that are seen to let more, or fewer, frames pass. */
  public Estimates withPassOdds(double odds) {
    return withPassOdds(odds, passOddsSd);
  }

  /** Returns the same for exits that let so many frames pass, as far as that is known. */
  public Estimates withPassOdds(double odds, double sd) {
    return with(
        uplinkBytesPerSecond, roundTripNanos, workerQueueNanos, worker, odds, sd, switchNanos);
  }

  /** Returns the same where it is known how long a change of plan takes. */
  public Estimates withSwitchNanos(long nanos) {
    return with(
        uplinkBytesPerSecond,
        roundTripNanos,
        workerQueueNanos,
        worker,
        passOdds,
        passOddsSd,
        nanos);
  }

  /** Returns the same for frames that come so evenly, or at random. */
  public Estimates withFramePeriodCv(double cv) {
    return new Estimates(
        link,
        uplinkBytesPerSecond,
        uplinkRelativeSd,
        roundTripNanos,
        roundTripSdNanos,
        deviceScale,
        workerScale,
        workerQueueNanos,
        framePeriodNanos,
        probeBytesWanted,
        worker,
        passOdds,
        passOddsSd,
        switchNanos,
        deviceScaleSd,
        workerScaleSd,
        cv);
  }

  /**
   * Returns whether a padded ping of {@link #probeBytesWanted} bytes would be worth sending now.
   */
  public boolean probeWanted() {
    return probeBytesWanted > 0;
  }

  private static void requireDeviation(double value, String name) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(name + " must be finite and not negative: " + value);
    }
  }

  private static void requirePositive(double value, String name) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(name + " must be positive and finite: " + value);
    }
  }
}
