package dev.sluice.experiments.fleet;

import dev.sluice.sim.fleet.MarkovRates;
import dev.sluice.sim.fleet.Outages;
import dev.sluice.sim.fleet.RadioLink;
import dev.sluice.sim.fleet.RateTable;
import java.util.List;
import java.util.SplittableRandom;

/**
 * How devices reach the worker. Immutable.
 *
 * @param name for people and files
 * @param course what the uplink's rate does
 * @param roundTripNanos median round trip, at least 0
 * @param roundTripSpread standard deviation of the logarithm of single devices' round trips
 * @param share of the fleet, positive; shares are taken relative to their sum
 */
public record Access(
    String name, Course course, long roundTripNanos, double roundTripSpread, double share) {
  public Access {
    if (roundTripNanos < 0 || !(roundTripSpread >= 0 && share > 0)) {
      throw new IllegalArgumentException("not a way to reach a worker: " + name);
    }
  }

  /** What an uplink's rate does. */
  public sealed interface Course {
    /**
     * Recorded courses: each device is somewhere in one of them.
     *
     * @param tables at least one
     */
    record Recorded(List<RateTable> tables) implements Course {
      public Recorded {
        tables = List.copyOf(tables);
        if (tables.isEmpty()) {
          throw new IllegalArgumentException("no course is recorded");
        }
      }
    }

    /**
     * A chain of states about a rate of the device's own.
     *
     * @param medianBytesPerSecond of the devices' own rates, positive
     * @param spread standard deviation of the logarithm of the devices' own rates
     * @param states of the chain
     */
    record Drawn(double medianBytesPerSecond, double spread, MarkovRates states)
        implements Course {}
  }

  /** Draws a device's link. */
  RadioLink link(Outages outages, long horizonNanos, SplittableRandom random) {
    long roundTrip = Math.round(roundTripNanos * lognormal(roundTripSpread, random));
    if (course instanceof Course.Recorded recorded) {
      RateTable table = recorded.tables().get(random.nextInt(recorded.tables().size()));
      return new RadioLink(table, random.nextLong(table.durationNanos()), outages, roundTrip);
    }
    Course.Drawn drawn = (Course.Drawn) course;
    double rate = drawn.medianBytesPerSecond() * lognormal(drawn.spread(), random);
    RateTable table = drawn.states().draw(rate, horizonNanos, random);
    return new RadioLink(table, 0, outages, roundTrip);
  }

  private static double lognormal(double spread, SplittableRandom random) {
    return spread == 0 ? 1 : Math.exp(spread * random.nextGaussian());
  }
}
