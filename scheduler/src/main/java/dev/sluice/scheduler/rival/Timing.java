package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.NetworkLayers.Layer;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.rival.LayerTimes.Sample;
import java.util.ArrayList;
import java.util.List;

/** Where a rival has the times of the network's parts from. */
public enum Timing {
  /** The very network was measured, as the bundle's profile has it. */
  MEASURED,

  /**
   * {@link LayerCosts}: models per kind of layer, fitted to what is measured, as Neurosurgeon and
   * Edgent have them.
   *
   * <p>Where {@link BundleFacts#layers} are not known there is the share of multiplications between
   * two cuts alone. Then {@link LayerTimes} has one kind, the segment, with one size, its share,
   * which is less than the papers have.
   */
  REGRESSION;

  /**
   * Returns the time of each segment at scale 1, in nanoseconds.
   *
   * @return by cut at the segment's end; place 0 is 0
   */
  double[] segmentNanos(BundleFacts facts, Profile profile) {
    double[] nanos = new double[facts.lastCut() + 1];
    for (int cut = 1; cut <= facts.lastCut(); cut++) {
      nanos[cut] = profile.segmentNanos(cut);
    }
    if (this == MEASURED) {
      return nanos;
    }
    if (facts.layers().isPresent()) {
      List<List<Layer>> segments = facts.layers().get().segments();
      LayerCosts costs = LayerCosts.fit(facts.layers().get(), profile);
      for (int cut = 1; cut <= facts.lastCut(); cut++) {
        nanos[cut] = costs.nanos(segments.get(cut - 1));
      }
      return nanos;
    }
    List<Sample> samples = new ArrayList<>();
    for (int cut = 1; cut <= facts.lastCut(); cut++) {
      samples.add(new Sample("segment", List.of(share(facts, cut)), nanos[cut]));
    }
    LayerTimes times = LayerTimes.fit(samples);
    for (int cut = 1; cut <= facts.lastCut(); cut++) {
      nanos[cut] = times.nanos("segment", List.of(share(facts, cut)));
    }
    return nanos;
  }

  private static double share(BundleFacts facts, int cut) {
    return Math.max(0, facts.cuts().get(cut).macShare() - facts.cuts().get(cut - 1).macShare());
  }
}
