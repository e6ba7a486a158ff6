package dev.sluice.scheduler;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.predict.Predictor;
import java.util.ArrayList;
import java.util.List;

/**
 * How much of a gain the uncertainty of the estimates can feign.
 *
 * <p>Both plans are predicted at each estimate plus and minus its standard deviation, so that what
 * moves both alike cancels out; half the difference of the two gains is that estimate's part, and
 * the parts add up in squares (first-order propagation of independent errors). A gain in bytes,
 * which no estimate enters, is certain; one in latency over a link that is hardly known is not.
 *
 * <p>The odds of passing exits are uncertain only where they were seen to differ from what
 * calibration expects; until then they are the tables'.
 */
final class GainNoise {
  private final Predictor predictor;
  private final List<Estimates[]> pairs = new ArrayList<>();
  private final Estimates central;

  /** For gains at these estimates. */
  GainNoise(Predictor predictor, Estimates estimates) {
    this.predictor = predictor;
    central = estimates;
    if (estimates.uplinkRelativeSd() > 0) {
      double factor = factor(estimates.uplinkRelativeSd());
      double rate = estimates.uplinkBytesPerSecond();
      add(
          estimates.withUplink(Math.max(Double.MIN_NORMAL, rate / factor)),
          estimates.withUplink(Math.min(Double.MAX_VALUE, rate * factor)));
    }
    if (estimates.roundTripSdNanos() > 0) {
      long sd = Math.min(estimates.roundTripSdNanos(), Long.MAX_VALUE / 4);
      long roundTrip = Math.min(estimates.roundTripNanos(), Long.MAX_VALUE / 4);
      add(
          estimates.withRoundTrip(Math.max(0, roundTrip - sd)),
          estimates.withRoundTrip(roundTrip + sd));
    }
    double device = estimates.deviceScale();
    double worker = estimates.workerScale();
    if (estimates.deviceScaleSd() > 0) {
      double factor = factor(estimates.deviceScaleSd());
      add(
          estimates.withScales(device / factor, worker),
          estimates.withScales(device * factor, worker));
    }
    if (estimates.workerScaleSd() > 0) {
      double factor = factor(estimates.workerScaleSd());
      add(
          estimates.withScales(device, worker / factor),
          estimates.withScales(device, worker * factor));
    }
    if (estimates.passOddsSd() > 0) {
      double factor = factor(estimates.passOddsSd());
      add(
          estimates.withPassOdds(estimates.passOdds() / factor),
          estimates.withPassOdds(estimates.passOdds() * factor));
    }
    double busySd = estimates.worker().utilisationSd();
    if (busySd > 0) {
      add(estimates.withOthersBusier(-busySd), estimates.withOthersBusier(busySd));
    }
  }

  private static double factor(double sd) {
    return Math.exp(Math.min(10, sd));
  }

  private void add(Estimates low, Estimates high) {
    pairs.add(new Estimates[] {low, high});
  }

  /** Returns the relative gain of one plan over another in a target, at the central estimates. */
  double gain(int current, int best, Target target) {
    return gain(predictor, current, best, target, central);
  }

  /** Returns the standard deviation of that gain. */
  double sd(int current, int best, Target target) {
    double squares = 0;
    for (Estimates[] pair : pairs) {
      double part =
          (gain(predictor, current, best, target, pair[1])
                  - gain(predictor, current, best, target, pair[0]))
              / 2;
      squares += part * part;
    }
    return Math.sqrt(squares);
  }

  /** Returns the relative gain of one plan over another in a target, under any estimates. */
  static double gain(
      Predictor predictor, int current, int best, Target target, Estimates estimates) {
    double now = target.cost(predictor.value(current, target.metric(), estimates));
    double then = target.cost(predictor.value(best, target.metric(), estimates));
    double size = Math.max(Math.abs(now), Math.abs(then));
    return size == 0 ? 0 : (now - then) / size;
  }
}
