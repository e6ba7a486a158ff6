package dev.sluice.protocol.codec;

import java.util.Arrays;
import java.util.List;

/**
 * Chooses dead zones for classes of channels of similar mean, by bits that know the class alone:
 * for coefficients whose lossless stage has no contexts of its own.
 */
final class ZoneFitting {
  /** Means have at most this many octaves. */
  static final int MAX_CLASSES = 32;

  private static final int ROUNDS = 4;

  private final Geometry geometry;
  private final List<float[]> samples;
  private final double lambda;

  ZoneFitting(Geometry geometry, List<float[]> samples, double lambda) {
    this.geometry = geometry;
    this.samples = samples;
    this.lambda = lambda;
  }

  CodecTables.ChannelZones fit() {
    int[] classes = CoefficientModel.classes(geometry, ModelFitting.means(geometry, samples));
    DeadZone[] zones = new DeadZone[Arrays.stream(classes).max().orElse(0) + 1];
    Arrays.fill(zones, DeadZone.NEAREST);
    for (int round = 0; round < ROUNDS; round++) {
      ZoneStatistics[] statistics = new ZoneStatistics[zones.length];
      Arrays.setAll(statistics, i -> new ZoneStatistics());
      for (float[] sample : samples) {
        int plane = geometry.plane();
        for (int i = 0; i < sample.length; i++) {
          int set = classes[i / plane];
          statistics[set].add(sample[i], zones[set].quantize(sample[i]));
        }
      }
      for (int set = 0; set < zones.length; set++) {
        zones[set] = statistics[set].zone(lambda);
      }
    }
    return new CodecTables.ChannelZones(zones, classes);
  }
}
